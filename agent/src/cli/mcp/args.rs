//! What can be said to `x402-agent mcp`. Everything that a model must not choose is said here.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::super::args::{GuardArgs, KeyArgs, PurseArgs, TermsArgs};
use super::tools::ToolName;

#[derive(Debug, clap::Args)]
pub(crate) struct Mcp {
    #[command(flatten)]
    pub(crate) terms: TermsArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) purse: PurseArgs,
    #[command(flatten)]
    pub(crate) guard: GuardArgs,
    /// Serve over streamable HTTP at this address, on the path /mcp, instead of over standard input
    /// and output. Port 0 takes any that is free. Beyond this machine only with a token.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) http: Option<SocketAddr>,
    /// Answer requests to this host name, too, not only to this machine's own. Can be given several
    /// times.
    #[arg(long, value_name = "HOST", requires = "http")]
    pub(crate) allow_host: Vec<String>,
    /// Answer web pages of this origin (`https://app.example:443`). Without it, none are. Can be given
    /// several times.
    #[arg(long, value_name = "ORIGIN", requires = "http")]
    pub(crate) allow_origin: Vec<String>,
    /// Answer only clients that send the token in this file, which only you may read (mode 0600), as
    /// `Authorization: Bearer TOKEN`. Without it, the token is taken from the environment, if it is
    /// there: `X402_MCP_TOKEN`.
    #[arg(long, value_name = "FILE", requires = "http")]
    pub(crate) token_file: Option<PathBuf>,
    /// Search the catalogue of this facilitator (a URL, or `cdp`, `payai`). Can be given several times.
    /// Default: `cdp`.
    #[arg(long, value_name = "FACILITATOR")]
    pub(crate) facilitator: Vec<String>,
    /// Offer only this tool. Can be given several times. Default: those of the policy, and without
    /// any there, all.
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Vec<ToolName>,
    /// How many bytes of content one answer has at most; the rest can be asked for.
    #[arg(long, value_name = "BYTES", default_value_t = 65_536,
        value_parser = clap::value_parser!(u32).range(256..=4_194_304))]
    pub(crate) content_max: u32,
    /// How many seconds one call may take. A payment that was begun goes on behind it.
    #[arg(long, value_name = "SECONDS", default_value_t = 100,
        value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) deadline: u64,
    /// Buy a URL again when it is asked for again. Without this, what was bought is handed out again
    /// for as long as the server runs.
    #[arg(long)]
    pub(crate) buy_again: bool,
}
