//! What the pool takes, what it refuses and with which words, and in which order it gives.

use crate::world::{START, chain, payee, payer, relayer};
use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes, TxKind, U256};
use sandbox::accounts::Account;
use sandbox::chain::{
    BASE_FEE, BLOCK_GAS_LIMIT, BlockId, CHAIN_ID, CallRequest, Chain, ChainConfig, SubmitError,
    TRANSACTION_BYTES_MAX,
};

/// One wei from the payer to the payee.
fn transfer(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 10 * u128::from(BASE_FEE),
        max_priority_fee_per_gas: u128::from(BASE_FEE),
        to: TxKind::Call(payee().address()),
        value: U256::ONE,
        ..TxEip1559::default()
    }
}

fn signed(transaction: TxEip1559) -> Vec<u8> {
    let signature = payer().sign(transaction.signature_hash());
    TxEnvelope::from(transaction.into_signed(signature)).encoded_2718()
}

#[test]
fn what_cannot_be_mined_is_refused_in_the_words_of_geth() {
    #[rustfmt::skip]
    let cases = [
        (TxEip1559 { chain_id: 1, ..transfer(0) },                    "invalid chain id for signer: have 1 want 84532"),
        (TxEip1559 { gas_limit: 20_999, ..transfer(0) },              "intrinsic gas too low: gas 20999, minimum needed 21000"),
        (TxEip1559 { gas_limit: BLOCK_GAS_LIMIT + 1, ..transfer(0) }, "exceeds block gas limit: gas 60000001, limit 60000000"),
        (TxEip1559 { max_fee_per_gas: 1, max_priority_fee_per_gas: 1, ..transfer(0) }, "max fee per gas less than block base fee: maxFeePerGas: 1, baseFee: 1000000"),
        (TxEip1559 { max_priority_fee_per_gas: u128::MAX, ..transfer(0) }, "max priority fee per gas higher than max fee per gas"),
        (TxEip1559 { value: U256::MAX, ..transfer(0) },               "insufficient funds for gas * price + value"),
    ];
    for (transaction, expected) in cases {
        let chain = chain();
        let refused = chain.submit(&signed(transaction)).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
        assert!(chain.mine().transactions().is_empty());
    }
}

#[test]
fn bytes_that_are_no_transaction_are_refused() {
    let chain = chain();
    let good = signed(transfer(0));
    let longer = [&good[..], &[0]].concat();
    for bytes in [&[][..], &[0x02], &good[..good.len() - 1], &longer, b"hello"] {
        let refused = chain.submit(bytes).unwrap_err();
        assert!(matches!(refused, SubmitError::Undecodable(_)), "{refused:?}");
    }
    let huge = vec![0; TRANSACTION_BYTES_MAX + 1];
    assert_eq!(chain.submit(&huge), Err(SubmitError::Oversized(huge.len())));
}

#[test]
fn legacy_transactions_need_the_chain_in_their_signature() {
    let legacy = |chain_id| {
        let TxEip1559 { nonce, gas_limit, to, value, .. } = transfer(0);
        let gas_price = u128::from(2 * BASE_FEE);
        let input = Bytes::new();
        let transaction = TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input };
        let signature = payer().sign(transaction.signature_hash());
        TxEnvelope::from(transaction.into_signed(signature)).encoded_2718()
    };
    let chain = chain();
    assert_eq!(chain.submit(&legacy(None)), Err(SubmitError::Unprotected));
    let hash = chain.submit(&legacy(Some(CHAIN_ID))).unwrap();
    chain.mine();
    let receipt = chain.receipt(hash).unwrap();
    assert!(receipt.success);
    assert_eq!(receipt.effective_gas_price, u128::from(2 * BASE_FEE));
}

#[test]
fn a_transaction_sent_twice_happens_once() {
    let chain = chain();
    let raw = signed(transfer(0));
    let hash = chain.submit(&raw).unwrap();
    assert_eq!(chain.submit(&raw), Err(SubmitError::AlreadyKnown));
    assert!(chain.transaction(hash).is_some() && chain.receipt(hash).is_none());
    assert_eq!(chain.mine().transactions(), [hash]);
    assert_eq!(chain.submit(&raw), Err(SubmitError::NonceTooLow { next: 1, nonce: 0 }));
    assert_eq!(
        chain.submit(&raw).unwrap_err().to_string(),
        "nonce too low: next nonce 1, tx nonce 0"
    );
}

