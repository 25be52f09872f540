//! How the story looks on the terminal: scenes, facts and times. Colours only where they are seen.

#![expect(clippy::print_stdout, reason = "this is the module that prints")]

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Tells, and keeps the time of each scene.
pub(crate) struct Teller {
    colours: bool,
    scenes: Mutex<Vec<(String, Instant)>>,
}

/// Width of the column of names, and of the rule under the title.
const NAME_WIDTH: usize = 13;

impl Teller {
    #[expect(clippy::disallowed_methods, reason = "NO_COLOR is the user's wish (no-color.org)")]
    pub(crate) fn new() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        Self { colours: std::io::stdout().is_terminal() && !plain, scenes: Mutex::default() }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A line of plain text.
    pub(crate) fn line(text: &str) {
        println!("{text}");
    }

    /// Something that the merchant complains of.
    pub(crate) fn aside(text: &str) {
        println!("   merchant: {text}");
    }

    /// A new scene begins.
    #[expect(clippy::disallowed_methods, reason = "the story tells how long each step took")]
    pub(crate) fn scene(&self, title: &str) {
        let mut scenes = self.scenes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        scenes.push((title.to_owned(), Instant::now()));
        println!();
        println!("{}", self.paint("1;36", &format!("{}. {title}", scenes.len())));
    }

    /// A fact of the scene.
    pub(crate) fn fact(&self, name: &str, text: &str) {
        println!("   {} {text}", self.paint("2", &format!("{name:<NAME_WIDTH$}")));
    }

    /// Something that had to hold, and does.
    pub(crate) fn held(&self, text: &str) {
        println!("   {} {text}", self.paint("32", "✓"));
    }

    /// A command to try.
    pub(crate) fn command(&self, what: &str, command: &str) {
        println!("   {}", self.paint("2", &format!("# {what}")));
        println!("   {command}");
    }

    /// How long each scene took, up to now.
    #[expect(clippy::disallowed_methods, reason = "the story tells how long each step took")]
    pub(crate) fn times(&self) {
        let scenes = self.scenes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let ends = scenes.iter().skip(1).map(|it| it.1).chain([Instant::now()]);
        println!();
        println!("{}", self.paint("1", "Time of each step"));
        for ((title, start), end) in scenes.iter().zip(ends) {
            println!("   {:>8}  {title}", milliseconds(end - *start));
        }
    }

    /// The story broke off.
    pub(crate) fn fail(&self, why: &str) {
        println!();
        println!("{} {why}", self.paint("1;31", "The demo did not hold:"));
    }
}

/// `12 ms`, or `1.98 s` from a second on.
pub(crate) fn milliseconds(span: Duration) -> String {
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
