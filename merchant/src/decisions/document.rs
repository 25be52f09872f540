//! Documents that the merchant publishes about itself: what is for sale, for catalogues, agents and
//! crawlers. Written when the configuration is read; answering with one takes no IO.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::decisions::object::is_among;
use crate::decisions::reply::{Reply, common_headers};

/// Five minutes: a price that changes is told late by a catalogue at worst; the challenge is what
/// counts.
const CACHING: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// A document of our own.
#[derive(Debug, Clone)]
pub struct Document {
    body: Bytes,
    etag: Box<str>,
    headers: Box<HeaderMap>,
    yields: bool,
}

impl Document {
    /// A document with this text. The tag is one that changes with the text, in quotes.
    #[must_use]
    pub fn new(content_type: &'static str, text: String, etag: String) -> Self {
        let mut headers = common_headers();
        headers.insert(CACHE_CONTROL, CACHING);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Ok(value) = HeaderValue::try_from(&etag) {
            headers.insert(ETAG, value);
        }
        Self { body: text.into(), etag: etag.into(), headers: Box::new(headers), yields: false }
    }

    /// The same where the content may hold an object of its name, which then goes out instead.
    #[must_use]
    pub(super) fn yielding(self) -> Self {
        Self { yields: true, ..self }
    }

    /// May the content hold an object that goes out instead?
    #[must_use]
    pub fn yields(&self) -> bool {
        self.yields
    }

    /// The document, or a 304 to who has it already.
    #[must_use]
    pub fn reply(&self, if_none_match: Option<&str>) -> Reply {
        let mut headers = HeaderMap::clone(&self.headers);
        if is_among(Some(&self.etag), if_none_match) {
            headers.remove(CONTENT_TYPE);
            let status = StatusCode::NOT_MODIFIED;
            return Reply { status, headers, body: Bytes::new(), code: "not_modified" };
        }
        Reply { status: StatusCode::OK, headers, body: self.body.clone(), code: "document" }
    }
}
