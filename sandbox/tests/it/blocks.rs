//! When blocks come, what they carry, and how far back the chain remembers.

use crate::world::{Authorization, START, attempt, chain, payee, payer, relayer};
use alloy_primitives::{B256, U256};
use sandbox::chain::{
    BLOCK_SECONDS, BLOCKS_KEPT, Block, BlockError, BlockId, CATCH_UP_BLOCKS_MAX, CallRequest,
    Chain, ChainConfig, Finality, Mining, NotLater, Time,
};
use std::time::{Duration, Instant};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn head(chain: &Chain) -> (u64, u64) {
    let Block { number, timestamp, .. } = *chain.head();
    (number, timestamp - START)
}

#[test]
fn a_block_comes_every_two_seconds_whether_there_is_something_to_mine_or_not() {
    let chain = chain();
    // advance by, then (number, time since the start)
    let cases = [(0, (0, 0)), (1, (0, 0)), (1, (1, 2)), (3, (2, 4)), (1, (3, 6)), (60, (33, 66))];
    for (by, expected) in cases {
        chain.advance(seconds(by));
        assert_eq!(head(&chain), expected, "after {by} s");
    }
}

#[test]
fn blocks_stand_on_even_seconds_and_link_up() {
    let chain = Chain::new(&ChainConfig::by_hand(START + 1));
    assert_eq!(chain.head().timestamp, START);
    chain.advance(seconds(20));
    for number in 1..=chain.head().number {
        let block = chain.block(BlockId::Number(number)).unwrap();
        let parent = chain.block(BlockId::Number(number - 1)).unwrap();
        assert_eq!(block.parent_hash, parent.hash);
        assert_eq!(block.timestamp, parent.timestamp + BLOCK_SECONDS);
        assert_eq!(block.hash, block.header().hash_slow());
        assert_eq!(chain.block(BlockId::Hash(block.hash)).unwrap(), block);
    }
}

#[test]
fn mining_by_hand_moves_the_clock_to_the_block() {
    let chain = chain();
    chain.advance(seconds(1));
    assert_eq!(chain.mine().timestamp, START + 2);
    assert_eq!(chain.now(), START + 2);
    assert_eq!(chain.mine().timestamp, START + 4);
}

#[test]
fn the_next_block_can_have_any_later_time() {
    let chain = chain();
    assert_eq!(chain.set_next_timestamp(START), Err(NotLater { newest: START }));
    for (wanted, next) in [(START + 1, START + 3), (START + 77, START + 79)] {
        chain.set_next_timestamp(wanted).unwrap();
        assert_eq!(chain.next_timestamp(), wanted);
        assert_eq!(chain.mine().timestamp, wanted);
        assert_eq!(chain.mine().timestamp, next);
    }
}

#[test]
fn a_chain_without_rhythm_mines_when_told_or_when_sent_to() {
    let config = |mining| ChainConfig { mining, ..ChainConfig::by_hand(START) };
    let pay = |chain: &Chain, nonce: &str| {
        let authorization = Authorization::new(nonce);
        let call = authorization.call(authorization.signed().as_bytes());
        let request = CallRequest::to(sandbox::token::USDC, call);
        chain.send(relayer(), &request).unwrap()
    };

    let chain = Chain::new(&config(Mining::Manual));
    chain.advance(seconds(10));
    let hash = pay(&chain, "manual");
    assert_eq!((head(&chain), chain.receipt(hash)), ((0, 0), None));
    chain.mine();
    assert_eq!(head(&chain), (1, 10));
    assert!(chain.receipt(hash).unwrap().success);
    chain.mine();
    assert_eq!(head(&chain), (2, 11), "time stands still, but blocks must not");

    let chain = Chain::new(&config(Mining::Automine));
    chain.advance(seconds(10));
    let hash = pay(&chain, "automine");
    assert_eq!(head(&chain), (1, 10));
    assert!(chain.receipt(hash).unwrap().success);
}

#[test]
fn time_can_be_moved_to_a_second_but_not_back() {
    let chain = chain();
    for (to, now, expected) in [(START + 5, START + 5, (2, 4)), (START, START + 5, (2, 4))] {
        chain.advance_to(to);
        assert_eq!((chain.now(), head(&chain)), (now, expected));
    }
}

#[test]
fn a_long_sleep_does_not_cost_a_long_time() {
    let chain = chain();
    let nights = CATCH_UP_BLOCKS_MAX * BLOCK_SECONDS * 1_000;
    chain.advance(seconds(nights + 1));
    assert_eq!(head(&chain), (2, nights));
    chain.advance(seconds(1));
    assert_eq!(head(&chain), (3, nights + 2));
}

