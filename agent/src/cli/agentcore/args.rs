//! What can be said about AgentCore on the command line. A secret cannot.

use std::path::PathBuf;

use clap::Subcommand;

const SECRETS: &str = "\
The wallet provider's secrets come from the environment or, with --credentials, from a file of lines
NAME=VALUE that only you may read (mode 0600):
  coinbase  CDP_API_KEY_ID, CDP_API_KEY_SECRET, CDP_WALLET_SECRET
  privy     PRIVY_APP_ID, PRIVY_APP_SECRET, PRIVY_AUTHORIZATION_ID, PRIVY_AUTHORIZATION_PRIVATE_KEY
AWS credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, else from
AWS_PROFILE (default) in ~/.aws/credentials (mode 0600).";

#[derive(Debug, clap::Args)]
pub(crate) struct SetupOf {
    #[command(subcommand)]
    pub(crate) command: SetupCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SetupCommand {
    /// Make a wallet at Amazon Bedrock AgentCore Payments: credential provider, payment manager,
    /// connector, instrument and session, each once. Run it again to go on, or when the session is
    /// over.
    #[command(args_conflicts_with_subcommands = true, after_help = SECRETS)]
    Agentcore(AgentCoreArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct AgentCoreArgs {
    #[command(subcommand)]
    pub(crate) action: Option<Action>,
    #[command(flatten)]
    pub(crate) making: Making,
    /// The file with the names of what was set up; it holds no secret. Default: agentcore.json in
    /// ~/.config/x402-agent.
    #[arg(long, value_name = "FILE", env = "X402_AGENTCORE", global = true)]
    pub(crate) account: Option<PathBuf>,
    /// Tell in JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Action {
    /// Show what is there, what waits for consent, and what is left of the session.
    Status,
    /// Remove all of it, after its name was typed.
    Remove,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Making {
    /// The AWS region. Default: `AWS_REGION`.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// What everything is called at AWS: letters and digits. Default: x402agent.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(crate) name: Option<String>,
    /// The manager's user who owns the wallet. Default: x402agent.
    #[arg(long, value_name = "ID", value_parser = user)]
    pub(crate) user: Option<String>,
    /// Who keeps the wallet. Default: coinbase.
    #[arg(long, value_enum)]
    pub(crate) provider: Option<Provider>,
    /// Give consent at the provider's pages instead of secrets.
    #[arg(long)]
    pub(crate) quick: bool,
    /// The IAM role that the payment manager assumes. Needed the first time.
    #[arg(long, value_name = "ARN")]
    pub(crate) role: Option<String>,
    /// The e-mail address of the wallet's owner.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Option<String>,
    /// The most that may be spent in the session, in dollars.
    #[arg(long, value_name = "PRICE", default_value = "$1.00")]
    pub(crate) limit: String,
    /// How long the session lives: 15 to 480 minutes.
    #[arg(long, default_value_t = 60)]
    pub(crate) minutes: u64,
    /// Begin a new session even if one runs.
    #[arg(long)]
    pub(crate) new_session: bool,
    /// Read the provider's secrets from this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,
}

/// Who keeps wallets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Provider {
    /// Coinbase Developer Platform.
    Coinbase,
    /// Stripe's Privy.
    Privy,
}

impl Provider {
    /// As AWS calls it.
    pub(crate) fn vendor(self) -> &'static str {
        match self {
            Self::Coinbase => "CoinbaseCDP",
            Self::Privy => "StripePrivy",
        }
    }
}

/// A payment manager's name (the model: `[a-zA-Z][a-zA-Z0-9]{0,47}`).
fn name(text: &str) -> Result<String, String> {
    let begins = text.starts_with(|it: char| it.is_ascii_alphabetic());
    let plain = text.len() <= 48 && text.bytes().all(|it| it.is_ascii_alphanumeric());
    let sound = begins && plain;
    if sound { Ok(text.into()) } else { Err("up to 48 letters and digits, a letter first".into()) }
}

/// A user's id travels in a header (the model: up to 120 characters).
fn user(text: &str) -> Result<String, String> {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"-_.@".contains(&it);
    let sound = (1..=120).contains(&text.len()) && text.bytes().all(plain);
    if sound { Ok(text.into()) } else { Err("up to 120 letters, digits and -_.@".into()) }
}
