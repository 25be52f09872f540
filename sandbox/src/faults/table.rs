//! The table of faults: the spelling of each, where it can happen and what the caller sees. Help
//! texts and tests read it, and the parser knows no other names.

use super::{Answer, Early, Endpoint, Fault, Lie, Moment, Trouble, View};
use std::time::Duration;

/// Longest delay. Nobody waits for an hour.
const DELAY_MS_MAX: u64 = 3_600_000;

/// One fault.
#[derive(Debug)]
pub struct Row {
    /// Frozen: scripts are written with it.
    pub name: &'static str,
    /// The name with its argument, for people.
    pub form: &'static str,
    /// Where it can happen.
    pub endpoints: &'static [Endpoint],
    /// What the caller sees, and what has happened.
    pub about: &'static str,
    /// Makes the fault from the argument.
    pub(super) make: fn(Option<&str>) -> Option<Fault>,
}

const ALL: &[Endpoint] = &Endpoint::ALL;
const HTTP: &[Endpoint] = &[Endpoint::Verify, Endpoint::Settle, Endpoint::Supported];
const JUDGES: &[Endpoint] = &[Endpoint::Verify, Endpoint::Settle];
const VERIFY: &[Endpoint] = &[Endpoint::Verify];
const SETTLE: &[Endpoint] = &[Endpoint::Settle];
const RPC: &[Endpoint] = &[Endpoint::Rpc];

