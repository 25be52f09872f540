//! Where the ledger's records are: in a store, which makes them last before it answers, or in a
//! folder. Knows nothing of what they say.

use std::sync::Arc;

use futures_util::future::ready;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use crate::adapters::folder::{Created, Folder, Lasting, Record};
use crate::decisions::faults::LedgerFault;

/// How often a create is tried again after a conflict that left no record. S3 answers 409 when two
/// creates race and neither may have won (S3 User Guide, "Conditional writes").
const CREATE_ATTEMPTS_MAX: usize = 4;
/// Longest record that is read: ours have about 1 KiB.
const RECORD_BYTES_MAX: u64 = 64 * 1024;

#[derive(Debug, Clone)]
pub(super) enum Records {
    Store(Arc<dyn ObjectStore>),
    Folder(Folder),
}

impl Records {
    /// Creates the record, or returns the one that is there.
    pub(super) async fn create(
        &self,
        name: &str,
        json: &str,
        lasting: Lasting,
    ) -> Result<Created, LedgerFault> {
        match self {
            Self::Store(store) => create(store, name, json).await,
            Self::Folder(folder) => {
                folder.create(name, json, lasting).await.map_err(|it| unavailable(&it))
            }
        }
    }

    /// The record's content, if there is one.
    pub(super) async fn read(
        &self,
        name: &str,
        lasting: Lasting,
    ) -> Result<Option<Vec<u8>>, LedgerFault> {
        match self {
            Self::Store(store) => read(store, name).await,
            Self::Folder(folder) => {
                let found = folder.read(name, lasting, RECORD_BYTES_MAX + 1).await;
                let found = found.map_err(|it| unavailable(&it))?;
                if found.as_ref().is_some_and(|it| it.len() as u64 > RECORD_BYTES_MAX) {
                    return Err(too_large(name));
                }
                Ok(found)
            }
        }
    }

    /// The names of the records in a folder.
    pub(super) async fn names(&self, folder: &str) -> Result<Vec<String>, LedgerFault> {
        match self {
            Self::Store(store) => {
                let listed = store.list(Some(&location(folder)?)).try_collect();
                let listed: Vec<_> = listed.await.map_err(|it| unavailable(&it))?;
                let names = listed.iter().filter_map(|it| it.location.filename());
                Ok(names.map(str::to_owned).collect())
            }
            Self::Folder(folders) => folders.names(folder).await.map_err(|it| unavailable(&it)),
        }
    }

    /// The names of all records below a prefix, folders and all, as the storage lists them.
    pub(super) fn list(&self, prefix: &str) -> BoxStream<'static, Result<String, LedgerFault>> {
        let store = match self {
            Self::Store(store) => Arc::clone(store),
            Self::Folder(folder) => match LocalFileSystem::new_with_prefix(folder.root()) {
                Ok(store) => Arc::new(store),
                Err(error) => return stream::once(ready(Err(unavailable(&error)))).boxed(),
            },
        };
        let listed = store.list(location(prefix).ok().as_ref());
        listed.map_err(|it| unavailable(&it)).map_ok(|it| it.location.to_string()).boxed()
    }

    /// Creates a record that lasts later, and then another, unless the first was there with other
    /// content. Returns how the first one ended.
    pub(super) async fn create_in_turn(
        &self,
        first: Record,
        second: Record,
        regardless: bool,
    ) -> Result<Created, LedgerFault> {
        match self {
            Self::Store(store) => {
                let created = create(store, &first.0, &first.1).await?;
                if regardless || created.is(&first.1) {
                    create(store, &second.0, &second.1).await?;
                }
                Ok(created)
            }
            Self::Folder(folder) => {
                let created = folder.create_in_turn(first, second, regardless).await;
                created.map_err(|it| unavailable(&it))
            }
        }
    }

    /// Answers for a record that somebody else may have made: it lasts when what is created next
    /// does.
    pub(super) async fn vouch(&self, name: &str) -> Result<(), LedgerFault> {
        match self {
            Self::Store(_) => Ok(()),
            Self::Folder(folder) => {
                folder.vouch(name, RECORD_BYTES_MAX).await.map_err(|it| unavailable(&it))
            }
        }
    }

    /// Makes sure that all records last that were created here so far.
    pub(super) async fn force(&self) -> Result<(), LedgerFault> {
        match self {
            Self::Store(_) => Ok(()),
            Self::Folder(folder) => folder.force().await.map_err(|it| unavailable(&it)),
        }
    }
}

/// "Already exists" alone proves nothing: it is read again before anyone is refused.
async fn create(
    store: &Arc<dyn ObjectStore>,
    name: &str,
    json: &str,
) -> Result<Created, LedgerFault> {
    let path = location(name)?;
    for _ in 0..CREATE_ATTEMPTS_MAX {
        let payload = PutPayload::from(json.to_owned());
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match store.put_opts(&path, payload, options).await {
            Ok(_) => return Ok(Created::Ours),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                if let Some(existing) = read(store, name).await? {
                    return Ok(Created::Existing(existing));
                }
            }
            Err(error) => return Err(unavailable(&error)),
        }
    }
    Err(LedgerFault::Unavailable(format!("{name}: every create met a conflict")))
}

async fn read(store: &Arc<dyn ObjectStore>, name: &str) -> Result<Option<Vec<u8>>, LedgerFault> {
    let found = match store.get(&location(name)?).await {
        Ok(found) => found,
        Err(Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(unavailable(&error)),
    };
    if found.meta.size > RECORD_BYTES_MAX {
        return Err(too_large(name));
    }
    Ok(Some(found.bytes().await.map_err(|it| unavailable(&it))?.to_vec()))
}

fn location(name: &str) -> Result<Path, LedgerFault> {
    Path::parse(name).map_err(|error| LedgerFault::Unreadable(error.to_string()))
}

fn unavailable(error: &impl std::error::Error) -> LedgerFault {
    LedgerFault::Unavailable(error.to_string())
}

fn too_large(name: &str) -> LedgerFault {
    LedgerFault::Unreadable(format!("{name} is too large for a record"))
}
