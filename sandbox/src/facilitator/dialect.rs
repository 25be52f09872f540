//! Who says it how: one finding in the words, statuses and shapes of the field's facilitators. It
//! judges nothing; an unlisted difference between facilitators is not imitated.

mod words;

use super::case::{Case, Version};
use super::verdict::{Outcome, Refusal};
use hyper::StatusCode;
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;
use wire::{Message, SettlementResponse, VerifyResponse};
use words::{Late, Words};

/// Whose words a facilitator uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// `@x402/core` and `@x402/evm` 2.27.0 behind a plain HTTP server: 200 with a reason.
    #[default]
    Ts,
    /// x402-rs 2.0: 400 and 500, few reasons, no hash and no network in any failure. Takes
    /// overpayment.
    X402Rs,
    /// Coinbase's CDP: 500 with a hash for a pending settlement.
    Cdp,
}

/// A status and a JSON body.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub body: Value,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ts, Self::X402Rs, Self::Cdp];

    /// As command lines name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ts => "ts",
            Self::X402Rs => "x402-rs",
            Self::Cdp => "cdp",
        }
    }

    /// Whether more than the price is taken. x402-rs compares with "at least".
    #[must_use]
    pub const fn takes_overpayment(self) -> bool {
        matches!(self, Self::X402Rs)
    }

    /// The key of `signers` in `/supported`.
    #[must_use]
    pub const fn signer_family(self) -> &'static str {
        match self {
            Self::Ts | Self::Cdp => "eip155:*",
            Self::X402Rs => "eip155:84532",
        }
    }

    /// The answer to `verify`.
    #[must_use]
    pub fn verdict(self, case: Option<&Case>, verdict: &Result<(), Refusal>) -> Spoken {
        let payer = case.map(|it| it.payer().to_checksum(None));
        let refusal = match verdict {
            Ok(()) => {
                let valid = VerifyResponse { is_valid: true, payer, ..VerifyResponse::default() };
                return Spoken { status: StatusCode::OK, body: valid.to_value() };
            }
            Err(refusal) => refusal,
        };
        let version = case.map_or(Version::V2, |it| it.version);
        let words = Words::of(self, version, refusal);
        if let Some(thrown) = words.thrown {
            return Spoken { status: words.status, body: thrown };
        }
        let body = match self {
            Self::X402Rs => json!({
                "isValid": false,
                "invalidReason": words.reason,
                "invalidReasonDetails": words.message,
                "payer": "",
            }),
            Self::Ts | Self::Cdp => VerifyResponse {
                is_valid: false,
                invalid_reason: Some(words.reason),
                // Version 1 of the TypeScript facilitator drops it.
                invalid_message: words.message.filter(|_| version == Version::V2),
                payer,
                ..VerifyResponse::default()
            }
            .to_value(),
        };
        Spoken { status: words.status, body }
    }

    /// The answer to `settle`.
    #[must_use]
    pub fn outcome(self, case: Option<&Case>, outcome: &Outcome) -> Spoken {
        let version = case.map_or(Version::V2, |it| it.version);
        let words = match outcome {
            Outcome::Settled(_) => return Spoken::success(settlement(case, outcome)),
            Outcome::Refused(refusal) => Words::of(self, version, refusal),
            Outcome::Reverted(_) => Words::late(self, Late::Reverted),
            Outcome::NoSuchTransfer(_) => Words::late(self, Late::NoSuchTransfer),
            Outcome::Pending(hash) => Words::late(self, Late::Pending).timed_out(self, *hash),
        };
        if let Some(thrown) = words.thrown {
            return Spoken { status: words.status, body: thrown };
        }
        let body = match self {
            Self::X402Rs => json!({
                "success": false,
                "network": "",
                "transaction": "",
                "errorReason": words.reason,
                "errorMessage": words.message,
                "payer": "",
            }),
            Self::Ts | Self::Cdp => {
                let (reason, message) = match (self, version, words.message) {
                    // Version 1 gives the library's message as the reason.
                    (Self::Ts, Version::V1, Some(message)) => (message, None),
                    (_, _, message) => (words.reason, message),
                };
                let mut answer = settlement(case, outcome);
                if self == Self::Ts
                    && version == Version::V1
                    && matches!(outcome, Outcome::Pending(_))
                {
                    // Version 1 lets the library's timeout through, and the hash is lost.
                    answer.transaction.clear();
                }
                answer.error_reason = Some(reason);
                answer.error_message = message;
                answer.to_value()
            }
        };
        Spoken { status: words.status, body }
    }
}

/// The answer's frame: who, where, and which transaction.
pub(super) fn settlement(case: Option<&Case>, outcome: &Outcome) -> SettlementResponse {
    SettlementResponse {
        success: matches!(outcome, Outcome::Settled(_)),
        payer: case.map(|it| it.payer().to_checksum(None)),
        transaction: outcome.transaction().map(|it| it.to_string()).unwrap_or_default(),
        network: case.map(|it| it.paid_network.clone()).unwrap_or_default(),
        ..SettlementResponse::default()
    }
}

impl Spoken {
    pub(super) fn success(response: SettlementResponse) -> Self {
        Self { status: StatusCode::OK, body: response.to_value() }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No dialect has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownDialect;

impl fmt::Display for UnknownDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a dialect is ts, x402-rs or cdp")
    }
}

impl std::error::Error for UnknownDialect {}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        Self::ALL.into_iter().find(|it| it.name() == name).ok_or(UnknownDialect)
    }
}
