//! The files behind records: each whole or not at all, and created once. A record gets its name by a
//! hard link to a file that is written already: of any number of links one wins, and nobody sees
//! half a record. Forces nothing to the disk.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Created, Lasting};

/// Stands in the name of a file that is no record yet. No record's name holds it.
pub(super) const STAGED: char = '#';

/// Creates a record, or returns the one that is there.
pub(super) fn create(path: &Path, bytes: &[u8], lasting: Lasting) -> io::Result<Created> {
    let (staged, mut file) = stage(path)?;
    let written = file.write_all(bytes);
    drop(file);
    let created = written.and_then(|()| name(&staged, path, lasting));
    let _ = fs::remove_file(&staged);
    created
}

/// Puts a record where it was before a power cut: whole, if nothing or only a part of it is left.
/// Whatever else has its name stays.
pub(super) fn restore(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match read(path, u64::MAX)? {
        Some(left) if left == bytes || !is_remnant(&left, bytes) => Ok(()),
        Some(_) => {
            let (staged, mut file) = stage(path)?;
            file.write_all(bytes)?;
            fs::rename(staged, path)
        }
        None => create(path, bytes, Lasting::AtOnce).map(|_| ()),
    }
}

/// A record's content, if there is one; no more than `limit` bytes of it.
pub(super) fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// A file whose name reached the disk before its content is empty, or full of zeros.
pub(super) fn is_torn(bytes: &[u8], lasting: Lasting) -> bool {
    lasting == Lasting::Later && bytes.iter().all(|it| *it == 0)
}

/// Forces a file or a folder to the disk.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// A new file beside the record.
fn stage(path: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut staged = path.as_os_str().to_owned();
        staged.push(format!("{STAGED}{}{count:06}", std::process::id()));
        let staged = PathBuf::from(staged);
        match File::create_new(&staged) {
            Ok(file) => return Ok((staged, file)),
            Err(error) if error.kind() == ErrorKind::NotFound => match path.parent() {
                Some(parent) => make(parent)?,
                None => return Err(error),
            },
            // Left by a process of the same number that died.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Makes a folder and those around it: mostly one alone.
fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir_all(folder),
        // Somebody else was quicker.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Gives the staged file the record's name, unless that is taken.
fn name(staged: &Path, path: &Path, lasting: Lasting) -> io::Result<Created> {
    loop {
        match fs::hard_link(staged, path) {
            Ok(()) => return Ok(Created::Ours),
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            Err(_) => {}
        }
        match read(path, u64::MAX)? {
            Some(existing) if !is_torn(&existing, lasting) => {
                return Ok(Created::Existing(existing));
            }
            Some(_) if replace_torn(staged, path)? => return Ok(Created::Ours),
            Some(_) | None => {}
        }
    }
}

/// Puts the staged file in the place of a record that a power cut left without content. Of any
/// number of processes one does: whoever waited for the lock finds another file under the name.
fn replace_torn(staged: &Path, path: &Path) -> io::Result<bool> {
    let torn = File::open(path)?;
    torn.lock()?;
    let still_there = torn.metadata()?.ino() == fs::metadata(path)?.ino();
    if still_there {
        fs::rename(staged, path)?;
    }
    Ok(still_there)
}

/// What a disk that lost its power leaves of a file: some of its bytes, and zeros.
fn is_remnant(left: &[u8], whole: &[u8]) -> bool {
    left.iter().enumerate().all(|(at, byte)| *byte == 0 || whole.get(at) == Some(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_power_cut_leaves_is_restored() {
        let folder = tempfile::tempdir().unwrap();
        let whole = &b"whole"[..];
        #[rustfmt::skip]
        let rows: [(Option<&[u8]>, &[u8]); 8] = [
            (None,                whole),
            (Some(b""),           whole),
            (Some(b"\0\0\0"),     whole),
            (Some(b"who"),        whole),
            (Some(b"wh\0\0\0\0"), whole),
            (Some(whole),         whole),
            (Some(b"other"),      b"other"),
            (Some(b"whole and more"), b"whole and more"),
        ];
        for (number, (left, then)) in rows.into_iter().enumerate() {
            let path = folder.path().join(format!("{number}/claim.json"));
            if let Some(left) = left {
                fs::create_dir(path.parent().unwrap()).unwrap();
                fs::write(&path, left).unwrap();
            }
            restore(&path, whole).unwrap();
            assert_eq!(fs::read(&path).unwrap(), then, "{left:?}");
            assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "{left:?}");
        }
    }
}
