//! Whether the payer's clock and the server's agree. A payment ends at a time that the payer writes:
//! a clock that is behind signs what nobody accepts, one that is ahead signs for longer than meant.
//! A server's clock is never believed, only compared.

use std::fmt;
use std::time::Duration;

use wire::UnixTime;

/// How far the clocks may be apart. `Date` counts whole seconds and an answer may be seconds on its
/// way; merchants here take windows that are up to a minute longer than theirs, and half of that is
/// left for other differences.
pub const SKEW_MAX: Duration = Duration::from_secs(30);

/// The clocks are too far apart to sign by. Which of them is wrong is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skew {
    /// Ours is behind the server's by this much.
    Behind(Duration),
    /// Ours is ahead of the server's by this much.
    Ahead(Duration),
}

/// Compares our clock with a reply's `Date`, and its `Age` where a cache has kept it. A server that
/// tells no time, or not in the one form that is sent (RFC 9110, IMF-fixdate), is not compared with.
pub fn compare(date: Option<&str>, age: Option<&str>, now: UnixTime) -> Result<(), Skew> {
    let Some(date) = date.and_then(read) else { return Ok(()) };
    let age = age.and_then(|it| it.parse().ok().filter(|_| it.len() < 10));
    let theirs = date.after(Duration::from_secs(age.unwrap_or(0)));
    let (ahead, behind) = (now.since(theirs), theirs.since(now));
    if ahead > SKEW_MAX {
        Err(Skew::Ahead(ahead))
    } else if behind > SKEW_MAX {
        Err(Skew::Behind(behind))
    } else {
        Ok(())
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads `Sat, 21 Nov 2026 02:00:00 GMT`. The day of the week is not looked at.
fn read(text: &str) -> Option<UnixTime> {
    let [_, day, month, year, time, "GMT"] = text.split(' ').collect::<Vec<_>>()[..] else {
        return None;
    };
    let number = |it: &str, digits: usize, max: u64| {
        let plain = it.len() == digits && it.bytes().all(|b| b.is_ascii_digit());
        it.parse::<u64>().ok().filter(|it| plain && *it <= max)
    };
    let month = MONTHS.iter().position(|it| *it == month)?;
    let (day, year) = (number(day, 2, 31)?.checked_sub(1)?, number(year, 4, 9999)?);
    let [hour, minute, second] = time.split(':').collect::<Vec<_>>()[..] else { return None };
    let seconds =
        number(hour, 2, 23)? * 3600 + number(minute, 2, 59)? * 60 + number(second, 2, 60)?;
    let days = days_before(year.checked_sub(1970)?, month) + day;
    Some(UnixTime::from_seconds(days * 86_400 + seconds))
}

/// Days from 1970 to the first of a month, so many years later.
fn days_before(years: u64, month: usize) -> u64 {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let whole: u64 = (1970..1970 + years).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let months: u64 = lengths[..month].iter().sum();
    whole + months + u64::from(month > 1 && leap(1970 + years))
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (by, word) = match self {
            Self::Behind(by) => (by, "behind"),
            Self::Ahead(by) => (by, "ahead of"),
        };
        let seconds = by.as_secs();
        write!(f, "this machine's clock is {seconds} s {word} the server's: one of them is wrong")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_one_form() {
        #[rustfmt::skip]
        let rows = [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Tue, 29 Feb 2000 23:59:59 GMT", Some(951_868_799)),
            ("Wed, 01 Mar 2000 00:00:00 GMT", Some(951_868_800)),
            ("Sat, 21 Nov 2026 02:00:00 GMT", Some(1_795_226_400)),
            ("Fri, 31 Dec 2100 00:00:00 GMT", Some(4_133_894_400)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("Sun Nov  6 08:49:37 1994",      None),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
            ("Sun, +6 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1969 08:49:37 GMT", None),
            ("Sun, 00 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 24:49:37 GMT", None),
            ("",                              None),
        ];
        for (text, seconds) in rows {
            assert_eq!(read(text), seconds.map(UnixTime::from_seconds), "{text}");
        }
    }

    #[test]
    fn clocks_may_differ_by_half_a_minute() {
        let (date, then) = ("Sat, 21 Nov 2026 02:00:00 GMT", 1_795_226_400);
        let (ahead, behind) = (
            |it| Err(Skew::Ahead(Duration::from_secs(it))),
            |it| Err(Skew::Behind(Duration::from_secs(it))),
        );
        #[rustfmt::skip]
        let rows = [
            (then,       None,          Ok(())),
            (then + 30,  None,          Ok(())),
            (then + 31,  None,          ahead(31)),
            (then - 30,  None,          Ok(())),
            (then - 31,  None,          behind(31)),
            (then + 600, None,          ahead(600)),
            (then - 600, None,          behind(600)),
            (then + 600, Some("600"),   Ok(())),
            (then,       Some("600"),   behind(600)),
            (then + 600, Some("-600"),  ahead(600)),
        ];
        for (now, age, verdict) in rows {
            let now = UnixTime::from_seconds(now);
            assert_eq!(compare(Some(date), age, now), verdict, "{now:?} {age:?}");
        }
        assert_eq!(compare(None, None, UnixTime::EPOCH), Ok(()));
        assert_eq!(compare(Some("soon"), None, UnixTime::EPOCH), Ok(()));
    }
}
