//! What the chain proves about a payment in doubt. Only a block after the payment's window can prove
//! that nothing moved; whatever is unclear proves nothing.

use std::time::Duration;

use wire::{TxHash, UnixTime};

/// How far beyond the window the newest block must be before an unused payment counts as void: the
/// last blocks can still be replaced by others. Longer than any replacement ever seen on Base (one
/// block of 2 s), and about what its blocks take to reach the chain below.
pub const VOID_MARGIN: Duration = Duration::from_mins(2);

/// What one endpoint says, all at one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The block's time.
    pub block_time: UnixTime,
    /// `authorizationState` of payer and nonce.
    pub used: bool,
    /// What used it, where that was looked for and found.
    pub trace: Option<Trace>,
}

/// What used an authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// This transaction moved the amount from the payer to the payee.
    Moved(TxHash),
    /// The payer cancelled it.
    Cancelled,
    /// A transaction that moved something else.
    Other(TxHash),
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The money has moved.
    Settled(TxHash),
    /// It has not, and never will by this payment.
    Void,
    /// It can still move, until the window ends and a little longer.
    Open,
    /// The chain does not say.
    Unclear,
}

/// What a sighting proves about a payment that is valid before this time.
#[must_use]
pub fn prove(sighting: &Sighting, valid_before: UnixTime) -> Proof {
    match (sighting.used, sighting.trace) {
        (true, Some(Trace::Moved(hash))) => Proof::Settled(hash),
        (true, Some(Trace::Cancelled)) => Proof::Void,
        (true, Some(Trace::Other(_)) | None) => Proof::Unclear,
        (false, _) if sighting.block_time >= valid_before.after(VOID_MARGIN) => Proof::Void,
        (false, _) => Proof::Open,
    }
}

impl Proof {
    /// Its word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Settled(_) => "settled",
            Self::Void => "void",
            Self::Open => "open",
            Self::Unclear => "unclear",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_block_beyond_the_window_proves_that_nothing_moved() {
        let hash = TxHash::new([7; 32]);
        let (moved, other) = (Some(Trace::Moved(hash)), Some(Trace::Other(hash)));
        #[rustfmt::skip]
        let rows = [
            // time  used   trace                    proof
            (900,    false, None,                    Proof::Open),
            (1000,   false, None,                    Proof::Open),
            (1119,   false, None,                    Proof::Open),
            (1120,   false, None,                    Proof::Void),
            (900,    true,  moved,                   Proof::Settled(hash)),
            (9999,   true,  moved,                   Proof::Settled(hash)),
            (900,    true,  Some(Trace::Cancelled),  Proof::Void),
            (9999,   true,  other,                   Proof::Unclear),
            (9999,   true,  None,                    Proof::Unclear),
        ];
        for (time, used, trace, proof) in rows {
            let block_time = UnixTime::from_seconds(time);
            let sighting = Sighting { block_time, used, trace };
            assert_eq!(prove(&sighting, UnixTime::from_seconds(1000)), proof, "{time} {used}");
        }
    }
}
