//! Objects from a store, opened before the money moves. What was opened is what is sent: where the
//! connection to the storage dies in between, the rest is read from the same version or not at all.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::ready;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt, stream};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE};
use http::{HeaderName, Method};
use object_store::path::Path;
use object_store::signer::SignedUrlOptions;
use object_store::{
    Attribute, Error, GetOptions, GetRange, GetResult, GetResultPayload, ObjectMeta, ObjectStore,
    ObjectStoreExt,
};

use crate::adapters::buckets::OpenBucket;
use crate::adapters::desk::Desk;
use crate::adapters::{file_body, resume};
use crate::decisions::budget;
use crate::decisions::faults::ContentFault;
use crate::decisions::object::{ByteRange, Link, ObjectFacts, Want, is_among};
use crate::decisions::records::ObjectPin;
use crate::decisions::tariff;
use crate::ports::{Content, Opened};

/// How long a link to an object can be used: made before a settlement that may take a budget's worth
/// of seconds, followed at once, and worth nothing soon after. A transfer that began goes on.
const LINK_MAX: Duration = Duration::from_mins(2);
const _: () = assert!(LINK_MAX.as_secs() > 2 * budget::SALE.as_secs());

/// A file of at most so many bytes is read when it is opened. Every sale under way may hold one.
const SMALL_BYTES_MAX: u64 = 16 * 1024;

/// What S3 calls an object that nobody named a type for (Amazon S3 API reference, `PutObject`).
const UNKNOWN_TYPE: &str = "binary/octet-stream";

/// Content in a store.
#[derive(Debug, Clone)]
pub struct StoreContent {
    store: Arc<dyn ObjectStore>,
    /// Who goes to the disk, where the objects are files.
    desk: Option<Desk>,
    redirect: Option<Redirect>,
}

/// Objects above a size are not sent but linked to.
#[derive(Debug, Clone)]
struct Redirect {
    above: u64,
    bucket: OpenBucket,
}

impl Redirect {
    /// A URL of exactly this version of the object, where the storage keeps versions. Made before
    /// the money moves: what cannot be handed over is not sold.
    async fn link(&self, key: &Path, version: Option<&str>) -> Result<Link, Error> {
        let path: Path = self.bucket.prefix.parts().chain(key.parts()).collect();
        let version = version.map(|it| ("versionId", it));
        let options = SignedUrlOptions::new().with_query(version);
        let signer = &self.bucket.signer;
        let url = signer.signed_url_opts(Method::GET, &path, LINK_MAX, &options).await?;
        Ok(Link::new(url.into()))
    }
}

impl StoreContent {
    /// The content in this store.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, desk: None, redirect: None }
    }

    /// The content in this store of files.
    #[must_use]
    pub fn in_folder(store: Arc<dyn ObjectStore>, desk: Desk) -> Self {
        Self { desk: Some(desk), ..Self::new(store) }
    }

    /// The same content; objects of more bytes than that are fetched from the bucket itself.
    #[must_use]
    pub fn redirecting(self, above: u64, bucket: OpenBucket) -> Self {
        Self { redirect: Some(Redirect { above, bucket }), ..self }
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

    fn body(
        &self,
        path: Path,
        found: GetResult,
    ) -> BoxStream<'static, Result<Bytes, ContentFault>> {
        let range = found.range.clone();
        match found.payload {
            // An open file stays what it was, whatever happens to its name.
            GetResultPayload::File(file, _) => file_body::stream(file, range).boxed(),
            GetResultPayload::Stream(body) => {
                let pinned = resume::Pinned::new(Arc::clone(&self.store), path, &found.meta);
                resume::stream(pinned, range, body).boxed()
            }
        }
    }
}

impl Content for StoreContent {
    async fn open(&self, key: &str, want: &Want) -> Result<Opened, ContentFault> {
        self.get(key, want, None).await
    }

    async fn look(&self, key: &str) -> Result<ObjectFacts, ContentFault> {
        let path = Path::parse(key).map_err(|_| ContentFault::Missing)?;
        let options = GetOptions { head: true, ..GetOptions::default() };
        match self.store.get_opts(&path, options).await {
            Ok(found) => Ok(facts(key, &found)),
            Err(Error::NotFound { .. } | Error::InvalidPath { .. }) => Err(ContentFault::Missing),
            Err(error) if is_below_a_file(&error) => Err(ContentFault::Missing),
            Err(error) => Err(self.explain(&path, None, error).await),
        }
    }

    async fn reopen(&self, pin: &ObjectPin, want: &Want) -> Result<Opened, ContentFault> {
        // Where the storage keeps versions, what was sold outlives its replacement.
        let version = pin.version.clone();
        let opened = match self.get(&pin.key, want, version).await {
            Err(ContentFault::Missing) if pin.version.is_some() => Err(ContentFault::Replaced),
            opened => opened,
        }?;
        let now = &opened.facts.pin;
        let same = (&now.etag, now.size) == (&pin.etag, pin.size);
        if same { Ok(opened) } else { Err(ContentFault::Replaced) }
    }
}

