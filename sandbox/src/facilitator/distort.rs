//! Well-formed answers that are not true, as ordered. What really happened is handed in; this
//! module only tells it wrongly.

use super::case::{Case, Version};
use super::dialect::{Dialect, Spoken, settlement};
use super::verdict::Outcome;
use crate::chain::CHAIN_ID;
use crate::faults::{Answer, Early, Endpoint, Lie};
use alloy_primitives::{Address, B256, U256, keccak256};
use hyper::StatusCode;
use serde_json::{Value, json};
use wire::{AtomicAmount, Message, SettlementResponse, VerifyResponse};

/// Base, when the truth is Base Sepolia.
const ANOTHER_CHAIN: u64 = 8453;

/// The answer to `verify`; nothing where the order is for another endpoint.
pub(super) fn verdict(dialect: Dialect, case: Option<&Case>, answer: &Answer) -> Option<Spoken> {
    match answer {
        Answer::Refuse(reason) => Some(refusal(Endpoint::Verify, case, &plainly(dialect, reason))),
        Answer::TooEarly(early) => Some(refusal(Endpoint::Verify, case, &said(early))),
        Answer::Valid => Some(dialect.verdict(case, &Ok(()))),
        Answer::Pending | Answer::Failure(_) | Answer::Lie(_) => None,
    }
}

/// The answer to `settle`. When the money was to move and did not, the truth is told: there is
/// nothing to lie about.
pub(super) fn outcome(
    dialect: Dialect,
    case: Option<&Case>,
    answer: &Answer,
    truth: Option<&Outcome>,
) -> Spoken {
    match answer {
        Answer::Refuse(reason) => refusal(Endpoint::Settle, case, &plainly(dialect, reason)),
        Answer::TooEarly(early) => refusal(Endpoint::Settle, case, &said(early)),
        Answer::Lie(Lie::NoTransfer) => {
            let invented = Outcome::Settled(invented_hash(case));
            Spoken::success(settlement(case, &invented))
        }
        Answer::Failure(reason) if truth.is_some_and(|it| it.transaction().is_some()) => {
            refusal(Endpoint::Settle, case, &plainly(dialect, reason))
        }
        Answer::Lie(lie) if matches!(truth, Some(Outcome::Settled(_))) => {
            let truth = truth.map(|it| settlement(case, it)).unwrap_or_default();
            Spoken { status: StatusCode::OK, body: lied(case, truth, *lie) }
        }
        Answer::Failure(_) | Answer::Lie(_) | Answer::Pending | Answer::Valid => truth
            .map_or(Spoken { status: StatusCode::OK, body: json!({}) }, |it| {
                dialect.outcome(case, it)
            }),
    }
}

struct Refused<'a> {
    status: u16,
    reason: &'a str,
    message: Option<&'a str>,
}

fn plainly(dialect: Dialect, reason: &str) -> Refused<'_> {
    let status = match dialect {
        Dialect::Ts | Dialect::Cdp => 200,
        Dialect::X402Rs => 400,
    };
    Refused { status, reason, message: None }
}

fn said(early: &Early) -> Refused<'_> {
    Refused { status: early.status, reason: early.reason, message: early.message }
}

fn refusal(endpoint: Endpoint, case: Option<&Case>, refused: &Refused<'_>) -> Spoken {
    let payer = case.map(|it| it.payer().to_checksum(None));
    let (reason, message) = (Some(refused.reason.to_owned()), refused.message.map(str::to_owned));
    let body = if endpoint == Endpoint::Verify {
        VerifyResponse {
            invalid_reason: reason,
            invalid_message: message,
            payer,
            ..VerifyResponse::default()
        }
        .to_value()
    } else {
        SettlementResponse {
            error_reason: reason,
            error_message: message,
            payer,
            network: case.map(|it| it.paid_network.clone()).unwrap_or_default(),
            ..SettlementResponse::default()
        }
        .to_value()
    };
    Spoken { status: StatusCode::from_u16(refused.status).unwrap_or(StatusCode::OK), body }
}

fn lied(case: Option<&Case>, mut answer: SettlementResponse, lie: Lie) -> Value {
    match lie {
        Lie::Payer => answer.payer = Some(Address::repeat_byte(0x66).to_checksum(None)),
        Lie::Network => {
            let another = case.map_or(Version::V2, |it| it.version).network_name(ANOTHER_CHAIN);
            answer.network = another;
        }
        Lie::Amount => {
            let amount = case.map(|it| it.offer.amount).unwrap_or_default();
            answer.amount = Some(AtomicAmount::new(amount.saturating_add(U256::ONE)));
        }
        Lie::Hash | Lie::NoTransfer => answer.transaction = invented_hash(case).to_string(),
        Lie::EmptyHash => answer.transaction = String::new(),
        Lie::MalformedHash => "0x1234".clone_into(&mut answer.transaction),
        Lie::SuccessAsText | Lie::SuccessMissing => {}
    }
    let mut value = answer.to_value();
    if let Value::Object(members) = &mut value {
        match lie {
            Lie::SuccessAsText => drop(members.insert("success".to_owned(), "true".into())),
            Lie::SuccessMissing => drop(members.shift_remove("success")),
            Lie::Payer
            | Lie::Network
            | Lie::Amount
            | Lie::Hash
            | Lie::EmptyHash
            | Lie::MalformedHash
            | Lie::NoTransfer => {}
        }
    }
    value
}

/// The hash of no transaction, another one for each payment.
fn invented_hash(case: Option<&Case>) -> B256 {
    let nonce = case.map(|it| it.payment.authorization.nonce.evm()).unwrap_or_default();
    keccak256([&nonce[..], &CHAIN_ID.to_be_bytes()].concat())
}
