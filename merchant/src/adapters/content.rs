//! Objects from a store, opened before the money moves.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    Attribute, Error, GetOptions, GetRange, GetResult, GetResultPayload, ObjectMeta, ObjectStore,
    ObjectStoreExt,
};

use crate::adapters::file_body;
use crate::decisions::faults::ContentFault;
use crate::decisions::object::{ByteRange, ObjectFacts, Want};
use crate::decisions::records::ObjectPin;
use crate::ports::{Content, Opened};

/// Content in a store.
#[derive(Debug, Clone)]
pub struct StoreContent {
    store: Arc<dyn ObjectStore>,
}

impl StoreContent {
    /// The content in this store.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }

    /// Stores say "out of range" in many ways; the size says it in one.
    async fn explain(&self, path: &Path, range: Option<ByteRange>, error: Error) -> ContentFault {
        if let (Some(range), Ok(meta)) = (range, self.store.head(path).await) {
            let outside = match range {
                ByteRange::Bounded(first, _) | ByteRange::From(first) => first >= meta.size,
                ByteRange::Last(count) => count == 0 || meta.size == 0,
            };
            if outside {
                return ContentFault::OutsideRange(meta.size);
            }
        }
        ContentFault::Unavailable(error.to_string())
    }
}

impl Content for StoreContent {
    async fn open(&self, key: &str, want: &Want) -> Result<Opened, ContentFault> {
        let path = Path::parse(key).map_err(|_| ContentFault::Missing)?;
        let range = want.range.map(|range| match range {
            ByteRange::Bounded(first, last) => GetRange::Bounded(first..last.saturating_add(1)),
            ByteRange::From(first) => GetRange::Offset(first),
            ByteRange::Last(count) => GetRange::Suffix(count),
        });
        let options = GetOptions { range, ..GetOptions::default() };
        let found = match self.store.get_opts(&path, options).await {
            Ok(found) => found,
            Err(Error::NotFound { .. } | Error::InvalidPath { .. }) => {
                return Err(ContentFault::Missing);
            }
            Err(error) => return Err(self.explain(&path, want.range, error).await),
        };
        let facts = facts(key, &found);
        if is_among(facts.pin.etag.as_deref(), want.if_none_match.as_deref()) {
            return Err(ContentFault::NotModified);
        }
        Ok(Opened { body: body(found), facts })
    }
}

fn facts(key: &str, found: &GetResult) -> ObjectFacts {
    let ObjectMeta { size, e_tag, version, last_modified, .. } = &found.meta;
    let attribute = found.attributes.get(&Attribute::ContentType).map(|it| it.as_ref().to_owned());
    ObjectFacts {
        pin: ObjectPin {
            key: key.to_owned(),
            size: *size,
            etag: e_tag.as_deref().map(quoted),
            version: version.clone(),
        },
        content_type: attribute.or_else(|| type_by_name(key)),
        // RFC 9110, 5.6.7: an HTTP date is always in GMT.
        last_modified: Some(last_modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        range: found.range.clone(),
    }
}

fn body(
    found: GetResult,
) -> futures_util::stream::BoxStream<'static, Result<bytes::Bytes, ContentFault>> {
    let range = found.range.clone();
    match found.payload {
        GetResultPayload::File(file, _) => file_body::stream(file, range).boxed(),
        GetResultPayload::Stream(stream) => {
            stream.map_err(|error| ContentFault::Unavailable(error.to_string())).boxed()
        }
    }
}

/// HTTP wants entity tags in quotes; some stores return them without.
fn quoted(etag: &str) -> String {
    if etag.ends_with('"') { etag.to_owned() } else { format!("\"{etag}\"") }
}

/// Weak comparison (RFC 9110, 13.1.2).
fn is_among(etag: Option<&str>, list: Option<&str>) -> bool {
    let (Some(etag), Some(list)) = (etag, list) else { return false };
    let strong = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    list.trim() == "*" || list.split(',').any(|it| strong(it) == strong(etag))
}

fn type_by_name(key: &str) -> Option<String> {
    let guess = mime_guess::from_path(key).first_raw()?;
    // Files on disk carry no charset; all but the oldest are UTF-8.
    Some(if guess.starts_with("text/") { format!("{guess}; charset=utf-8") } else { guess.into() })
}
