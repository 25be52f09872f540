//! Reports for the test pages of CI services: the XML that `JUnit` made common.

use std::fmt::Write;
use std::time::Duration;

/// One check.
pub(crate) struct Case<'a> {
    /// A name for programs.
    pub(crate) class: &'a str,
    /// What must hold.
    pub(crate) name: &'a str,
    /// What was found.
    pub(crate) words: &'a str,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// How long it took.
    pub(crate) took: Duration,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// All of them.
pub(crate) fn suite(name: &str, cases: &[Case<'_>]) -> String {
    let total: Duration = cases.iter().map(|it| it.took).sum();
    let count = |outcome| cases.iter().filter(|it| it.outcome == outcome).count();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" \
         failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.3}\">\n",
        escaped(name),
        cases.len(),
        count(Outcome::Failed),
        count(Outcome::Skipped),
        total.as_secs_f64(),
    );
    for it in cases {
        let words = escaped(it.words);
        let inner = match it.outcome {
            Outcome::Passed => format!("<system-out>{words}</system-out>"),
            Outcome::Failed => format!("<failure message=\"{words}\"/>"),
            Outcome::Skipped => format!("<skipped message=\"{words}\"/>"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            xml,
            "  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\">{inner}</testcase>",
            escaped(it.class),
            escaped(it.name),
            it.took.as_secs_f64(),
        );
    }
    xml.push_str("</testsuite>\n");
    xml
}

/// Text between tags and in attributes; what XML 1.0 cannot hold at all becomes a blank.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            it if it.is_control() || matches!(it, '\u{fffe}' | '\u{ffff}') => safe.push(' '),
            it => safe.push(it),
        }
    }
    safe
}
