//! The environment, read once and handed on as values.

use std::env::VarError;
use std::path::PathBuf;

use zeroize::Zeroizing;

/// The environment variable that holds the private key.
const PRIVATE_KEY: &str = "X402_PRIVATE_KEY";

/// The environment variable that names the wallet.
const WALLET: &str = "X402_WALLET";

/// The environment variable that holds the password of a keystore.
const PASSWORD: &str = "X402_KEYSTORE_PASSWORD";
/// The environment variable that holds the token which clients of `mcp --http` have to send.
const MCP_TOKEN: &str = "X402_MCP_TOKEN";

/// What the environment says to this program.
pub(crate) struct Environment {
    /// The private key's text, if there is one. Not text at all counts as an empty key.
    pub(crate) private_key: Option<Zeroizing<String>>,
    /// The token that clients of `mcp --http` have to send, if there is one.
    #[cfg_attr(not(feature = "mcp"), expect(dead_code, reason = "only `mcp` asks for it"))]
    pub(crate) mcp_token: Option<Zeroizing<String>>,
    /// Which wallet signs, if that is said.
    pub(crate) wallet: Option<String>,
    /// The password of a keystore, if there is one.
    pub(crate) password: Option<Zeroizing<String>>,
    /// The home folder, for paths that begin with `~`.
    pub(crate) home: Option<PathBuf>,
    /// The folder for this program's state (`$XDG_STATE_HOME`, else `~/.local/state`), if there is
    /// any home at all.
    pub(crate) state: Option<PathBuf>,
    /// The folder for its settings (`$XDG_CONFIG_HOME`, else `~/.config`).
    pub(crate) config: Option<PathBuf>,
    /// Does anything speak against colours?
    pub(crate) no_colour: bool,
}

impl Environment {
    /// Reads the process's environment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads it, called by main")]
    pub(crate) fn read() -> Self {
        let (private_key, password) = (Self::secret(PRIVATE_KEY), Self::secret(PASSWORD));
        // Set to nothing is not set: scripts pass variables on that way.
        let wallet = Self::secret(WALLET).filter(|it| !it.is_empty()).map(|it| it.to_string());
        let home = std::env::var_os("HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let mcp_token = Self::secret(MCP_TOKEN);
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|it| it == "dumb");
        let (state, config) =
            (folder("XDG_STATE_HOME", ".local/state"), folder("XDG_CONFIG_HOME", ".config"));
        let no_colour = no_colour || dumb;
        Self { private_key, mcp_token, wallet, password, home, state, config, no_colour }
    }

    /// A secret of this name, for the wallet that the arguments name. Not text at all counts as empty.
    #[expect(clippy::disallowed_methods, reason = "which variable it is stands in the arguments")]
    pub(crate) fn secret(name: &str) -> Option<Zeroizing<String>> {
        match std::env::var(name) {
            Ok(text) => Some(Zeroizing::new(text)),
            Err(VarError::NotPresent) => None,
            Err(VarError::NotUnicode(_)) => Some(Zeroizing::default()),
        }
    }
}

/// This program's folder below an XDG base folder. The standard ignores relative ones.
#[expect(clippy::disallowed_methods, reason = "called by `Environment::read` only")]
fn folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| absolute("HOME").map(|it| it.join(below_home)));
    base.map(|it| it.join("x402-agent"))
}
