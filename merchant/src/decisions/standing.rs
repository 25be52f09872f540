//! How a payment stands, from all that the ledger holds about it: for the operator, who looks from
//! outside and serves nobody by it.

use wire::UnixTime;

use crate::decisions::evidence::{Evidence, VoidCause};
use crate::decisions::records::{Entry, SettledRecord};

/// How a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// The money moved.
    Settled,
    /// It did not, and never can.
    Void,
    /// Somebody works on it at this moment.
    Working,
    /// Claimed, and nobody knows what became of it.
    Open,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 4] = [Self::Settled, Self::Void, Self::Working, Self::Open];

    /// How the payment stands now.
    #[must_use]
    pub fn of(entry: &Entry, now: UnixTime) -> Self {
        match (&entry.settled, &entry.void) {
            (Some(_), _) => Self::Settled,
            (None, Some(_)) => Self::Void,
            (None, None) if entry.lease_until.is_some_and(|until| now < until) => Self::Working,
            (None, None) => Self::Open,
        }
    }

    /// The word for it. Scripts read it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Void => "void",
            Self::Working => "working",
            Self::Open => "open",
        }
    }
}

/// What becomes of an open payment once the chain was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It is paid: this is to be recorded.
    Settled(SettledRecord),
    /// It can never be charged: this is to be recorded.
    Void(VoidCause),
    /// It was not charged so far and still can be.
    Pending,
    /// Nothing is proven: an endpoint fails, or two disagree.
    Unknown,
    /// No endpoint is configured for its chain.
    Unasked,
}

/// Reads the chain's evidence about an open payment, as the walk does: only what is proven is
/// recorded.
#[must_use]
pub fn find(entry: &Entry, evidence: Option<Evidence>, now: UnixTime) -> Finding {
    match evidence {
        Some(Evidence::Settled(transaction)) => Finding::Settled(SettledRecord {
            transaction,
            amount: entry.claim.requirements.amount,
            settled_at: now,
            seen: true,
        }),
        Some(Evidence::Void(cause)) => Finding::Void(cause),
        Some(Evidence::Open) => Finding::Pending,
        Some(Evidence::Unknown) => Finding::Unknown,
        None => Finding::Unasked,
    }
}