#[test]
fn a_gap_waits_until_it_is_closed() {
    let chain = chain();
    let from = payer().address();
    let later = chain.submit(&signed(transfer(1))).unwrap();
    assert_eq!(chain.nonce(from, BlockId::Pending), Ok(0));
    assert!(chain.mine().transactions().is_empty());
    let first = chain.submit(&signed(transfer(0))).unwrap();
    assert_eq!(chain.nonce(from, BlockId::Pending), Ok(2));
    assert_eq!(chain.nonce(from, BlockId::Latest), Ok(0));
    assert_eq!(chain.mine().transactions(), [first, later]);
}

#[test]
fn a_replacement_must_pay_a_tenth_more() {
    let chain = chain();
    let with_fees = |percent: u128| TxEip1559 {
        max_fee_per_gas: transfer(0).max_fee_per_gas * percent / 100,
        max_priority_fee_per_gas: transfer(0).max_priority_fee_per_gas * percent / 100,
        ..transfer(0)
    };
    let first = chain.submit(&signed(with_fees(100))).unwrap();
    assert_eq!(chain.submit(&signed(with_fees(109))), Err(SubmitError::Underpriced));
    let second = chain.submit(&signed(with_fees(110))).unwrap();
    assert_eq!(chain.transaction(first), None);
    assert_eq!(chain.mine().transactions(), [second]);
}

#[test]
fn a_block_takes_transactions_as_they_came() {
    let chain = chain();
    let gift = CallRequest { to: Some(payee().address()), ..CallRequest::default() };
    let senders = [relayer(), payer(), relayer(), payee(), payer()];
    let sent: Vec<B256> = senders.iter().map(|it| chain.send(it, &gift).unwrap()).collect();
    let block = chain.mine();
    assert_eq!(block.transactions(), sent);
    let receipts = sent.iter().map(|it| chain.receipt(*it).unwrap());
    let places = receipts.map(|it| (it.index, it.cumulative_gas_used)).collect::<Vec<_>>();
    let gas = 21_000;
    assert_eq!(places, [(0, gas), (1, 2 * gas), (2, 3 * gas), (3, 4 * gas), (4, 5 * gas)]);
    assert_eq!(block.header().gas_used, 5 * gas);
}

#[test]
fn what_does_not_fit_waits_for_the_next_block() {
    let chain = chain();
    let hungry = |nonce| TxEip1559 { gas_limit: BLOCK_GAS_LIMIT - 21_000, ..transfer(nonce) };
    let sent = [0, 1, 2].map(|nonce| chain.submit(&signed(hungry(nonce))).unwrap());
    assert_eq!(chain.mine().transactions(), &sent[..2]);
    assert_eq!(chain.mine().transactions(), &sent[2..]);
}

#[test]
fn what_became_unaffordable_is_dropped() {
    let chain = Chain::new(&ChainConfig { endowments: Vec::new(), ..ChainConfig::by_hand(START) });
    let poor = Account::from_secret(B256::repeat_byte(7)).unwrap();
    chain.faucet(poor.address(), U256::ZERO, U256::from(10).pow(U256::from(13))).unwrap();
    chain.mine();
    let balance = chain.balance(poor.address(), BlockId::Latest).unwrap();
    // Each could be paid alone: the pool does not add up.
    let half = CallRequest {
        to: Some(payee().address()),
        value: balance * U256::from(6) / U256::from(10),
        gas: Some(21_000),
        ..CallRequest::default()
    };
    let sent = [0, 1].map(|_| chain.send(&poor, &half).unwrap());
    assert_eq!(chain.mine().transactions(), &sent[..1]);
    assert_eq!(chain.transaction(sent[1]), None);
}

#[test]
fn the_faucet_gives_what_is_asked_for_and_nothing_else() {
    let (usdc, ether) = (U256::from(5), U256::from(7));
    for (usdc, ether, transactions) in [
        (usdc, ether, 2),
        (usdc, U256::ZERO, 1),
        (U256::ZERO, ether, 1),
        (U256::ZERO, U256::ZERO, 0),
    ] {
        let chain = chain();
        let poor = alloy_primitives::Address::repeat_byte(0xee);
        let hashes = chain.faucet(poor, usdc, ether).unwrap();
        assert_eq!(chain.mine().transactions(), hashes);
        assert_eq!(hashes.len(), transactions);
        assert_eq!(chain.usdc_balance(poor), usdc);
        assert_eq!(chain.balance(poor, BlockId::Latest), Ok(ether));
    }
}
