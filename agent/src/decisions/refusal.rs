//! The reasons for which an offer is not taken, and their stable codes.

use std::fmt;

/// Why an offer is not taken. Ordered by how far it came: the last reason says most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The offer is for another resource than the one asked for.
    ResourceMismatch,
    /// Not the scheme `exact`.
    SchemeNotSupported,
    /// Moves money by other means than EIP-3009.
    TransferMethodNotSupported,
    /// Takes money in a way that we do not know (escrow and the like).
    PaymentFlowNotSupported,
    /// A network that is not known, or not allowed by the terms.
    NetworkNotAllowed,
    /// A token that is not in the table, or not the one that the price limit is in.
    AssetNotAllowed,
    /// The token's EIP-712 name or version is not what the table says.
    AssetDomainMismatch,
    /// Not an account that this token can be sent to.
    PayeeUnusable,
    /// An account that the terms do not allow.
    PayeeNotAllowed,
    /// The payment would end before it could settle.
    WindowTooShort,
    /// Costs more than the terms allow.
    PriceExceedsLimit,
}

impl Refusal {
    /// Every refusal, in order.
    pub const ALL: [Self; 11] = [
        Self::ResourceMismatch,
        Self::SchemeNotSupported,
        Self::TransferMethodNotSupported,
        Self::PaymentFlowNotSupported,
        Self::NetworkNotAllowed,
        Self::AssetNotAllowed,
        Self::AssetDomainMismatch,
        Self::PayeeUnusable,
        Self::PayeeNotAllowed,
        Self::WindowTooShort,
        Self::PriceExceedsLimit,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ResourceMismatch => "resource_mismatch",
            Self::SchemeNotSupported => "scheme_not_supported",
            Self::TransferMethodNotSupported => "transfer_method_not_supported",
            Self::PaymentFlowNotSupported => "payment_flow_not_supported",
            Self::NetworkNotAllowed => "network_not_allowed",
            Self::AssetNotAllowed => "asset_not_allowed",
            Self::AssetDomainMismatch => "asset_domain_mismatch",
            Self::PayeeUnusable => "payee_unusable",
            Self::PayeeNotAllowed => "payee_not_allowed",
            Self::WindowTooShort => "window_too_short",
            Self::PriceExceedsLimit => "price_exceeds_limit",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ResourceMismatch => "it is for another resource than the one asked for",
            Self::SchemeNotSupported => "its scheme is not \"exact\"",
            Self::TransferMethodNotSupported => "it does not move money by EIP-3009",
            Self::PaymentFlowNotSupported => "its payment flow is not known",
            Self::NetworkNotAllowed => "its network is not known or not allowed",
            Self::AssetNotAllowed => "its token is not known or not allowed",
            Self::AssetDomainMismatch => "its token's EIP-712 name or version is not the real one",
            Self::PayeeUnusable => "its payee cannot receive the token",
            Self::PayeeNotAllowed => "its payee is not allowed",
            Self::WindowTooShort => "it would end before it could settle",
            Self::PriceExceedsLimit => "its price is over the limit",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Programs match on these words. If this fails, you are changing the interface.
    #[test]
    fn refusal_codes_are_frozen() {
        let codes = [
            "resource_mismatch",
            "scheme_not_supported",
            "transfer_method_not_supported",
            "payment_flow_not_supported",
            "network_not_allowed",
            "asset_not_allowed",
            "asset_domain_mismatch",
            "payee_unusable",
            "payee_not_allowed",
            "window_too_short",
            "price_exceeds_limit",
        ];
        assert_eq!(Refusal::ALL.map(Refusal::code), codes);
        assert!(Refusal::ALL.is_sorted(), "ALL is in the order of the checks");
    }
}
