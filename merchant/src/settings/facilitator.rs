//! Which facilitator verifies and settles, who stands in for it, and what each wants to see of us.
//! Contacts nobody.

use std::path::Path;

use http::HeaderName;
use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE,
};
use url::Url;

use super::kept::Form;
use super::{KeptSecret, SettingsError, document, origin};
use crate::decisions::standby::FACILITATORS_MAX;

/// Facilitators that have a name, with whether they want an API key. x402.org settles Base Sepolia
/// and asks for none; Coinbase's is that of `@coinbase/x402` 2.1.0.
const KNOWN: &[(&str, &str, bool)] = &[
    ("x402.org", "https://x402.org/facilitator", false),
    ("cdp", "https://api.cdp.coinbase.com/platform/v2/x402", true),
];
const NAMES: &str = "write \"x402.org\" (Base Sepolia, no key), \"cdp\" (with an API key) or the \
                     facilitator's https URL";
/// Longest name of an API key: Coinbase's older ones are paths of two UUIDs, 100 characters.
const KEY_ID_BYTES_MAX: usize = 256;
/// Most headers of the operator's own. Gateways want one or two.
const HEADERS_MAX: usize = 8;
/// Headers that say how the request itself is sent.
const OURS: [HeaderName; 9] = [
    AUTHORIZATION,
    CONNECTION,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    HOST,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// A facilitator, checked.
#[derive(Debug, Clone)]
pub struct FacilitatorSettings {
    /// Its table in the configuration: `facilitator`, or `facilitator.fallbacks[0]`.
    pub table: String,
    /// Base URL; `/verify`, `/settle` and `/supported` stand below it.
    pub url: Url,
    /// How it knows us.
    pub access: Access,
    /// Go with every request to it, and nowhere else.
    pub headers: Vec<(HeaderName, KeptSecret)>,
}

/// How a facilitator knows us.
#[derive(Debug, Clone)]
pub enum Access {
    /// It need not.
    Open,
    /// By a token that goes with every request to it, and nowhere else.
    Token(KeptSecret),
    /// By a signature over every request, made with an API key of this name.
    Key(String, KeptSecret),
}

impl FacilitatorSettings {
    pub(super) fn of_document(
        written: &document::Facilitator,
        base: &Path,
    ) -> Result<Self, SettingsError> {
        let document::Facilitator { url, token, key_id, key_secret, headers, fallbacks: _ } =
            written;
        let written = Written { url, token, key_id, key_secret, headers };
        Self::read("facilitator".into(), written, base)
    }

    /// Those that stand in for the first, in their order.
    pub(super) fn fallbacks(
        written: &document::Facilitator,
        first: &Self,
        base: &Path,
    ) -> Result<Vec<Self>, SettingsError> {
        let mut fallbacks: Vec<Self> = Vec::new();
        for (index, it) in written.fallbacks.iter().enumerate() {
            let table = format!("facilitator.fallbacks[{index}]");
            let document::Fallback { url, token, key_id, key_secret, headers } = it;
            let written = Written { url, token, key_id, key_secret, headers };
            let fallback = Self::read(table, written, base)?;
            if std::iter::once(first).chain(&fallbacks).any(|it| it.url == fallback.url) {
                let problem = format!("{:?} stands there already", fallback.url.as_str());
                let remedy = "name another one: what is down is down twice";
                return Err(SettingsError::new(fallback.key("url"), problem, remedy));
            }
            fallbacks.push(fallback);
        }
        if fallbacks.len() >= FACILITATORS_MAX {
            let problem = format!("names {} facilitators", fallbacks.len());
            let remedy = format!(
                "name at most {}: there is no time to ask more of them",
                FACILITATORS_MAX - 1
            );
            return Err(SettingsError::new("facilitator.fallbacks", problem, remedy));
        }
        Ok(fallbacks)
    }

    fn read(table: String, written: Written<'_>, base: &Path) -> Result<Self, SettingsError> {
        let key = format!("{table}.url");
        let Some(text) = written.url.as_deref() else {
            return Err(SettingsError::new(key, "is missing", NAMES));
        };
        let known = KNOWN.iter().find(|(name, ..)| *name == text);
        if known.is_none() && !text.contains(':') {
            let problem = format!("{text:?} is not the name of a known facilitator");
            return Err(SettingsError::new(key, problem, NAMES));
        }
        let url = origin::base(&key, known.map_or(text, |(_, url, _)| url))?;
        let wants_key = KNOWN.iter().any(|(_, it, keyed)| *keyed && *it == url.as_str());
        let access = access(&table, written, base)?;
        if wants_key && matches!(access, Access::Open) {
            let remedy = "write the name of your API key, and its secret as key_secret";
            return Err(SettingsError::new(format!("{table}.key_id"), "is missing", remedy));
        }
        let headers = headers(&table, written.headers.as_deref().unwrap_or_default(), base)?;
        Ok(Self { table, url, access, headers })
    }

    /// Its secrets.
    pub fn secrets(&self) -> impl Iterator<Item = &KeptSecret> {
        let access = match &self.access {
            Access::Open => None,
            Access::Token(secret) | Access::Key(_, secret) => Some(secret),
        };
        access.into_iter().chain(self.headers.iter().map(|(_, value)| value))
    }

    /// The same, to be fetched.
    pub fn secrets_mut(&mut self) -> impl Iterator<Item = &mut KeptSecret> {
        let access = match &mut self.access {
            Access::Open => None,
            Access::Token(secret) | Access::Key(_, secret) => Some(secret),
        };
        access.into_iter().chain(self.headers.iter_mut().map(|(_, value)| value))
    }

    /// The name of one of its settings.
    #[must_use]
    pub fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.table)
    }

    /// Its host and port, for logs: a path may hold a key.
    #[must_use]
    pub fn host(&self) -> String {
        host(&self.url)
    }

    /// Is it on this machine?
    #[must_use]
    pub fn is_local(&self) -> bool {
        origin::is_loopback(&self.url)
    }
}

