//! Payers that are contracts, or that delegated to one: the token asks the contract.

use crate::world::{Authorization, attempt, chain, mined, payer, relayer};
use alloy_consensus::{SignableTransaction, TxEip7702, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_eips::eip7702::Authorization as Delegation;
use alloy_primitives::{Address, U256};
use sandbox::chain::{BlockId, CHAIN_ID, CallRequest, Chain};

const WRONG_SIGNATURE: &str = "FiatTokenV2: invalid signature";

/// A contract that answers every question, also EIP-1271's, with these four bytes.
fn wallet(chain: &Chain, answer: [u8; 4]) -> Address {
    // PUSH4 answer, PUSH1 224, SHL, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN.
    let runtime = [&[0x63], &answer[..], &[0x60, 0xe0, 0x1b, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]];
    // PUSH14 runtime, PUSH0, MSTORE, PUSH1 14, PUSH1 18, RETURN.
    let init = [&[0x6d][..], &runtime.concat(), &[0x5f, 0x52, 0x60, 0x0e, 0x60, 0x12, 0xf3]];
    let deployment = CallRequest { data: init.concat().into(), ..CallRequest::default() };
    let sent = chain.send(relayer(), &deployment).expect("the relayer is rich");
    mined(chain, sent).contract_address.expect("this creates a contract")
}

/// Source: EIP-1271.
const YES: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];
const NO: [u8; 4] = [0xff; 4];

#[test]
fn a_contract_wallet_decides_about_its_own_signatures() {
    for (answer, expected) in [(YES, Ok(())), (NO, Err(WRONG_SIGNATURE.to_owned()))] {
        let chain = chain();
        let from = wallet(&chain, answer);
        chain.faucet(from, U256::from(5_000), U256::ZERO).unwrap();
        chain.mine();

        let authorization = Authorization { from, ..Authorization::new("contract") };
        let ending = attempt(&chain, relayer(), authorization.call(b"any bytes".to_vec()));
        assert_eq!(ending.map(drop), expected);
    }
}

/// A check of the signature outside of the token would let the second one through.
#[test]
fn a_payer_who_delegated_to_a_contract_is_asked_through_it() {
    for (answer, expected) in [(YES, Ok(())), (NO, Err(WRONG_SIGNATURE.to_owned()))] {
        let chain = chain();
        let delegation =
            Delegation { chain_id: U256::ZERO, address: wallet(&chain, answer), nonce: 0 };
        let consent = payer().sign(delegation.signature_hash());
        let transaction = TxEip7702 {
            chain_id: CHAIN_ID,
            nonce: chain.nonce(relayer().address(), BlockId::Pending).unwrap(),
            gas_limit: 100_000,
            max_fee_per_gas: 10_000_000,
            authorization_list: vec![delegation.into_signed(consent)],
            ..TxEip7702::default()
        };
        let signature = relayer().sign(transaction.signature_hash());
        let raw = TxEnvelope::from(transaction.into_signed(signature)).encoded_2718();
        let hash = chain.submit(&raw).unwrap();
        assert!(mined(&chain, hash).success);
        assert_eq!(chain.code(payer().address(), BlockId::Latest).unwrap().len(), 23);

        let authorization = Authorization::new("delegated");
        let call = authorization.call(authorization.signed().as_bytes());
        assert_eq!(attempt(&chain, relayer(), call).map(drop), expected);
    }
}
