//! What others do on the chain, behind the merchant's back.

use alloy_sol_types::{SolCall, SolStruct, eip712_domain, sol};
use sandbox::accounts::testers;
use sandbox::chain::CallRequest;
use sandbox::token::{FiatToken, USDC};
use wire::{Address, Authorization, SignatureBytes, U256};

use crate::market::{Market, NOW};
use crate::pay::{Pay, key};

sol! {
    struct CancelAuthorization { address authorizer; bytes32 nonce; }
}

/// Somebody else submits the payment: whoever has seen it can.
pub(crate) fn submit(market: &Market, payment: &Pay) {
    let (it, signature) = payment.signed(NOW);
    let call = FiatToken::transferWithAuthorization_1Call {
        from: it.from.evm(),
        to: it.to.evm(),
        value: it.value.units(),
        validAfter: U256::from(it.valid_after.seconds()),
        validBefore: U256::from(it.valid_before.seconds()),
        nonce: it.nonce.evm(),
        signature: bytes(&signature).into(),
    };
    send(market, call.abi_encode());
}

/// The payer spends the payment's nonce on itself.
pub(crate) fn spend_elsewhere(market: &Market, payment: Pay) {
    let own: Address = key().address();
    submit(market, &payment.signing_at(move |it, _| Authorization { to: own, ..it }));
}

/// The payer withdraws the authorization.
pub(crate) fn cancel(market: &Market, payment: &Pay) {
    let authorizer = key().address().evm();
    let nonce = payment.signed(NOW).0.nonce.evm();
    let domain = eip712_domain! {
        name: "USDC", version: "2", chain_id: 84532, verifying_contract: USDC,
    };
    let digest = CancelAuthorization { authorizer, nonce }.eip712_signing_hash(&domain);
    let signature = bytes(&key().sign(digest)).into();
    let call = FiatToken::cancelAuthorization_1Call { authorizer, nonce, signature };
    send(market, call.abi_encode());
}

fn bytes(signature: &SignatureBytes) -> Vec<u8> {
    signature.bytes().to_vec()
}

fn send(market: &Market, call: Vec<u8>) {
    market.sandbox.chain().send(&testers()[5], &CallRequest::to(USDC, call)).unwrap();
}
