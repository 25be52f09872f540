//! Records in a folder: created once, whole or not at all, and forced to the disk when that is asked
//! for. Writes no byte over another, and deletes nothing but its own staged files.
//!
//! A record gets its name by a hard link to a file that is written already: of any number of links
//! one wins, and nobody sees half a record. What must outlast a power cut is forced in this order:
//! the file, then the folders that lead to it, then the folder that names it (ADR 0014).

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Records in a folder. Clones are the same folder.
#[derive(Debug, Clone)]
pub struct Folder {
    root: Arc<Path>,
    fsync: bool,
}

/// How a create ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Created {
    /// The record is ours.
    Ours,
    /// There was one already.
    Existing(Vec<u8>),
}

/// When a record must have reached the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// Before it counts.
    AtOnce,
    /// By the next [`Folder::force`]. A power cut before that may leave its name without content;
    /// such a record is as good as none, and is written again.
    Later,
}

impl Folder {
    /// The records in this folder, which is there. With `fsync` what must last outlasts a power cut.
    #[must_use]
    pub fn new(root: PathBuf, fsync: bool) -> Self {
        Self { root: root.into(), fsync }
    }

    /// The folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Creates a record, or returns the one that is there.
    pub(super) async fn create(
        &self,
        name: &str,
        json: &str,
        lasting: Lasting,
    ) -> io::Result<Created> {
        let (path, bytes, fsync) = (self.root.join(name), json.to_owned(), self.fsync);
        blocking(move || create(&path, bytes.as_bytes(), lasting, fsync)).await
    }

    /// A record's content, if there is one; no more than `limit` bytes of it.
    pub(super) async fn read(
        &self,
        name: &str,
        lasting: Lasting,
        limit: u64,
    ) -> io::Result<Option<Vec<u8>>> {
        let path = self.root.join(name);
        blocking(move || Ok(read(&path, limit)?.filter(|it| !is_torn(it, lasting)))).await
    }

    /// The names of the records in a folder.
    pub(super) async fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let path = self.root.join(folder);
        blocking(move || {
            let entries = match fs::read_dir(path) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
                Err(error) => return Err(error),
            };
            let names = entries.map(|it| Ok(it?.file_name().to_string_lossy().into_owned()));
            let names: io::Result<Vec<String>> = names.collect();
            Ok(names?.into_iter().filter(|it| !it.contains(STAGED)).collect())
        })
        .await
    }

    /// Forces records to the disk, in this order.
    pub(super) async fn force(&self, names: &[String]) -> io::Result<()> {
        if !self.fsync {
            return Ok(());
        }
        let paths: Vec<_> = names.iter().map(|it| self.root.join(it)).collect();
        blocking(move || {
            paths.iter().try_for_each(|path| {
                sync(path)?;
                path.parent().map_or(Ok(()), sync)
            })
        })
        .await
    }
}

/// Stands in the name of a file that is no record yet. No record's name holds it.
const STAGED: char = '#';

/// Threads for what may wait for a disk.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn create(path: &Path, bytes: &[u8], lasting: Lasting, fsync: bool) -> io::Result<Created> {
    let at_once = fsync && lasting == Lasting::AtOnce;
    let (staged, mut file, folders) = stage(path)?;
    let written = (|| {
        file.write_all(bytes)?;
        if at_once {
            file.sync_all()?;
        }
        // New folders are rare where a record may wait, so they never do.
        if fsync { folders.iter().try_for_each(|it| sync(it)) } else { Ok(()) }
    })();
    drop(file);
    let created = written.and_then(|()| name(&staged, path, lasting));
    let _ = fs::remove_file(&staged);
    if at_once && let (Ok(_), Some(folder)) = (&created, path.parent()) {
        sync(folder)?;
    }
    created
}

/// A new file beside the record, and the folders that have a new entry for it.
fn stage(path: &Path) -> io::Result<(PathBuf, File, Vec<PathBuf>)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut folders = Vec::new();
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut staged = path.as_os_str().to_owned();
        staged.push(format!("{STAGED}{}{count:06}", std::process::id()));
        let staged = PathBuf::from(staged);
        match File::create_new(&staged) {
            Ok(file) => return Ok((staged, file, folders)),
            Err(error) if error.kind() == ErrorKind::NotFound && folders.is_empty() => {
                if let Some(parent) = path.parent() {
                    make(parent, &mut folders)?;
                }
            }
            // Left by a process of the same number that died.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Makes a folder and those around it. Notes which folders have a new entry.
fn make(folder: &Path, changed: &mut Vec<PathBuf>) -> io::Result<()> {
    let Some(around) = folder.parent() else { return Ok(()) };
    match fs::create_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make(around, changed)?;
            return make(folder, changed);
        }
        // Somebody else was quicker, and may not have forced it yet.
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => changed.push(around.to_owned()),
    }
    Ok(())
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

