//! Exit codes, one for each thing that a script may want to do next. Chosen by type, never by the
//! text of a message.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use agent::PayError;
use agent::chain::ChainError;
use agent::decisions::draft::Exposure;
use agent::discover::DiscoverError;
use agent::transport::TransportError;
use wire::price::PriceError;

use super::wallet::WalletFault;

/// How a command can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// The content is complete, and paid for if it had a price.
    Done = 0,
    /// A defect of this program or machine.
    Internal = 1,
    /// The arguments make no sense, or the content cannot go where they say.
    Usage = 2,
    /// No usable key: no wallet, no password, or not the right one.
    Key = 3,
    /// The server cannot be reached. Nothing was paid.
    Network = 4,
    /// The offer is not within your terms, policy or budget, or the clocks differ. Nothing was signed.
    Terms = 5,
    /// The server's answer is neither content nor a readable challenge. Nothing was signed.
    Server = 6,
    /// The payment was sent and refused.
    Refused = 7,
    /// The payment was sent, and what became of it is not known.
    Unknown = 8,
    /// The wallet did not sign. Nothing was paid.
    Wallet = 9,
    /// The content broke off, is too large, or could not be written.
    Incomplete = 10,
    /// The content is complete, but the server gave no sound receipt.
    NoReceipt = 11,
    /// The ledger cannot be used, or the same purchase is under way. Nothing was signed.
    Ledger = 12,
    /// The chain does not show what was looked for.
    Unsettled = 13,
    /// A check of `e2e`, or a required rule of `conformance`, did not hold.
    CheckFailed = 14,
    /// Interrupted by Ctrl-C or a request to end.
    Interrupted = 130,
}

/// The same list for `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
    0  the content is complete, and paid for if it had a price
    1  a defect of this program or machine
    2  the arguments make no sense, or the content cannot go where they say
    3  no usable key: no wallet, no password for it, or not the right one
    4  the server cannot be reached; nothing was paid
    5  the offer is not within your terms, policy or budget, or the clocks differ; nothing was signed
    6  the server's answer is neither content nor a readable challenge; nothing was signed
    7  the payment was sent and refused; it may still be taken until its window ends
    8  the payment was sent, and what became of it is not known: do not pay again
    9  the wallet did not sign; nothing was paid
   10  the content broke off, is too large, or could not be written
   11  the content is complete, but the server gave no sound receipt
   12  the ledger cannot be used, or the same purchase is under way; nothing was signed
   13  the chain shows no settled payment
   14  a check of e2e, or a required rule of conformance, did not hold
  130  interrupted";

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The purchase.
    Pay(PayError),
    /// A price that no token can express.
    Price(PriceError),
    /// The policy cannot be read, or makes no sense.
    Policy(PathBuf, String),
    /// An argument asks for what the policy does not allow.
    AgainstPolicy(String),
    /// A limit needs a ledger, and there is no place for one.
    NoLedger,
    /// There is no place for sessions.
    NoSessions,
    /// There is no session of this name.
    NoSession(String),
    /// A session's limit makes no sense.
    SessionLimit(String),
    /// A session would live too short or too long.
    SessionLife,
    /// The ledger has no purchase of this number.
    NoPurchase(i64),
    /// The chain could not be read.
    Chain(ChainError),
    /// No facilitator's catalogue could be read; this is the last one that was asked.
    Discover(String, DiscoverError),
    /// A seller that was to be judged cannot be reached.
    NotConnected,
    /// A host to allow that is none.
    Host(String),
    /// The server for language models cannot be set up this way.
    Server(String),
    /// A private key was given as an argument.
    KeyInArguments,
    /// AgentCore's wallet cannot be set up or used.
    #[cfg(feature = "agentcore")]
    AgentCore(Box<super::agentcore::AgentCoreFault>),
    /// The content costs something and there is no key.
    NoKey,
    /// The key's text is no key.
    BadKey,
    /// The wallet cannot be used.
    Wallet(WalletFault),
    /// The file cannot be written; found out before anything was paid.
    Output(PathBuf, io::Error),
    /// Binary content for a terminal; found out before anything was paid.
    BinaryForTerminal,
    /// The content was received and could not be written.
    Write(io::Error),
    /// Ctrl-C or a request to end; with the payment that was on its way.
    Interrupted(Option<Box<Exposure>>),
    /// Something that should not happen.
    Internal(String),
}