#[test]
fn the_state_of_older_blocks_is_remembered() {
    let chain = chain();
    let owner = payee().address();
    let balances: Vec<U256> = (0..4_u8)
        .map(|round| {
            let authorization = Authorization::new(&format!("round {round}"));
            let call = authorization.call(authorization.signed().as_bytes());
            attempt(&chain, relayer(), call).unwrap();
            chain.usdc_balance(owner)
        })
        .collect();
    for (number, expected) in (1..).zip(balances) {
        let call = sandbox::token::FiatToken::balanceOfCall { account: owner };
        let call = alloy_sol_types::SolCall::abi_encode(&call);
        let request = CallRequest::to(sandbox::token::USDC, call);
        let then = chain.call(&request, BlockId::Number(number)).unwrap();
        assert_eq!(U256::from_be_slice(&then), expected, "block {number}");
    }
    let nonces = (0..5).map(|it| chain.nonce(relayer().address(), BlockId::Number(it)).unwrap());
    assert_eq!(nonces.collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(chain.nonce(payer().address(), BlockId::Latest), Ok(0));
}

#[test]
fn what_is_too_old_or_not_yet_is_refused() {
    let chain = chain();
    let genesis = chain.head().hash;
    let account = payer().address();
    assert_eq!(chain.balance(account, BlockId::Number(1)), Err(BlockError::Unknown));
    assert_eq!(chain.balance(account, BlockId::Hash(B256::ZERO)), Err(BlockError::Unknown));
    for _ in 0..=BLOCKS_KEPT {
        chain.mine();
    }
    assert_eq!(chain.balance(account, BlockId::Number(0)), Err(BlockError::Forgotten));
    assert_eq!(chain.balance(account, BlockId::Number(1)), Err(BlockError::Forgotten));
    assert!(chain.balance(account, BlockId::Number(2)).is_ok());
    assert_eq!(chain.block(BlockId::Hash(genesis)), Err(BlockError::Unknown));
    assert_eq!(chain.block(BlockId::Earliest).unwrap().number, 2);
}

#[test]
fn tags_follow_the_newest_block_as_configured() {
    let finality = Finality { safe_blocks: 3, finalized_blocks: 10 };
    let lagging = Chain::new(&ChainConfig { finality, ..ChainConfig::by_hand(START) });
    let prompt = chain();
    for chain in [&lagging, &prompt] {
        chain.advance(seconds(14));
    }
    let number = |chain: &Chain, id| chain.block(id).unwrap().number;
    let tags = [BlockId::Latest, BlockId::Safe, BlockId::Finalized, BlockId::Earliest];
    assert_eq!(tags.map(|it| number(&lagging, it)), [7, 4, 0, 0]);
    assert_eq!(tags.map(|it| number(&prompt, it)), [7, 7, 7, 0]);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the machine's own clock is what is tested")]
fn a_new_chain_is_there_at_once() {
    drop(chain()); // builds what all chains of a process share
    let before = Instant::now();
    drop(chain());
    assert!(before.elapsed() < Duration::from_millis(20), "{:?}", before.elapsed());
}

#[tokio::test]
async fn waiting_ends_with_the_block_also_when_time_is_driven_by_hand() {
    let chain = chain();
    let authorization = Authorization::new("waiting");
    let call = authorization.call(authorization.signed().as_bytes());
    let hash = chain.send(relayer(), &CallRequest::to(sandbox::token::USDC, call)).unwrap();
    let waiting = tokio::spawn({
        let chain = chain.clone();
        async move { chain.wait_for_receipt(hash).await }
    });
    tokio::task::yield_now().await;
    chain.advance(seconds(2));
    assert!(waiting.await.unwrap().unwrap().success);
    assert_eq!(chain.wait_for_receipt(B256::ZERO).await, None, "nobody has heard of it");
    assert_eq!(chain.wait_for_block(1).await.unwrap().number, 1);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the machine's own clock is what is tested")]
async fn on_a_real_clock_nobody_has_to_drive() {
    let config = ChainConfig { time: Time::System, ..ChainConfig::default() };
    let chain = Chain::new(&config);
    let hashes = chain.faucet(payee().address(), U256::ONE, U256::ZERO).unwrap();
    let before = Instant::now();
    let receipt = chain.wait_for_receipt(hashes[0]).await.unwrap();
    assert!(receipt.success);
    assert!(before.elapsed() <= seconds(BLOCK_SECONDS) + Duration::from_millis(500));
    assert!(receipt.block_timestamp.is_multiple_of(BLOCK_SECONDS));
    assert!(receipt.block_timestamp <= chain.now());
}
