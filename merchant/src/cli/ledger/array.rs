//! A JSON array whose members are printed as they come.

use serde_json::Value;

use super::super::Output;

/// The array so far.
pub(super) struct Array {
    begun: bool,
}

impl Array {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self { begun: false }
    }

    /// One more member, on a line of its own.
    pub(super) fn push(&mut self, value: &Value) {
        let before = if self.begun { "," } else { "[" };
        Output::say(&format!("{before}{value}"));
        self.begun = true;
    }

    /// The end of it.
    pub(super) fn end(self) {
        Output::say(if self.begun { "]" } else { "[]" });
    }
}
