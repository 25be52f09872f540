//! The one place that writes to the terminal. A reader that went away is no error: whoever pipes
//! into `head` has seen enough.

use std::io::Write;

/// Where text goes, and whether it may have colours.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    results: Paint,
    notes: Paint,
}

/// Colours, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    /// Plain text.
    Off,
    /// ECMA-48 escapes.
    On,
}

/// What a text wants to say beyond its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// As it should be.
    Good,
    /// To be looked at.
    Warning,
    /// Wrong.
    Bad,
    /// A heading.
    Heading,
}

impl Output {
    /// Colours only where a person reads: where standard output and standard error are terminals,
    /// and not where the environment has a `NO_COLOR` that is not empty (no-color.org).
    #[must_use]
    pub fn new(stdout_terminal: bool, stderr_terminal: bool, no_color: Option<&str>) -> Self {
        let wanted = no_color.is_none_or(str::is_empty);
        let paint = |terminal| if terminal && wanted { Paint::On } else { Paint::Off };
        Self { results: paint(stdout_terminal), notes: paint(stderr_terminal) }
    }

    /// How results may be painted.
    pub(super) fn paint(self) -> Paint {
        self.results
    }

    /// Writes a result.
    pub(super) fn say(text: &str) {
        let _ = writeln!(std::io::stdout().lock(), "{}", text.trim_end());
    }

    /// Writes what is no result: errors, and what the server is doing.
    pub(super) fn tell(text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
    }

    /// Writes an error.
    pub fn complain(self, text: &str) {
        Self::tell(&format!("{} {text}", self.notes.tint(Tone::Bad, "error:")));
    }
}

impl Paint {
    /// The text in the tone's colour.
    pub(super) fn tint(self, tone: Tone, text: &str) -> String {
        let code = match (self, tone) {
            (Self::Off, _) => return text.to_owned(),
            (Self::On, Tone::Good) => "32",
            (Self::On, Tone::Warning) => "33",
            (Self::On, Tone::Bad) => "31",
            (Self::On, Tone::Heading) => "1",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_people_who_want_them() {
        #[rustfmt::skip]
        let rows = [
            (true,  None,      Paint::On),
            (true,  Some(""),  Paint::On),
            (true,  Some("1"), Paint::Off),
            (false, None,      Paint::Off),
        ];
        for (terminal, no_color, expected) in rows {
            assert_eq!(Output::new(terminal, false, no_color).results, expected);
            assert_eq!(Output::new(false, terminal, no_color).notes, expected);
        }
        assert_eq!(Paint::Off.tint(Tone::Bad, "x"), "x");
        assert_eq!(Paint::On.tint(Tone::Bad, "x"), "\u{1b}[31mx\u{1b}[0m");
    }
}
