//! Opens the storage behind a location. Everything above works on any of them alike.

use std::path::Path;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;

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

/// A store in a folder that exists.
pub fn folder(path: &Path) -> Result<Arc<dyn ObjectStore>, StoreError> {
    Ok(Arc::new(local(path)?))
}

/// A store in a folder, which is made if it is not there. With `fsync` a record that was reported
/// as written survives a power cut; without, only the end of the process.
pub fn ledger_folder(path: &Path, fsync: bool) -> Result<Arc<dyn ObjectStore>, StoreError> {
    std::fs::create_dir_all(path)
        .map_err(|error| StoreError(format!("cannot make {}: {error}", path.display())))?;
    Ok(Arc::new(local(path)?.with_fsync(fsync)))
}

fn local(path: &Path) -> Result<LocalFileSystem, StoreError> {
    LocalFileSystem::new_with_prefix(path)
        .map_err(|error| StoreError(format!("cannot open {}: {error}", path.display())))
}
