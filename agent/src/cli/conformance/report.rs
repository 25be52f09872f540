//! What holds, for a terminal, for programs, and for the test pages of CI services.

use std::fmt::Write;

use agent::decisions::conformance::{Finding, Level, Rule, Verdict};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cli::junit::{self, Case, Outcome};
use crate::cli::terminal::{Terminal, Tint};

/// Every rule with what was found.
#[derive(Debug)]
pub(super) struct Report {
    url: String,
    rows: Vec<(Rule, Finding)>,
    begun: Instant,
}

impl Report {
    pub(super) fn new(url: &str) -> Self {
        Self { url: url.into(), rows: Vec::new(), begun: Instant::now() }
    }

    pub(super) fn add(&mut self, rule: Rule, finding: Finding) {
        self.rows.push((rule, finding));
    }

    /// Is no rule broken that counts?
    pub(super) fn holds(&self, strict: bool) -> bool {
        !self.rows.iter().any(|(rule, finding)| counts(*rule, finding, strict))
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|(_, it)| it.verdict == verdict).count()
    }

    pub(super) fn as_text(&self, terminal: Terminal, verbose: bool, strict: bool) -> String {
        let mut text = String::new();
        for (rule, finding) in &self.rows {
            let (word, tint) = match (finding.verdict, rule.level) {
                (Verdict::Holds, _) => ("holds  ", Tint::Good),
                (Verdict::Broken, Level::Required) => ("BROKEN ", Tint::Bad),
                (Verdict::Broken, Level::Advised) => ("advised", Tint::Odd),
                (Verdict::NotApplicable, _) => ("-      ", Tint::Faint),
                (Verdict::Unknown, _) => ("unknown", Tint::Odd),
            };
            let word = terminal.tint_result(tint, word);
            let seen = terminal.tint_result(Tint::Faint, &finding.seen);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{word}  {:<19} {}\n{:29}{seen}", rule.id, rule.claim, "");
            if verbose {
                let source = terminal.tint_result(Tint::Faint, &format!("({})", rule.source));
                let _ = writeln!(text, "{:29}{source}", "");
            }
        }
        let (word, tint) = if self.holds(strict) {
            ("conforms", Tint::Good)
        } else {
            ("DOES NOT CONFORM", Tint::Bad)
        };
        let _ = write!(
            text,
            "{}: {} hold, {} broken, {} not applicable, {} unknown",
            terminal.tint_result(tint, word),
            self.count(Verdict::Holds),
            self.count(Verdict::Broken),
            self.count(Verdict::NotApplicable),
            self.count(Verdict::Unknown),
        );
        text
    }

    /// For programs. Field names are stable.
    pub(super) fn as_json(&self, strict: bool) -> Value {
        let rules = self.rows.iter().map(|(rule, finding)| {
            json!({
                "rule": rule.id,
                "level": match rule.level {
                    Level::Required => "required",
                    Level::Advised => "advised",
                },
                "claim": rule.claim,
                "source": rule.source,
                "verdict": finding.verdict.word(),
                "seen": finding.seen,
            })
        });
        json!({
            "url": self.url,
            "conforms": self.holds(strict),
            "rules": rules.collect::<Vec<_>>(),
        })
    }

    /// For CI services. Advice that is not followed is a failure there as well: it is what one reads
    /// such a page for.
    pub(super) fn as_junit(&self) -> String {
        // The rules share their questions; the time of a rule would mean nothing.
        let took = self.begun.elapsed() / u32::try_from(self.rows.len().max(1)).unwrap_or(1);
        let cases = self.rows.iter().map(|(rule, finding)| Case {
            class: rule.id,
            name: rule.claim,
            words: &finding.seen,
            outcome: match finding.verdict {
                Verdict::Holds => Outcome::Passed,
                Verdict::Broken => Outcome::Failed,
                Verdict::NotApplicable | Verdict::Unknown => Outcome::Skipped,
            },
            took,
        });
        let name = format!("x402-agent conformance {}", self.url);
        junit::suite(&name, &cases.collect::<Vec<_>>())
    }
}

fn counts(rule: Rule, finding: &Finding, strict: bool) -> bool {
    finding.verdict == Verdict::Broken && (strict || rule.level == Level::Required)
}
