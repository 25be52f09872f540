//! Records in a folder: created once, whole or not at all, and forced to the disk when that is asked
//! for. Writes no byte over another, and deletes nothing but its own staged files and journals.
//!
//! A record stands in its place for every process to see as soon as it is created. That it outlasts
//! a power cut is a journal's affair (ADR 0029).

mod files;
mod journal;
mod line;
mod recovery;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::adapters::desk::Desk;
use files::{STAGED, is_torn};
use journal::{Journal, Lasts};

/// Records in a folder. Clones are the same folder.
#[derive(Debug, Clone)]
pub struct Folder {
    root: Arc<Path>,
    desk: Desk,
    /// Where what must last is noted; none where nothing must.
    journal: Option<Journal>,
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

/// A record to be created: its name and its content.
pub(super) type Record = (String, String);

impl Folder {
    /// The records in this folder, which is there; the desk is who goes to the disk. With `fsync`
    /// what must last outlasts a power cut, and what one has taken from its place is put back now.
    pub fn open(root: PathBuf, fsync: bool, desk: Desk) -> io::Result<Self> {
        let root: Arc<Path> = root.into();
        let left = recovery::recover(&root)?;
        let journal = Journal::new(Arc::clone(&root), desk.clone());
        journal.retire(left);
        Ok(Self { root, desk, journal: fsync.then_some(journal) })
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
        let (folder, name, json) = (self.clone(), name.to_owned(), json.to_owned());
        let creating = self.desk.run(move || {
            let created = folder.put(&name, &json, lasting)?;
            let lasts = folder.journal.filter(|_| lasting == Lasting::AtOnce);
            Ok::<_, io::Error>((created, lasts.map(|it| it.force())))
        });
        let (created, lasts) = creating.await??;
        lasts_now(lasts).await.map(|()| created)
    }

    /// Creates a record that lasts later, and then another, unless the first was there with other
    /// content. Returns how the first one ended.
    pub(super) async fn create_in_turn(
        &self,
        first: Record,
        second: Record,
        regardless: bool,
    ) -> io::Result<Created> {
        let folder = self.clone();
        let creating = self.desk.run(move || {
            let created = folder.put(&first.0, &first.1, Lasting::Later)?;
            if regardless || created.is(&first.1) {
                folder.put(&second.0, &second.1, Lasting::Later)?;
            }
            Ok(created)
        });
        creating.await?
    }

    /// Blocks for no longer than it takes to change a folder.
    fn put(&self, name: &str, json: &str, lasting: Lasting) -> io::Result<Created> {
        let created = files::create(&self.root.join(name), json.as_bytes(), lasting)?;
        if let Some(journal) = &self.journal {
            // Whoever made it: what it says is about to be relied on.
            let content = match &created {
                Created::Ours => json.as_bytes(),
                Created::Existing(existing) => existing,
            };
            journal.note(name, content)?;
        }
        Ok(created)
    }

    /// Answers for a record that somebody else may have made: it lasts when what is created next
    /// does.
    pub(super) async fn vouch(&self, name: &str, limit: u64) -> io::Result<()> {
        let Some(journal) = self.journal.clone() else { return Ok(()) };
        match self.read(name, Lasting::AtOnce, limit).await? {
            Some(content) => journal.note(name, &content),
            None => Ok(()),
        }
    }

    /// A record's content, if there is one; no more than `limit` bytes of it.
    pub(super) async fn read(
        &self,
        name: &str,
        lasting: Lasting,
        limit: u64,
    ) -> io::Result<Option<Vec<u8>>> {
        let path = self.root.join(name);
        let reading = self.desk.run(move || files::read(&path, limit));
        Ok(reading.await??.filter(|it| !is_torn(it, lasting)))
    }

    /// The names of the records in a folder.
    pub(super) async fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let path = self.root.join(folder);
        let listing = self.desk.run(move || {
            let entries = match fs::read_dir(path) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
                Err(error) => return Err(error),
            };
            let names = entries.map(|it| Ok(it?.file_name().to_string_lossy().into_owned()));
            let names: io::Result<Vec<String>> = names.collect();
            Ok(names?.into_iter().filter(|it| !it.contains(STAGED)).collect())
        });
        listing.await?
    }

    /// Makes all records last that were created here so far.
    pub(super) async fn force(&self) -> io::Result<()> {
        let Some(journal) = self.journal.clone() else { return Ok(()) };
        let lasts = match journal.join() {
            Some(lasts) => lasts,
            None => self.desk.run(move || journal.force()).await?,
        };
        lasts.wait().await
    }
}

impl Created {
    /// Does the record have this content now?
    pub(super) fn is(&self, json: &str) -> bool {
        match self {
            Self::Ours => true,
            Self::Existing(existing) => existing == json.as_bytes(),
        }
    }
}

async fn lasts_now(lasts: Option<Lasts>) -> io::Result<()> {
    match lasts {
        Some(lasts) => lasts.wait().await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
