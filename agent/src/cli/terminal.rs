//! The two output streams and what may be done to them. Colours and progress only where a person
//! looks, never with `NO_COLOR`.

use std::io::{self, IsTerminal, Write};

use super::environment::Environment;
use super::exit::Failure;

/// Standard output for results, standard error for everything said on the side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    colour: bool,
    person_reads_out: bool,
    person_reads_err: bool,
}

/// How a word is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tint {
    Good,
    Bad,
    Odd,
    Faint,
    Strong,
}

impl Terminal {
    /// What the process was started with.
    pub(crate) fn detect(environment: &Environment) -> Self {
        Self {
            colour: !environment.no_colour,
            person_reads_out: io::stdout().is_terminal(),
            person_reads_err: io::stderr().is_terminal(),
        }
    }

    /// Neither colours nor progress.
    pub(crate) fn plain() -> Self {
        Self { colour: false, person_reads_out: false, person_reads_err: false }
    }

    /// Does standard output go to a person?
    pub(crate) fn out_is_terminal(self) -> bool {
        self.person_reads_out
    }

    /// Does standard error go to a person?
    pub(crate) fn err_is_terminal(self) -> bool {
        self.person_reads_err
    }

    /// A word for standard error in this tint.
    pub(crate) fn tint(self, tint: Tint, text: &str) -> String {
        paint(self.colour && self.person_reads_err, tint, text)
    }

    /// A word for standard output in this tint.
    pub(crate) fn tint_result(self, tint: Tint, text: &str) -> String {
        paint(self.colour && self.person_reads_out, tint, text)
    }

    /// Says why the command failed.
    pub(crate) fn error(self, failure: &Failure) {
        say(&format!("{} {failure}", self.tint(Tint::Bad, "error:")));
    }
}

/// Writes a line to standard output. A reader that has gone away is not our failure.
pub(crate) fn result(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Writes a line to standard error.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Rewrites the last line of standard error, without ending it.
pub(crate) fn redraw(text: &str) {
    let mut err = io::stderr().lock();
    let _ = write!(err, "\r\x1b[2K{text}");
    let _ = err.flush();
}

fn paint(colour: bool, tint: Tint, text: &str) -> String {
    if !colour {
        return text.to_owned();
    }
    let code = match tint {
        Tint::Good => "32",
        Tint::Bad => "1;31",
        Tint::Odd => "33",
        Tint::Faint => "2",
        Tint::Strong => "1",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}
