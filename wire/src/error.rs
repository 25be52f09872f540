//! What can be wrong with text from the wire. Names the field and the rule, never quotes the value:
//! the value comes from a stranger and may end up in a log or in a language model's context.

use std::error::Error;
use std::fmt;

/// Longest field path that an error repeats. A duplicate key can be any text of the sender's.
const FIELD_CHARS_MAX: usize = 64;

/// A message that cannot be read: which field, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    field: String,
    problem: Problem,
}

/// Why a field, or the whole document, was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The header is not standard base64.
    NotBase64,
    /// Not one well-formed JSON document in UTF-8: cut short, trailing bytes, nested too deep.
    NotJson,
    /// Larger than the named limit, in bytes.
    TooLarge(usize),
    /// The key stands twice. Two readers could each believe another one.
    Duplicate,
    /// A required field is not there.
    Missing,
    /// A field that this object must not have.
    Unexpected,
    /// The field's value is not of the expected form; the text says which form is.
    Expected(&'static str),
}

impl WireError {
    /// An error of the field at this dotted path; the empty path is the whole document.
    #[must_use]
    pub fn new(field: &str, problem: Problem) -> Self {
        let printable = |c: &char| c.is_ascii_graphic();
        Self { field: field.chars().filter(printable).take(FIELD_CHARS_MAX).collect(), problem }
    }

    /// Dotted path of the field, such as `accepted.amount` or `accepts[1].network`; empty for the
    /// whole document.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with the field.
    #[must_use]
    pub fn problem(&self) -> Problem {
        self.problem
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = if self.field.is_empty() { "the message" } else { &self.field };
        match self.problem {
            Problem::NotBase64 => write!(f, "{field} is not standard base64"),
            Problem::NotJson => write!(f, "{field} is not one well-formed JSON document"),
            Problem::TooLarge(bytes) => write!(f, "{field} is larger than {bytes} bytes"),
            Problem::Duplicate => write!(f, "{field} stands twice"),
            Problem::Missing => write!(f, "{field} is missing"),
            Problem::Unexpected => write!(f, "{field} is not a member of this object"),
            Problem::Expected(what) => write!(f, "{field} must be {what}"),
        }
    }
}

impl Error for WireError {}
