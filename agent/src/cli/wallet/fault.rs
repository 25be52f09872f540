//! Why a wallet cannot be used, and what to do about it. Names files, and nothing that is in them.

use std::fmt;
use std::io;
use std::path::PathBuf;

use agent::keystore::KeystoreError;
use agent::signer::SignerError;

use crate::cli::exit::Exit;

/// Why a wallet cannot be used.
#[derive(Debug)]
pub(crate) enum WalletFault {
    /// The text names no wallet. It is not repeated: it may be a key by mistake.
    Locator,
    /// A key's ARN names one region and the locator another.
    Regions,
    /// This program was built without that kind of wallet.
    #[cfg_attr(feature = "kms", expect(dead_code, reason = "every kind is built in"))]
    NotBuilt(&'static str),
    /// A file with a secret in it cannot be read.
    File(&'static str, PathBuf, Unreadable),
    /// The keystore does not open.
    Keystore(PathBuf, KeystoreError),
    /// There is no password, and nobody to ask.
    NoPassword,
    /// The password is not one line of text of a sensible length.
    BadPassword,
    /// A new keystore needs a password that is not empty.
    EmptyPassword,
    /// The two passwords differ.
    PasswordsDiffer,
    /// There is no place for keystores.
    NoFolder,
    /// A wallet elsewhere cannot be asked, or will not sign.
    #[cfg_attr(not(feature = "kms"), expect(dead_code, reason = "no wallet is elsewhere"))]
    Remote(SignerError),
}

/// Why a file with a secret in it was not read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// The system does not let us.
    Io(io::Error),
    /// Others may read or write it: its mode.
    Open(u32),
}

impl WalletFault {
    /// The stable code, as in JSON.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Locator => "invalid_wallet",
            Self::Regions => "regions_disagree",
            Self::NotBuilt(_) => "wallet_not_built_in",
            Self::File(_, _, Unreadable::Io(_)) => "key_file_unreadable",
            Self::File(_, _, Unreadable::Open(_)) => "key_file_open_to_others",
            Self::Keystore(_, why) => why.code(),
            Self::NoPassword => "no_password",
            Self::BadPassword => "invalid_password",
            Self::EmptyPassword => "empty_password",
            Self::PasswordsDiffer => "passwords_differ",
            Self::NoFolder => "no_wallet_folder",
            Self::Remote(SignerError::Unavailable(_)) => "wallet_unavailable",
            Self::Remote(_) => "wallet_declined",
        }
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Locator | Self::Regions | Self::NotBuilt(_) | Self::NoFolder => Exit::Usage,
            Self::File(..)
            | Self::Keystore(..)
            | Self::NoPassword
            | Self::BadPassword
            | Self::EmptyPassword
            | Self::PasswordsDiffer => Exit::Key,
            Self::Remote(_) => Exit::Wallet,
        }
    }
}

impl fmt::Display for WalletFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locator => f.write_str(
                "the wallet must be keystore:FILE, kms:KEY-ID-OR-ARN[?region=…], agentcore:, file:FILE or env:NAME",
            ),
            Self::Regions => f.write_str("the key's ARN names another region than ?region="),
            Self::NotBuilt(kind) => write!(
                f,
                "this x402-agent was built without {kind}: wallets; build it with --features {kind}"
            ),
            Self::File(what, path, Unreadable::Io(why)) => {
                write!(f, "the {what} {} cannot be read: {why}", path.display())
            }
            Self::File(what, path, Unreadable::Open(mode)) => {
                let path = path.display();
                write!(f, "the {what} {path} has mode {mode:04o}: run chmod 600 {path}")
            }
            Self::Keystore(path, why) => write!(f, "the keystore {}: {why}", path.display()),
            Self::NoPassword => f.write_str(
                "no password for the keystore: give --password-file FILE, set \
                 X402_KEYSTORE_PASSWORD, or run it at a terminal",
            ),
            Self::BadPassword => {
                f.write_str("the password must be one line of at most 1,024 bytes of UTF-8")
            }
            Self::EmptyPassword => f.write_str("a new keystore needs a password"),
            Self::PasswordsDiffer => {
                f.write_str("the passwords differ; nothing was written, try again")
            }
            Self::NoFolder => f.write_str("no home folder for keystores: give a file with -o FILE"),
            Self::Remote(why) => why.fmt(f),
        }
    }
}
