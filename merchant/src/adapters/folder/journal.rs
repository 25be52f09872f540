//! What has to outlast a power cut, written one after the other into a file that has its room on the
//! disk already: to force that is one step, where to force a new file and the folders that lead to
//! it is three. All that comes while one force is under way is forced by the next, together.
//!
//! A line is a record that stands in its place for every process to see. After a power cut, when the
//! place may have lost it, the next process puts it back before it looks at anything (`recover`). A
//! file that is full, or that another process left, is removed when the disk has all of its records.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::files::STAGED;
use super::{line, recovery};
use crate::adapters::desk::Desk;

/// Where the files are, below the folder of the records.
pub(super) const FOLDER: &str = "journal";
/// How a file's name ends.
pub(super) const SUFFIX: &str = ".log";

/// Room is made in steps of this: about 150 sales.
const STEP_BYTES: usize = 256 * 1024;
/// When a file is full: a few thousand sales, which a start reads in a tenth of a second.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// What may wait for a disk that takes nothing. Beyond it there are no sales.
const PENDING_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The journal of one process. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Journal(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    root: Arc<Path>,
    desk: Desk,
    pending: Mutex<Pending>,
    file: Mutex<Option<Open>>,
}

#[derive(Debug, Default)]
struct Pending {
    lines: Vec<u8>,
    waiting: Vec<oneshot::Sender<Result<(), Arc<str>>>>,
    /// Somebody writes, and will look again.
    writing: bool,
}

/// A file that is ours: others leave it alone while it is locked.
#[derive(Debug)]
struct Open {
    file: File,
    path: PathBuf,
    written: u64,
    room: u64,
}

/// Ends when what was noted before is on the disk.
#[derive(Debug)]
pub(super) struct Lasts(oneshot::Receiver<Result<(), Arc<str>>>);

impl Journal {
    /// A journal for the records in this folder. Makes no file before there is something to write.
    pub(super) fn new(root: Arc<Path>, desk: Desk) -> Self {
        Self(Arc::new(Shared { root, desk, pending: Mutex::default(), file: Mutex::default() }))
    }

    /// Notes a record that stands in its place. It lasts when whatever is forced next does.
    pub(super) fn note(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut pending = self.pending();
        if pending.lines.len() > PENDING_BYTES_MAX {
            return Err(io::Error::other("the disk takes no more records"));
        }
        line::write(&mut pending.lines, name, content)
    }

    /// Makes all that was noted last. Blocks for as long as the disk takes for what is pending, if
    /// nobody else is at it.
    pub(super) fn force(&self) -> Lasts {
        let (done, lasts) = oneshot::channel();
        let mut pending = self.pending();
        pending.waiting.push(done);
        if !std::mem::replace(&mut pending.writing, true) {
            drop(pending);
            self.write();
        }
        Lasts(lasts)
    }

    /// The same where it takes no writing of ours: somebody is at it, or there is nothing to do.
    pub(super) fn join(&self) -> Option<Lasts> {
        let (done, lasts) = oneshot::channel();
        let mut pending = self.pending();
        if pending.writing {
            pending.waiting.push(done);
        } else if pending.lines.is_empty() {
            let _ = done.send(Ok(()));
        } else {
            return None;
        }
        Some(Lasts(lasts))
    }

    /// Writes what is pending. What has come meanwhile is left to another turn: whoever waits for
    /// this one has waited long enough.
    fn write(&self) {
        let (lines, waiting) = {
            let mut pending = self.pending();
            (std::mem::take(&mut pending.lines), std::mem::take(&mut pending.waiting))
        };
        let written = self.append(&lines).map_err(|error| Arc::from(error.to_string()));
        let failed = written.is_err();
        for waiting in waiting {
            let _ = waiting.send(written.clone());
        }
        let mut pending = self.pending();
        if failed {
            // Their places have them. Who asks for them to last next must not be told that they do.
            pending.lines.splice(0..0, lines);
        }
        if pending.waiting.is_empty() {
            pending.writing = false;
        } else {
            let next = self.clone();
            drop(pending);
            self.0.desk.post(move || next.write());
        }
    }

    fn append(&self, lines: &[u8]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut open = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full) = open.take_if(|it| it.written >= FILE_BYTES_MAX) {
            self.retire(vec![(full.path, full.file)]);
        }
        let mut file = match open.take() {
            Some(file) => file,
            None => Open::new(&self.0.root)?,
        };
        // After an error nobody knows what the disk has: the file is given up, and the next process
        // reads of it what it can.
        file.append(lines)?;
        *open = Some(file);
        Ok(())
    }

    /// Removes files when the disk has all of their records.
    pub(super) fn retire(&self, files: Vec<(PathBuf, File)>) {
        if files.is_empty() {
            return;
        }
        let root = Arc::clone(&self.0.root);
        self.0.desk.post(move || {
            let done = recovery::settle(&root, &files)
                .and_then(|()| files.iter().try_for_each(|(path, _)| fs::remove_file(path)));
            if let Err(error) = done {
                tracing::warn!(%error, "a journal of the ledger is kept until the next start");
            }
        });
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.0.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lasts {
    /// Waits for the disk.
    pub(super) async fn wait(self) -> io::Result<()> {
        match self.0.await {
            Ok(done) => done.map_err(|error| io::Error::other(error.to_string())),
            Err(_) => Err(io::Error::other("the journal was given up")),
        }
    }
}

impl Open {
    /// A new file, locked before anybody can find it.
    fn new(root: &Path) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let folder = root.join(FOLDER);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{}-{count:06}", std::process::id());
            let staged = folder.join(format!("{name}{STAGED}"));
            let path = folder.join(format!("{name}{SUFFIX}"));
            let file = match File::create_new(&staged) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    fs::create_dir_all(&folder)?;
                    super::files::sync(root)?;
                    continue;
                }
                // Left by a process of the same number that died.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            file.lock()?;
            let mut open = Self { file, path, written: 0, room: 0 };
            open.make_room()?;
            let named = fs::hard_link(&staged, &open.path);
            fs::remove_file(&staged)?;
            match named {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                named => named?,
            }
            super::files::sync(&folder)?;
            return Ok(open);
        }
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let end = self.written + lines.len() as u64;
        while end > self.room {
            self.make_room()?;
        }
        self.file.write_all_at(lines, self.written)?;
        self.file.sync_data()?;
        self.written = end;
        Ok(())
    }

    /// Takes the place on the disk before it is needed, so that a line changes nothing but itself.
    fn make_room(&mut self) -> io::Result<()> {
        self.file.write_all_at(&vec![0; STEP_BYTES], self.room)?;
        self.file.sync_all()?;
        self.room += STEP_BYTES as u64;
        Ok(())
    }
}
