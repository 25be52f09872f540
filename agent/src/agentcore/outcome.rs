//! What a set-up is asked for, how far it comes, and why it stops.

use std::fmt;
use std::io;
use std::time::Duration;

use super::control::ProviderSecrets;
use super::payments::{Instrument, ServerUrl, SessionStanding};
use super::remedy::{No, reason};
use crate::aws::CallError;
use crate::world::NoRandomness;

/// What is wanted, beside what the account says.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The role that the manager assumes; needed where there is no manager yet.
    pub role_arn: Option<String>,
    /// The wallet provider's secrets; needed where there is no credential provider yet.
    pub secrets: Option<ProviderSecrets>,
    /// Let Amazon get the provider's consent instead of being given secrets.
    pub quick: bool,
    /// Whom the wallet belongs to, at the wallet provider.
    pub email: Option<String>,
    /// The session's limit in dollars, as `1.00`.
    pub dollars: String,
    /// How long the session lives: 15 to 480 minutes.
    pub life: Duration,
    /// A new session even if the old one still runs.
    pub new_session: bool,
}

/// Something that was found or made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is: `manager`.
    pub what: &'static str,
    /// Its id.
    pub id: String,
    /// Was it made just now?
    pub made: bool,
}

/// How far a set-up came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is there.
    Ready {
        /// The wallet.
        instrument: Instrument,
        /// The session that it may spend in.
        session: SessionStanding,
    },
    /// A person has to open this link; then the set-up goes on where it stands.
    Consent {
        /// What waits.
        what: &'static str,
        /// The link, where Amazon gave one.
        link: Option<ServerUrl>,
    },
}

/// Why a set-up stopped.
#[derive(Debug)]
pub enum SetupError {
    /// A call did not do what it should.
    Call(&'static str, CallError),
    /// Something came to a bad end at Amazon: `manager`, `CREATE_FAILED`.
    Failed(&'static str, String),
    /// Something did not become ready in time.
    TooSlow(&'static str),
    /// A flag is missing: what it is for.
    Missing(&'static str),
    /// The account could not be kept.
    Keep(io::Error),
    /// No name could be drawn for what is to be created.
    NoRandomness(NoRandomness),
}

impl SetupError {
    /// Why the service says no, if it does.
    #[must_use]
    pub fn no(&self) -> Option<No> {
        match self {
            Self::Call(_, CallError::Refused(refused)) => Some(reason(refused)),
            Self::Call(..)
            | Self::Failed(..)
            | Self::TooSlow(_)
            | Self::Missing(_)
            | Self::Keep(_)
            | Self::NoRandomness(_) => None,
        }
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(what, why) => match self.no() {
                Some(no) if no != No::Invalid => write!(f, "the {what}: {no} ({why})"),
                _ => write!(f, "the {what}: {why}"),
            },
            Self::Failed(what, status) => {
                write!(f, "the {what} is {status}: remove the set-up and begin again")
            }
            Self::TooSlow(what) => {
                write!(f, "the {what} is not ready yet: run the same command again in a while")
            }
            Self::Missing(what) => write!(f, "the set-up needs {what}"),
            Self::Keep(why) => write!(f, "the set-up cannot be written down: {why}"),
            Self::NoRandomness(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for SetupError {}
