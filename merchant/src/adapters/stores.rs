//! Opens the storage behind a location. Everything above works on any of them alike.

use std::path::Path;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;

use crate::adapters::buckets::{self, OpenBucket};
use crate::settings::{CloudEnvironment, LedgerSettings, Location};

/// Why a location could not be opened: one sentence for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError(pub String);

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

/// A store that lives as long as the process.
#[must_use]
pub fn memory() -> Arc<dyn ObjectStore> {
    Arc::new(InMemory::new())
}

/// The store of the objects, and who signs URLs of them where the storage can hand them over.
pub fn content(
    location: &Location,
    cloud: &CloudEnvironment,
) -> Result<(Arc<dyn ObjectStore>, Option<OpenBucket>), StoreError> {
    match location {
        Location::Memory => Ok((memory(), None)),
        Location::File(folder) => Ok((Arc::new(local(folder)?), None)),
        Location::Bucket(bucket) => {
            let bucket = buckets::open(bucket, cloud)?;
            Ok((Arc::clone(&bucket.store), Some(bucket)))
        }
    }
}

/// The store of the ledger. A folder is made if it is not there. With `fsync` a record in it that
/// was reported as written survives a power cut; without, only the end of the process.
pub fn ledger(
    ledger: &LedgerSettings,
    cloud: &CloudEnvironment,
) -> Result<Arc<dyn ObjectStore>, StoreError> {
    match &ledger.location {
        Location::Memory => Ok(memory()),
        Location::File(folder) => {
            std::fs::create_dir_all(folder).map_err(|error| {
                StoreError(format!("cannot make {}: {error}", folder.display()))
            })?;
            Ok(Arc::new(local(folder)?.with_fsync(ledger.fsync)))
        }
        Location::Bucket(bucket) => Ok(buckets::open(bucket, cloud)?.store),
    }
}

fn local(path: &Path) -> Result<LocalFileSystem, StoreError> {
    LocalFileSystem::new_with_prefix(path)
        .map_err(|error| StoreError(format!("cannot open {}: {error}", path.display())))
}
