//! Taking an object apart, member by member. Each reading names the full path in its error, and
//! what was not taken remains for the echo.

use std::str::FromStr;

use serde_json::{Map, Value};

use crate::error::{Problem, WireError};

/// An object's members and the path at which the object stands.
#[derive(Debug)]
pub struct Members {
    path: String,
    map: Map<String, Value>,
}

/// The form that a noun's text must have, for error messages.
pub trait Form {
    /// What the text must be, as it follows "must be": `"a decimal string"`.
    const FORM: &'static str;
}

impl Members {
    /// The members of a whole document.
    pub fn of_document(value: Value) -> Result<Self, WireError> {
        Self::at(String::new(), value)
    }

    fn at(path: String, value: Value) -> Result<Self, WireError> {
        let Value::Object(map) = value else {
            return Err(WireError::new(&path, Problem::Expected("an object")));
        };
        Ok(Self { path, map })
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// An error about the member with this name.
    #[must_use]
    pub fn error(&self, name: &str, problem: Problem) -> WireError {
        WireError::new(&self.path(name), problem)
    }

    /// Takes the member if it is there; `null` counts as absent.
    pub fn optional(&mut self, name: &str) -> Option<Value> {
        self.map.shift_remove(name).filter(|value| !value.is_null())
    }

    fn required(&mut self, name: &str) -> Result<Value, WireError> {
        self.optional(name).ok_or_else(|| self.error(name, Problem::Missing))
    }

    /// Takes a required object.
    pub fn nested(&mut self, name: &str) -> Result<Self, WireError> {
        Self::at(self.path(name), self.required(name)?)
    }

    /// Takes an object if it is there.
    pub fn optional_nested(&mut self, name: &str) -> Result<Option<Self>, WireError> {
        let path = self.path(name);
        self.optional(name).map(|value| Self::at(path, value)).transpose()
    }

    /// Takes a required array of objects.
    pub fn nested_list(&mut self, name: &str) -> Result<Vec<Self>, WireError> {
        let Value::Array(items) = self.required(name)? else {
            return Err(self.error(name, Problem::Expected("an array")));
        };
        let path = self.path(name);
        items.into_iter().enumerate().map(|(i, it)| Self::at(format!("{path}[{i}]"), it)).collect()
    }

    /// Takes an object as it is, for members whose inside is not ours to read; absent is empty.
    pub fn opaque_object(&mut self, name: &str) -> Result<Map<String, Value>, WireError> {
        Ok(self.optional_nested(name)?.map(|it| it.map).unwrap_or_default())
    }

    /// Takes a required string.
    pub fn text(&mut self, name: &str) -> Result<String, WireError> {
        let Value::String(text) = self.required(name)? else {
            return Err(self.error(name, Problem::Expected("a string")));
        };
        Ok(text)
    }

    /// Takes a string if it is there.
    pub fn optional_text(&mut self, name: &str) -> Result<Option<String>, WireError> {
        match self.optional(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.error(name, Problem::Expected("a string"))),
        }
    }

    /// Takes a required string that spells a noun.
    pub fn noun<T: FromStr + Form>(&mut self, name: &str) -> Result<T, WireError> {
        let Value::String(text) = self.required(name)? else {
            return Err(self.error(name, Problem::Expected(T::FORM)));
        };
        text.parse().map_err(|_| self.error(name, Problem::Expected(T::FORM)))
    }

    /// Takes a required non-negative integer: a JSON number, not a string and not `1.0`.
    pub fn integer(&mut self, name: &str) -> Result<u64, WireError> {
        let value = self.required(name)?;
        value.as_u64().ok_or_else(|| self.error(name, Problem::Expected("a non-negative integer")))
    }

    /// Takes a required `true` or `false`; strings and numbers do not count.
    pub fn boolean(&mut self, name: &str) -> Result<bool, WireError> {
        let it = self.required(name)?;
        it.as_bool().ok_or_else(|| self.error(name, Problem::Expected("true or false")))
    }

    /// Takes `x402Version`, which must be exactly this integer.
    pub fn version(&mut self, expected: u64) -> Result<(), WireError> {
        let name = "x402Version";
        if self.integer(name)? == expected {
            return Ok(());
        }
        let form = if expected == 1 { "the integer 1" } else { "the integer 2" };
        Err(self.error(name, Problem::Expected(form)))
    }

    /// Takes `format`, which must be exactly this number: a stored document of another format means
    /// something else.
    pub fn format(&mut self, expected: u64) -> Result<(), WireError> {
        if self.integer("format")? == expected {
            return Ok(());
        }
        Err(self.error("format", Problem::Expected("the number of a format that we know")))
    }

    /// Whatever was not taken, for the echo.
    #[must_use]
    pub fn rest(self) -> Map<String, Value> {
        self.map
    }

    /// Ends an object that must not have further members.
    pub fn nothing_else(self) -> Result<(), WireError> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(name) => Err(self.error(name, Problem::Unexpected)),
        }
    }
}
