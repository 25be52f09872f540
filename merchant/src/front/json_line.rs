//! One JSON object, written straight into a buffer: a line of the request log must not cost more
//! than the reply that it tells of. Names come from the code and are not escaped.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// Digits of `u64::MAX`.
const DIGITS_MAX: usize = 20;

/// An object that is being written.
#[derive(Debug)]
pub(super) struct JsonLine<'a>(&'a mut Vec<u8>);

impl<'a> JsonLine<'a> {
    /// Begins an object at the buffer's end, with the time of day to the millisecond, as RFC 3339
    /// has it.
    pub(super) fn begin(
        out: &'a mut Vec<u8>,
        time: DateTime<Utc>,
        calendar: &mut Calendar,
    ) -> Self {
        let millis = time.timestamp_subsec_millis();
        let digit = |unit| b'0' + u8::try_from(millis / unit % 10).unwrap_or_default();
        out.extend_from_slice(b"{\"time\":\"");
        out.extend_from_slice(calendar.second(time).as_bytes());
        out.extend_from_slice(&[b'.', digit(100), digit(10), digit(1), b'Z', b'"']);
        Self(out)
    }

    /// Ends the object and its line.
    pub(super) fn end(self) {
        self.0.extend_from_slice(b"}\n");
    }

    /// Adds one of our own words, which hold nothing that JSON escapes.
    #[inline]
    pub(super) fn word(&mut self, name: &str, value: &'static str) {
        self.name(name);
        self.quoted(value.as_bytes());
    }

    /// Adds a text.
    #[inline]
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        if value.bytes().all(is_plain) {
            self.quoted(value.as_bytes());
        } else {
            // Writing to memory does not fail.
            let _ = serde_json::to_writer(&mut *self.0, value);
        }
    }

    /// Adds a number.
    #[inline]
    pub(super) fn number(&mut self, name: &str, value: u64) {
        self.name(name);
        decimal(self.0, value);
    }

    /// Adds a truth.
    #[inline]
    pub(super) fn flag(&mut self, name: &str, value: bool) {
        self.name(name);
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// Adds an address, or that there is none.
    pub(super) fn address(&mut self, name: &str, value: Option<IpAddr>) {
        self.name(name);
        match value {
            None => self.0.extend_from_slice(b"null"),
            Some(IpAddr::V4(address)) => dotted(self.0, address),
            Some(IpAddr::V6(address)) => {
                let _ = write!(self.0, "\"{address}\"");
            }
        }
    }

    /// Adds members of any kind.
    pub(super) fn members(&mut self, members: &Map<String, Value>) {
        for (name, value) in members {
            self.name(name);
            let _ = serde_json::to_writer(&mut *self.0, value);
        }
    }

    #[inline]
    fn name(&mut self, name: &str) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    #[inline]
    fn quoted(&mut self, text: &[u8]) {
        self.0.push(b'"');
        self.0.extend_from_slice(text);
        self.0.push(b'"');
    }
}

/// The last second that was written, as text: most lines fall into the same one.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    second: i64,
    text: String,
}

impl Calendar {
    fn second(&mut self, time: DateTime<Utc>) -> &str {
        let second = time.timestamp();
        if self.second != second || self.text.is_empty() {
            self.second = second;
            self.text = time.format("%Y-%m-%dT%H:%M:%S").to_string();
        }
        &self.text
    }
}

/// Stands in JSON as it is (RFC 8259, 7).
fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

fn decimal(out: &mut Vec<u8>, value: u64) {
    if let Ok(digit @ 0..10) = u8::try_from(value) {
        return out.push(b'0' + digit);
    }
    let mut digits = [0; DIGITS_MAX];
    let mut at = DIGITS_MAX;
    let mut rest = value;
    while rest > 0 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[at..]);
}

fn dotted(out: &mut Vec<u8>, address: Ipv4Addr) {
    out.push(b'"');
    for (number, octet) in address.octets().into_iter().enumerate() {
        if number > 0 {
            out.push(b'.');
        }
        decimal(out, octet.into());
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(millis: i64, write: impl FnOnce(&mut JsonLine<'_>)) -> String {
        let mut out = Vec::new();
        let time = DateTime::from_timestamp_millis(millis).unwrap();
        let mut line = JsonLine::begin(&mut out, time, &mut Calendar::default());
        write(&mut line);
        line.end();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_is_one_object() {
        let line = written(0, |line| {
            line.text("method", "GET");
            line.number("status", 402);
            line.flag("complete", false);
            line.address("v4", Some([127, 0, 0, 1].into()));
            line.address("v6", "::1".parse().ok());
            line.address("none", None);
            line.members(&Map::from_iter([("more".to_owned(), serde_json::json!([{}]))]));
            line.number("most", u64::MAX);
            line.number("least", 0);
        });
        let expected = r#"{"time":"1970-01-01T00:00:00.000Z","method":"GET","status":402,"complete":false,"v4":"127.0.0.1","v6":"::1","none":null,"more":[{}],"most":18446744073709551615,"least":0}"#;
        assert_eq!(line, format!("{expected}\n"));
    }

    #[test]
    fn a_second_is_spelled_once_and_a_new_one_anew() {
        let mut calendar = Calendar::default();
        #[rustfmt::skip]
        let rows = [
            (1_800_000_000_007, "2027-01-15T08:00:00.007Z"),
            (1_800_000_000_123, "2027-01-15T08:00:00.123Z"),
            (1_800_000_001_999, "2027-01-15T08:00:01.999Z"),
        ];
        for (millis, expected) in rows {
            let mut out = Vec::new();
            let time = DateTime::from_timestamp_millis(millis).unwrap();
            JsonLine::begin(&mut out, time, &mut calendar).end();
            assert_eq!(String::from_utf8(out).unwrap(), format!("{{\"time\":\"{expected}\"}}\n"));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_survives(text in ".{0,40}") {
            let line = written(0, |line| line.text("path", &text));
            let back: Value = serde_json::from_str(&line).unwrap();
            proptest::prop_assert_eq!(back["path"].as_str(), Some(text.as_str()));
        }
    }
}