impl Failure {
    /// What may still move.
    pub(crate) fn exposure(&self) -> Option<&Exposure> {
        match self {
            Self::Pay(why) => why.aftermath().map(|it| &it.exposure),
            Self::Interrupted(exposure) => exposure.as_deref(),
            Self::Price(_)
            | Self::Policy(..)
            | Self::AgainstPolicy(_)
            | Self::NoLedger
            | Self::NoSessions
            | Self::NoSession(_)
            | Self::NoPurchase(_)
            | Self::SessionLimit(_)
            | Self::SessionLife
            | Self::Chain(_)
            | Self::Discover(..)
            | Self::NotConnected
            | Self::Host(_)
            | Self::Server(_)
            | Self::KeyInArguments
            | Self::NoKey
            | Self::BadKey
            | Self::Wallet(_)
            | Self::Output(..)
            | Self::BinaryForTerminal
            | Self::Write(_)
            | Self::Internal(_) => None,
            #[cfg(feature = "agentcore")]
            Self::AgentCore(_) => None,
        }
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Pay(why) => exit_of(why),
            Self::Price(_)
            | Self::Policy(..)
            | Self::NoSessions
            | Self::NoSession(_)
            | Self::NoPurchase(_)
            | Self::SessionLimit(_)
            | Self::SessionLife
            | Self::Host(_)
            | Self::Server(_)
            | Self::KeyInArguments
            | Self::Output(..)
            | Self::Chain(ChainError::Url)
            | Self::Discover(_, DiscoverError::Url(_) | DiscoverError::Insecure)
            | Self::BinaryForTerminal => Exit::Usage,
            Self::AgainstPolicy(_) => Exit::Terms,
            Self::NoLedger => Exit::Ledger,
            Self::NotConnected
            | Self::Chain(ChainError::Method(_) | ChainError::OtherChain)
            | Self::Discover(_, DiscoverError::Unreachable(_) | DiscoverError::TimedOut) => {
                Exit::Network
            }
            Self::Discover(
                _,
                DiscoverError::Status(_) | DiscoverError::TooLarge | DiscoverError::Unreadable(_),
            ) => Exit::Server,
            Self::NoKey | Self::BadKey => Exit::Key,
            Self::Wallet(why) => why.exit(),
            #[cfg(feature = "agentcore")]
            Self::AgentCore(why) => why.exit(),
            Self::Write(_) => Exit::Incomplete,
            Self::Interrupted(_) => Exit::Interrupted,
            Self::Internal(_) => Exit::Internal,
        }
    }

    /// The stable code, as in JSON.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Pay(why) => why.code(),
            Self::Price(_) => "invalid_price",
            Self::Policy(..) => "invalid_policy",
            Self::AgainstPolicy(_) => "against_policy",
            Self::NoLedger => "no_ledger",
            Self::NoSessions => "no_sessions",
            Self::NoSession(_) => "unknown_session",
            Self::NoPurchase(_) => "unknown_purchase",
            Self::Chain(_) => "chain_unreadable",
            Self::Discover(_, why) => why.code(),
            Self::NotConnected => "unreachable",
            Self::SessionLimit(_) => "invalid_session_limit",
            Self::SessionLife => "invalid_session_life",
            Self::Host(_) => "invalid_host",
            Self::Server(_) => "invalid_server",
            Self::KeyInArguments => "key_in_arguments",
            #[cfg(feature = "agentcore")]
            Self::AgentCore(why) => why.code(),
            Self::NoKey => "no_key",
            Self::BadKey => "invalid_key",
            Self::Wallet(why) => why.code(),
            Self::Output(..) => "output_not_writable",
            Self::BinaryForTerminal => "binary_for_terminal",
            Self::Write(_) => "content_not_written",
            Self::Interrupted(_) => "interrupted",
            Self::Internal(_) => "internal",
        }
    }
}

