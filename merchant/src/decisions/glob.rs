//! Names of files with gaps: `*.pdf`, `2026/**`. Decides on whole names, in time that grows with the
//! product of both lengths and never faster: names come from strangers.

use std::fmt;

/// Longest pattern, in characters. With the longest key a match takes a quarter of a million steps.
pub const PATTERN_CHARS_MAX: usize = 256;

/// A pattern for the part of a path below its route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Box<[Piece]>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// This character.
    Char(char),
    /// `?`: any one character but a slash.
    One,
    /// `*`: any characters but slashes, or none.
    Some,
    /// `**`: any characters, or none.
    All,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobError {
    /// There is nothing in it.
    Empty,
    /// It is too long.
    TooLong,
    /// It begins with a slash, but names are meant from the route on.
    Absolute,
    /// It holds a character that other programs give a meaning, which is not ours.
    Strange(char),
}

impl fmt::Display for GlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::TooLong => write!(f, "has more than {PATTERN_CHARS_MAX} characters"),
            Self::Absolute => f.write_str("begins with a slash, but is meant from the route on"),
            Self::Strange(c) => write!(f, "holds {c:?}, which means nothing here"),
        }
    }
}

impl Glob {
    /// Reads a pattern: `*`, `**` and `?` are gaps, everything else stands for itself.
    pub fn parse(text: &str) -> Result<Self, GlobError> {
        match text.chars().next() {
            None => return Err(GlobError::Empty),
            Some('/') => return Err(GlobError::Absolute),
            Some(_) => {}
        }
        if text.chars().count() > PATTERN_CHARS_MAX {
            return Err(GlobError::TooLong);
        }
        let strange = |c: &char| "[]{}\\!".contains(*c) || c.is_control();
        if let Some(c) = text.chars().find(strange) {
            return Err(GlobError::Strange(c));
        }
        let mut pieces = Vec::new();
        for c in text.chars() {
            match (c, pieces.last()) {
                ('*', Some(Piece::All)) => {}
                ('*', Some(Piece::Some)) => {
                    pieces.pop();
                    pieces.push(Piece::All);
                }
                ('*', _) => pieces.push(Piece::Some),
                ('?', _) => pieces.push(Piece::One),
                (c, _) => pieces.push(Piece::Char(c)),
            }
        }
        Ok(Self(pieces.into()))
    }

    /// Is the whole name of this form?
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        // After each character: how many pieces may have been used up so far.
        let pieces = &self.0;
        let mut reached = vec![false; pieces.len() + 1];
        reached[0] = true;
        skip_gaps(pieces, &mut reached);
        for c in name.chars() {
            let mut next = vec![false; pieces.len() + 1];
            for (at, piece) in pieces.iter().enumerate().filter(|(at, _)| reached[*at]) {
                match piece {
                    Piece::Char(own) => next[at + 1] |= *own == c,
                    Piece::One => next[at + 1] |= c != '/',
                    Piece::Some => next[at] |= c != '/',
                    Piece::All => next[at] = true,
                }
            }
            skip_gaps(pieces, &mut next);
            reached = next;
        }
        reached[pieces.len()]
    }
}

/// A gap may be filled with nothing.
fn skip_gaps(pieces: &[Piece], reached: &mut [bool]) {
    for (at, piece) in pieces.iter().enumerate() {
        if reached[at] && matches!(piece, Piece::Some | Piece::All) {
            reached[at + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_for_whole_names() {
        #[rustfmt::skip]
        let rows = [
            ("*.pdf",       "a.pdf",            true),
            ("*.pdf",       ".pdf",             true),
            ("*.pdf",       "a.pdf.bak",        false),
            ("*.pdf",       "a.PDF",            false),
            ("*.pdf",       "2026/a.pdf",       false),
            ("**.pdf",      "2026/05/a.pdf",    true),
            ("**/a.pdf",    "2026/05/a.pdf",    true),
            ("**/a.pdf",    "a.pdf",            false),
            ("2026/**",     "2026/05/a.pdf",    true),
            ("2026/**",     "2026/",            true),
            ("2026/**",     "2026",             false),
            ("2026/*",      "2026/05/a.pdf",    false),
            ("a?c",         "abc",              true),
            ("a?c",         "aéc",              true),
            ("a?c",         "a/c",              false),
            ("a?c",         "ac",               false),
            ("a*b*c",       "a1b2b3c",          true),
            ("a*b*c",       "a1c2b",            false),
            ("***",         "x/y",              true),
            ("a.b",         "axb",              false),
            ("*",           "",                 true),
        ];
        for (pattern, name, expected) in rows {
            assert_eq!(Glob::parse(pattern).unwrap().matches(name), expected, "{pattern} {name}");
        }
        let slow = Glob::parse(&"*a".repeat(128)).unwrap();
        assert!(!slow.matches(&format!("{}b", "a".repeat(1023))));
    }

    #[test]
    fn what_could_mean_something_else_is_refused() {
        #[rustfmt::skip]
        let rows = [
            ("",          GlobError::Empty),
            ("/a",        GlobError::Absolute),
            ("[ab]",      GlobError::Strange('[')),
            ("{a,b}",     GlobError::Strange('{')),
            ("!a",        GlobError::Strange('!')),
            ("a\\*",      GlobError::Strange('\\')),
            ("a\n",       GlobError::Strange('\n')),
        ];
        for (text, expected) in rows {
            assert_eq!(Glob::parse(text), Err(expected), "{text:?}");
        }
        assert_eq!(Glob::parse(&"a".repeat(257)), Err(GlobError::TooLong));
    }
}
