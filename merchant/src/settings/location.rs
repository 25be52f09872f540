//! Where objects and records are, as a URL of the configuration names it. Opens nothing.

use std::fmt;
use std::path::{Path, PathBuf};

use super::SettingsError;
use super::bucket::Bucket;

/// A storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// This process's memory: gone when it ends.
    Memory,
    /// A folder. Relative ones are already joined to the configuration's folder.
    File(PathBuf),
    /// A bucket of a storage service.
    Bucket(Bucket),
}

/// The schemes that there are, for errors.
const SCHEMES: &str = "\"file:./folder\", \"s3://bucket/prefix\" or \"memory:\"";

/// The location that a required setting names.
pub(super) fn required(
    key: &'static str,
    text: Option<&str>,
    base: &Path,
) -> Result<Location, SettingsError> {
    let remedy = || format!("write {SCHEMES}");
    match text {
        None => Err(SettingsError::new(key, "is missing", remedy())),
        Some(text) => Location::parse(text, base)
            .map_err(|problem| SettingsError::new(key, format!("{text:?} {problem}"), remedy())),
    }
}

impl Location {
    /// Reads a location. What follows `file:` is a path as it stands, without percent-encoding:
    /// two spellings of one folder would be two folders.
    fn parse(text: &str, base: &Path) -> Result<Self, &'static str> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err("has no scheme");
        };
        match scheme {
            "memory" if rest.is_empty() => Ok(Self::Memory),
            "memory" => Err("names a place in memory, which has none"),
            "file" => Self::folder(rest, base),
            _ => Bucket::parse(scheme, rest)
                .map_or(Err("has a scheme that is not served"), |it| it.map(Self::Bucket)),
        }
    }

    fn folder(rest: &str, base: &Path) -> Result<Self, &'static str> {
        let path = match rest.strip_prefix("//") {
            Some(path) if path.starts_with('/') => path,
            Some(_) => return Err("names a host, but folders are on this machine"),
            None => rest,
        };
        if path.is_empty() {
            return Err("names no folder");
        }
        if path.chars().any(char::is_control) {
            return Err("holds a control character");
        }
        // Without the dots in between: operators see this path.
        Ok(Self::File(base.join(path).components().collect()))
    }

    /// The folder, if it is one.
    #[must_use]
    pub fn folder_path(&self) -> Option<&Path> {
        match self {
            Self::Memory | Self::Bucket(_) => None,
            Self::File(path) => Some(path),
        }
    }

    /// The bucket, if it is one.
    #[must_use]
    pub fn bucket(&self) -> Option<&Bucket> {
        match self {
            Self::Memory | Self::File(_) => None,
            Self::Bucket(bucket) => Some(bucket),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Bucket(bucket) => bucket.fmt(f),
        }
    }
}
