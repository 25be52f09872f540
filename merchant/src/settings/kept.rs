//! Settings that hold a secret: as a text, or as the name of the place where it is kept. Neither is
//! ever shown, nor a text that turned out to be no such secret.

use std::path::Path;

use super::{Secret, SecretReference, SettingsError};

/// Longest secret: what fits beside a request's other headers. Tokens have under 2 KiB, keys less.
const SECRET_BYTES_MAX: usize = 4 * 1024;

/// A setting that holds a secret.
#[derive(Debug, Clone)]
pub struct KeptSecret {
    setting: String,
    form: Form,
    held: Held,
}

#[derive(Debug, Clone)]
enum Held {
    Here(Secret),
    Elsewhere(SecretReference),
}

/// What a secret looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One word, for `Authorization: Bearer`.
    Token,
    /// One line, for a header of another name.
    Header,
    /// Base64, or PEM in several lines.
    Key,
}

impl KeptSecret {
    pub(super) fn read(
        setting: String,
        form: Form,
        text: &str,
        base: &Path,
    ) -> Result<Self, SettingsError> {
        let held = match SecretReference::parse(text) {
            Some(reference) => Held::Elsewhere(reference.below(base)),
            None => Held::Here(form.check(&setting, text)?),
        };
        Ok(Self { setting, form, held })
    }

    /// The setting, such as `facilitator.token`.
    #[must_use]
    pub fn setting(&self) -> &str {
        &self.setting
    }

    /// Where it is kept, until it is fetched.
    #[must_use]
    pub fn kept(&self) -> Option<&SecretReference> {
        match &self.held {
            Held::Here(_) => None,
            Held::Elsewhere(reference) => Some(reference),
        }
    }

    /// Takes what was fetched from where it is kept. Blanks and line breaks at its end are an
    /// editor's, not the secret's.
    pub fn keep(&mut self, text: &str) -> Result<(), SettingsError> {
        self.held = Held::Here(self.form.check(&self.setting, text.trim_end())?);
        Ok(())
    }

    /// The secret. An error where it was not fetched.
    pub fn secret(&self) -> Result<&Secret, SettingsError> {
        match &self.held {
            Held::Here(secret) => Ok(secret),
            Held::Elsewhere(reference) => {
                let problem = format!("is kept in {reference}, which was not asked");
                Err(SettingsError::new(self.setting.clone(), problem, "fetch the secrets first"))
            }
        }
    }
}

impl Form {
    fn check(self, setting: &str, text: &str) -> Result<Secret, SettingsError> {
        let remedy = "copy it again, or remove the line";
        let (formed, problem) = match self {
            Self::Token => (
                text.bytes().all(|b| b.is_ascii_graphic()),
                "is not a bearer token: it is empty or holds blanks or other characters that no \
                 header can carry",
            ),
            Self::Header => (
                text.bytes().all(|b| b == b' ' || b.is_ascii_graphic()),
                "has no value that a header can carry",
            ),
            Self::Key => (
                text.bytes().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()),
                "is not a key: it is empty or holds other characters than base64 has",
            ),
        };
        if text.trim().is_empty() || !formed {
            return Err(SettingsError::new(setting, problem, remedy));
        }
        if text.len() > SECRET_BYTES_MAX {
            let problem = format!("is longer than {SECRET_BYTES_MAX} bytes");
            return Err(SettingsError::new(setting, problem, "copy it again"));
        }
        Ok(Secret::new(text.to_owned()))
    }
}
