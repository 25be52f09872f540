//! From a file's name to settings. Says what to do where there is no file.

use std::fs;
use std::io;
use std::path::Path;

use crate::settings::{Settings, SettingsError};

/// Longest configuration: a thousand routes with long descriptions are under a megabyte.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// What to begin with, ready to paste.
const MINIMAL: &str = include_str!("../../examples/minimal.toml");

/// Why there are no settings.
#[derive(Debug)]
pub(super) enum LoadError {
    /// There is no such file.
    Missing(String),
    /// It cannot be read.
    Unreadable(String),
    /// It was read and refused.
    Refused(String, SettingsError),
}

/// Reads and checks the configuration.
pub(super) fn load(
    config: &Path,
    environment: Vec<(String, String)>,
) -> Result<Settings, LoadError> {
    let shown = config.display().to_string();
    let text = read(config).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            return LoadError::Missing(shown.clone());
        }
        LoadError::Unreadable(format!("cannot read {shown}: {error}"))
    })?;
    let config = std::path::absolute(config)
        .map_err(|error| LoadError::Unreadable(format!("cannot find {shown}: {error}")))?;
    let base = config.parent().unwrap_or(&config);
    Settings::load(&text, base, environment.into_iter())
        .map_err(|error| LoadError::Refused(shown, error))
}

fn read(config: &Path) -> io::Result<String> {
    if fs::metadata(config)?.len() > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    fs::read_to_string(config)
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(config) => write!(
                f,
                "there is no configuration at {config}; name one with --config or X402_CONFIG, \
                 write one with x402-merchant init, or begin with this:\n\n{MINIMAL}"
            ),
            Self::Unreadable(problem) => f.write_str(problem),
            Self::Refused(config, error) => write!(f, "{config}: {error}"),
        }
    }
}
