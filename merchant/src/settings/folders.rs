//! Keeps content, ledger and configuration apart: a ledger inside the content would be served, and
//! so would the token of a configuration inside it. Holds for folders and for buckets.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{Location, SettingsError};

/// Compares the folders as they are written, without looking at the disk.
pub(super) fn keep_apart(
    content: &Location,
    ledger: &Location,
    base: &Path,
) -> Result<(), SettingsError> {
    if let (Some(content), Some(ledger)) = (content.bucket(), ledger.bucket())
        && content.overlaps(ledger)
    {
        return Err(SettingsError::new(
            "ledger.url",
            format!("\"{ledger}\" and the content's \"{content}\" hold keys of each other"),
            "give each a bucket, or a prefix, of its own, such as \"s3://bucket/ledger\"",
        ));
    }
    let Some(content) = content.folder_path() else { return Ok(()) };
    let content = plain(content);
    if plain(base).starts_with(&content) {
        return Err(SettingsError::new(
            "content.url",
            "names a folder that holds this configuration, which would be served, too",
            "keep the content in a folder of its own, such as \"file:./content\"",
        ));
    }
    ledger.folder_path().map_or(Ok(()), |ledger| disjoint(&content, &plain(ledger)))
}

/// Compares the folders as they are on the disk, and asks for the content's to be there.
pub(super) fn check(content: &Location, ledger: &Location) -> Result<(), SettingsError> {
    let Some(content) = content.folder_path() else { return Ok(()) };
    let shown = content.display();
    let real = fs::canonicalize(content).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            let problem = format!("names the folder {shown}, which does not exist");
            return SettingsError::new("content.url", problem, "create it or correct the path");
        }
        SettingsError::new(
            "content.url",
            format!("names the folder {shown}, which cannot be opened ({})", error.kind()),
            "let this user read it or correct the path",
        )
    })?;
    if !real.is_dir() {
        return Err(SettingsError::new(
            "content.url",
            format!("names {shown}, which is not a folder"),
            "name the folder that holds the files",
        ));
    }
    ledger.folder_path().map_or(Ok(()), |ledger| disjoint(&real, &real_or_coming(ledger)))
}

fn disjoint(content: &Path, ledger: &Path) -> Result<(), SettingsError> {
    if ledger.starts_with(content) {
        return Err(SettingsError::new(
            "ledger.url",
            "lies inside the content folder, so the ledger would be served",
            "keep the ledger beside the content, such as \"file:./ledger\"",
        ));
    }
    if content.starts_with(ledger) {
        return Err(SettingsError::new(
            "content.url",
            "lies inside the ledger folder, so objects would be taken for records",
            "keep the content beside the ledger, such as \"file:./content\"",
        ));
    }
    Ok(())
}

/// The path without `.` and `..`, by its text alone.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            Component::ParentDir
            | Component::Prefix(_)
            | Component::RootDir
            | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}

/// Where a folder is, or will be once it is created: its nearest existing ancestor is followed
/// through symbolic links.
fn real_or_coming(path: &Path) -> PathBuf {
    let path = plain(path);
    let found = path.ancestors().find_map(|it| fs::canonicalize(it).ok().map(|real| (it, real)));
    match found {
        Some((ancestor, real)) => match path.strip_prefix(ancestor) {
            Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
            Ok(_) | Err(_) => real,
        },
        None => path,
    }
}
