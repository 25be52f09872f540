//! Free text of the configuration that reaches payers: descriptions, media types, token names.

use super::SettingsError;

/// Longest description, in characters. CDP's catalogue refuses longer ones
/// (x402-foundation/x402 issue 2284).
pub(super) const DESCRIPTION_CHARS_MAX: usize = 500;
/// Longest media type: RFC 6838, 4.2 allows 127 characters on each side of the slash.
const MIME_TYPE_BYTES_MAX: usize = 255;

/// A description as a payer may see it. Control characters are refused: they have no business in
/// one line of prose, and the challenge's template marks its gaps with two of them.
pub(super) fn description(key: &str, text: &str) -> Result<String, SettingsError> {
    let count = text.chars().count();
    if count > DESCRIPTION_CHARS_MAX {
        return Err(SettingsError::new(
            key,
            format!("has {count} characters"),
            format!("shorten it to at most {DESCRIPTION_CHARS_MAX}"),
        ));
    }
    one_line(key, text)
}

/// One line of text without control characters.
pub(super) fn one_line(key: &str, text: &str) -> Result<String, SettingsError> {
    if text.trim().is_empty() {
        return Err(SettingsError::new(key, "is empty", "write a text or remove the line"));
    }
    if text.chars().any(char::is_control) {
        return Err(SettingsError::new(
            key,
            "holds a control character, such as a line break or a tab",
            "write it in one line of plain text",
        ));
    }
    Ok(text.to_owned())
}

/// A media type that can stand in a header: `type/subtype`, perhaps with parameters.
pub(super) fn mime_type(key: &str, text: &str) -> Result<String, SettingsError> {
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    let token = |part: &str| !part.is_empty() && part.bytes().all(is_token);
    let formed = text.len() <= MIME_TYPE_BYTES_MAX
        && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
        && essence.split_once('/').is_some_and(|(kind, name)| token(kind) && token(name));
    if formed {
        return Ok(text.to_owned());
    }
    Err(SettingsError::new(
        key,
        format!("{text:?} is not a media type"),
        "write one such as \"application/pdf\" or \"text/plain; charset=utf-8\"",
    ))
}

/// RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
