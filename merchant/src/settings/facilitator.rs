//! Which facilitator verifies and settles. Contacts nobody.

use url::Url;

use super::{Secret, SecretReference, SettingsError, document, origin};

/// Facilitators that have a name. x402.org settles Base Sepolia and asks for no key.
const KNOWN: &[(&str, &str)] = &[("x402.org", "https://x402.org/facilitator")];
/// Longest bearer token: what fits beside a request's other headers. Tokens have under 2 KiB.
const TOKEN_BYTES_MAX: usize = 4 * 1024;

/// The facilitator, checked.
#[derive(Debug, Clone)]
pub struct FacilitatorSettings {
    /// Base URL; `/verify`, `/settle` and `/supported` stand below it.
    pub url: Url,
    /// Goes with every request to it, and nowhere else.
    pub bearer: Option<Secret>,
    /// Where the bearer token is kept, until it is fetched.
    pub bearer_from: Option<SecretReference>,
}

impl FacilitatorSettings {
    pub(super) fn of_document(written: &document::Facilitator) -> Result<Self, SettingsError> {
        const KEY: &str = "facilitator.url";
        let Some(text) = written.url.as_deref() else {
            return Err(SettingsError::new(
                KEY,
                "is missing",
                "write \"x402.org\" (Base Sepolia, no key) or the facilitator's https URL",
            ));
        };
        let known = KNOWN.iter().find(|(name, _)| *name == text);
        if known.is_none() && !text.contains(':') {
            return Err(SettingsError::new(
                KEY,
                format!("{text:?} is not the name of a known facilitator"),
                "write \"x402.org\" or the facilitator's https URL",
            ));
        }
        let url = origin::base(KEY, known.map_or(text, |(_, url)| url))?;
        let bearer_from = written.token.as_deref().and_then(SecretReference::parse);
        let written = written.token.as_deref().filter(|_| bearer_from.is_none());
        Ok(Self { url, bearer: written.map(token).transpose()?, bearer_from })
    }

    /// Takes the token that was fetched from where it is kept. Blanks and line breaks at its end are
    /// an editor's, not the token's.
    pub fn keep_bearer(&mut self, text: &str) -> Result<(), SettingsError> {
        self.bearer = Some(token(text.trim_end())?);
        self.bearer_from = None;
        Ok(())
    }
}

/// The token is not repeated in any error.
fn token(text: &str) -> Result<Secret, SettingsError> {
    const KEY: &str = "facilitator.token";
    let formed = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    if !formed {
        let problem = "is not a bearer token: it is empty or holds blanks or other characters \
                       that no header can carry";
        return Err(SettingsError::new(KEY, problem, "copy it again, or remove the line"));
    }
    if text.len() > TOKEN_BYTES_MAX {
        let problem = format!("is longer than {TOKEN_BYTES_MAX} bytes");
        return Err(SettingsError::new(KEY, problem, "copy it again"));
    }
    Ok(Secret::new(text.to_owned()))
}
