//! The only place that writes to the terminal: results to stdout, problems to stderr. A reader that
//! has gone away is no reason to fail.

use serde_json::Value;
use std::io::{Write, stderr, stdout};

/// One line of JSON, at once, for whoever reads along.
pub(crate) fn json(value: &Value) {
    text(&value.to_string());
}

/// Text for people.
pub(crate) fn text(text: &str) {
    let mut out = stdout();
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// What went wrong, in one sentence.
pub(crate) fn problem(sentence: &str) {
    drop(writeln!(stderr(), "x402-sandbox: {sentence}"));
}
