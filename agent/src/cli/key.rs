//! A private key as text: read from a file that nobody else can read, or from the environment. Never an
//! argument, and never a message.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use agent::LocalKey;

use super::exit::Failure;
use super::wallet::{WalletFault, private_file};

/// A key file has 67 bytes at most; a larger one is something else.
pub(crate) const FILE_BYTES_MAX: usize = 1024;

/// Does a private key stand among the arguments? A transaction's hash has a key's form: the command
/// that asks for one gets it, spelled with `0x` as hashes are.
pub(crate) fn is_among(arguments: &[OsString]) -> bool {
    let wants_hash = arguments.get(1).is_some_and(|it| it == "settlement");
    let is_hash = |it: &OsString| it.to_str().is_some_and(|it| it.starts_with("0x"));
    arguments.iter().any(|it| looks_like_one(it) && !(wants_hash && is_hash(it)))
}

/// Is this argument, or a part of it between `=` and `:`, of a private key's form?
fn looks_like_one(argument: &OsStr) -> bool {
    let Some(text) = argument.to_str() else { return false };
    text.split(['=', ':']).any(|part| {
        let digits = part.strip_prefix("0x").unwrap_or(part);
        digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// The key in this file.
pub(crate) fn of_file(path: &Path) -> Result<LocalKey, Failure> {
    let text = private_file::read(path, FILE_BYTES_MAX);
    let text = text.map_err(|why| WalletFault::File("key file", path.to_owned(), why))?;
    of_text(&text)
}

/// The key that this text is.
pub(crate) fn of_text(text: &str) -> Result<LocalKey, Failure> {
    LocalKey::from_hex(text.trim()).map_err(|_| Failure::BadKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_among_the_arguments_is_recognised() {
        let key = "ab".repeat(32);
        #[rustfmt::skip]
        let rows = [
            (key.clone(),                        true),
            (format!("0x{key}"),                 true),
            (format!("--key=0x{key}"),           true),
            (format!("--wallet=file:{key}"),     true),
            (format!("env:0x{key}"),             true),
            (format!("kms:{key}?region=x"),      false),
            (key.to_uppercase(),                 true),
            (format!("{key}00"),                 false),
            (format!("https://a.example/{key}"), false),
            ("0x".into(),                        false),
            (String::new(),                      false),
        ];
        for (argument, expected) in rows {
            assert_eq!(looks_like_one(OsStr::new(&argument)), expected, "{argument}");
        }
    }

    #[test]
    fn a_hash_is_taken_for_a_key_but_where_a_hash_is_asked_for() {
        let (hash, bare) = (format!("0x{}", "ab".repeat(32)), "ab".repeat(32));
        #[rustfmt::skip]
        let rows = [
            (["settlement", &hash], false),
            (["settlement", &bare], true),
            (["get",        &hash], true),
            (["get",        "settlement"], false),
        ];
        for (arguments, expected) in rows {
            let arguments = ["x402-agent"].into_iter().chain(arguments);
            let arguments: Vec<OsString> = arguments.map(OsString::from).collect();
            assert_eq!(is_among(&arguments), expected, "{arguments:?}");
        }
    }
}
