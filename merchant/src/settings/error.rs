//! What stops a start: one sentence for the operator. Never repeats a secret.

use std::fmt;

/// A setting that cannot be used. There is nothing to branch on: whoever gets it says it and stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    key: String,
    problem: String,
    remedy: String,
}

impl SettingsError {
    /// An error of the setting with this key.
    #[must_use]
    pub fn new(
        key: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { key: key.into(), problem: problem.into(), remedy: remedy.into() }
    }

    /// The setting, such as `routes[0].price`, or the environment variable that sets it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// The same error, of the key that the operator wrote.
    pub(super) fn of_key(self, key: String) -> Self {
        Self { key, ..self }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}; {}", self.key, self.problem, self.remedy)
    }
}

impl std::error::Error for SettingsError {}
