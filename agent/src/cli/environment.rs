//! The environment, read once and handed on as values.

use std::env::VarError;

use zeroize::Zeroizing;

/// The environment variable that holds the private key.
const PRIVATE_KEY: &str = "X402_PRIVATE_KEY";

/// What the environment says to this program.
pub(crate) struct Environment {
    /// The private key's text, if there is one. Not text at all counts as an empty key.
    pub(crate) private_key: Option<Zeroizing<String>>,
    /// Does anything speak against colours?
    pub(crate) no_colour: bool,
}

impl Environment {
    /// Reads the process's environment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads it, called by main")]
    pub(crate) fn read() -> Self {
        let private_key = match std::env::var(PRIVATE_KEY) {
            Ok(text) => Some(Zeroizing::new(text)),
            Err(VarError::NotPresent) => None,
            Err(VarError::NotUnicode(_)) => Some(Zeroizing::default()),
        };
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|it| it == "dumb");
        Self { private_key, no_colour: no_colour || dumb }
    }
}
