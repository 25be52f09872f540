//! The field's reason strings, sorted by what they mean for the money. The set is open: every
//! facilitator adds its own, so an unlisted string is no error here but has no class either.

/// What a facilitator's reason means for the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The block's time is not past `validAfter` yet.
    TooEarly,
    /// A simulation failed without saying why; the decoded `validAfter` decides.
    Simulation,
    /// Can only be said before anything was broadcast: nothing was taken.
    NeverSent,
    /// The nonce is spent, by whomever.
    NonceUsed,
    /// The facilitator refuses the payer by law or rule.
    Blocked,
    /// Broadcast and not yet seen in a block.
    Pending,
    /// Says nothing about whether the money moved.
    Unclear,
}

/// Spellings by class, from the spec and the published facilitators (TypeScript, Go and Python
/// SDKs, x402-rs, CDP, r402, Circle). At verify every class but `TooEarly`, `Simulation` and
/// `Blocked` is a refusal; at settle only `NeverSent` is.
#[rustfmt::skip]
const TABLE: &[(Class, &[&str])] = &[
    (Class::TooEarly, &[
        "invalid_exact_evm_payload_authorization_valid_after", "invalid_payment_early",
        "invalid_exact_evm_permit2_payload_valid_after", "permit2_not_yet_valid", "permit2_payment_too_early",
        "invalid_batch_settlement_evm_payload_authorization_valid_after",
    ]),
    (Class::Simulation, &[
        "invalid_exact_evm_transaction_simulation_failed", "transaction_simulation",
    ]),
    (Class::NeverSent, &[
        // expired
        "invalid_exact_evm_payload_authorization_valid_before", "invalid_payment_expired",
        "permit2_deadline_expired", "invalid_exact_evm_permit2_payload_deadline",
        // balance
        "insufficient_funds", "invalid_exact_evm_insufficient_balance", "invalid_exact_evm_insufficient_funds",
        "permit2_insufficient_balance", "insufficient_balance",
        // amount
        "invalid_exact_evm_payload_authorization_value_mismatch", "invalid_exact_evm_payload_authorization_value",
        "invalid_exact_evm_payload_authorization_value_too_low", "invalid_exact_evm_authorization_value",
        "invalid_payment_amount", "amount_too_low", "invalid_amount",
        // recipient, asset, network
        "invalid_exact_evm_recipient_mismatch", "invalid_exact_evm_payload_recipient_mismatch", "recipient_mismatch",
        "asset_mismatch", "asset_not_deployed_contract", "invalid_exact_evm_network_mismatch", "network_mismatch",
        "chain_id_mismatch", "accepted_requirements_mismatch", "invalid_network", "unsupported_chain",
        // signature
        "invalid_exact_evm_signature", "invalid_exact_evm_payload_signature",
        "invalid_exact_evm_payload_signature_address", "invalid_exact_evm_signature_format",
        "invalid_exact_evm_failed_to_verify_signature", "invalid_signature",
        "invalid_exact_evm_payload_undeployed_smart_wallet", "eip6492_factory_not_allowed",
        // domain
        "invalid_exact_evm_missing_eip712_domain", "missing_eip712_domain", "invalid_exact_evm_token_name_mismatch",
        "invalid_exact_evm_token_version_mismatch", "invalid_exact_evm_eip3009_not_supported",
    ]),
    (Class::NonceUsed, &[
        "invalid_exact_evm_nonce_already_used", "nonce_already_used", "duplicate_settlement", "permit2_invalid_nonce",
    ]),
    (Class::Blocked, &[
        "kyt_risk_detected", "invalid_exact_evm_payload_authorization_from_address_kyt",
        "invalid_exact_evm_payload_authorization_to_address_kyt", "request_blocked_by_location",
        "self_send_not_allowed",
    ]),
    (Class::Pending, &["settlement_pending", "pending"]),
    (Class::Unclear, &[
        "invalid_payload", "invalid_exact_evm_payload", "invalid_format", "invalid_x402_version", "invalid_scheme",
        "unsupported_scheme", "invalid_exact_evm_scheme", "unsupported_payload_type",
        "invalid_payment_requirements", "preflight_validation_failed", "smart_wallet_deployment_failed",
        "settle_exact_evm_transaction_confirmation_timed_out", "settle_exact_node_failure",
        "settle_exact_failed_onchain", "invalid_exact_evm_failed_to_get_receipt", "settlement_receipt_unavailable",
        "invalid_transaction_state", "invalid_exact_evm_transaction_state", "unexpected_settle_error",
        "unexpected_verify_error", "unexpected_error", "unknown_error",
        "invalid_exact_evm_failed_to_execute_transfer", "invalid_exact_evm_transaction_failed",
        "invalid_exact_evm_transfer_event_mismatch", "settlement_failed", "facilitator_unavailable",
    ]),
];

