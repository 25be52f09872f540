//! Objects: which part of one a request asks for, and the headers that one is sent with.

use std::ops::Range;

use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE,
    LAST_MODIFIED, LOCATION, RANGE, REFERRER_POLICY,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::decisions::records::ObjectPin;
use crate::decisions::reply::{common_headers, insert_receipt};

/// Private, because it was paid for by one; not stored, because the next one pays, too.
const PAID_CACHING: HeaderValue = HeaderValue::from_static("private, no-store");
/// A free object is the same for everyone. A minute, so that a route which becomes priced does not
/// stay free in caches for long.
const FREE_CACHING: HeaderValue = HeaderValue::from_static("public, max-age=60");
const BYTES: HeaderValue = HeaderValue::from_static("bytes");
const NO_RANGES: HeaderValue = HeaderValue::from_static("none");
/// RFC 2046, 4.5.1: what is not known to be anything else.
const OCTETS: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// What a request wants of an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Want {
    /// One range of bytes; nothing for the whole.
    pub range: Option<ByteRange>,
    /// `If-None-Match`, as it stands: nothing is sent when the entity tag is among these.
    pub if_none_match: Option<String>,
}

/// One range of bytes (RFC 9110, 14.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// From the first number to the second, both included.
    Bounded(u64, u64),
    /// From this byte to the end.
    From(u64),
    /// This many bytes at the end.
    Last(u64),
}

/// What the storage says about an opened object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectFacts {
    /// Which content exactly.
    pub pin: ObjectPin,
    /// Media type, where the storage or the name tells it.
    pub content_type: Option<String>,
    /// `Last-Modified`, as an HTTP date.
    pub last_modified: Option<String>,
    /// Other metadata that the storage keeps and the client needs, such as `Content-Encoding`.
    pub metadata: Vec<(HeaderName, String)>,
    /// The price that the object carries, as it stands there.
    pub price: Option<String>,
    /// The bytes that are about to be sent.
    pub range: Range<u64>,
    /// Where the storage itself hands the object over, instead of any bytes from here.
    pub link: Option<Link>,
}

/// A URL that lets whoever has it fetch one object, for a short time. Never shown: it is worth what
/// the object is worth.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    /// Takes charge of a signed URL.
    #[must_use]
    pub fn new(url: String) -> Self {
        Self(url)
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(link)")
    }
}

impl Want {
    /// The whole object, whatever the request's headers say: a first delivery is never a part.
    #[must_use]
    pub fn whole() -> Self {
        Self::default()
    }

    /// What the request's headers ask for. Several ranges, and ranges with a condition, are
    /// answered with the whole object, as RFC 9110 (14.2) allows.
    #[must_use]
    pub fn of_headers(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|it: &HeaderValue| it.to_str().ok());
        let range = text(RANGE).filter(|_| !headers.contains_key(IF_RANGE));
        Self {
            range: range.and_then(ByteRange::parse),
            if_none_match: text(IF_NONE_MATCH).map(str::to_owned),
        }
    }
}

impl ByteRange {
    /// Reads a `Range` header with one range of bytes; anything else is no range to us.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            if digits { text.parse().ok() } else { None }
        };
        match (first.is_empty(), last.is_empty()) {
            (true, true) => None,
            (true, false) => number(last).map(Self::Last),
            (false, true) => number(first).map(Self::From),
            (false, false) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::Bounded(first, last))
            }
        }
    }
}

impl ObjectFacts {
    /// Status and headers to send a free object with.
    #[must_use]
    pub fn free_head(&self, mime_type: Option<&str>) -> (StatusCode, HeaderMap) {
        if let Some(link) = &self.link {
            return see_other(link);
        }
        let mut headers = self.headers(mime_type);
        headers.entry(CACHE_CONTROL).or_insert(FREE_CACHING);
        headers.insert(ACCEPT_RANGES, BYTES);
        if self.range == (0..self.pin.size) {
            return (StatusCode::OK, headers);
        }
        let Range { start, end } = self.range;
        let text = format!("bytes {start}-{}/{}", end.saturating_sub(1), self.pin.size);
        insert_text(&mut headers, CONTENT_RANGE, Some(&text));
        (StatusCode::PARTIAL_CONTENT, headers)
    }

    /// Status and headers of a first delivery: always the whole object.
    #[must_use]
    pub fn paid_head(
        &self,
        mime_type: Option<&str>,
        receipt: &wire::SettlementResponse,
    ) -> (StatusCode, HeaderMap) {
        if let Some(link) = &self.link {
            let (status, mut headers) = see_other(link);
            insert_receipt(&mut headers, receipt);
            return (status, headers);
        }
        let mut headers = self.headers(mime_type);
        headers.insert(CACHE_CONTROL, PAID_CACHING);
        headers.insert(ACCEPT_RANGES, NO_RANGES);
        insert_receipt(&mut headers, receipt);
        (StatusCode::OK, headers)
    }

    /// Status and headers of a delivery to who bought the object before: whole or in part.
    #[must_use]
    pub fn again_head(
        &self,
        mime_type: Option<&str>,
        receipt: &wire::SettlementResponse,
    ) -> (StatusCode, HeaderMap) {
        let (status, mut headers) = self.free_head(mime_type);
        headers.insert(CACHE_CONTROL, PAID_CACHING);
        insert_receipt(&mut headers, receipt);
        (status, headers)
    }

