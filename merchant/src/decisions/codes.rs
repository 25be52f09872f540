//! The codes of the contract: what a reply's `error` may say, with the status and the advice that
//! go with it. Agents match on these words; `docs/replies.md` explains each.

use http::StatusCode;

macro_rules! codes {
    ($($variant:ident $text:literal $status:ident $help:literal)*) => {
        /// Why a request was not served. The set is closed and its words are frozen.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(
                #[doc = $help]
                $variant,
            )*
        }

        impl Code {
            /// Every code, in the contract's order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word on the wire.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The status that goes with the word.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),* }
            }

            /// What it means, in one fixed sentence without instructions from anyone else.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help),* }
            }
        }
    };
}

#[rustfmt::skip]
codes! {
    InvalidPayload            "invalid_payload"             BAD_REQUEST                     "the payment header is malformed"
    InvalidX402Version        "invalid_x402_version"        BAD_REQUEST                     "the payment's x402Version does not fit its header"
    AmbiguousPath             "ambiguous_path"              BAD_REQUEST                     "the path can be read in more than one way"
    MethodNotPayable          "method_not_payable"          BAD_REQUEST                     "only GET can carry a payment"
    PaymentRequired           "payment_required"            PAYMENT_REQUIRED                "this resource is for sale"
    PaymentBlocked            "payment_blocked"             FORBIDDEN                       "the facilitator refuses this payer"
    NotFound                  "not_found"                   NOT_FOUND                       "there is nothing at this path"
    MethodNotAllowed          "method_not_allowed"          METHOD_NOT_ALLOWED              "only GET, HEAD and OPTIONS are served"
    PaymentAlreadyUsed        "payment_already_used"        CONFLICT                        "this payment is spent or bound to another resource; nothing was charged again"
    PaymentIdentifierConflict "payment_identifier_conflict" CONFLICT                        "this payment-identifier belongs to another purchase"
    ObjectGone                "object_gone"                 GONE                            "the version that was paid for is no longer there; the payment stands and the publisher can be asked"
    RangeNotSatisfiable       "range_not_satisfiable"       RANGE_NOT_SATISFIABLE           "the range lies outside the object"
    HeaderTooLarge            "header_too_large"            REQUEST_HEADER_FIELDS_TOO_LARGE "the payment header is too large"
    FacilitatorUnavailable    "facilitator_unavailable"     SERVICE_UNAVAILABLE             "the payment could not be verified now; nothing was charged by this request; send the same payment again later"
    SettlementInProgress      "settlement_in_progress"      SERVICE_UNAVAILABLE             "this payment is being settled; send the same payment again later"
    SettlementPending         "settlement_pending"          SERVICE_UNAVAILABLE             "the transaction is on its way; send the same payment again later"
    SettlementUnknown         "settlement_unknown"          SERVICE_UNAVAILABLE             "the payment may have been charged; send the same payment again, never a new one"
    LedgerUnavailable         "ledger_unavailable"          SERVICE_UNAVAILABLE             "the ledger could not be reached; nothing was charged by this request; send the same payment again later"
    StorageUnavailable        "storage_unavailable"         SERVICE_UNAVAILABLE             "the object could not be opened; nothing was charged by this request; send the same payment again later"
    DeliveryPending           "delivery_pending"            SERVICE_UNAVAILABLE             "the payment is settled but the object could not be sent; send the same payment again later"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Agents match on these words. If this fails, you are changing the wire.
    #[test]
    fn the_codes_are_frozen() {
        let words: Vec<String> =
            Code::ALL.iter().map(|it| format!("{} {}", it.status().as_u16(), it.text())).collect();
        #[rustfmt::skip]
        assert_eq!(words, [
            "400 invalid_payload", "400 invalid_x402_version", "400 ambiguous_path", "400 method_not_payable",
            "402 payment_required", "403 payment_blocked", "404 not_found", "405 method_not_allowed",
            "409 payment_already_used", "409 payment_identifier_conflict", "410 object_gone", "416 range_not_satisfiable",
            "431 header_too_large", "503 facilitator_unavailable", "503 settlement_in_progress",
            "503 settlement_pending", "503 settlement_unknown", "503 ledger_unavailable",
            "503 storage_unavailable", "503 delivery_pending",
        ]);
    }

    #[test]
    fn only_one_code_is_a_402() {
        let asks = |it: &&Code| it.status() == StatusCode::PAYMENT_REQUIRED;
        assert_eq!(Code::ALL.iter().filter(asks).collect::<Vec<_>>(), [&Code::PaymentRequired]);
    }
}
