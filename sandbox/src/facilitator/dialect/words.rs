//! The words of each facilitator for each reason, with the status that comes with them.

use super::Dialect;
use crate::facilitator::case::Version;
use crate::facilitator::verdict::{Reason, Refusal};
use alloy_primitives::B256;
use hyper::StatusCode;
use serde_json::{Value, json};

/// What can go wrong once a transaction was sent.
#[derive(Clone, Copy)]
pub(super) enum Late {
    Reverted,
    NoSuchTransfer,
    Pending,
}

/// A refusal or a failure, before it has the shape of an answer.
pub(super) struct Words {
    pub(super) status: StatusCode,
    pub(super) reason: String,
    pub(super) message: Option<String>,
    /// The whole body, where it has another shape than an answer.
    pub(super) thrown: Option<Value>,
}

impl Words {
    /// For a refusal.
    pub(super) fn of(dialect: Dialect, version: Version, refusal: &Refusal) -> Self {
        match dialect {
            Dialect::Ts => ts(version, refusal),
            Dialect::X402Rs => x402_rs(refusal),
            Dialect::Cdp => cdp(version, refusal),
        }
    }

    /// For what went wrong once a transaction was sent.
    pub(super) fn late(dialect: Dialect, late: Late) -> Self {
        #[rustfmt::skip]
        let (status, reason) = match (dialect, late) {
            (Dialect::X402Rs, _)                              => (500, "unexpected_error"),
            (Dialect::Ts | Dialect::Cdp, Late::NoSuchTransfer)   => (200, "invalid_exact_evm_transfer_event_mismatch"),
            (Dialect::Ts, Late::Reverted)                     => (200, "invalid_exact_evm_transaction_failed"),
            (Dialect::Ts, Late::Pending)                      => (200, "settlement_pending"),
            (Dialect::Cdp, Late::Reverted)                    => (200, "settle_exact_failed_onchain"),
            // docs.cdp.coinbase.com/x402/seller/settlement-pending
            (Dialect::Cdp, Late::Pending)                     => (500, "settlement_pending"),
        };
        Self::new(status, reason)
    }

    fn new(status: u16, reason: &str) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, reason: reason.to_owned(), message: None, thrown: None }
    }

    /// The TypeScript facilitator passes on how its library gave up waiting.
    pub(super) fn timed_out(mut self, dialect: Dialect, hash: B256) -> Self {
        if dialect == Dialect::Ts {
            let words = "Timed out while waiting for transaction with hash";
            self.message = Some(format!("{words} \"{hash}\" to be confirmed."));
        }
        self
    }

    fn thrown(status: u16, body: Value) -> Self {
        Self { thrown: Some(body), ..Self::new(status, "") }
    }
}

/// Source: `@x402/evm` 2.27.0, the exact scheme's errors; `@x402/core` for what is thrown.
fn ts(version: Version, refusal: &Refusal) -> Words {
    let said = refusal.words.clone().unwrap_or_default();
    #[rustfmt::skip]
    let reason = match (refusal.reason, version) {
        (Reason::Malformed, _)          => return Words::thrown(400, json!({ "error": said })),
        (Reason::UnsupportedKind, _)    => return Words::thrown(500, json!({ "error": said })),
        (Reason::Scheme, _)             => "invalid_exact_evm_scheme",
        (Reason::Network, _)            => "invalid_exact_evm_network_mismatch",
        (Reason::MissingDomain, _)      => "invalid_exact_evm_missing_eip712_domain",
        (Reason::Factory, _)            => "eip6492_factory_not_allowed",
        (Reason::Signature, _)          => "invalid_exact_evm_signature",
        (Reason::Recipient, _)          => "invalid_exact_evm_recipient_mismatch",
        (Reason::Expired, _)            => "invalid_exact_evm_payload_authorization_valid_before",
        (Reason::Early, _)              => "invalid_exact_evm_payload_authorization_valid_after",
        (Reason::Amount, Version::V1)   => "invalid_exact_evm_authorization_value",
        (Reason::Amount, Version::V2)   => "invalid_exact_evm_payload_authorization_value_mismatch",
        (Reason::NoContract, _)         => "asset_not_deployed_contract",
        (Reason::NotEip3009, _)         => "invalid_exact_evm_eip3009_not_supported",
        (Reason::NonceUsed, _)          => "invalid_exact_evm_nonce_already_used",
        (Reason::TokenName, _)          => "invalid_exact_evm_token_name_mismatch",
        (Reason::TokenVersion, _)       => "invalid_exact_evm_token_version_mismatch",
        (Reason::Balance, _)            => "invalid_exact_evm_insufficient_balance",
        (Reason::Simulation, _)         => "invalid_exact_evm_transaction_simulation_failed",
        (Reason::Transaction, _)        => "invalid_exact_evm_transaction_failed",
    };
    Words { message: refusal.words.as_deref().map(viem), ..Words::new(200, reason) }
}

