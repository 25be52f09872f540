//! Why an AgentCore command did not do what it was asked to.

use std::fmt;
use std::io;
use std::path::PathBuf;

use agent::agentcore::outcome::SetupError;
use agent::agentcore::remedy;
use agent::aws::CallError;
use agent::aws::credentials::CredentialsError;
use agent::aws::service::ServiceError;

use crate::cli::exit::{Exit, Failure};

#[derive(Debug)]
pub(crate) enum AgentCoreFault {
    /// Nothing was set up here.
    NoAccount(PathBuf),
    /// A set-up that is not complete.
    Incomplete,
    /// A file cannot be used: `account` or `credentials`, where, why.
    File(&'static str, PathBuf, io::Error),
    /// Others can read a file of secrets.
    OpenToOthers(PathBuf, u32),
    /// There is no home for the account.
    NoPlace,
    /// The account is of another set-up.
    Another(PathBuf),
    /// No region is named.
    NoRegion,
    /// There are no AWS credentials.
    NoCredentials,
    /// The AWS credentials make no sense.
    Credentials(CredentialsError),
    /// Some of the provider's secrets are missing: the first.
    NoSecret(&'static str),
    /// AWS cannot be addressed.
    Service(ServiceError),
    /// A question to AWS failed.
    Call(CallError),
    /// A set-up or a removal stopped.
    Setup(SetupError),
    /// The name was not typed.
    NotConfirmed,
}

impl AgentCoreFault {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::NoAccount(_)
            | Self::Incomplete
            | Self::File(..)
            | Self::OpenToOthers(..)
            | Self::NoCredentials
            | Self::Credentials(_)
            | Self::NoSecret(_) => Exit::Key,
            Self::NoPlace
            | Self::Another(_)
            | Self::NoRegion
            | Self::Service(_)
            | Self::Setup(SetupError::Missing(_))
            | Self::NotConfirmed => Exit::Usage,
            Self::Call(CallError::NotSent(_) | CallError::Unanswered(_))
            | Self::Setup(SetupError::Call(_, CallError::NotSent(_) | CallError::Unanswered(_))) => {
                Exit::Network
            }
            Self::Call(CallError::Refused(_)) | Self::Setup(_) => Exit::Wallet,
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoAccount(_) | Self::Incomplete => "agentcore_not_set_up",
            Self::File(..) | Self::OpenToOthers(..) => "agentcore_file_unusable",
            Self::NoPlace | Self::Another(_) | Self::NoRegion | Self::Service(_) => {
                "agentcore_settings"
            }
            Self::NoCredentials | Self::Credentials(_) => "aws_credentials",
            Self::NoSecret(_) => "agentcore_secrets",
            Self::Call(_) => "aws_failed",
            Self::Setup(_) => "agentcore_stopped",
            Self::NotConfirmed => "not_confirmed",
        }
    }
}

impl fmt::Display for AgentCoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAccount(path) => {
                write!(f, "nothing is set up in {}: run x402-agent setup agentcore", path.display())
            }
            Self::Incomplete => {
                f.write_str("the set-up is not complete: run x402-agent setup agentcore again")
            }
            Self::File(what, path, why) => {
                write!(f, "the {what} file {} cannot be used: {why}", path.display())
            }
            Self::OpenToOthers(path, mode) => {
                let path = path.display();
                write!(f, "the file {path} has mode {mode:04o}: run chmod 600 {path}")
            }
            Self::NoPlace => f.write_str("no home folder for the account: give --account FILE"),
            Self::Another(path) => write!(
                f,
                "{} is another set-up's: leave out --region, --name, --user and --provider, or give \
                 another --account FILE",
                path.display()
            ),
            Self::NoRegion => f.write_str("no region: give --region or set AWS_REGION"),
            Self::NoCredentials => f.write_str(
                "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile \
                 in ~/.aws/credentials; for a role or single sign-on: \
                 eval \"$(aws configure export-credentials --format env)\"",
            ),
            Self::Credentials(why) => write!(f, "the AWS credentials: {why}"),
            Self::NoSecret(name) => {
                write!(f, "{name} is missing: set it, or give --credentials FILE")
            }
            Self::Service(why) => why.fmt(f),
            Self::Call(CallError::Refused(why)) => write!(f, "{} ({why})", remedy::reason(why)),
            Self::Call(why) => why.fmt(f),
            Self::Setup(why) => why.fmt(f),
            Self::NotConfirmed => f.write_str("the name was not typed: nothing was removed"),
        }
    }
}

impl From<AgentCoreFault> for Failure {
    fn from(why: AgentCoreFault) -> Self {
        Self::AgentCore(why.into())
    }
}
