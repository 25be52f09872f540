//! What was checked, for a terminal, for programs, and for the test pages of CI services.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cli::junit::{self, Case, Outcome};
use crate::cli::terminal::{Terminal, Tint, result};

/// Every check, in order: a name for programs, and what must hold.
const CHECKS: [(&str, &str); 10] = [
    ("challenge", "an unpaid request gets a sound 402"),
    ("offer", "an offer is within the terms"),
    ("chain", "the chain can be asked"),
    ("payment", "one payment brings the content"),
    ("content", "the content is whole"),
    ("receipt", "the receipt agrees with what was signed"),
    ("settlement", "the chain shows the payment"),
    ("replay", "the same payment charges nothing again"),
    ("elsewhere", "the same payment buys nothing else"),
    ("balance", "the account paid the price, and once"),
];

/// How one check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finding {
    Holds,
    Fails,
    Skipped,
}

/// One check.
#[derive(Debug)]
struct Check {
    code: &'static str,
    claim: &'static str,
    finding: Finding,
    words: String,
    took: Duration,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Report {
    url: String,
    terminal: Terminal,
    told: bool,
    checks: Vec<Check>,
    begun: Instant,
}

impl Report {
    /// An empty report on this URL, told line by line if somebody reads along.
    pub(super) fn new(url: &str, terminal: Terminal, told: bool) -> Self {
        Self { url: url.into(), terminal, told, checks: Vec::new(), begun: Instant::now() }
    }

    /// The next check's outcome, which says what was found; the value goes on to the next one.
    pub(super) fn check<T>(&mut self, outcome: Result<(T, String), String>) -> Option<T> {
        match outcome {
            Ok((value, words)) => {
                self.add(Finding::Holds, words);
                Some(value)
            }
            Err(words) => {
                self.add(Finding::Fails, words);
                None
            }
        }
    }

    /// The next check was not asked for.
    pub(super) fn skip(&mut self, why: &str) {
        self.add(Finding::Skipped, why.into());
    }

    /// Whatever was not reached was not checked.
    pub(super) fn close(&mut self) {
        while self.checks.len() < CHECKS.len() {
            self.add(Finding::Skipped, "not reached".into());
        }
    }

    fn add(&mut self, finding: Finding, words: String) {
        let Some((code, claim)) = CHECKS.get(self.checks.len()) else { return };
        let took = self.begun.elapsed();
        self.begun = Instant::now();
        let check = Check { code, claim, finding, words, took };
        if self.told {
            result(&self.line(&check));
        }
        self.checks.push(check);
    }

    fn line(&self, it: &Check) -> String {
        let (word, tint) = match it.finding {
            Finding::Holds => ("holds  ", Tint::Good),
            Finding::Fails => ("FAILS  ", Tint::Bad),
            Finding::Skipped => ("skipped", Tint::Faint),
        };
        let word = self.terminal.tint_result(tint, word);
        let took =
            self.terminal.tint_result(Tint::Faint, &format!("{:>6} ms", it.took.as_millis()));
        format!("{word} {took}  {}\n                    {}", it.claim, it.words)
    }

    /// Does everything hold that was checked, and was the chain asked?
    pub(super) fn holds(&self) -> bool {
        self.count(&Finding::Fails) == 0 && self.checks.len() == CHECKS.len()
    }

    fn count(&self, finding: &Finding) -> usize {
        self.checks.iter().filter(|it| it.finding == *finding).count()
    }

    /// One line at the end.
    pub(super) fn verdict(&self) -> String {
        let (word, tint) =
            if self.holds() { ("everything holds", Tint::Good) } else { ("NOT SOUND", Tint::Bad) };
        format!(
            "{}: {} hold, {} failed, {} skipped",
            self.terminal.tint_result(tint, word),
            self.count(&Finding::Holds),
            self.count(&Finding::Fails),
            self.count(&Finding::Skipped),
        )
    }

    /// For programs. Field names are stable.
    pub(super) fn as_json(&self) -> Value {
        let checks = self.checks.iter().map(|it| {
            json!({
                "check": it.code,
                "claim": it.claim,
                "result": match it.finding {
                    Finding::Holds => "holds",
                    Finding::Fails => "fails",
                    Finding::Skipped => "skipped",
                },
                "found": it.words,
                "milliseconds": it.took.as_secs_f64() * 1000.,
            })
        });
        json!({ "url": self.url, "holds": self.holds(), "checks": checks.collect::<Vec<_>>() })
    }

    /// For CI services.
    pub(super) fn as_junit(&self) -> String {
        let cases = self.checks.iter().map(|it| Case {
            class: it.code,
            name: it.claim,
            words: &it.words,
            outcome: match it.finding {
                Finding::Holds => Outcome::Passed,
                Finding::Fails => Outcome::Failed,
                Finding::Skipped => Outcome::Skipped,
            },
            took: it.took,
        });
        junit::suite(&format!("x402-agent e2e {}", self.url), &cases.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut report = Report::new("https://a.example/?a=1&b=\"2\"", Terminal::plain(), false);
        report.check(Ok(((), "402".into())));
        assert_eq!(report.check::<()>(Err("<b>\u{1b}[31m & more".into())), None);
        report
    }

    #[test]
    fn what_was_not_reached_is_neither_held_nor_forgotten() {
        let mut report = report();
        report.close();
        assert!(!report.holds());
        assert_eq!(report.verdict(), "NOT SOUND: 1 hold, 1 failed, 8 skipped");
        let told = report.as_json();
        let results: Vec<_> = told["checks"].as_array().unwrap().iter().collect();
        assert_eq!(results.len(), CHECKS.len());
        assert_eq!(
            (&results[1]["result"], &results[9]["result"]),
            (&"fails".into(), &"skipped".into())
        );
    }

    #[test]
    fn a_report_that_was_never_closed_does_not_hold() {
        let mut report = Report::new("https://a.example/", Terminal::plain(), false);
        for _ in 0..CHECKS.len() - 1 {
            report.check(Ok(((), String::new())));
        }
        assert!(!report.holds());
        report.check(Ok(((), String::new())));
        assert!(report.holds());
    }

    #[test]
    fn nothing_in_it_can_break_the_xml() {
        let xml = report().as_junit();
        for part in ["a=1&amp;b=&quot;2&quot;", "&lt;b&gt; [31m &amp; more", "failures=\"1\""] {
            assert!(xml.contains(part), "{part}: {xml}");
        }
        assert!(!xml.contains('\u{1b}'));
    }
}
