//! The account's file, and files of secrets: both their owner's alone.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use agent::agentcore::Account;
use agent::agentcore::account::Keep;
use zeroize::Zeroizing;

use super::fault::AgentCoreFault;
use super::usual_place;
use crate::cli::environment::Environment;
use crate::cli::wallet::Unreadable;
use crate::cli::wallet::private_file;

/// An account has some 1 KiB, a credentials file some lines for each profile.
const FILE_BYTES_MAX: usize = 256 * 1024;

/// Where an account is kept.
pub(super) struct File(PathBuf);

impl File {
    /// The file that is named, or the usual one.
    pub(super) fn at(
        given: Option<&Path>,
        environment: &Environment,
    ) -> Result<Self, AgentCoreFault> {
        let given = given.map(Path::to_owned).or_else(super::secrets::account);
        given.or_else(|| usual_place(environment)).map(Self).ok_or(AgentCoreFault::NoPlace)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The account, if there is one.
    pub(super) fn read(&self) -> Result<Option<Account>, AgentCoreFault> {
        let unusable = |why| AgentCoreFault::File("account", self.0.clone(), why);
        let text = match private("account", &self.0) {
            Ok(text) => text,
            Err(AgentCoreFault::File(_, _, why)) if why.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(why) => return Err(why),
        };
        Account::read(&text).map(Some).map_err(|why| unusable(io::Error::other(why)))
    }
}

/// Reads a file that nobody but its owner may touch.
pub(super) fn private(
    what: &'static str,
    path: &Path,
) -> Result<Zeroizing<String>, AgentCoreFault> {
    private_file::read(path, FILE_BYTES_MAX).map_err(|why| match why {
        Unreadable::Io(why) => AgentCoreFault::File(what, path.to_owned(), why),
        Unreadable::Open(mode) => AgentCoreFault::OpenToOthers(path.to_owned(), mode),
    })
}

impl Keep for File {
    /// Beside the old one first, then in its place.
    fn keep(&self, account: &Account) -> io::Result<()> {
        let (mut folders, mut file) = (DirBuilder::new(), OpenOptions::new());
        folders.recursive(true);
        file.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
            folders.mode(0o700);
            file.mode(0o600);
        }
        if let Some(folder) = self.0.parent().filter(|it| !it.as_os_str().is_empty()) {
            folders.create(folder)?;
        }
        let part = self.0.with_extension(format!("{}.part", std::process::id()));
        let mut file = file.open(&part)?;
        file.write_all(account.written().as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, &self.0)
    }

    fn forget(&self) -> io::Result<()> {
        match fs::remove_file(&self.0) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
