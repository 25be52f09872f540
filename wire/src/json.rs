//! One strict reading of JSON: duplicate keys, trailing bytes and runaway nesting are errors.
//!
//! `serde_json::Value` alone keeps the last of two equal keys; a peer may keep the first, and the
//! two would disagree about what was signed.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::{Problem, WireError};

/// A message of the protocol, readable from JSON and writable as JSON.
pub trait Message: Sized {
    /// Reads the message from a JSON value that [`parse`] returned.
    fn from_value(value: Value) -> Result<Self, WireError>;

    /// The message as it travels: known members in the specification's order, then the unknown
    /// ones that it came with.
    fn to_value(&self) -> Value;

    /// Reads the message from JSON text.
    fn from_json(text: &[u8]) -> Result<Self, WireError> {
        Self::from_value(parse(text)?)
    }

    /// The message as compact JSON text.
    fn to_json(&self) -> String {
        self.to_value().to_string()
    }
}

/// Parses exactly one JSON document. Nesting is bounded by `serde_json` (128 levels).
pub fn parse(text: &[u8]) -> Result<Value, WireError> {
    let duplicate = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let seed = Strict { path: "", duplicate: &duplicate };
    let value = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(|_| match duplicate.take() {
        Some(path) => WireError::new(&path, Problem::Duplicate),
        None => WireError::new("", Problem::NotJson),
    })
}

/// Reads any value; `duplicate` carries the path of a repeated key past `serde_json`'s error type.
struct Strict<'a> {
    path: &'a str,
    duplicate: &'a RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, it: bool) -> Result<Value, E> {
        Ok(Value::Bool(it))
    }

    fn visit_i64<E>(self, it: i64) -> Result<Value, E> {
        Ok(Value::Number(it.into()))
    }

    fn visit_u64<E>(self, it: u64) -> Result<Value, E> {
        Ok(Value::Number(it.into()))
    }

    fn visit_f64<E>(self, it: f64) -> Result<Value, E> {
        Ok(Number::from_f64(it).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, it: &str) -> Result<Value, E> {
        Ok(Value::String(it.to_owned()))
    }

    fn visit_string<E>(self, it: String) -> Result<Value, E> {
        Ok(Value::String(it))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let path = format!("{}[{}]", self.path, items.len());
            match seq.next_element_seed(Strict { path: &path, duplicate: self.duplicate })? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let path =
                if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            if members.contains_key(&key) {
                self.duplicate.replace(Some(path));
                return Err(de::Error::custom("duplicate key"));
            }
            let seed = Strict { path: &path, duplicate: self.duplicate };
            let value = map.next_value_seed(seed)?;
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_document_and_nothing_else() {
        #[rustfmt::skip]
        let rows = [
            (r#"{"a":1,"b":[true,null,"x",-1,1.5]}"#, Ok(())),
            (" {} \n",                                Ok(())),
            ("",                                      Err(("", Problem::NotJson))),
            ("{",                                     Err(("", Problem::NotJson))),
            ("{}{}",                                  Err(("", Problem::NotJson))),
            ("{} x",                                  Err(("", Problem::NotJson))),
            ("\u{feff}{}",                            Err(("", Problem::NotJson))),
            ("1e999",                                 Err(("", Problem::NotJson))),
            (r#"{"a":1,"a":1}"#,                      Err(("a", Problem::Duplicate))),
            (r#"{"a":{"b":[{"c":1,"c":2}]}}"#,        Err(("a.b[0].c", Problem::Duplicate))),
            (r#"{"a":1,"\u0061":2}"#,                 Err(("a", Problem::Duplicate))),
        ];
        for (text, expected) in rows {
            let got = parse(text.as_bytes()).map(|_| ());
            let expected = expected.map_err(|(field, problem)| WireError::new(field, problem));
            assert_eq!(got, expected, "{text}");
        }
    }

    #[test]
    fn nesting_has_an_end() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert_eq!(parse(deep.as_bytes()), Err(WireError::new("", Problem::NotJson)));
        let bytes = [b'"', 0xff, b'"'];
        assert_eq!(parse(&bytes), Err(WireError::new("", Problem::NotJson)), "not UTF-8");
    }
}
