//! Where the private key comes from: a file that nobody else can read, or the environment. Never an
//! argument, and never a message.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use agent::LocalKey;
use zeroize::Zeroizing;

use super::environment::Environment;
use super::exit::Failure;

/// A key file has 67 bytes at most; a larger one is something else.
const FILE_BYTES_MAX: u64 = 1024;

/// Is this argument, or what stands behind its `=`, of a private key's form?
pub(crate) fn looks_like_one(argument: &OsStr) -> bool {
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
}
