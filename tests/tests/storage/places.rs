//! The storages that the suites run on.

use std::path::PathBuf;
use std::sync::Arc;

use merchant::adapters::stores;
use merchant::settings::Settings;
use object_store::{ObjectStore, ObjectStoreExt};
use tempfile::TempDir;

use crate::queue;
use crate::s3::{S3, url_at};

/// A storage, and what keeps it alive.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<dyn ObjectStore>,
    /// The same storage for another process, where there can be one.
    pub(crate) again: Arc<dyn ObjectStore>,
    /// Where the ledger is not in the store but in its folder.
    pub(crate) ledger: Option<PathBuf>,
    _folder: Option<TempDir>,
    _s3: Option<S3>,
}

/// Every storage; without S3, and loudly so, where Python is missing.
pub(crate) async fn all() -> Vec<Place> {
    let memory = stores::memory();
    let mut places = vec![Place {
        name: "memory",
        again: Arc::clone(&memory),
        store: memory,
        ledger: None,
        _folder: None,
        _s3: None,
    }];
    for (name, as_sold) in [("folder", true), ("folder as a store", false)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let url = format!("file:{}", path.display());
        let (store, again) = (open(&url), open(&url));
        let ledger = as_sold.then_some(path);
        places.push(Place { name, store, again, ledger, _folder: Some(folder), _s3: None });
    }
    if let Some(s3) = S3::start(&["ledger"]).await {
        let url = url_at("ledger", &queue::before(&s3.address).await);
        let (store, again) = (open(&url), open(&url));
        places.push(Place { name: "s3", store, again, ledger: None, _folder: None, _s3: Some(s3) });
    }
    if let Some(s3) = S3::start(&["ledger"]).await {
        let url = url_at("ledger/some/where", &queue::before(&s3.address).await);
        let (store, again) = (open(&url), open(&url));
        places.push(Place {
            name: "s3 below a prefix",
            store,
            again,
            ledger: None,
            _folder: None,
            _s3: Some(s3),
        });
    }
    places
}

/// The storage that a configuration names.
pub(crate) fn open(url: &str) -> Arc<dyn ObjectStore> {
    let settings = settings(url);
    stores::ledger(&settings.ledger, &settings.cloud).unwrap()
}

/// A configuration whose ledger is there.
pub(crate) fn settings(ledger: &str) -> Settings {
    settings_in(ledger, &[("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")])
}

/// The same in an environment that knows other things.
pub(crate) fn settings_in(ledger: &str, environment: &[(&str, &str)]) -> Settings {
    let toml = format!(
        "public_url = \"https://files.example.com\"\npay_to = \"0x209693Bc6afc0C5328bA36FaF03C514EF312287C\"\n\
         networks = [\"base-sepolia\"]\ncontent.url = \"memory:\"\nledger.url = \"{ledger}\"\n\
         facilitator.url = \"x402.org\"\n[[routes]]\npath = \"/\"\nprice = \"$0.001\"\n"
    );
    let env = environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Settings::load(&toml, std::path::Path::new("/srv"), env).unwrap()
}

/// Puts an object into a storage.
pub(crate) async fn put(store: &Arc<dyn ObjectStore>, key: &str, bytes: &'static [u8]) {
    store.put(&key.into(), bytes.into()).await.unwrap();
}
