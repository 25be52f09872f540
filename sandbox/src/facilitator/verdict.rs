//! What a facilitator can come to, before anybody's dialect: reasons, verdicts, outcomes.

use alloy_primitives::B256;

/// Why a payment is refused. `dialect` has everybody's words for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The body cannot be read.
    Malformed,
    /// This facilitator does not serve the offer's scheme on the offer's network.
    UnsupportedKind,
    /// The payment names another scheme than the offer.
    Scheme,
    /// The payment names another network than the offer.
    Network,
    /// The offer does not state the token's EIP-712 name and version.
    MissingDomain,
    /// The payer is a contract that would have to be deployed first (ERC-6492).
    Factory,
    /// The signature is not the payer's.
    Signature,
    /// Somebody else is paid.
    Recipient,
    /// `validBefore` has passed or is too near.
    Expired,
    /// `validAfter` has not passed.
    Early,
    /// Not the offer's amount.
    Amount,
    /// The asset is no contract.
    NoContract,
    /// The asset does not know EIP-3009.
    NotEip3009,
    /// The authorization is used or canceled.
    NonceUsed,
    /// The token has another EIP-712 name than the offer states.
    TokenName,
    /// The token has another EIP-712 version than the offer states.
    TokenVersion,
    /// The payer has too little.
    Balance,
    /// The transfer would revert, for no reason of the above.
    Simulation,
    /// At settle: the transaction could not be made, for no reason of the above.
    Transaction,
}

impl Reason {
    /// In the journal, whatever the dialect.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnsupportedKind => "unsupported kind",
            Self::Scheme => "scheme",
            Self::Network => "network",
            Self::MissingDomain => "missing domain",
            Self::Factory => "wallet not deployed",
            Self::Signature => "signature",
            Self::Recipient => "recipient",
            Self::Expired => "expired",
            Self::Early => "too early",
            Self::Amount => "amount",
            Self::NoContract => "asset is no contract",
            Self::NotEip3009 => "asset does not know EIP-3009",
            Self::NonceUsed => "nonce used",
            Self::TokenName => "token name",
            Self::TokenVersion => "token version",
            Self::Balance => "balance",
            Self::Simulation => "simulation",
            Self::Transaction => "transaction",
        }
    }
}

/// A refusal: nothing was sent to the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// What the chain or the parser said, if it was asked.
    pub words: Option<String>,
}

impl Refusal {
    /// A refusal with the words of whoever knew.
    #[must_use]
    pub fn saying(reason: Reason, words: impl Into<String>) -> Self {
        Self { reason, words: Some(words.into()) }
    }
}

impl From<Reason> for Refusal {
    /// A refusal by the facilitator's own lights.
    fn from(reason: Reason) -> Self {
        Self { reason, words: None }
    }
}

/// What became of a settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The money moved, in this transaction.
    Settled(B256),
    /// Nothing was sent to the chain.
    Refused(Refusal),
    /// The transaction is in a block and failed there.
    Reverted(B256),
    /// The transaction is in a block and succeeded, but no such transfer is in it.
    NoSuchTransfer(B256),
    /// The transaction was sent; whether it is in a block was not seen in time.
    Pending(B256),
}

impl Outcome {
    /// The transaction, if one was sent.
    #[must_use]
    pub fn transaction(&self) -> Option<B256> {
        match self {
            Self::Settled(hash)
            | Self::Reverted(hash)
            | Self::NoSuchTransfer(hash)
            | Self::Pending(hash) => Some(*hash),
            Self::Refused(_) => None,
        }
    }
}
