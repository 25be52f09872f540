//! Where the private key comes from: a file that nobody else can read, or the environment. Never an
//! argument, and never a message.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use agent::LocalKey;
use zeroize::Zeroizing;

use super::environment::Environment;
use super::exit::Failure;

/// A key file has 67 bytes at most; a larger one is something else.
const FILE_BYTES_MAX: u64 = 1024;

/// Does a private key stand among the arguments? A transaction's hash has a key's form: the command
/// that asks for one gets it, spelled with `0x` as hashes are.
pub(crate) fn is_among(arguments: &[OsString]) -> bool {
    let wants_hash = arguments.get(1).is_some_and(|it| it == "settlement");
    let is_hash = |it: &OsString| it.to_str().is_some_and(|it| it.starts_with("0x"));
    arguments.iter().any(|it| looks_like_one(it) && !(wants_hash && is_hash(it)))
}

/// Is this argument, or what stands behind its `=`, of a private key's form?
fn looks_like_one(argument: &OsStr) -> bool {
    let Some(text) = argument.to_str() else { return false };
    let value = text.split_once('=').map_or(text, |(_, value)| value);
    let digits = value.strip_prefix("0x").unwrap_or(value);
    digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The key from this file, else from the environment, if there is one.
pub(crate) fn load(
    file: Option<&Path>,
    environment: &Environment,
) -> Result<Option<LocalKey>, Failure> {
    let of_file;
    let text = match (file, &environment.private_key) {
        (Some(path), _) => {
            of_file = Zeroizing::new(read(path)?);
            &of_file
        }
        (None, Some(text)) => text,
        (None, None) => return Ok(None),
    };
    LocalKey::from_hex(text.trim()).map(Some).map_err(|_| Failure::BadKey)
}

fn read(path: &Path) -> Result<String, Failure> {
    let unreadable = |why: io::Error| Failure::KeyFile(path.to_owned(), why);
    let file = File::open(path).map_err(unreadable)?;
    // Asked of the open file: the name could lead elsewhere a moment later.
    let facts = file.metadata().map_err(unreadable)?;
    if !facts.is_file() {
        return Err(unreadable(io::Error::other("not a regular file")));
    }
    if let Some(mode) = open_to_others(&facts) {
        return Err(Failure::KeyFileOpen(path.to_owned(), mode));
    }
    let mut text = String::new();
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// The file's mode, if anyone but its owner may touch it.
#[cfg(unix)]
fn open_to_others(facts: &std::fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = facts.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Elsewhere files have no mode that could be looked at.
#[cfg(not(unix))]
fn open_to_others(_facts: &std::fs::Metadata) -> Option<u32> {
    None
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
