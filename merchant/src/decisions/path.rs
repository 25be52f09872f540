//! One canonical path. The same value decides the price and names the object, so that no spelling
//! can be priced as one thing and opened as another. What could be read in two ways is refused.

use std::borrow::Cow;
use std::fmt;

/// Longest object key, in bytes. Amazon S3 User Guide, "Naming Amazon S3 objects".
pub const KEY_BYTES_MAX: usize = 1024;

/// A path in its one spelling. The key is the decoded path without the leading slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalPath<'a> {
    key: Cow<'a, str>,
    encoded: Cow<'a, str>,
}

/// Why a request target names no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathError {
    /// Two readers could take it for two paths. The text says which rule it breaks.
    Ambiguous(&'static str),
    /// Longer than any object's key.
    TooLong,
}

impl<'a> CanonicalPath<'a> {
    /// Reads a raw request target, as it stood in the request line: path, and perhaps a query,
    /// which names nothing and is dropped.
    pub fn of_target(target: &'a str) -> Result<Self, PathError> {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        let Some(rest) = path.strip_prefix('/') else {
            return Err(PathError::Ambiguous("the path must begin with a slash"));
        };
        if rest.len() > 3 * KEY_BYTES_MAX {
            return Err(PathError::TooLong);
        }
        let (key, encoded) = if rest.bytes().all(|byte| LITERALS[usize::from(byte)]) {
            (Cow::Borrowed(rest), Cow::Borrowed(path))
        } else {
            let key = decode(rest)?;
            let encoded = encode(&key);
            (Cow::Owned(key), Cow::Owned(encoded))
        };
        if key.len() > KEY_BYTES_MAX {
            return Err(PathError::TooLong);
        }
        check_segments(&key)?;
        Ok(Self { key, encoded })
    }

    /// The object's key: the decoded path without the leading slash. Empty, or ending in a slash,
    /// where the path names a folder and so no object.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The path as it stands in a URL, leading slash included. ASCII, without quotes or
    /// backslashes, so it can be put into JSON as it is.
    #[must_use]
    pub fn encoded(&self) -> &str {
        &self.encoded
    }

    /// The same path, owning its text.
    #[must_use]
    pub fn into_owned(self) -> CanonicalPath<'static> {
        CanonicalPath {
            key: Cow::Owned(self.key.into_owned()),
            encoded: Cow::Owned(self.encoded.into_owned()),
        }
    }

    /// Does the path name an object, and not a folder?
    #[must_use]
    pub fn names_object(&self) -> bool {
        !self.key.is_empty() && !self.key.ends_with('/')
    }
}

