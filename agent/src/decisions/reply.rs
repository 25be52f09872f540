//! What a reply to the paid request means, and whether the same bytes are sent again. Nothing here
//! can lead to a second signature.

use std::time::Duration;

use wire::{TxHash, UnixTime};

use crate::server_text::ServerText;

/// How often one payment is sent at most. The growing pauses alone reach [`SENDING_MAX`] after seven
/// sends; the count ends it even if the clock is set back.
pub const SENDS_MAX: u32 = 8;

/// How long after the first send another one may begin. A merchant with the usual window of 60 s
/// knows by then what became of the settlement.
pub const SENDING_MAX: Duration = Duration::from_mins(2);

/// The first pause; each further one is twice as long. One block on Base.
pub const PAUSE_MIN: Duration = Duration::from_secs(2);

/// Longest pause, whatever `Retry-After` says: a server must not park its payer.
pub const PAUSE_MAX: Duration = Duration::from_secs(30);

const _: () = assert!(PAUSE_MAX.as_secs() < SENDING_MAX.as_secs());

/// The facts of a reply that is not a success, as far as they matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The pause that the server asks for.
    pub retry_after: Option<Duration>,
    /// The server's code for what went wrong.
    pub code: Option<ServerText>,
    /// The transaction that the server already knows of.
    pub transaction: Option<TxHash>,
    /// Where a redirect leads.
    pub location: Option<ServerText>,
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The outcome is not known: send the same bytes again.
    Again,
    /// The server wants another payment. It does not get one.
    Rechallenged,
    /// The server points elsewhere. The payment does not follow.
    Redirected,
    /// The payment is bound to something else.
    Conflict,
    /// The payer is not served.
    Blocked,
    /// The server does not accept the payment.
    Rejected,
}

/// Judges the status of a reply that is not a success. A repeat of the same authorization can never
/// charge twice, so everything that may pass is tried again.
#[must_use]
pub fn judge(status: u16) -> Verdict {
    match status {
        402 => Verdict::Rechallenged,
        403 => Verdict::Blocked,
        409 => Verdict::Conflict,
        408 | 425 | 429 | 500..=599 => Verdict::Again,
        300..=399 => Verdict::Redirected,
        _ => Verdict::Rejected,
    }
}

/// Reads a `Retry-After` in seconds. A date is not read: it would need two clocks to agree.
#[must_use]
pub fn retry_after(value: &str) -> Option<Duration> {
    let digits = value.bytes().all(|b| b.is_ascii_digit()) && (1..=9).contains(&value.len());
    if digits { value.parse().ok().map(Duration::from_secs) } else { None }
}

/// How often, and since when, one payment has been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sending {
    started: UnixTime,
    sends: u32,
    maybe_arrived: bool,
}

impl Sending {
    /// Nothing sent yet.
    #[must_use]
    pub const fn start(now: UnixTime) -> Self {
        Self { started: now, sends: 0, maybe_arrived: false }
    }

    /// Counts the send that begins now.
    pub fn count(&mut self) {
        self.sends += 1;
    }

    /// How often the payment has been sent.
    #[must_use]
    pub fn sends(&self) -> u32 {
        self.sends
    }

    /// A byte of the last send may have reached the server.
    pub fn may_have_arrived(&mut self) {
        self.maybe_arrived = true;
    }

    /// Can we rule out that any server has seen the payment?
    #[must_use]
    pub fn provably_unsent(&self) -> bool {
        !self.maybe_arrived
    }

    /// The pause before the next send, or nothing when it is time to give up. Pauses grow even if
    /// the server asks for short ones: the attempts have to last until it knows the outcome.
    #[must_use]
    pub fn pause(&self, asked: Option<Duration>, now: UnixTime) -> Option<Duration> {
        if self.sends >= SENDS_MAX {
            return None;
        }
        let doubling = PAUSE_MIN.saturating_mul(1 << self.sends.saturating_sub(1).min(8));
        let pause = asked.unwrap_or_default().max(doubling).min(PAUSE_MAX);
        (now.since(self.started) + pause < SENDING_MAX).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubt_is_repeated_and_everything_else_stops() {
        #[rustfmt::skip]
        let rows = [
            (500, Verdict::Again), (502, Verdict::Again), (503, Verdict::Again),
            (504, Verdict::Again), (408, Verdict::Again), (429, Verdict::Again),
            (402, Verdict::Rechallenged),
            (301, Verdict::Redirected), (303, Verdict::Redirected), (307, Verdict::Redirected),
            (409, Verdict::Conflict),
            (403, Verdict::Blocked),
            (400, Verdict::Rejected), (404, Verdict::Rejected), (412, Verdict::Rejected),
            (431, Verdict::Rejected), (600, Verdict::Rejected),
        ];
        for (status, verdict) in rows {
            assert_eq!(judge(status), verdict, "{status}");
        }
    }

    #[test]
    fn a_pause_is_asked_for_in_whole_seconds() {
        #[rustfmt::skip]
        let rows = [
            ("0", Some(0)), ("5", Some(5)), ("120", Some(120)),
            ("", None), ("-1", None), ("1.5", None), ("+1", None), ("9999999999", None),
            ("Sat, 21 Nov 2026 02:00:00 GMT", None),
        ];
        for (value, seconds) in rows {
            assert_eq!(retry_after(value), seconds.map(Duration::from_secs), "{value}");
        }
    }

    #[test]
    fn sending_ends_by_count_and_by_time() {
        let at = UnixTime::from_seconds;
        let sending = |sends| Sending { started: at(1000), sends, maybe_arrived: true };
        #[rustfmt::skip]
        let rows = [
            // sends  asked       now    pause
            (1,       None,       1000,  Some(2)),
            (2,       None,       1010,  Some(4)),
            (5,       None,       1050,  Some(30)),
            (7,       None,       1050,  Some(30)),
            (1,       Some(7),    1000,  Some(7)),
            (1,       Some(0),    1000,  Some(2)),
            (3,       Some(2),    1000,  Some(8)),
            (1,       Some(3600), 1000,  Some(30)),
            (8,       None,       1000,  None),
            (2,       None,       1115,  Some(4)),
            (2,       None,       1116,  None),
            (2,       None,       900,   Some(4)),
        ];
        for (sends, asked, now, pause) in rows {
            let got = sending(sends).pause(asked.map(Duration::from_secs), at(now));
            assert_eq!(got, pause.map(Duration::from_secs), "{sends} {asked:?} {now}");
        }
    }
}
