//! Every check of the exact scheme on EVM chains that a facilitator makes, in the order of
//! `@x402/evm` 2.27.0. Pure: what the chain has to say is handed in.

use super::case::{Case, Version};
use super::verdict::{Reason, Refusal};
use alloy_primitives::{B256, Signature, U256};
use wire::exact::EXACT;

/// A payment must stay valid this long, so that it does not expire on its way into a block.
/// Source: `@x402/evm`, `verifyEIP3009` (three Base blocks).
pub const EXPIRY_MARGIN_SECONDS: u64 = 6;

/// What the token reverts with when `validAfter` has not passed. Source: Circle's FiatToken.
pub const NOT_YET_VALID: &str = "FiatTokenV2: authorization is not yet valid";

/// A signature that carries the deployment of its wallet ends with this. Source: ERC-6492.
const ERC6492_SUFFIX: [u8; 2] = [0x64, 0x92];

/// Who checks the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payer {
    /// A key does: the facilitator recovers the signer itself.
    Person,
    /// A contract does (EIP-1271), and this is what it answered.
    Contract {
        /// Whether the signature is good.
        approves: bool,
    },
}

/// What differs between facilitators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The one chain that is served.
    pub chain_id: u64,
    /// Whether more than the price is taken for good.
    pub overpayment: bool,
}

/// What the token says about a payment whose transfer reverted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenState {
    /// Whether the authorization is used or canceled; `None` if the token does not know.
    pub used: Option<bool>,
    /// The token's EIP-712 name, if it tells.
    pub name: Option<String>,
    /// The token's EIP-712 version, if it tells.
    pub version: Option<String>,
    /// What the payer has, if the token tells.
    pub balance: Option<U256>,
}

/// The checks that need no simulation.
pub fn judge(case: &Case, now: u64, payer: Payer, rules: Rules) -> Result<(), Refusal> {
    check_kind(case, rules)?;
    let digest = digest(case)?;
    check_signature(case, digest, payer)?;
    let (it, offer) = (&case.payment.authorization, &case.offer);
    if it.to.evm() != offer.pay_to {
        return Err(Reason::Recipient.into());
    }
    if it.valid_before.seconds() < now + EXPIRY_MARGIN_SECONDS {
        return Err(Reason::Expired.into());
    }
    if it.valid_after.seconds() > now {
        return Err(Reason::Early.into());
    }
    let enough = if rules.overpayment {
        it.value.units() >= offer.amount
    } else {
        it.value.units() == offer.amount
    };
    if enough { Ok(()) } else { Err(Reason::Amount.into()) }
}

fn check_kind(case: &Case, rules: Rules) -> Result<(), Refusal> {
    let offer = &case.offer;
    let served = offer.scheme == EXACT && offer.chain_id == Some(rules.chain_id);
    if !served {
        let words = format!(
            "No facilitator registered for scheme: {} and network: {}",
            offer.scheme, offer.network
        );
        return Err(Refusal::saying(Reason::UnsupportedKind, words));
    }
    if case.paid_scheme != EXACT {
        return Err(Reason::Scheme.into());
    }
    // The two versions ask in another order; it shows when both are wrong.
    let network = case.paid_network == offer.network;
    match (case.version, offer.domain.is_some(), network) {
        (Version::V2, false, _) | (Version::V1, false, true) => Err(Reason::MissingDomain.into()),
        (_, _, false) => Err(Reason::Network.into()),
        (_, true, true) => Ok(()),
    }
}

/// What the payer must have signed.
pub fn digest(case: &Case) -> Result<B256, Refusal> {
    let domain = case.token_domain().ok_or(Reason::MissingDomain)?;
    Ok(domain.digest(&case.payment.authorization))
}

fn check_signature(case: &Case, digest: B256, payer: Payer) -> Result<(), Refusal> {
    let signature = case.payment.signature.bytes();
    let wrapped = signature.len() >= 32
        && signature[signature.len() - 32..].chunks(2).all(|it| it == ERC6492_SUFFIX);
    let good = match payer {
        Payer::Person if wrapped => return Err(Reason::Factory.into()),
        Payer::Person => recovers_to_payer(case, digest),
        Payer::Contract { approves } => approves,
    };
    if good { Ok(()) } else { Err(Reason::Signature.into()) }
}

/// A high s passes here, as in viem; the token refuses it later.
fn recovers_to_payer(case: &Case, digest: B256) -> bool {
    let Ok(bytes) = <&[u8; 65]>::try_from(case.payment.signature.bytes()) else { return false };
    if !matches!(bytes[64], 0 | 1 | 27 | 28) {
        return false;
    }
    let recovered = Signature::from_raw_array(bytes)
        .ok()
        .and_then(|it| it.recover_address_from_prehash(&digest).ok());
    recovered == Some(case.payer())
}

/// What a node says about `validAfter` when it estimates gas on the block to come: it gives that
/// block the time of its own clock, and the token wants more than `validAfter`. So a payment that
/// is valid from this second on fails here, and one that is valid since the second before passes,
/// though the simulation on the newest block may still refuse it.
pub fn check_block_to_come(case: &Case, now: u64) -> Result<(), Refusal> {
    if case.payment.authorization.valid_after.seconds() < now {
        return Ok(());
    }
    Err(Refusal::saying(interpret(NOT_YET_VALID), NOT_YET_VALID))
}

/// Why a simulated transfer reverted, as far as the token's state tells.
#[must_use]
pub fn diagnose(case: &Case, words: String, token: &TokenState) -> Refusal {
    let (name, version) = case.offer.domain.clone().unzip();
    let differs = |told: &Option<String>, stated: &Option<String>| matches!((told, stated), (Some(told), Some(stated)) if told != stated);
    let reason = if token.used.is_none() {
        Reason::NotEip3009
    } else if token.used == Some(true) {
        Reason::NonceUsed
    } else if differs(&token.name, &name) {
        Reason::TokenName
    } else if differs(&token.version, &version) {
        Reason::TokenVersion
    } else if token.balance.is_some_and(|it| it < case.offer.amount) {
        Reason::Balance
    } else {
        Reason::Simulation
    };
    Refusal::saying(reason, words)
}

/// Why a transaction could not be made, as far as the token's words tell.
#[must_use]
pub fn interpret(words: &str) -> Reason {
    const AUTHORIZATION: &str = "authorization";
    let lower = words.to_lowercase();
    let says = |parts: &[&str]| lower.lines().any(|line| in_order(line, parts));
    if says(&[AUTHORIZATION, "expired"]) || says(&[AUTHORIZATION, "valid before"]) {
        Reason::Expired
    } else if says(&[AUTHORIZATION, "not", "valid"]) {
        Reason::Early
    } else if says(&[AUTHORIZATION, "used"]) {
        Reason::NonceUsed
    } else if says(&["transfer", "exceeds", "balance"]) || says(&["insufficient", "balance"]) {
        Reason::Balance
    } else if says(&["invalid", "signature"]) {
        Reason::Signature
    } else {
        Reason::Transaction
    }
}

fn in_order(line: &str, parts: &[&str]) -> bool {
    let mut rest = line;
    parts.iter().all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}
