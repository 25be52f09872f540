//! Files that hold a secret: read only if nobody but their owner can, written once and never over
//! another.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use zeroize::Zeroizing;

use super::fault::Unreadable;

/// Reads a file of at most this many bytes that is its owner's alone. What is longer is cut, and so
/// reads as nonsense.
pub(crate) fn read(path: &Path, bytes_max: usize) -> Result<Zeroizing<String>, Unreadable> {
    let file = File::open(path).map_err(Unreadable::Io)?;
    // Asked of the open file: the name could lead elsewhere a moment later.
    let facts = file.metadata().map_err(Unreadable::Io)?;
    if !facts.is_file() {
        return Err(Unreadable::Io(io::Error::other("not a regular file")));
    }
    if let Some(mode) = open_to_others(&facts) {
        return Err(Unreadable::Open(mode));
    }
    all_of(file, bytes_max).map_err(Unreadable::Io)
}

/// Reads at most this many bytes of text. Nothing of it is left behind in memory.
pub(crate) fn all_of(from: impl Read, bytes_max: usize) -> io::Result<Zeroizing<String>> {
    // One byte of room to spare: a buffer that grew would leave what it held.
    let mut bytes = Zeroizing::new(Vec::with_capacity(bytes_max + 1));
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    from.take(limit).read_to_end(&mut bytes)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| io::Error::other("not UTF-8 text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Writes a file that was not there, for its owner's eyes, and forces it to the disk. If it cannot be
/// written whole, it is taken away again.
pub(crate) fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let mut folders = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        options.mode(0o600);
        folders.mode(0o700);
    }
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|it| !it.exists()) {
        // What is above it may be for others, too: the operator's sessions are beside the wallets.
        folder.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        match folders.create(folder) {
            Err(why) if why.kind() != io::ErrorKind::AlreadyExists => return Err(why),
            Ok(()) | Err(_) => {}
        }
    }
    let mut file = options.open(path)?;
    let written = (|| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        // The name is in the folder, which is forced by itself.
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        let same = std::fs::read(path)? == text.as_bytes();
        if same { Ok(()) } else { Err(io::Error::other("it reads back as something else")) }
    })();
    written.inspect_err(|_| {
        let _ = std::fs::remove_file(path);
    })
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
    fn a_file_is_created_whole_and_over_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("file");
        create(&path, "first").unwrap();
        let again = create(&path, "second").unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first");
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(folder.path().join("elsewhere"), &link).unwrap();
            let error = create(&link, "third").unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert!(!folder.path().join("elsewhere").exists(), "a link is not followed");
        }
        assert_eq!(read(&path, 5).unwrap().as_str(), "first");
        assert_eq!(read(&path, 3).unwrap().as_str(), "fir", "what is longer is cut");
    }
}
