//! The life of one purchase in the ledger: what an outcome does to its reservation, and what asking
//! for the same thing again means. A reservation falls only when nothing can have moved.

use std::time::Duration;

use wire::{TxHash, UnixTime};

use super::receipt::Receipt;

/// How long a reservation without a signature stands before somebody else may drop it. A wallet that
/// has to be asked over the network, or a person at a device, answers within it.
pub const SIGNING_MAX: Duration = Duration::from_mins(2);

/// Where a purchase stands.
///
/// `Reserved` → `Signed` → `Settled` or `Released`. The payment is stored *before* it is sent for the
/// first time, so a purchase that is only reserved has sent nothing, whatever killed its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Counted; not signed yet, as far as the ledger knows.
    Reserved,
    /// Signed and perhaps sent: the money may have moved, or may still move.
    Signed,
    /// The money has moved.
    Settled,
    /// Nothing has moved, and nothing can.
    Released,
}

/// How an attempt to buy ended.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'a> {
    /// There was no signature, or it was thrown away: no payment exists.
    NeverSigned,
    /// The wallet was asked, and its answer was lost.
    Unanswered,
    /// The payment was provably not sent by this attempt.
    NeverSent,
    /// The payment was sent, and no content came.
    Undelivered,
    /// The content came, with this word about the payment.
    Delivered(&'a Receipt),
}

/// What an outcome does to a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The money has moved; by this transaction, if it is known.
    Settle(Option<TxHash>),
    /// Not known: it stays counted until the chain proves it void.
    Hold,
    /// Nothing can move.
    Release,
    /// Nothing can move if nobody else has sent the same payment meanwhile.
    ReleaseIfSentByNobody,
}

/// What an outcome does to a reservation.
#[must_use]
pub fn fate(outcome: Outcome<'_>) -> Fate {
    match outcome {
        Outcome::NeverSigned => Fate::Release,
        Outcome::NeverSent => Fate::ReleaseIfSentByNobody,
        Outcome::Delivered(receipt) if receipt.is_settled() => Fate::Settle(receipt.transaction),
        Outcome::Delivered(_) | Outcome::Undelivered | Outcome::Unanswered => Fate::Hold,
    }
}

/// What asking for a thing means that is already being bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Another process is about to sign.
    Wait,
    /// The wallet was asked, or is being asked: asked again for the same nonce, it gives the same
    /// signature, and only one process can store it.
    AskAgain,
    /// The process that reserved it is gone, and has sent nothing.
    Drop,
    /// Send the same bytes: they can charge only once, now as then.
    SendAgain,
    /// It is over; a new purchase is a new signature.
    BuyAnew,
}

/// What asking again means. A wallet that `remembers` gives the same signature for the same nonce.
#[must_use]
pub fn next(stage: Stage, reserved: UnixTime, now: UnixTime, remembers: bool) -> Next {
    match stage {
        Stage::Reserved if now.since(reserved) >= SIGNING_MAX => Next::Drop,
        Stage::Reserved if remembers => Next::AskAgain,
        Stage::Reserved => Next::Wait,
        Stage::Signed => Next::SendAgain,
        Stage::Settled | Stage::Released => Next::BuyAnew,
    }
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::Reserved, Self::Signed, Self::Settled, Self::Released];

    /// Its word in the ledger and in exports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Signed => "signed",
            Self::Settled => "settled",
            Self::Released => "released",
        }
    }

    /// The stage with this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_again_never_leads_to_a_second_signature_while_the_first_may_be_taken() {
        let at = UnixTime::from_seconds;
        #[rustfmt::skip]
        let rows = [
            (Stage::Reserved, 1000, Next::Wait),
            (Stage::Reserved, 1119, Next::Wait),
            (Stage::Reserved, 900,  Next::Wait),
            (Stage::Reserved, 1120, Next::Drop),
            (Stage::Signed,   1000, Next::SendAgain),
            (Stage::Signed,   9999, Next::SendAgain),
            (Stage::Settled,  1000, Next::BuyAnew),
            (Stage::Released, 1000, Next::BuyAnew),
        ];
        for (stage, now, expected) in rows {
            assert_eq!(next(stage, at(1000), at(now), false), expected, "{stage:?} {now}");
            // A wallet that remembers changes only what waiting means.
            let asked = if expected == Next::Wait { Next::AskAgain } else { expected };
            assert_eq!(next(stage, at(1000), at(now), true), asked, "{stage:?} {now}");
        }
    }

    #[test]
    fn a_reservation_falls_only_when_nothing_can_have_moved() {
        assert_eq!(fate(Outcome::NeverSigned), Fate::Release);
        assert_eq!(fate(Outcome::NeverSent), Fate::ReleaseIfSentByNobody);
        assert_eq!(fate(Outcome::Undelivered), Fate::Hold);
        assert_eq!(fate(Outcome::Unanswered), Fate::Hold);
    }

    #[test]
    fn stages_keep_their_words() {
        assert_eq!(Stage::ALL.map(Stage::word), ["reserved", "signed", "settled", "released"]);
        for stage in Stage::ALL {
            assert_eq!(Stage::of_word(stage.word()), Some(stage));
        }
    }
}