/// A URL's host and port, without what may be a secret.
#[must_use]
pub fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// What one table says.
#[derive(Clone, Copy)]
struct Written<'a> {
    url: &'a Option<String>,
    token: &'a Option<String>,
    key_id: &'a Option<String>,
    key_secret: &'a Option<String>,
    headers: &'a Option<Vec<String>>,
}

fn access(table: &str, written: Written<'_>, base: &Path) -> Result<Access, SettingsError> {
    let at = |name: &str| format!("{table}.{name}");
    let missing =
        |name: &str, remedy: &str| Err(SettingsError::new(at(name), "is missing", remedy));
    match (written.token, written.key_id, written.key_secret) {
        (None, None, None) => Ok(Access::Open),
        (Some(token), None, None) => {
            Ok(Access::Token(KeptSecret::read(at("token"), Form::Token, token, base)?))
        }
        (None, Some(id), Some(secret)) => {
            let graphic = id.bytes().all(|b| b.is_ascii_graphic());
            if id.is_empty() || !graphic || id.len() > KEY_ID_BYTES_MAX {
                let problem = "is not the name of an API key";
                return Err(SettingsError::new(at("key_id"), problem, "copy it again"));
            }
            let secret = KeptSecret::read(at("key_secret"), Form::Key, secret, base)?;
            Ok(Access::Key(id.clone(), secret))
        }
        (None, Some(_), None) => missing("key_secret", "write the secret of that API key"),
        (None, None, Some(_)) => missing("key_id", "write the name of that API key"),
        (Some(_), ..) => Err(SettingsError::new(
            at("token"),
            "stands beside an API key",
            "keep one of the two: a request has room for one",
        )),
    }
}

/// Headers as they would stand in a request: a name, a colon, a value.
fn headers(
    table: &str,
    lines: &[String],
    base: &Path,
) -> Result<Vec<(HeaderName, KeptSecret)>, SettingsError> {
    let mut headers: Vec<(HeaderName, KeptSecret)> = Vec::with_capacity(lines.len());
    let wrong = |key: String, problem: &str, remedy: &str| SettingsError::new(key, problem, remedy);
    if lines.len() > HEADERS_MAX {
        let problem = format!("has {} headers", lines.len());
        let remedy = format!("leave at most {HEADERS_MAX}");
        return Err(SettingsError::new(format!("{table}.headers"), problem, remedy));
    }
    for (index, line) in lines.iter().enumerate() {
        let key = format!("{table}.headers[{index}]");
        let pair = line.split_once(':');
        let named = pair.and_then(|(name, value)| {
            Some((HeaderName::try_from(name.trim_end()).ok()?, value.trim()))
        });
        // The line is not repeated: what stands in the wrong place may be the secret.
        let Some((name, value)) = named else {
            let remedy = "write a name, a colon and a value, such as \"x-api-key: sesame\"";
            return Err(wrong(key, "is not a header", remedy));
        };
        if OURS.contains(&name) {
            let remedy = "remove it; a bearer token is written as token";
            return Err(wrong(key, "names a header that is not free to choose", remedy));
        }
        if headers.iter().any(|(other, _)| *other == name) {
            return Err(wrong(key, "names a header that stands there already", "keep one of them"));
        }
        headers.push((name, KeptSecret::read(key, Form::Header, value, base)?));
    }
    Ok(headers)
}