/// Every fault there is.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    Row { name: "delay", form: "delay=MS", endpoints: ALL,
          about: "the right answer, MS milliseconds late",
          make: |it| Some(before(Trouble::Delay(milliseconds(it)?))) },
    Row { name: "hang", form: "hang", endpoints: ALL,
          about: "never answers; nothing was done",
          make: |it| plain(it, before(Trouble::Hang)) },
    Row { name: "reset", form: "reset", endpoints: ALL,
          about: "resets the connection; nothing was done",
          make: |it| plain(it, before(Trouble::Reset)) },
    Row { name: "5xx", form: "5xx[=STATUS]", endpoints: ALL,
          about: "answers STATUS (503) with a body that is not JSON; nothing was done",
          make: |it| Some(before(Trouble::ServerError(status(it)?))) },
    Row { name: "garbage", form: "garbage", endpoints: ALL,
          about: "200 with a body that is not JSON; nothing was done",
          make: |it| plain(it, before(Trouble::Garbage)) },
    Row { name: "truncated", form: "truncated", endpoints: ALL,
          about: "a body shorter than its Content-Length, then the end; nothing was done",
          make: |it| plain(it, before(Trouble::Truncated)) },
    Row { name: "huge", form: "huge", endpoints: ALL,
          about: "200 with more than 10 MB of JSON; nothing was done",
          make: |it| plain(it, before(Trouble::Huge)) },
    Row { name: "drip", form: "drip", endpoints: ALL,
          about: "a body of one byte in every fifth of a second, for minutes; nothing was done",
          make: |it| plain(it, before(Trouble::Drip)) },
    Row { name: "429", form: "429[=SECONDS]", endpoints: ALL,
          about: "429 with Retry-After: SECONDS (1); nothing was done",
          make: |it| Some(before(Trouble::TooManyRequests(number(it.unwrap_or("1"))?))) },
    Row { name: "redirect", form: "redirect=[STATUS,]URL", endpoints: HTTP,
          about: "STATUS 301, 302, 303, 307 (the default) or 308 to URL; nothing was done",
          make: |it| Some(before(redirect(it?)?)) },

    Row { name: "delay-after-settling", form: "delay-after-settling=MS", endpoints: SETTLE,
          about: "settles, then gives the right answer MS milliseconds late",
          make: |it| Some(after(Trouble::Delay(milliseconds(it)?))) },
    Row { name: "hang-after-settling", form: "hang-after-settling", endpoints: SETTLE,
          about: "settles, then never answers",
          make: |it| plain(it, after(Trouble::Hang)) },
    Row { name: "reset-after-settling", form: "reset-after-settling", endpoints: SETTLE,
          about: "settles, then resets the connection",
          make: |it| plain(it, after(Trouble::Reset)) },
    Row { name: "5xx-after-settling", form: "5xx-after-settling[=STATUS]", endpoints: SETTLE,
          about: "settles, then answers STATUS (503) with a body that is not JSON",
          make: |it| Some(after(Trouble::ServerError(status(it)?))) },
    Row { name: "garbage-after-settling", form: "garbage-after-settling", endpoints: SETTLE,
          about: "settles, then 200 with a body that is not JSON",
          make: |it| plain(it, after(Trouble::Garbage)) },
    Row { name: "truncated-after-settling", form: "truncated-after-settling", endpoints: SETTLE,
          about: "settles, then half of the right answer and the end of the connection",
          make: |it| plain(it, after(Trouble::Truncated)) },
    Row { name: "huge-after-settling", form: "huge-after-settling", endpoints: SETTLE,
          about: "settles, then 200 with more than 10 MB of JSON",
          make: |it| plain(it, after(Trouble::Huge)) },
    Row { name: "drip-after-settling", form: "drip-after-settling", endpoints: SETTLE,
          about: "settles, then a body of one byte in every fifth of a second, for minutes",
          make: |it| plain(it, after(Trouble::Drip)) },

    Row { name: "refuse", form: "refuse=REASON", endpoints: JUDGES,
          about: "refuses for REASON, whatever it is; nothing was done",
          make: |it| Some(Fault::Answer(Answer::Refuse(text(it?)?))) },
    Row { name: "too-early", form: "too-early[=SPELLING]", endpoints: JUDGES,
          about: "refuses as not yet valid, in one of the field's spellings; nothing was done",
          make: |it| Some(Fault::Answer(Answer::TooEarly(early(it)?))) },
    Row { name: "valid", form: "valid", endpoints: VERIFY,
          about: "says that the payment is valid, without looking",
          make: |it| plain(it, Fault::Answer(Answer::Valid)) },
    Row { name: "settlement-pending", form: "settlement-pending", endpoints: SETTLE,
          about: "submits, and without waiting answers settlement_pending with the hash",
          make: |it| plain(it, Fault::Answer(Answer::Pending)) },
    Row { name: "failure-after-settling", form: "failure-after-settling[=REASON]", endpoints: SETTLE,
          about: "settles, then success:false with REASON and an empty hash",
          make: |it| Some(Fault::Answer(Answer::Failure(
              text(it.unwrap_or("invalid_exact_evm_transaction_failed"))?))) },
    Row { name: "wrong-payer", form: "wrong-payer", endpoints: SETTLE,
          about: "settles, then success with another payer",
          make: |it| lie(it, Lie::Payer) },
    Row { name: "wrong-network", form: "wrong-network", endpoints: SETTLE,
          about: "settles, then success with another network",
          make: |it| lie(it, Lie::Network) },
    Row { name: "wrong-amount", form: "wrong-amount", endpoints: SETTLE,
          about: "settles, then success with another amount",
          make: |it| lie(it, Lie::Amount) },
    Row { name: "wrong-hash", form: "wrong-hash", endpoints: SETTLE,
          about: "settles, then success with the hash of no transaction",
          make: |it| lie(it, Lie::Hash) },
    Row { name: "empty-hash", form: "empty-hash", endpoints: SETTLE,
          about: "settles, then success with an empty hash",
          make: |it| lie(it, Lie::EmptyHash) },
    Row { name: "malformed-hash", form: "malformed-hash", endpoints: SETTLE,
          about: "settles, then success with a text that is no hash",
          make: |it| lie(it, Lie::MalformedHash) },
    Row { name: "success-as-text", form: "success-as-text", endpoints: SETTLE,
          about: "settles, then \"success\": \"true\", a text",
          make: |it| lie(it, Lie::SuccessAsText) },
    Row { name: "success-missing", form: "success-missing", endpoints: SETTLE,
          about: "settles, then an answer without \"success\"",
          make: |it| lie(it, Lie::SuccessMissing) },
    Row { name: "no-transfer", form: "no-transfer", endpoints: SETTLE,
          about: "success with a hash, but nothing was settled",
          make: |it| lie(it, Lie::NoTransfer) },

    Row { name: "stale", form: "stale=BLOCKS", endpoints: RPC,
          about: "answers as of BLOCKS blocks ago",
          make: |it| Some(Fault::View(View::Stale(number(it?).filter(|it| *it > 0)?))) },
    Row { name: "disagree", form: "disagree", endpoints: RPC,
          about: "the opposite authorization state; no receipts and no logs",
          make: |it| plain(it, Fault::View(View::Disagree)) },
];

fn before(trouble: Trouble) -> Fault {
    Fault::Trouble(trouble, Moment::Before)
}

fn after(trouble: Trouble) -> Fault {
    Fault::Trouble(trouble, Moment::AfterSettling)
}