/// A file whose name reached the disk before its content is empty, or full of zeros.
fn is_torn(bytes: &[u8], lasting: Lasting) -> bool {
    lasting == Lasting::Later && bytes.iter().all(|it| *it == 0)
}

fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Forces a file or a folder to the disk.
fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "transactions/1/0x01.json";

    fn folder() -> (tempfile::TempDir, Folder) {
        let kept = tempfile::tempdir().unwrap();
        let folder = Folder::new(kept.path().to_owned(), true);
        (kept, folder)
    }

    #[tokio::test]
    async fn a_record_is_created_once_and_nothing_else_is_left() {
        let (kept, folder) = folder();
        for lasting in [Lasting::AtOnce, Lasting::Later] {
            let name = format!("payments/{lasting:?}/claim.json");
            assert_eq!(folder.read(&name, lasting, 9).await.unwrap(), None);
            assert_eq!(folder.create(&name, "first", lasting).await.unwrap(), Created::Ours);
            let second = folder.create(&name, "second", lasting).await.unwrap();
            assert_eq!(second, Created::Existing(b"first".to_vec()));
            assert_eq!(folder.read(&name, lasting, 9).await.unwrap(), Some(b"first".to_vec()));
            folder.force(&[name]).await.unwrap();
            let around = format!("payments/{lasting:?}");
            assert_eq!(folder.names(&around).await.unwrap(), ["claim.json"]);
            assert_eq!(fs::read_dir(kept.path().join(around)).unwrap().count(), 1);
        }
        assert_eq!(folder.names("payments/none").await.unwrap(), [""; 0]);
    }

    #[tokio::test]
    async fn what_a_dead_process_left_is_no_record_and_in_nobodys_way() {
        let (kept, folder) = folder();
        let around = kept.path().join("transactions/1");
        fs::create_dir_all(&around).unwrap();
        for count in 0..200 {
            let left = format!("0x01.json#{}{count:06}", std::process::id());
            fs::write(around.join(left), "half a rec").unwrap();
        }
        assert_eq!(folder.create(NAME, "whole", Lasting::AtOnce).await.unwrap(), Created::Ours);
        assert_eq!(folder.names("transactions/1").await.unwrap(), ["0x01.json"]);
    }

    /// A power cut can leave the name of a record that was to be forced later, without its content.
    #[tokio::test]
    async fn a_torn_record_is_written_again_by_one_of_many() {
        for torn in [&b""[..], &[0; 64]] {
            let (kept, folder) = folder();
            folder.create(NAME, "before", Lasting::Later).await.unwrap();
            fs::write(kept.path().join(NAME), torn).unwrap();
            assert_eq!(folder.read(NAME, Lasting::Later, 99).await.unwrap(), None);
            let racers = (0..16).map(|racer| {
                let folder = folder.clone();
                let json = format!("after {racer}");
                async move { (folder.create(NAME, &json, Lasting::Later).await.unwrap(), json) }
            });
            let ended = futures_util::future::join_all(racers).await;
            let won: Vec<_> = ended.iter().filter(|(it, _)| *it == Created::Ours).collect();
            assert_eq!(won.len(), 1, "{ended:?}");
            let record = folder.read(NAME, Lasting::Later, 99).await.unwrap();
            assert_eq!(record.as_deref(), Some(won[0].1.as_bytes()));
        }
    }

    /// Nothing that is forced at once can be torn: what looks so is damaged, and nobody's to replace.
    #[tokio::test]
    async fn what_lasts_at_once_is_never_written_again() {
        let (kept, folder) = folder();
        folder.create(NAME, "before", Lasting::AtOnce).await.unwrap();
        fs::write(kept.path().join(NAME), "").unwrap();
        let second = folder.create(NAME, "after", Lasting::AtOnce).await.unwrap();
        assert_eq!(second, Created::Existing(vec![]));
        assert_eq!(folder.read(NAME, Lasting::AtOnce, 9).await.unwrap(), Some(vec![]));
    }
}