/// A folder's name ends in a slash; nothing else may leave a segment empty, or walk up or on the spot.
fn check_segments(key: &str) -> Result<(), PathError> {
    if key.is_empty() {
        return Ok(());
    }
    let segments = key.strip_suffix('/').unwrap_or(key).as_bytes();
    for segment in segments.split(|byte| *byte == b'/') {
        match segment {
            b"" => return Err(PathError::Ambiguous("the path must not hold an empty segment")),
            b"." | b".." => {
                return Err(PathError::Ambiguous("the path must not hold a dot segment"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Characters that stand for themselves in a path: RFC 3986 `pchar` without the percent sign, and
/// the slash between segments.
const fn is_literal(byte: u8) -> bool {
    is_unreserved(byte) || matches!(byte, b'/' | b':' | b'@') || is_sub_delimiter(byte)
}

/// [`is_literal`] of every byte: nearly every request's path is looked through with it.
const LITERALS: [bool; 256] = {
    let mut literals = [false; 256];
    let mut byte = 0_u8;
    while byte < u8::MAX {
        literals[byte as usize] = is_literal(byte);
        byte += 1;
    }
    literals
};

/// RFC 3986, 2.3.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// RFC 3986, 2.2.
const fn is_sub_delimiter(byte: u8) -> bool {
    matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

fn decode(path: &str) -> Result<String, PathError> {
    let bytes = path.as_bytes();
    let mut key = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            key.push(decode_escape(bytes.get(at + 1..at + 3))?);
            at += 3;
        } else if is_literal(byte) {
            key.push(byte);
            at += 1;
        } else {
            return Err(PathError::Ambiguous("the path holds a character that must be encoded"));
        }
    }
    let key = String::from_utf8(key)
        .map_err(|_| PathError::Ambiguous("the path's escapes are not UTF-8"))?;
    if key.chars().any(is_treacherous) {
        return Err(PathError::Ambiguous("the path holds a character that readers disagree about"));
    }
    Ok(key)
}

fn decode_escape(digits: Option<&[u8]>) -> Result<u8, PathError> {
    let malformed = PathError::Ambiguous("a percent sign must be followed by two hex digits");
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let Some(&[high, low]) = digits else { return Err(malformed) };
    let (Some(high), Some(low)) = (hex(high), hex(low)) else { return Err(malformed) };
    let byte = high << 4 | low;
    // An escaped slash, backslash or percent sign is where readers part ways; an escaped letter or
    // dot has no reason but to hide.
    if matches!(byte, b'/' | b'\\' | b'%') || is_unreserved(byte) {
        return Err(PathError::Ambiguous("the path escapes a character that must stand plain"));
    }
    Ok(byte)
}

/// Characters that some readers drop, end a line at, or take for a slash.
fn is_treacherous(c: char) -> bool {
    let separator = matches!(c, '\u{2028}' | '\u{2029}');
    let slash_lookalike = matches!(
        c,
        '\u{2044}'
            | '\u{2215}'
            | '\u{2216}'
            | '\u{29f5}'
            | '\u{29f8}'
            | '\u{29f9}'
            | '\u{fe68}'
            | '\u{ff0f}'
            | '\u{ff3c}'
    );
    c.is_control() || separator || slash_lookalike
}

fn encode(key: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(key.len() + 16);
    encoded.push('/');
    for byte in key.bytes() {
        if is_literal(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    encoded
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous(rule) => f.write_str(rule),
            Self::TooLong => write!(f, "the path is longer than {KEY_BYTES_MAX} bytes"),
        }
    }
}

impl std::error::Error for PathError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::type_complexity, reason = "the columns of a table")]
    fn a_path_has_one_key_or_none() {
        let ok = |key, encoded| Ok((key, encoded));
        #[rustfmt::skip]
        let rows: &[(&str, Result<(&str, &str), &str>)] = &[
            ("/premium/a",                ok("premium/a", "/premium/a")),
            ("/premium/a?x=/free",        ok("premium/a", "/premium/a")),
            ("/premium/a?%zz#//..",       ok("premium/a", "/premium/a")),
            ("/",                         ok("", "/")),
            ("/premium/",                 ok("premium/", "/premium/")),
            ("/premium/a%20b",            ok("premium/a b", "/premium/a%20b")),
            ("/premium/a+b",              ok("premium/a+b", "/premium/a+b")),
            ("/premium/a%2Bb",            ok("premium/a+b", "/premium/a+b")),
            ("/premium/a;x=1",            ok("premium/a;x=1", "/premium/a;x=1")),
            ("/PREMIUM/a",                ok("PREMIUM/a", "/PREMIUM/a")),
            ("/caf%C3%A9",                ok("café", "/caf%C3%A9")),
            ("/caf%c3%a9",                ok("café", "/caf%C3%A9")),
            ("/cafe%CC%81",               ok("cafe\u{301}", "/cafe%CC%81")),
            ("/a...b/.c/d.",              ok("a...b/.c/d.", "/a...b/.c/d.")),
            ("",                          Err("begin with a slash")),
            ("premium/a",                 Err("begin with a slash")),
            ("//premium/a",               Err("empty segment")),
            ("/premium//a",               Err("empty segment")),
            ("/premium/a//",              Err("empty segment")),
            ("/./premium/a",              Err("dot segment")),
            ("/free/../premium/a",        Err("dot segment")),
            ("/premium/..",               Err("dot segment")),
            ("/free/%2e%2e/premium/a",    Err("stand plain")),
            ("/free/..%2fpremium/a",      Err("stand plain")),
            ("/%70remium/a",              Err("stand plain")),
            ("/premium%2Fa",              Err("stand plain")),
            ("/premium%5Ca",              Err("stand plain")),
            ("/%2570remium/a",            Err("stand plain")),
            ("/premium\\a",               Err("must be encoded")),
            ("/premium/a b",              Err("must be encoded")),
            ("/premium#f",                Err("must be encoded")),
            ("/premium/\u{e9}",           Err("must be encoded")),
            ("/premium/%c0%ae",           Err("not UTF-8")),
            ("/premium/a%",               Err("two hex digits")),
            ("/premium/a%4",              Err("two hex digits")),
            ("/premium/a%+1",             Err("two hex digits")),
            ("/premium/a%00",             Err("readers disagree")),
            ("/premium/a%0a",             Err("readers disagree")),
            ("/premium/a%7f",             Err("readers disagree")),
            ("/premium/a%C2%85",          Err("readers disagree")),
            ("/premium/a%E2%80%A8",       Err("readers disagree")),
            ("/premium%EF%BC%8Fa",        Err("readers disagree")),
        ];
        for (target, expected) in rows {
            match (CanonicalPath::of_target(target), expected) {
                (Ok(path), Ok((key, encoded))) => {
                    assert_eq!((path.key(), path.encoded()), (*key, *encoded), "{target}");
                }
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{target}: {error}");
                }
                (got, _) => panic!("{target}: {got:?}"),
            }
        }
    }

    #[test]
    fn a_path_longer_than_any_key_names_nothing() {
        let longest = format!("/{}", "a".repeat(KEY_BYTES_MAX));
        assert!(CanonicalPath::of_target(&longest).is_ok());
        for (unit, count) in [("a", KEY_BYTES_MAX + 1), ("%20", KEY_BYTES_MAX + 1), ("a", 8192)] {
            let target = format!("/{}", unit.repeat(count));
            assert_eq!(CanonicalPath::of_target(&target), Err(PathError::TooLong));
        }
    }

    proptest::proptest! {
        #[test]
        fn the_canonical_form_is_its_own(target in "/([a-z./%]|%2[0-9a-fA-F]|%[cC]3%[aA]9|[!-~]|é){0,40}") {
            if let Ok(path) = CanonicalPath::of_target(&target) {
                let again = CanonicalPath::of_target(path.encoded());
                proptest::prop_assert_eq!(again.as_ref(), Ok(&path));
                proptest::prop_assert!(!path.encoded().contains(['"', '\\', '?', '#', ' ']));
            }
        }

        #[test]
        fn two_paths_with_one_key_have_one_encoding(a in "/[a-c+%2Bb/]{0,9}", b in "/[a-c+%2Bb/]{0,9}") {
            if let (Ok(a), Ok(b)) = (CanonicalPath::of_target(&a), CanonicalPath::of_target(&b)) {
                proptest::prop_assert_eq!(a.key() == b.key(), a.encoded() == b.encoded());
            }
        }
    }
}