fn lie(argument: Option<&str>, lie: Lie) -> Option<Fault> {
    plain(argument, Fault::Answer(Answer::Lie(lie)))
}

/// A fault that takes no argument.
fn plain(argument: Option<&str>, fault: Fault) -> Option<Fault> {
    argument.is_none().then_some(fault)
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|it| it.is_ascii_digit()).then(|| text.parse().ok())?
}

fn milliseconds(argument: Option<&str>) -> Option<Duration> {
    let count = number(argument?).filter(|it| *it <= DELAY_MS_MAX)?;
    Some(Duration::from_millis(count))
}

fn status(argument: Option<&str>) -> Option<u16> {
    let status = number(argument.unwrap_or("503"))?;
    u16::try_from(status).ok().filter(|it| (500..600).contains(it))
}

fn redirect(argument: &str) -> Option<Trouble> {
    let (status, url) = match argument.split_once(',') {
        Some((status, url)) if number(status).is_some() => (status, url),
        _ => ("307", argument),
    };
    let status = number(status).and_then(|it| u16::try_from(it).ok())?;
    let known = matches!(status, 301 | 302 | 303 | 307 | 308);
    let is_url = url.starts_with("http://") || url.starts_with("https://") || url.starts_with('/');
    (known && is_url).then(|| text(url)).flatten().map(|url| Trouble::Redirect(status, url))
}

fn early(argument: Option<&str>) -> Option<Early> {
    match argument {
        Some(name) => name.parse().ok(),
        None => Early::all().next().map(|(_, it)| it),
    }
}

/// Printable, so that it fits into a header and a log line.
fn text(text: &str) -> Option<String> {
    let printable = !text.is_empty() && text.bytes().all(|it| (0x20..0x7f).contains(&it));
    printable.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::FaultSpec;
    use super::*;

    /// A row's form with something in the places of its arguments.
    fn example(form: &str) -> String {
        let places = [("MS", "250"), ("[=STATUS]", "=502"), ("[=SECONDS]", "=7"), ("BLOCKS", "3")];
        let texts = [
            ("[STATUS,]URL", "308,http://127.0.0.1:1/x?y=z"),
            ("[=SPELLING]", "=invalid_payment_early"),
            ("[=REASON]", "=unexpected_error"),
            ("REASON", "kyt_risk_detected"),
        ];
        let fill = |text: String, (place, with): (&str, &str)| text.replace(place, with);
        places.into_iter().chain(texts).fold(form.to_owned(), fill)
    }

    #[test]
    fn every_row_is_read_and_written_in_its_own_spelling() {
        for row in TABLE {
            assert!(row.form.starts_with(row.name), "{}", row.form);
            for endpoint in row.endpoints {
                for count in ["", "*2"] {
                    let text = format!("{endpoint}:{}{count}", example(row.form));
                    let spec = text.parse::<FaultSpec>();
                    assert_eq!(spec.map(|it| it.to_string()), Ok(text));
                }
            }
        }
    }

    /// Scripts and other people's tests are written with these words. If this fails, you are
    /// breaking them.
    #[test]
    fn the_spellings_are_frozen() {
        let forms: Vec<_> = TABLE.iter().map(|it| it.form).collect();
        #[rustfmt::skip]
        let frozen = [
            "delay=MS", "hang", "reset", "5xx[=STATUS]", "garbage", "truncated", "huge", "drip",
            "429[=SECONDS]", "redirect=[STATUS,]URL",
            "delay-after-settling=MS", "hang-after-settling", "reset-after-settling",
            "5xx-after-settling[=STATUS]", "garbage-after-settling", "truncated-after-settling",
            "huge-after-settling", "drip-after-settling",
            "refuse=REASON", "too-early[=SPELLING]", "valid", "settlement-pending",
            "failure-after-settling[=REASON]", "wrong-payer", "wrong-network", "wrong-amount",
            "wrong-hash", "empty-hash", "malformed-hash", "success-as-text", "success-missing",
            "no-transfer", "stale=BLOCKS", "disagree",
        ];
        assert_eq!(forms, frozen);
    }

    #[test]
    fn a_row_says_whether_the_money_moved() {
        for row in TABLE.iter().filter(|it| it.endpoints.contains(&Endpoint::Settle)) {
            let text = format!("settle:{}", example(row.form));
            let fault = text.parse::<FaultSpec>().unwrap().fault;
            let says = row.about.contains("settles") || row.about.contains("submits");
            let late = row.about.contains("the right answer");
            assert_eq!(fault.settles(), says || late, "{text}: {}", row.about);
        }
    }
}
