//! Asks a person for a secret at the terminal, whatever the standard streams lead to. Nothing that is
//! typed is shown.

use std::io::{self, Read};

use zeroize::{Zeroize, Zeroizing};

use crate::cli::exit::Failure;

/// Longest secret that is read.
pub(crate) const SECRET_BYTES_MAX: usize = 1024;

/// How typing ended.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    Line(Zeroizing<String>),
    TooLong,
    NotText,
    Interrupted,
    Gone,
}

/// Asks; nothing if there is no terminal. Ctrl-C ends it like any other moment of the program.
#[cfg(unix)]
pub(crate) async fn ask(question: &str) -> Result<Option<Zeroizing<String>>, Failure> {
    use std::fs::OpenOptions;
    use std::io::Write;

    let Ok(mut terminal) = OpenOptions::new().read(true).write(true).open("/dev/tty") else {
        return Ok(None);
    };
    let Ok(reader) = terminal.try_clone() else { return Ok(None) };
    let Ok(quiet) = Quiet::begin(terminal.try_clone()) else { return Ok(None) };
    let _ = write!(terminal, "{question}: ").and_then(|()| terminal.flush());
    // A thread of its own, so that a request to end is still heard; the guard stays here, so that the
    // terminal is as it was then, too.
    let typed = tokio::task::spawn_blocking(|| line(reader)).await.unwrap_or(Typed::Gone);
    drop(quiet);
    let _ = writeln!(terminal);
    match typed {
        Typed::Line(secret) => Ok(Some(secret)),
        Typed::TooLong | Typed::NotText => Err(super::WalletFault::BadPassword.into()),
        Typed::Interrupted | Typed::Gone => Err(Failure::Interrupted(None)),
    }
}

/// Elsewhere nobody is asked.
#[cfg(not(unix))]
pub(crate) async fn ask(_question: &str) -> Result<Option<Zeroizing<String>>, Failure> {
    Ok(None)
}

/// A terminal that shows nothing of what is typed and sends no signal for it, until this is dropped.
#[cfg(unix)]
struct Quiet {
    terminal: std::fs::File,
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl Quiet {
    fn begin(terminal: io::Result<std::fs::File>) -> io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let terminal = terminal?;
        let before = tcgetattr(&terminal)?;
        let mut quiet = before.clone();
        // Ctrl-C comes as a character: a signal could end the process with the terminal still mute.
        let modes = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN;
        quiet.local_modes.remove(modes);
        tcsetattr(&terminal, OptionalActions::Flush, &quiet)?;
        Ok(Self { terminal, before })
    }
}

#[cfg(unix)]
impl Drop for Quiet {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// One line, with the few keys that people use to mend what they cannot see.
fn line(mut from: impl Read) -> Typed {
    // Never grows, so that no copy is left behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_BYTES_MAX + 1));
    let mut next = [0];
    let ending = loop {
        if from.read_exact(&mut next).is_err() {
            break Typed::Gone;
        }
        match next[0] {
            0x03 => break Typed::Interrupted,
            0x04 if bytes.is_empty() => break Typed::Interrupted,
            b'\n' | b'\r' | 0x04 => break text(&bytes),
            // Backspace takes a whole character, however many bytes it has.
            0x08 | 0x7f => while bytes.pop().is_some_and(|it| it & 0xc0 == 0x80) {},
            // Ctrl-U begins anew.
            0x15 => bytes.clear(),
            _ if bytes.len() == SECRET_BYTES_MAX => break Typed::TooLong,
            byte => bytes.push(byte),
        }
    };
    next.zeroize();
    ending
}

fn text(bytes: &[u8]) -> Typed {
    let text = std::str::from_utf8(bytes);
    text.map_or(Typed::NotText, |it| Typed::Line(Zeroizing::new(it.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_mended_as_people_do_and_ended_as_they_expect() {
        let said = |text: &str| Typed::Line(Zeroizing::new(text.to_owned()));
        let long = "x".repeat(SECRET_BYTES_MAX);
        #[rustfmt::skip]
        let rows: [(Vec<u8>, Typed); 13] = [
            (b"secret\n".to_vec(),                 said("secret")),
            (b"secret\rmore".to_vec(),             said("secret")),
            (b"\n".to_vec(),                       said("")),
            (b" spaces stay \n".to_vec(),          said(" spaces stay ")),
            (b"secreX\x7ft\n".to_vec(),            said("secret")),
            ("n\u{e4}\u{7f}a\n".into(),            said("na")),
            (b"\x7f\x7fa\n".to_vec(),              said("a")),
            (b"wrong\x15right\n".to_vec(),         said("right")),
            (b"secret\x04".to_vec(),               said("secret")),
            (b"\x04".to_vec(),                     Typed::Interrupted),
            (b"sec\x03ret\n".to_vec(),             Typed::Interrupted),
            (b"secret".to_vec(),                   Typed::Gone),
            (b"\xff\n".to_vec(),                   Typed::NotText),
        ];
        for (typed, expected) in rows {
            assert_eq!(line(&*typed), expected, "{typed:?}");
        }
        assert_eq!(line(format!("{long}\n").as_bytes()), said(&long));
        assert_eq!(line(format!("{long}x\n").as_bytes()), Typed::TooLong);
    }
}