impl StoreContent {
    async fn get(
        &self,
        key: &str,
        want: &Want,
        version: Option<String>,
    ) -> Result<Opened, ContentFault> {
        let path = Path::parse(key).map_err(|_| ContentFault::Missing)?;
        let range = want.range.map(|range| match range {
            ByteRange::Bounded(first, last) => GetRange::Bounded(first..last.saturating_add(1)),
            ByteRange::From(first) => GetRange::Offset(first),
            ByteRange::Last(count) => GetRange::Suffix(count),
        });
        let options = GetOptions { range, version, ..GetOptions::default() };
        let (found, small) = match self.find(&path, options).await {
            Ok(found) => found,
            Err(Error::NotFound { .. } | Error::InvalidPath { .. }) => {
                return Err(ContentFault::Missing);
            }
            Err(error) if is_below_a_file(&error) => return Err(ContentFault::Missing),
            Err(error) => return Err(self.explain(&path, want.range, error).await),
        };
        // RFC 9110, 14.1.2: a range of no bytes lies nowhere. Some stores find it all the same.
        if want.range.is_some() && found.range.is_empty() {
            return Err(ContentFault::OutsideRange(found.meta.size));
        }
        let mut facts = facts(key, &found);
        if is_among(facts.pin.etag.as_deref(), want.if_none_match.as_deref()) {
            return Err(ContentFault::NotModified(Box::new(facts)));
        }
        if let Some(redirect) = self.redirect.as_ref().filter(|it| facts.pin.size > it.above) {
            let link = redirect.link(&path, facts.pin.version.as_deref()).await;
            facts.link = Some(link.map_err(|it| ContentFault::Unavailable(it.to_string()))?);
            facts.range = 0..0;
            return Ok(Opened { body: stream::empty().boxed(), facts });
        }
        let body = match small {
            Some(bytes) => stream::once(ready(Ok(bytes))).boxed(),
            None => self.body(path, found),
        };
        Ok(Opened { facts, body })
    }

    /// The object, and its bytes where it is a small file: to come back for them would cost more
    /// than to read them at once.
    async fn find(
        &self,
        path: &Path,
        options: GetOptions,
    ) -> Result<(GetResult, Option<Bytes>), Error> {
        let Some(desk) = &self.desk else {
            return Ok((self.store.get_opts(path, options).await?, None));
        };
        let (store, wanted) = (Arc::clone(&self.store), path.clone());
        let found = desk.run(move || {
            // On a thread without a runtime, a store of files does its work at once.
            let found = store.get_opts(&wanted, options).now_or_never();
            let found =
                found.unwrap_or_else(|| Err(generic(std::io::ErrorKind::WouldBlock.into())))?;
            let small = small(&found)?;
            Ok((found, small))
        });
        found.await.unwrap_or_else(|error| Err(generic(error)))
    }
}

/// The bytes of a small file. One that is cut short while it is read is not there to be sold.
fn small(found: &GetResult) -> Result<Option<Bytes>, Error> {
    let length = found.range.end - found.range.start;
    match &found.payload {
        GetResultPayload::File(file, _) if (1..=SMALL_BYTES_MAX).contains(&length) => {
            file_body::whole(file, found.range.clone()).map(Some).map_err(generic)
        }
        GetResultPayload::File(..) | GetResultPayload::Stream(_) => Ok(None),
    }
}

fn generic(error: std::io::Error) -> Error {
    Error::Generic { store: "folder", source: Box::new(error) }
}

fn facts(key: &str, found: &GetResult) -> ObjectFacts {
    let ObjectMeta { size, e_tag, version, last_modified, .. } = &found.meta;
    let attribute = |name| found.attributes.get(&name).map(|it| it.as_ref().to_owned());
    let content_type = attribute(Attribute::ContentType).filter(|it| it != UNKNOWN_TYPE);
    let kept: [(HeaderName, Attribute); 4] = [
        (CACHE_CONTROL, Attribute::CacheControl),
        (CONTENT_ENCODING, Attribute::ContentEncoding),
        (CONTENT_LANGUAGE, Attribute::ContentLanguage),
        (CONTENT_DISPOSITION, Attribute::ContentDisposition),
    ];
    let metadata = kept.into_iter().filter_map(|(name, kept)| Some((name, attribute(kept)?)));
    ObjectFacts {
        pin: ObjectPin {
            key: key.to_owned(),
            size: *size,
            etag: e_tag.as_deref().map(quoted),
            version: version.clone(),
        },
        content_type: content_type.or_else(|| type_by_name(key)),
        // RFC 9110, 5.6.7: an HTTP date is always in GMT.
        last_modified: Some(last_modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        metadata: metadata.collect(),
        price: [tariff::PRICE, tariff::PRICE_UNDERSCORED]
            .into_iter()
            .find_map(|name| attribute(Attribute::Metadata(name.into()))),
        range: found.range.clone(),
        link: None,
    }
}

/// A file system's way to say that there is nothing: the path goes through a file.
fn is_below_a_file(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if io == Some(std::io::ErrorKind::NotADirectory) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// HTTP wants entity tags in quotes; some stores return them without.
fn quoted(etag: &str) -> String {
    if etag.ends_with('"') { etag.to_owned() } else { format!("\"{etag}\"") }
}

fn type_by_name(key: &str) -> Option<String> {
    let guess = mime_guess::from_path(key).first_raw()?;
    // Files on disk carry no charset; all but the oldest are UTF-8.
    Some(if guess.starts_with("text/") { format!("{guess}; charset=utf-8") } else { guess.into() })
}