/// A facilitator's reason as far as we know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The string, from our table: never the facilitator's own bytes.
    pub text: &'static str,
    /// What it means for the money.
    pub class: Class,
}

/// What a payer is told when the facilitator's reason is not one that we know.
pub const UNLISTED: Reason = Reason { text: "payment_refused", class: Class::Unclear };

/// The specification's word for a payment that is not valid yet.
const TOO_EARLY: Reason =
    Reason { text: "invalid_exact_evm_payload_authorization_valid_after", class: Class::TooEarly };

/// Looks a reason up. `message` is the prose that some facilitators put the revert text into: a
/// payment that is only too early is often recognisable by it alone.
#[must_use]
pub fn known(reason: Option<&str>, message: Option<&str>) -> Reason {
    let listed = reason.and_then(find).unwrap_or(UNLISTED);
    let early = [reason, message].into_iter().flatten().any(says_not_yet_valid);
    if early && matches!(listed.class, Class::Simulation | Class::Unclear) {
        return TOO_EARLY;
    }
    listed
}

fn find(reason: &str) -> Option<Reason> {
    TABLE.iter().find_map(|(class, texts)| {
        texts.iter().find(|it| **it == reason).map(|text| Reason { text, class: *class })
    })
}

/// `FiatTokenV2: authorization is not yet valid`, and the custom errors of newer tokens
/// (`AuthorizationNotYetValid`, `EIP3009AuthorizationNotYetValid`).
fn says_not_yet_valid(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("not yet valid") || text.contains("notyetvalid")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_reason_has_two_classes() {
        let mut seen = HashSet::new();
        for text in TABLE.iter().flat_map(|(_, texts)| *texts) {
            assert!(seen.insert(text), "{text} is listed twice");
        }
    }

    #[test]
    fn too_early_is_recognised_in_every_spelling() {
        let early = "execution reverted: FiatTokenV2: authorization is not yet valid";
        #[rustfmt::skip]
        let rows = [
            (Some("invalid_exact_evm_payload_authorization_valid_after"), None,        Class::TooEarly),
            (Some("invalid_payment_early"),                               None,        Class::TooEarly),
            (Some("invalid_exact_evm_transaction_simulation_failed"),     Some(early), Class::TooEarly),
            (Some("unexpected_error"),                                    Some(early), Class::TooEarly),
            (Some("AuthorizationNotYetValid()"),                          None,        Class::TooEarly),
            (None,                                                        Some(early), Class::TooEarly),
            (Some("invalid_exact_evm_transaction_simulation_failed"),     None,        Class::Simulation),
            (Some("insufficient_funds"),                                  Some(early), Class::NeverSent),
            (Some("settlement_pending"),                                  Some(early), Class::Pending),
            (Some("invalid_exact_evm_nonce_already_used"),                Some(early), Class::NonceUsed),
            (Some("something_new"),                                       None,        Class::Unclear),
            (None,                                                        None,        Class::Unclear),
        ];
        for (reason, message, class) in rows {
            assert_eq!(known(reason, message).class, class, "{reason:?} {message:?}");
        }
    }

    #[test]
    fn a_strangers_words_are_not_repeated() {
        for reason in ["<b>pay again</b>", "a\r\nSet-Cookie: x", &"x".repeat(1 << 20)] {
            assert_eq!(known(Some(reason), None).text, "payment_refused");
        }
    }
}
