//! The field's ways of saying "this authorization is not valid yet". A list of facts: which reason,
//! with which status, and whether only the message gives it away.

use crate::facilitator::NOT_YET_VALID;
use std::fmt;
use std::str::FromStr;

/// One spelling of the rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Early {
    /// `invalidReason` at verify, `errorReason` at settle. Also the name of the spelling.
    pub reason: &'static str,
    /// `invalidMessage` or `errorMessage`, if the facilitator gives one.
    pub message: Option<&'static str>,
    /// The HTTP status that comes with it.
    pub status: u16,
}

/// By reason first; those below `invalid_payload` are told from other failures by the message only,
/// and the last two by nothing but the payment's own `validAfter`.
#[rustfmt::skip]
const SPELLINGS: &[(&str, Early)] = &[
    // Specification; TypeScript, Go and Python SDKs; CDP.
    by_reason("invalid_exact_evm_payload_authorization_valid_after", 200),
    // x402-rs 2.
    by_reason("invalid_payment_early", 400),
    // CDP, Permit2.
    by_reason("invalid_exact_evm_permit2_payload_valid_after", 400),
    // The SDKs, Permit2: at verify and at settle.
    by_reason("permit2_not_yet_valid", 200),
    by_reason("permit2_payment_too_early", 200),
    by_reason("invalid_batch_settlement_evm_payload_authorization_valid_after", 200),
    // TypeScript, verify.
    by_message("invalid_exact_evm_transaction_simulation_failed", NOT_YET_VALID, 200),
    // x402-rs 2: verify, and settle when the gas estimate reverts.
    by_message("transaction_simulation", NOT_YET_VALID, 400),
    by_message("unexpected_error", "execution reverted: FiatTokenV2: authorization is not yet valid", 500),
    // Go and TypeScript, settle.
    by_message("invalid_exact_evm_failed_to_execute_transfer", NOT_YET_VALID, 200),
    by_message("invalid_exact_evm_transaction_failed", NOT_YET_VALID, 200),
    // Newer tokens revert with a custom error.
    ("custom-error", Early { reason: "invalid_exact_evm_transaction_simulation_failed", message: Some("EIP3009AuthorizationNotYetValid()"), status: 200 }),
    // TypeScript for version 1 gives no message; CDP has one reason for many things.
    ("simulation-without-message", Early { reason: "invalid_exact_evm_transaction_simulation_failed", message: None, status: 200 }),
    by_reason("invalid_payload", 400),
];

const fn by_reason(reason: &'static str, status: u16) -> (&'static str, Early) {
    (reason, Early { reason, message: None, status })
}

const fn by_message(
    reason: &'static str,
    message: &'static str,
    status: u16,
) -> (&'static str, Early) {
    (reason, Early { reason, message: Some(message), status })
}

impl Early {
    /// Every spelling that is known, by name. Nearly all are named by their reason.
    pub fn all() -> impl Iterator<Item = (&'static str, Self)> {
        SPELLINGS.iter().copied()
    }
}

impl FromStr for Early {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::all().find(|(it, _)| *it == name).map(|(_, early)| early).ok_or(())
    }
}

/// The spelling's name, as it is read.
impl fmt::Display for Early {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::all().find(|(_, it)| it == self).map(|(name, _)| name);
        f.write_str(name.unwrap_or(self.reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_found_by_its_name() {
        for (name, early) in Early::all() {
            assert_eq!(name.parse(), Ok(early));
            assert_eq!(early.to_string(), name);
        }
        assert_eq!("not_a_spelling".parse::<Early>(), Err(()));
    }
}