    /// The headers of a 304 for a free object: what the 200 would say about keeping it (RFC 9110,
    /// 15.4.5).
    #[must_use]
    pub fn unchanged_headers(&self) -> HeaderMap {
        let mut headers = common_headers();
        headers.insert(CACHE_CONTROL, FREE_CACHING);
        let said = self.metadata.iter().find(|(name, _)| *name == CACHE_CONTROL);
        insert_text(&mut headers, CACHE_CONTROL, said.map(|(_, text)| text.as_str()));
        insert_text(&mut headers, ETAG, self.pin.etag.as_deref());
        headers
    }

    fn headers(&self, mime_type: Option<&str>) -> HeaderMap {
        let mut headers = common_headers();
        headers.insert(CONTENT_TYPE, OCTETS);
        insert_text(&mut headers, CONTENT_TYPE, self.content_type.as_deref().or(mime_type));
        insert_text(&mut headers, ETAG, self.pin.etag.as_deref());
        insert_text(&mut headers, LAST_MODIFIED, self.last_modified.as_deref());
        for (name, text) in &self.metadata {
            insert_text(&mut headers, name.clone(), Some(text));
        }
        headers
    }
}

/// Sends the client to the storage. The link is for this client and this moment, and no page that it
/// leads to learns where it came from.
fn see_other(link: &Link) -> (StatusCode, HeaderMap) {
    let mut headers = common_headers();
    headers.insert(CACHE_CONTROL, PAID_CACHING);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Ok(mut location) = HeaderValue::try_from(&link.0) {
        location.set_sensitive(true);
        headers.insert(LOCATION, location);
    }
    (StatusCode::SEE_OTHER, headers)
}

/// Is an entity tag among those of an `If-None-Match`? Compared weakly (RFC 9110, 13.1.2).
#[must_use]
pub fn is_among(etag: Option<&str>, list: Option<&str>) -> bool {
    let (Some(etag), Some(list)) = (etag, list) else { return false };
    let strong = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    list.trim() == "*" || list.split(',').any(|it| strong(it) == strong(etag))
}

/// Tells a client whose range lies outside how large the object is (RFC 9110, 14.4).
pub fn name_size(headers: &mut HeaderMap, size: u64) {
    insert_text(headers, CONTENT_RANGE, Some(&format!("bytes */{size}")));
}

/// A storage's text becomes a header only if it can be one; what cannot is left out.
fn insert_text(headers: &mut HeaderMap, name: HeaderName, text: Option<&str>) {
    if let Some(value) = text.and_then(|it| HeaderValue::try_from(it).ok()) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_bytes_or_the_whole() {
        #[rustfmt::skip]
        let rows = [
            ("bytes=0-0",      Some(ByteRange::Bounded(0, 0))),
            ("bytes=5-9",      Some(ByteRange::Bounded(5, 9))),
            ("bytes=5-",       Some(ByteRange::From(5))),
            ("bytes=-5",       Some(ByteRange::Last(5))),
            ("bytes=9-5",      None),
            ("bytes=-",        None),
            ("bytes=0-1,4-5",  None),
            ("bytes=+1-2",     None),
            ("bytes= 1-2",     None),
            ("items=0-1",      None),
            ("bytes=18446744073709551616-", None),
        ];
        for (header, range) in rows {
            assert_eq!(ByteRange::parse(header), range, "{header}");
        }
    }

    #[test]
    fn a_conditional_range_is_answered_with_the_whole() {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_static("bytes=0-0"));
        assert_eq!(Want::of_headers(&headers).range, Some(ByteRange::Bounded(0, 0)));
        headers.insert(IF_RANGE, HeaderValue::from_static("\"tag\""));
        assert_eq!(Want::of_headers(&headers), Want::whole());
    }

    #[test]
    fn what_the_storage_says_of_caching_is_for_free_objects_only() {
        let said = "public, max-age=31536000, immutable";
        let metadata = vec![(CACHE_CONTROL, said.to_owned())];
        let told = ObjectFacts { metadata, ..Default::default() };
        let silent = ObjectFacts::default();
        let receipt = wire::SettlementResponse::default();
        for (facts, free) in [(&told, said), (&silent, "public, max-age=60")] {
            assert_eq!(facts.free_head(None).1[CACHE_CONTROL], free);
            assert_eq!(facts.unchanged_headers()[CACHE_CONTROL], free);
            for (_, headers) in [facts.paid_head(None, &receipt), facts.again_head(None, &receipt)]
            {
                assert_eq!(headers[CACHE_CONTROL], "private, no-store");
            }
        }
    }

    #[test]
    fn a_link_is_sent_with_its_receipt_and_shown_to_nobody() {
        let url = "https://bucket.example/a?X-Amz-Signature=hush";
        let link = Some(Link::new(url.into()));
        let facts = ObjectFacts { link, content_type: Some("a/b".into()), ..Default::default() };
        assert!(!format!("{facts:?}").contains("hush"));
        let receipt = wire::SettlementResponse::default();
        for (status, headers) in [facts.free_head(None), facts.paid_head(None, &receipt)] {
            assert_eq!(status, StatusCode::SEE_OTHER);
            assert_eq!(headers[LOCATION], url);
            assert_eq!(headers[CACHE_CONTROL], "private, no-store");
            assert_eq!(headers[REFERRER_POLICY], "no-referrer");
            assert!(!headers.contains_key(CONTENT_TYPE));
            assert!(!format!("{headers:?}").contains("hush"));
        }
        assert!(facts.paid_head(None, &receipt).1.contains_key("payment-response"));
    }
}
