//! Finding the traces that payments leave.

use crate::world::{Authorization, START, attempt, chain, payee, payer, relayer};
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;
use sandbox::chain::{BlockId, Chain, LogFilter};
use sandbox::token::{FiatToken, USDC};

const USED: B256 = FiatToken::AuthorizationUsed::SIGNATURE_HASH;
const MOVED: B256 = FiatToken::Transfer::SIGNATURE_HASH;

/// Blocks 1 to 3 with one payment each, and an empty block 4.
fn three_payments() -> (Chain, [B256; 3]) {
    let chain = chain();
    let nonces = ["one", "two", "three"].map(|name| {
        let authorization = Authorization::new(name);
        let call = authorization.call(authorization.signed().as_bytes());
        attempt(&chain, relayer(), call).expect("the payment is good");
        authorization.nonce
    });
    chain.mine();
    (chain, nonces)
}

#[test]
fn a_filter_finds_what_matches_and_nothing_else() {
    let (chain, nonces) = three_payments();
    let (from, to) = (payer().address().into_word(), payee().address().into_word());
    let by = |topics: &[B256]| LogFilter::of(USDC, topics);
    let elsewhere = LogFilter { addresses: vec![Address::ZERO], ..LogFilter::default() };
    #[rustfmt::skip]
    let cases = [
        // filter                        blocks    found in blocks
        (LogFilter::default(),           (0, 4),   vec![1, 1, 2, 2, 3, 3]),
        (by(&[USED]),                    (0, 4),   vec![1, 2, 3]),
        (by(&[USED, from, nonces[1]]),   (0, 4),   vec![2]),
        (by(&[USED, to, nonces[1]]),     (0, 4),   vec![]),
        (by(&[MOVED, from, to]),         (2, 3),   vec![2, 3]),
        (by(&[MOVED, from, to]),         (4, 4),   vec![]),
        (elsewhere,                      (0, 4),   vec![]),
    ];
    for (filter, (first, last), expected) in cases {
        let range = (BlockId::Number(first), BlockId::Number(last));
        let found = chain.logs(&filter, range, 100).unwrap();
        let blocks: Vec<_> = found.iter().map(|it| it.block_number).collect();
        assert_eq!(blocks, expected, "{filter:?} in {first}..={last}");
    }
}

#[test]
fn a_log_says_where_it_is() {
    let (chain, nonces) = three_payments();
    let all = (BlockId::Earliest, BlockId::Latest);
    let found = chain.logs(&LogFilter::of(USDC, &[MOVED]), all, 100).unwrap();
    for (log, nonce) in found.iter().zip(nonces) {
        let receipt = chain.receipt(log.transaction_hash).unwrap();
        assert_eq!((log.block_number, log.block_hash), (receipt.block_number, receipt.block_hash));
        assert_eq!(log.block_timestamp, START + 2 * log.block_number);
        assert_eq!((log.transaction_index, log.log_index), (0, 1));
        assert_eq!(receipt.entries().nth(1).as_ref(), Some(log));
        assert_eq!(receipt.logs[0].topics()[2], nonce);
    }
}

#[test]
fn one_more_than_the_limit_shows_that_there_are_too_many() {
    let (chain, _) = three_payments();
    let all = (BlockId::Earliest, BlockId::Latest);
    for (limit, found) in [(0, 1), (5, 6), (6, 6), (usize::MAX, 6)] {
        assert_eq!(chain.logs(&LogFilter::default(), all, limit).unwrap().len(), found);
    }
}
