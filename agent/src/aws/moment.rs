//! Points in time as Amazon writes them: `20261121T154500Z` in signatures, RFC 3339 in answers.

use wire::UnixTime;

const DAY: u64 = 86_400;

/// Days before 1970-01-01 in the calendar that counts from 0000-03-01.
const EPOCH_DAYS: u64 = 719_468;

/// Days in four hundred years.
const ERA_DAYS: u64 = 146_097;

/// As signatures have it, to the second: `20261121T154500Z`.
#[must_use]
pub fn compact(time: UnixTime) -> String {
    let (days, rest) = (time.seconds() / DAY, time.seconds() % DAY);
    // The calendar that begins in March has its leap day at the end of its year.
    let shifted = days + EPOCH_DAYS;
    let (era, day) = (shifted / ERA_DAYS, shifted % ERA_DAYS);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let march = (5 * day + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let day = day - (153 * march + 2) / 5 + 1;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// A date and a time with an offset (RFC 3339), cut to the second; nothing if it is none, or is
/// before 1970.
#[must_use]
pub fn parse(text: &str) -> Option<UnixTime> {
    let number = |range: std::ops::Range<usize>| -> Option<u64> {
        let digits = text.get(range)?;
        digits.bytes().all(|it| it.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
    };
    let marks = [(4, "-"), (7, "-"), (13, ":"), (16, ":")];
    let formed = marks.iter().all(|(at, mark)| text.get(*at..=*at) == Some(*mark));
    if !formed || !matches!(text.get(10..11), Some("T" | "t" | " ")) {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let in_range = (1970..=9999).contains(&year) && (1..=12).contains(&month);
    if !in_range || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let rest = text.get(19..)?;
    let fraction = rest
        .strip_prefix('.')
        .map_or(0, |it| 1 + it.bytes().take_while(u8::is_ascii_digit).count());
    let offset = rest.get(fraction..)?;
    let (later, ahead) = match offset.as_bytes() {
        b"Z" | b"z" => (0, false),
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let from = text.len() - 5;
            let (hours, minutes) = (number(from..from + 2)?, number(from + 3..from + 5)?);
            (hours * 3600 + minutes * 60, *sign == b'+')
        }
        _ => return None,
    };
    let (march_year, march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * march + 2) / 5 + day - 1;
    let of_era = march_year % 400;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
    let days = (march_year / 400 * ERA_DAYS + day_of_era).checked_sub(EPOCH_DAYS)?;
    let seconds = days * DAY + hour * 3600 + minute * 60 + second;
    let seconds = if ahead { seconds.checked_sub(later)? } else { seconds + later };
    Some(UnixTime::from_seconds(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_name_the_same_second() {
        #[rustfmt::skip]
        let rows = [
            (0,             "19700101T000000Z", "1970-01-01T00:00:00Z"),
            (951_782_399,   "20000228T235959Z", "2000-02-28T23:59:59Z"),
            (951_782_400,   "20000229T000000Z", "2000-02-29T00:00:00.999Z"),
            (1_440_938_160, "20150830T123600Z", "2015-08-30T14:36:00+02:00"),
            (1_795_275_900, "20261121T154500Z", "2026-11-21T15:45:00.123456Z"),
            (1_798_761_599, "20261231T235959Z", "2026-12-31T18:59:59-05:00"),
            (4_107_542_400, "21000301T000000Z", "2100-03-01t00:00:00z"),
        ];
        for (seconds, compacted, written) in rows {
            let time = UnixTime::from_seconds(seconds);
            assert_eq!(compact(time), compacted);
            assert_eq!(parse(written), Some(time), "{written}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        #[rustfmt::skip]
        let rows = [
            "", "2026-11-21", "2026-11-21T15:45:00", "2026-13-21T15:45:00Z", "2026-11-32T15:45:00Z",
            "1969-12-31T23:59:59Z", "2026-11-21T24:00:00Z", "2026-11-21T15:45:00+0200",
            "2026-11-21T15:45:00.Z.", "1795275900", "1970-01-01T00:00:00+01:00", "2026-11-2éT15:45:00Z",
            "2026-11-21T15:45:0+Z",
        ];
        for text in rows {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
