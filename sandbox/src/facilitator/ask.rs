//! The facilitator's questions to the chain about one payment, and its transaction. It knows the
//! token's interface and takes no decision.

use super::case::Case;
use super::judge::{Payer, TokenState};
use crate::chain::{BlockId, CallError, CallRequest, Chain, Receipt};
use crate::token::FiatToken;
use alloy_primitives::{Address, B256, Bytes, FixedBytes};
use alloy_sol_types::{SolCall, SolEvent};

/// What a contract wallet answers when a signature is good. Source: EIP-1271.
const EIP1271_GOOD: FixedBytes<4> = FixedBytes([0x16, 0x26, 0xba, 0x7e]);

alloy_sol_types::sol! {
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
}

/// The call that moves the money. Signatures of 65 bytes go in as v, r and s, others as bytes.
pub(super) fn transfer(case: &Case) -> CallRequest {
    let it = &case.payment.authorization;
    let signature = case.payment.signature.bytes();
    let (from, to, value) = (it.from.evm(), it.to.evm(), it.value.units());
    let valid_after = alloy_primitives::U256::from(it.valid_after.seconds());
    let valid_before = alloy_primitives::U256::from(it.valid_before.seconds());
    let nonce = it.nonce.evm();
    let data = if signature.len() == 65 {
        let (r, s) = (B256::from_slice(&signature[..32]), B256::from_slice(&signature[32..64]));
        FiatToken::transferWithAuthorization_0Call {
            from,
            to,
            value,
            validAfter: valid_after,
            validBefore: valid_before,
            nonce,
            v: signature[64],
            r,
            s,
        }
        .abi_encode()
    } else {
        FiatToken::transferWithAuthorization_1Call {
            from,
            to,
            value,
            validAfter: valid_after,
            validBefore: valid_before,
            nonce,
            signature: Bytes::copy_from_slice(signature),
        }
        .abi_encode()
    };
    CallRequest::to(case.offer.asset, data)
}

/// Who has to say whether the signature is good; a contract is asked at once.
pub(super) fn payer(chain: &Chain, case: &Case, digest: B256) -> Payer {
    if !is_contract(chain, case.payer()) {
        return Payer::Person;
    }
    let signature = Bytes::copy_from_slice(case.payment.signature.bytes());
    let question = isValidSignatureCall { hash: digest, signature };
    Payer::Contract { approves: ask(chain, case.payer(), &question) == Some(EIP1271_GOOD) }
}

pub(super) fn is_contract(chain: &Chain, address: Address) -> bool {
    chain.code(address, BlockId::Latest).is_ok_and(|code| !code.is_empty())
}

/// What the token says about the payment, as of the newest block.
pub(super) fn token_state(chain: &Chain, case: &Case) -> TokenState {
    let (asset, payer) = (case.offer.asset, case.payer());
    let nonce = case.payment.authorization.nonce.evm();
    let used = FiatToken::authorizationStateCall { authorizer: payer, nonce };
    TokenState {
        used: ask(chain, asset, &used),
        name: ask(chain, asset, &FiatToken::nameCall {}),
        version: ask(chain, asset, &FiatToken::versionCall {}),
        balance: ask(chain, asset, &FiatToken::balanceOfCall { account: payer }),
    }
}

fn ask<C: SolCall>(chain: &Chain, contract: Address, question: &C) -> Option<C::Return> {
    let request = CallRequest::to(contract, question.abi_encode());
    let answer = chain.call(&request, BlockId::Latest).ok()?;
    C::abi_decode_returns(&answer).ok()
}

/// What the chain said no with: the contract's own words where it has some.
pub(super) fn words(error: &CallError) -> String {
    match error {
        CallError::Revert(revert) => revert.reason().unwrap_or_else(|| revert.to_string()),
        CallError::Halt(_) | CallError::Invalid(_) | CallError::Block(_) => error.to_string(),
    }
}

/// Whether the transaction holds exactly this transfer of the asset.
pub(super) fn transferred(receipt: &Receipt, case: &Case) -> bool {
    let it = &case.payment.authorization;
    let expected =
        FiatToken::Transfer { from: it.from.evm(), to: it.to.evm(), value: it.value.units() };
    let of_asset = receipt.logs.iter().filter(|log| log.address == case.offer.asset);
    of_asset
        .filter_map(|log| FiatToken::Transfer::decode_log_data(log).ok())
        .any(|it| it == expected)
}
