//! The rules of the token, one by one, as calls and as transactions.

use crate::world::{Authorization, START, chain, mined, payee, payer, relayer};
use alloy_primitives::{U256, b256};
use alloy_sol_types::SolCall;
use sandbox::chain::{BlockId, CallRequest};
use sandbox::token::{FiatToken, USDC};

#[test]
fn the_domain_is_that_of_usdc_on_base_sepolia() {
    let chain = chain();
    let question = CallRequest::to(USDC, FiatToken::DOMAIN_SEPARATORCall {}.abi_encode());
    // Computed by viem's hashDomain for name USDC, version 2, chain 84532 and this address.
    let expected = b256!("71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818");
    assert_eq!(chain.call(&question, BlockId::Latest).unwrap().as_ref(), expected.as_slice());
}

#[test]
fn a_payment_moves_money_once() {
    let chain = chain();
    let before = chain.usdc_balance(payee().address());
    let authorization = Authorization::new("once");
    let call = authorization.call(authorization.signed().as_bytes());
    let request = CallRequest::to(USDC, call.abi_encode());
    let receipt = mined(&chain, chain.send(relayer(), &request).unwrap());
    assert!(receipt.success, "{receipt:?}");
    assert_eq!(chain.usdc_balance(payee().address()), before + U256::from(1_000));
    assert!(chain.authorization_state(payer().address(), authorization.nonce));
    assert_eq!(receipt.block_timestamp, START + 2);

    let receipt = mined(&chain, chain.send(relayer(), &request).unwrap());
    assert!(!receipt.success);
}
