//! After a power cut: what a journal promised is put back where it belongs, before anybody looks.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use super::journal::{FOLDER, SUFFIX};
use super::{files, line};

/// Puts the records back that processes which are gone have noted. Returns their journals, locked,
/// to be removed when the disk has it all.
pub(super) fn recover(root: &Path) -> io::Result<Vec<(PathBuf, File)>> {
    let folder = root.join(FOLDER);
    if journals(&folder)?.is_empty() {
        return Ok(vec![]);
    }
    // Nobody goes on before whoever was first is done.
    let turn = File::open(&folder)?;
    turn.lock()?;
    let mut left = Vec::new();
    for path in journals(&folder)? {
        let file = match open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) => {}
            // Its process lives, and the power was never gone.
            Err(TryLockError::WouldBlock) => continue,
            Err(TryLockError::Error(error)) => return Err(error),
        }
        for (name, content) in line::read(&fs::read(&path)?) {
            files::restore(&place(root, name)?, content)?;
        }
        left.push((path, file));
    }
    Ok(left)
}

/// For writing, which some file systems want of whoever locks; an operator who looks at the ledger of
/// another user may only read.
fn open(path: &Path) -> io::Result<File> {
    match File::options().read(true).write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => File::open(path),
        opened => opened,
    }
}

/// Makes sure that the disk has all the records that these journals name.
#[cfg(target_os = "linux")]
pub(super) fn settle(root: &Path, _journals: &[(PathBuf, File)]) -> io::Result<()> {
    // One by one, thousands of records would keep the disk from everybody else for seconds.
    Ok(rustix::fs::syncfs(File::open(root)?)?)
}

/// Makes sure that the disk has all the records that these journals name.
#[cfg(not(target_os = "linux"))]
pub(super) fn settle(root: &Path, journals: &[(PathBuf, File)]) -> io::Result<()> {
    for (path, _) in journals {
        for (name, _) in line::read(&fs::read(path)?) {
            let place = place(root, name)?;
            files::sync(&place)?;
            let around = place.ancestors().skip(1).take_while(|it| it.starts_with(root));
            around.into_iter().try_for_each(files::sync)?;
        }
    }
    Ok(())
}

fn journals(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(error),
    };
    let paths: io::Result<Vec<_>> = entries.map(|it| Ok(it?.path())).collect();
    let is_journal = |it: &PathBuf| it.to_string_lossy().ends_with(SUFFIX);
    Ok(paths?.into_iter().filter(is_journal).collect())
}

/// Where a record belongs: below the folder, whatever its name says.
fn place(root: &Path, name: &str) -> io::Result<PathBuf> {
    let inside = Path::new(name).components().all(|it| matches!(it, Component::Normal(_)));
    let strange = || io::Error::new(ErrorKind::InvalidData, "a journal names no record of ours");
    inside.then(|| root.join(name)).ok_or_else(strange)
}
