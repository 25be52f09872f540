//! Which facilitator verifies and settles, and which stand in for it. Contacts nobody.

use url::Url;

use super::{Secret, SecretReference, SettingsError, document, origin};
use crate::decisions::standby::FACILITATORS_MAX;

/// Facilitators that have a name. x402.org settles Base Sepolia and asks for no key.
const KNOWN: &[(&str, &str)] = &[("x402.org", "https://x402.org/facilitator")];
/// Longest bearer token: what fits beside a request's other headers. Tokens have under 2 KiB.
const TOKEN_BYTES_MAX: usize = 4 * 1024;

/// A facilitator, checked.
#[derive(Debug, Clone)]
pub struct FacilitatorSettings {
    /// Its table in the configuration: `facilitator`, or `facilitator.fallbacks[0]`.
    pub table: String,
    /// Base URL; `/verify`, `/settle` and `/supported` stand below it.
    pub url: Url,
    /// Goes with every request to it, and nowhere else.
    pub bearer: Option<Secret>,
    /// Where the bearer token is kept, until it is fetched.
    pub bearer_from: Option<SecretReference>,
}

impl FacilitatorSettings {
    pub(super) fn of_document(written: &document::Facilitator) -> Result<Self, SettingsError> {
        Self::read("facilitator".into(), written.url.as_deref(), written.token.as_deref())
    }

    /// Those that stand in for the first, in their order.
    pub(super) fn fallbacks(
        written: &document::Facilitator,
        first: &Self,
    ) -> Result<Vec<Self>, SettingsError> {
        let mut fallbacks: Vec<Self> = Vec::new();
        for (index, it) in written.fallbacks.iter().enumerate() {
            let table = format!("facilitator.fallbacks[{index}]");
            let fallback = Self::read(table, it.url.as_deref(), it.token.as_deref())?;
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

    fn read(table: String, url: Option<&str>, token: Option<&str>) -> Result<Self, SettingsError> {
        let key = format!("{table}.url");
        let Some(text) = url else {
            return Err(SettingsError::new(
                key,
                "is missing",
                "write \"x402.org\" (Base Sepolia, no key) or the facilitator's https URL",
            ));
        };
        let known = KNOWN.iter().find(|(name, _)| *name == text);
        if known.is_none() && !text.contains(':') {
            return Err(SettingsError::new(
                key,
                format!("{text:?} is not the name of a known facilitator"),
                "write \"x402.org\" or the facilitator's https URL",
            ));
        }
        let url = origin::base(&key, known.map_or(text, |(_, url)| url))?;
        let bearer_from = token.and_then(SecretReference::parse);
        let plain = token.filter(|_| bearer_from.is_none());
        let bearer = plain.map(|it| bearer(&format!("{table}.token"), it)).transpose()?;
        Ok(Self { table, url, bearer, bearer_from })
    }

    /// Takes the token that was fetched from where it is kept. Blanks and line breaks at its end are
    /// an editor's, not the token's.
    pub fn keep_bearer(&mut self, text: &str) -> Result<(), SettingsError> {
        self.bearer = Some(bearer(&self.key("token"), text.trim_end())?);
        self.bearer_from = None;
        Ok(())
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

/// The token is not repeated in any error.
fn bearer(key: &str, text: &str) -> Result<Secret, SettingsError> {
    let formed = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    if !formed {
        let problem = "is not a bearer token: it is empty or holds blanks or other characters \
                       that no header can carry";
        return Err(SettingsError::new(key, problem, "copy it again, or remove the line"));
    }
    if text.len() > TOKEN_BYTES_MAX {
        let problem = format!("is longer than {TOKEN_BYTES_MAX} bytes");
        return Err(SettingsError::new(key, problem, "copy it again"));
    }
    Ok(Secret::new(text.to_owned()))
}