/// As viem words a revert; peers look for the contract's words inside.
fn viem(words: &str) -> String {
    format!(
        "The contract function \"transferWithAuthorization\" reverted with the following reason:\n{words}"
    )
}

/// Source: x402-rs 2.0.2, `x402-types` for the words and `x402-facilitator-local` for the statuses.
/// What a contract call reverts with has one word for all: `unexpected_error`.
fn x402_rs(refusal: &Refusal) -> Words {
    use Reason as R;
    #[rustfmt::skip]
    let (reason, details) = match (refusal.reason, &refusal.words) {
        (R::Malformed, words)         => ("invalid_format", words.clone().unwrap_or_default()),
        (R::UnsupportedKind, _)       => ("unsupported_chain", "Unsupported chain".to_owned()),
        (R::Scheme | R::Network | R::MissingDomain, _)
                                      => ("accepted_requirements_mismatch", "Accepted does not match payment requirements".to_owned()),
        (R::Recipient, _)             => ("recipient_mismatch", "Payment recipient is invalid with respect to the payment requirements".to_owned()),
        (R::Expired, None)            => ("invalid_payment_expired", "Payment authorization is expired".to_owned()),
        (R::Early, None)              => ("invalid_payment_early", "Payment authorization is not yet valid".to_owned()),
        (R::Amount, _)                => ("invalid_payment_amount", "Payment amount is invalid with respect to the payment requirements".to_owned()),
        (R::Balance, _)               => ("insufficient_funds", "Onchain balance is not enough to cover the payment amount".to_owned()),
        (R::Expired | R::Early | R::Factory | R::Signature | R::NoContract | R::NotEip3009
            | R::NonceUsed | R::TokenName | R::TokenVersion | R::Simulation | R::Transaction, words) => {
            let said = words.as_deref().unwrap_or("FiatTokenV2: invalid signature");
            let message = Some(format!("execution reverted: {said}"));
            return Words { message, ..Words::new(500, "unexpected_error") };
        }
    };
    Words { message: Some(details), ..Words::new(400, reason) }
}

/// The TypeScript words, except where CDP's API reference lists its own.
fn cdp(version: Version, refusal: &Refusal) -> Words {
    let reason = match refusal.reason {
        Reason::Malformed | Reason::UnsupportedKind => {
            return Words { message: refusal.words.clone(), ..Words::new(400, "invalid_payload") };
        }
        Reason::Signature => "invalid_exact_evm_payload_signature",
        Reason::Recipient => "invalid_exact_evm_payload_recipient_mismatch",
        Reason::Amount => "invalid_exact_evm_payload_authorization_value",
        Reason::Balance => "insufficient_funds",
        // It has one word for whatever its simulation finds.
        Reason::Simulation | Reason::Transaction => "invalid_payload",
        Reason::Scheme
        | Reason::Network
        | Reason::MissingDomain
        | Reason::Factory
        | Reason::Expired
        | Reason::Early
        | Reason::NoContract
        | Reason::NotEip3009
        | Reason::NonceUsed
        | Reason::TokenName
        | Reason::TokenVersion => return Words { message: None, ..ts(version, refusal) },
    };
    Words::new(200, reason)
}
