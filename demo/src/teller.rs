//! How the story looks on the terminal: scenes, facts and times. Colours only where they are seen,
//! and no line wider than 80 columns, but for commands.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Tells, and keeps the time of each scene.
pub(crate) struct Teller {
    colours: bool,
    scenes: Mutex<Vec<(String, Instant)>>,
}

/// The longest name is `transaction`. With two spaces before and one after it, a hash of 66
/// characters ends in column 80.
const NAME_WIDTH: usize = 11;

const BOLD: &str = "1";
const FAINT: &str = "2";
const RED: &str = "1;31";
const GREEN: &str = "32";
const CYAN: &str = "1;36";

impl Teller {
    #[expect(clippy::disallowed_methods, reason = "NO_COLOR is the user's wish (no-color.org)")]
    pub(crate) fn new() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        Self { colours: std::io::stdout().is_terminal() && !plain, scenes: Mutex::default() }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A line of plain text. If nobody reads any more, the play goes on: what was started must be
    /// stopped.
    pub(crate) fn line(text: &str) {
        let _ = writeln!(std::io::stdout(), "{text}");
    }

    /// A line of a document.
    pub(crate) fn quote(text: &str) {
        Self::line(&format!("  {:NAME_WIDTH$} {text}", ""));
    }

    /// A line of the merchant's log.
    pub(crate) fn log(text: &str) {
        Self::line(&format!("  {:NAME_WIDTH$} the merchant logs: {text}", "log"));
    }

    /// A new scene begins.
    #[expect(clippy::disallowed_methods, reason = "the story tells how long each step took")]
    pub(crate) fn scene(&self, title: &str) {
        let mut scenes = self.scenes.lock().unwrap_or_else(PoisonError::into_inner);
        scenes.push((title.to_owned(), Instant::now()));
        Self::line("");
        Self::line(&self.paint(CYAN, &format!("{}. {title}", scenes.len())));
    }

    /// A fact of the scene.
    pub(crate) fn fact(&self, name: &str, text: &str) {
        Self::line(&format!("  {} {text}", self.paint(FAINT, &format!("{name:<NAME_WIDTH$}"))));
    }

    /// Something that had to hold, and does.
    pub(crate) fn held(&self, text: &str) {
        Self::line(&format!("  {} {text}", self.paint(GREEN, "✓")));
    }

    /// A command to try.
    pub(crate) fn command(&self, what: &str, command: &str) {
        Self::line("");
        Self::line(&format!("  {}", self.paint(FAINT, &format!("# {what}"))));
        Self::line(&format!("  {command}"));
    }

    /// The end of the story: how long each scene took, up to now.
    #[expect(clippy::disallowed_methods, reason = "the story tells how long each step took")]
    pub(crate) fn end(&self) {
        let scenes = self.scenes.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let ends = scenes.iter().skip(1).map(|it| it.1).chain([now]);
        let whole = scenes.first().map_or(Duration::ZERO, |first| now - first.1);
        Self::line("");
        let title = format!("Every step held. It took {}:", span(whole));
        Self::line(&self.paint(BOLD, &title));
        for ((title, start), end) in scenes.iter().zip(ends) {
            Self::line(&format!("  {:>NAME_WIDTH$} {title}", span(end - *start)));
        }
    }

    /// The story broke off.
    pub(crate) fn fail(&self, why: &str) {
        Self::line("");
        Self::line(&format!("{} {why}.", self.paint(RED, "The demo did not hold:")));
    }
}

/// `12 ms`, or `1.98 s` from a second on.
pub(crate) fn span(span: Duration) -> String {
    if span < Duration::from_secs(1) {
        format!("{} ms", span.as_millis())
    } else {
        format!("{:.2} s", span.as_secs_f64())
    }
}

/// `4,096`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