fn exit_of(why: &PayError) -> Exit {
    match why {
        PayError::InvalidUrl(_) => Exit::Usage,
        PayError::Unreachable(_) | PayError::TimedOut | PayError::NotSent(_) => Exit::Network,
        PayError::InsecureTransport
        | PayError::BlockedAddress(_)
        | PayError::CrossOriginRedirect(_)
        | PayError::Refused(_)
        | PayError::ClockSkew(_)
        | PayError::Denied(_) => Exit::Terms,
        PayError::InProgress | PayError::Ledger(_) => Exit::Ledger,
        PayError::TooManyRedirects
        | PayError::UnexpectedStatus { .. }
        | PayError::ToolRefused { .. }
        | PayError::ChallengeTooLarge { .. }
        | PayError::InvalidChallenge(_)
        | PayError::PaymentTooLarge => Exit::Server,
        PayError::Rechallenged(_)
        | PayError::RedirectedAfterPayment(_)
        | PayError::Conflict(_)
        | PayError::Blocked(_)
        | PayError::Rejected(_) => Exit::Refused,
        PayError::Unknown(_) => Exit::Unknown,
        PayError::NoRandomness(_) | PayError::NotSigned(_) | PayError::SignedElse(_) => {
            Exit::Wallet
        }
        PayError::BodyTooLarge { .. } | PayError::BodyInterrupted { .. } => Exit::Incomplete,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pay(why) => why.fmt(f),
            Self::Price(why) => write!(f, "the price limit: {why}"),
            Self::Policy(path, why) => write!(f, "the policy {}: {why}", path.display()),
            Self::AgainstPolicy(what) => write!(f, "the policy does not allow {what}"),
            Self::NoSessions => f.write_str("no home folder for sessions: give --sessions FOLDER"),
            Self::Chain(why) => why.fmt(f),
            Self::Discover(url, why) => write!(f, "{url}: {why}"),
            Self::NotConnected => f.write_str("the server cannot be reached"),
            Self::NoPurchase(id) => write!(f, "the ledger has no purchase {id}"),
            Self::NoSession(id) => write!(f, "there is no session {id}"),
            Self::SessionLife => f.write_str("--minutes: a session lives 15 to 480 minutes"),
            #[cfg(feature = "agentcore")]
            Self::AgentCore(why) => why.fmt(f),
            Self::NoLedger => f.write_str("no home folder for the ledger: give --ledger FILE"),
            Self::KeyInArguments => f.write_str(
                "an argument looks like a private key: other users can read it, and your shell has \
                 stored it. Move the money to a new key; give that one by X402_PRIVATE_KEY or \
                 --wallet file:FILE, or keep it with `wallet import`",
            ),
            Self::NoKey => f.write_str(
                "no wallet: give --wallet or set X402_WALLET (keystore:FILE, kms:KEY, file:FILE), or \
                 set X402_PRIVATE_KEY",
            ),
            Self::BadKey => {
                f.write_str("the key must be 64 hexadecimal digits, with or without 0x")
            }
            Self::Wallet(why) => why.fmt(f),
            Self::Output(path, why) => write!(f, "{} cannot be written: {why}", path.display()),
            Self::BinaryForTerminal => {
                f.write_str("the content is not text: give -o FILE, or -o - to send it on")
            }
            Self::Write(why) => write!(f, "the content could not be written: {why}"),
            Self::Interrupted(None) => f.write_str("interrupted; nothing was paid"),
            Self::Interrupted(Some(_)) => {
                f.write_str("interrupted while a payment was on its way: it may have been taken")
            }
            Self::Host(host) => {
                write!(f, "{host:?} is not a host (\"merchant.internal\", \"127.0.0.1:8402\")")
            }
            Self::SessionLimit(why) | Self::Server(why) | Self::Internal(why) => f.write_str(why),
        }
    }
}

impl From<PayError> for Failure {
    fn from(why: PayError) -> Self {
        Self::Pay(why)
    }
}

impl From<WalletFault> for Failure {
    fn from(why: WalletFault) -> Self {
        Self::Wallet(why)
    }
}

impl From<TransportError> for Failure {
    fn from(why: TransportError) -> Self {
        Self::Internal(why.to_string())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
