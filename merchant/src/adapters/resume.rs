//! The bytes of an opened object, read on over a second connection where the first one dies. Never
//! mixes two versions of an object: what cannot be read from the same one ends in an error.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, Stream};
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore};

use crate::decisions::faults::ContentFault;

/// How often a body is opened again. An object that was held open during a settlement is lost to the
/// storage's own patience once; more says that the storage is in trouble.
const REOPENS_MAX: usize = 2;

/// Exactly the object that was opened.
pub(super) struct Pinned {
    store: Arc<dyn ObjectStore>,
    path: Path,
    etag: Option<String>,
    version: Option<String>,
    size: u64,
}

type Body = BoxStream<'static, object_store::Result<Bytes>>;

struct Reading {
    pinned: Pinned,
    left: Range<u64>,
    body: Body,
    reopens: usize,
}

impl Pinned {
    pub(super) fn new(store: Arc<dyn ObjectStore>, path: Path, meta: &ObjectMeta) -> Self {
        let (etag, version) = (meta.e_tag.clone(), meta.version.clone());
        Self { store, path, etag, version, size: meta.size }
    }

    /// Opens what is left of the object; nothing where it is no longer what it was.
    async fn open(&self, left: Range<u64>) -> Option<Body> {
        if self.etag.is_none() && self.version.is_none() {
            return None;
        }
        let options = GetOptions {
            range: Some(GetRange::Bounded(left.clone())),
            version: self.version.clone(),
            if_match: self.etag.clone().filter(|_| self.version.is_none()),
            ..GetOptions::default()
        };
        let found = self.store.get_opts(&self.path, options).await.ok()?;
        let same =
            found.meta.size == self.size && found.meta.e_tag == self.etag && found.range == left;
        same.then(|| found.into_stream())
    }
}

/// The bytes of the range, or an error at the first that cannot be had.
pub(super) fn stream(
    pinned: Pinned,
    range: Range<u64>,
    body: Body,
) -> impl Stream<Item = Result<Bytes, ContentFault>> {
    let reading = Reading { pinned, left: range, body, reopens: REOPENS_MAX };
    stream::try_unfold(reading, |mut reading| async move {
        let chunk = reading.next().await?;
        Ok(chunk.map(|chunk| (chunk, reading)))
    })
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Bytes>, ContentFault> {
        while !self.left.is_empty() {
            let why = match self.body.try_next().await {
                Ok(Some(chunk)) => {
                    self.left.start += chunk.len() as u64;
                    return Ok(Some(chunk));
                }
                Ok(None) => "the storage ended the object early".to_owned(),
                Err(error) => error.to_string(),
            };
            let again = match self.reopens.checked_sub(1) {
                Some(left) => {
                    self.reopens = left;
                    self.pinned.open(self.left.clone()).await
                }
                None => None,
            };
            self.body = again.ok_or(ContentFault::Unavailable(why))?.boxed();
        }
        Ok(None)
    }
}
