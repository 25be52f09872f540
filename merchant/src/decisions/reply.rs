//! Replies: status, headers and body of everything that is not an object. The contract, in code.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_TYPE,
    HeaderName, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Map, Value};
use wire::{SettlementResponse, header};

use crate::decisions::codes::Code;
use crate::decisions::offer::UrlParts;
use crate::decisions::policy::PricedRoute;
use crate::decisions::refusal::Refusal;

/// v2's challenge.
pub const PAYMENT_REQUIRED: HeaderName = HeaderName::from_static(header::PAYMENT_REQUIRED);
/// v2's receipt.
pub const PAYMENT_RESPONSE: HeaderName = HeaderName::from_static(header::PAYMENT_RESPONSE);
/// v1's receipt.
pub const X_PAYMENT_RESPONSE: HeaderName = HeaderName::from_static(header::X_PAYMENT_RESPONSE);

/// What a browser's script may send: RFC 9110's conditional and range headers besides the payment.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "PAYMENT-SIGNATURE, X-PAYMENT, SIGN-IN-WITH-X, Range, If-None-Match, If-Range",
);
/// What a browser's script may read.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "PAYMENT-REQUIRED, PAYMENT-RESPONSE, X-PAYMENT-RESPONSE, Retry-After, ETag, Content-Range, \
     Accept-Ranges",
);
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
/// A day: preflights are the same for every path. Browsers cap it lower by themselves.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("86400");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ANYONE: HeaderValue = HeaderValue::from_static("*");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// No shared cache may answer one payer with another's reply.
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A whole reply.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status.
    pub status: StatusCode,
    /// Headers, without `Content-Length`: whoever sends the reply knows it.
    pub headers: HeaderMap,
    /// Body; what a HEAD would have had, too.
    pub body: Bytes,
    /// The code or reason in the body, for the log.
    pub code: &'static str,
}

/// Headers that every reply has, the 402 included: a browser's script cannot read the challenge of
/// a reply that does not allow it.
#[must_use]
pub fn common_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANYONE);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers
}

/// Headers of a 402 whose challenge is yet to be put in.
pub(super) fn challenge_headers() -> HeaderMap {
    let mut headers = common_headers();
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(PAYMENT_REQUIRED, HeaderValue::from_static(""));
    headers
}

impl Reply {
    /// The 402: our offers, with why.
    #[must_use]
    pub fn challenge(
        route: &PricedRoute,
        url: UrlParts<'_>,
        reason: &'static str,
        settlement: Option<&SettlementResponse>,
    ) -> Self {
        let mut headers = route.challenge.headers(url.path, reason);
        if let Some(settlement) = settlement {
            insert_receipt(&mut headers, settlement);
        }
        let body = route.challenge.body(url.path, reason).into();
        Self { status: StatusCode::PAYMENT_REQUIRED, headers, body, code: reason }
    }

    /// Any reply with a code and without an offer.
    #[must_use]
    pub fn refusal(refusal: &Refusal) -> Self {
        let code = refusal.code();
        let mut headers = common_headers();
        headers.insert(CACHE_CONTROL, NO_STORE);
        headers.insert(CONTENT_TYPE, JSON);
        if let Some(wait) = refusal.retry_after() {
            headers.insert(RETRY_AFTER, wait.as_secs().into());
        }
        if let Some(settlement) = refusal.settlement() {
            insert_receipt(&mut headers, settlement);
        }
        if code == Code::MethodNotAllowed {
            headers.insert(ALLOW, METHODS);
        }
        let mut body = Map::new();
        body.insert("error".into(), code.text().into());
        body.insert("message".into(), refusal.rule().unwrap_or(code.help()).into());
        let body = Value::Object(body).to_string().into();
        Self { status: code.status(), headers, body, code: code.text() }
    }

    /// The answer to `OPTIONS`: free, and the same everywhere.
    #[must_use]
    pub fn preflight() -> Self {
        let mut headers = common_headers();
        headers.insert(CACHE_CONTROL, NO_STORE);
        headers.insert(ALLOW, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
        Self { status: StatusCode::NO_CONTENT, headers, body: Bytes::new(), code: "preflight" }
    }
}

/// Puts a receipt, or the news of a settlement that has none yet, where version 2 looks for it.
pub fn insert_receipt(headers: &mut HeaderMap, settlement: &SettlementResponse) {
    headers.insert(PAYMENT_RESPONSE, base64_value(header::encode(settlement).into_bytes()));
}

/// Repeats the receipt where a version 1 payer looks for it.
pub fn repeat_receipt_for_v1(headers: &mut HeaderMap) {
    if let Some(value) = headers.get(PAYMENT_RESPONSE).cloned() {
        headers.insert(X_PAYMENT_RESPONSE, value);
    }
}

/// Base64 is always a legal header value; an empty one is the answer to the impossible.
pub(super) fn base64_value(base64: Vec<u8>) -> HeaderValue {
    HeaderValue::from_maybe_shared(Bytes::from(base64)).unwrap_or(HeaderValue::from_static(""))
}
