//! Which payments are meant. Times are read to the moment when the command began.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime};
use clap::Args;
use futures_util::{Stream, StreamExt};
use wire::UnixTime;

use super::row::Row;
use crate::adapters::ledger::StoreLedger;
use crate::adapters::system_clock::SystemClock;
use crate::decisions::faults::LedgerFault;
use crate::decisions::standing::Standing;
use crate::ports::{Clock, Ledger};

/// How many payments are read at a time. A bucket answers in tens of milliseconds, so this many are
/// some hundred payments a second.
const READ_AT_ONCE: usize = 16;

/// Which payments are meant; all that is given must hold.
#[derive(Debug, Args)]
pub(in crate::cli) struct Filter {
    /// Claimed since: a time (2026-11-01, 2026-11-01T12:30:00Z) or an age (90m, 24h, 7d).
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<UnixTime>,
    /// Claimed before.
    #[arg(long, value_name = "TIME", value_parser = since)]
    until: Option<UnixTime>,
    /// For this path or below it, by whole segments.
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// In this state.
    #[arg(long, value_name = "STATE", value_parser = standing)]
    state: Option<Standing>,
}

impl Filter {
    /// The payments that are meant, as they are read.
    pub(super) fn rows<'a>(
        &'a self,
        ledger: &'a StoreLedger,
    ) -> impl Stream<Item = Result<Row, LedgerFault>> + 'a {
        let now = SystemClock::start().now();
        let read = move |key| async move {
            let key = key?;
            let entry = ledger.recall(&key).await?;
            Ok(entry.map(|entry| Row::new(key, entry, now)))
        };
        let rows = ledger.payments().map(read).buffered(READ_AT_ONCE);
        rows.filter_map(move |row| async move {
            match row {
                // A claim that was cleaned up since it was listed is nobody's any more.
                Ok(None) => None,
                Ok(Some(row)) => self.takes(&row).then_some(Ok(row)),
                Err(fault) => Some(Err(fault)),
            }
        })
    }

    fn takes(&self, row: &Row) -> bool {
        let claimed = row.entry.claim.claimed_at;
        self.since.is_none_or(|since| claimed >= since)
            && self.until.is_none_or(|until| claimed < until)
            && self.path.as_ref().is_none_or(|path| is_below(row.path(), path))
            && self.state.is_none_or(|state| row.standing == state)
    }
}

fn is_below(path: &str, prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix.trim_end_matches('/'));
    rest.is_some_and(|it| it.is_empty() || it.starts_with('/'))
}

fn since(text: &str) -> Result<UnixTime, String> {
    read_time(text, SystemClock::start().now())
}

fn read_time(text: &str, now: UnixTime) -> Result<UnixTime, String> {
    let seconds = |it: DateTime<chrono::Utc>| u64::try_from(it.timestamp()).ok();
    let time = DateTime::parse_from_rfc3339(text).ok().and_then(|it| seconds(it.to_utc()));
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let date = date.and_then(|it| seconds(it.and_time(NaiveTime::MIN).and_utc()));
    let moment = time.or(date).map(UnixTime::from_seconds);
    moment.or_else(|| age(text).map(|it| now.before(it))).ok_or_else(|| {
        "write a time such as 2026-11-01 or 2026-11-01T12:30:00Z, or an age such as 24h".to_owned()
    })
}

fn age(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    count.checked_mul(seconds).map(Duration::from_secs)
}

fn standing(text: &str) -> Result<Standing, String> {
    let found = Standing::ALL.into_iter().find(|it| it.word() == text);
    found.ok_or_else(|| format!("write one of {}", Standing::ALL.map(Standing::word).join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_moments_days_or_ages() {
        let now = UnixTime::from_seconds(1_800_000_000);
        #[rustfmt::skip]
        let rows = [
            ("2027-01-15T08:00:00Z",      Some(1_800_000_000)),
            ("2027-01-15T10:00:00+02:00", Some(1_800_000_000)),
            ("2027-01-15",                Some(1_799_971_200)),
            ("90s",                       Some(1_799_999_910)),
            ("90m",                       Some(1_799_994_600)),
            ("24h",                       Some(1_799_913_600)),
            ("7d",                        Some(1_799_395_200)),
            ("",                          None),
            ("h",                         None),
            ("24",                        None),
            ("-1h",                       None),
            ("yesterday",                 None),
            ("2027-13-01",                None),
            ("99999999999999999999d",     None),
        ];
        for (text, expected) in rows {
            let read = read_time(text, now).ok().map(UnixTime::seconds);
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn a_path_is_meant_with_what_is_below_it() {
        #[rustfmt::skip]
        let rows = [
            ("/premium/a", "/premium/",  true),
            ("/premium/a", "/premium",   true),
            ("/premium",   "/premium/",  true),
            ("/premium/a", "/",          true),
            ("/premium/a", "/premium/a", true),
            ("/premiumfoo", "/premium",  false),
            ("/free/a",    "/premium",   false),
        ];
        for (path, prefix, expected) in rows {
            assert_eq!(is_below(path, prefix), expected, "{path} below {prefix}");
        }
    }
}
