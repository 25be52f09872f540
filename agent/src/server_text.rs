//! Words that a server chose. Cleaned and cut before anyone sees them, because they end up on
//! terminals and in language models' contexts; never read to decide anything about money.

use std::fmt;

/// Longest text that is passed on: a code or one short sentence. Enough for every reason string of
/// the field, too short for a page of instructions.
const CHARS_MAX: usize = 160;

/// A server's text, safe to print: one line, no control characters, at most 160 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerText(String);

impl ServerText {
    /// Cleans a text. Control characters (escape sequences among them), line breaks and characters
    /// that reorder or hide text become blanks.
    #[must_use]
    pub fn clean(text: &str) -> Self {
        let visible = text.chars().map(|it| if is_plain(it) { it } else { ' ' });
        let cut: String = visible.take(CHARS_MAX).collect();
        Self(cut.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Is nothing left to show?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The cleaned text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not a control character and not one of Unicode's invisible or reordering format characters
/// (general category Cf, the ranges that terminals act on).
fn is_plain(it: char) -> bool {
    let formats = matches!(it, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}');
    !it.is_control() && !formats
}

impl fmt::Display for ServerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_cannot_steer_a_terminal() {
        #[rustfmt::skip]
        let rows = [
            ("payment_required",             "payment_required"),
            ("  two\r\n\tlines ",            "two lines"),
            ("\x1b[2Jcleared",               "[2Jcleared"),
            ("\u{202e}desrever",             "desrever"),
            ("a\u{200b}b\u{e0041}c",         "a b c"),
            ("Prix: 3 €",                    "Prix: 3 €"),
            ("",                             ""),
        ];
        for (said, shown) in rows {
            assert_eq!(ServerText::clean(said).as_str(), shown, "{said:?}");
        }
        assert_eq!(ServerText::clean(&"x".repeat(1000)).as_str().len(), CHARS_MAX);
    }
}
