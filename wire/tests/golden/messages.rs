//! Every message that a peer sent is read by its type, and written again as it came.

use serde_json::Value;
use wire::header::{CHALLENGE_HEADER_BYTES_MAX, decode_json};
use wire::{Problem, WireError};

use crate::files::{ending, message};

/// What an echo changes: one member in another team's spelling, and the default that it lacks. Apart
/// from that, and from `null` where there could as well be nothing, no member is lost, added or
/// respelled.
#[rustfmt::skip]
const CHANGES: [(&str, &str, &str); 3] = [
    ("settle-response.v2.x402-rs.snake-case.json", "error_reason", "lost"),
    ("settle-response.v2.x402-rs.snake-case.json", "errorReason",  "added"),
    ("settle-response.v2.x402-rs.snake-case.json", "transaction",  "added"),
];

#[test]
fn every_message_survives_an_echo() {
    let files = ending(".json");
    assert!(files.len() > 80, "the golden files are there");
    let mut changes = Vec::new();
    for file in &files {
        let echo = file.echo(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.name));
        let mut found = Vec::new();
        compare("", &file.value(), &echo, &mut found);
        changes.extend(found.into_iter().map(|(path, what)| (file.name.clone(), path, what)));
    }
    // The Python SDK writes an absent member as null.
    changes.retain(|(file, _, what)| !(*what == NULL_LEFT_OUT && file.contains(".python.")));
    let expected = CHANGES.map(|(file, path, what)| (file.to_owned(), path.to_owned(), what));
    assert_eq!(changes, expected);
}

#[test]
fn every_header_holds_its_message() {
    let files = ending(".header.txt");
    assert!(files.len() > 20, "the golden headers are there");
    for file in files {
        let stem = file.name.trim_end_matches(".header.txt");
        let spelled = [".unpadded", ".url-safe"].iter().find_map(|it| stem.strip_suffix(it));
        let json = message(&format!("{}.json", spelled.unwrap_or(stem)));
        let decoded = decode_json(file.text.as_bytes(), CHALLENGE_HEADER_BYTES_MAX);
        if stem.ends_with(".url-safe") {
            assert_eq!(decoded, Err(WireError::new("", Problem::NotBase64)), "{}", file.name);
        } else {
            assert_eq!(decoded, Ok(json.text.into_bytes()), "{}", file.name);
        }
    }
}

const NULL_LEFT_OUT: &str = "null left out";

/// Lists what differs between a message and its echo, by dotted path.
fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<(String, &'static str)>) {
    let at = |name: &str| if path.is_empty() { name.into() } else { format!("{path}.{name}") };
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before {
                match after.get(name) {
                    Some(kept) => compare(&at(name), value, kept, found),
                    None if value.is_null() => found.push((at(name), NULL_LEFT_OUT)),
                    None => found.push((at(name), "lost")),
                }
            }
            let added = after.keys().filter(|it| !before.contains_key(*it));
            found.extend(added.map(|name| (at(name), "added")));
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (i, (before, after)) in before.iter().zip(after).enumerate() {
                compare(&format!("{path}[{i}]"), before, after, found);
            }
        }
        (before, after) if before == after => {}
        _ => found.push((path.to_owned(), "changed")),
    }
}
