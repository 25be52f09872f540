//! The arguments of the commands that look and sign nothing.

use std::path::PathBuf;

use super::args::{KeyArgs, PurseArgs, TermsArgs};

pub(crate) const DISCOVER_EXAMPLES: &str = "\
Examples:
  x402-agent discover weather forecast --max-price '$0.01'
  x402-agent discover --network base --asset USDC --limit 100 --json
  x402-agent discover --facilitator http://127.0.0.1:4022 --all

Exit codes: 0 also where nothing was found; 4 and 6 where no catalogue could be read.";

#[derive(Debug, clap::Args)]
pub(crate) struct Inspect {
    /// What to ask for.
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) terms: TermsArgs,
    /// Explain in JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Discover {
    /// Words to look for. Without any, everything that is listed.
    pub(crate) words: Vec<String>,
    /// Ask this facilitator: a URL, or cdp or payai. Can be given several times. Default: cdp.
    #[arg(long, value_name = "URL", env = "X402_FACILITATOR")]
    pub(crate) facilitator: Vec<String>,
    /// Only this kind.
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    pub(crate) what: Option<What>,
    #[command(flatten)]
    pub(crate) terms: TermsArgs,
    /// Only what is sold for this token, by its ticker or its address.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) asset: Option<String>,
    /// Judge by this policy (TOML). Default: policy.toml in ~/.config/x402-agent, if there is one.
    #[arg(long, value_name = "FILE", env = "X402_POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// Show what this agent would not buy, too, and why not.
    #[arg(long)]
    pub(crate) all: bool,
    /// Show this many at the most.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub(crate) limit: usize,
    /// Read this many pages of each catalogue at the most.
    #[arg(long, value_name = "COUNT", default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(agent::discover::PAGES_MAX)))]
    pub(crate) pages: u32,
    /// Tell in JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What catalogues list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum What {
    /// What is behind a URL.
    Http,
    /// Tools of MCP servers.
    Mcp,
}

pub(crate) const CONFORMANCE_EXAMPLES: &str = "\
Examples:
  x402-agent conformance https://shop.example/report.pdf
  x402-agent conformance https://shop.example/report.pdf --strict --junit report.xml
  X402_PRIVATE_KEY=0x… x402-agent conformance http://127.0.0.1:8402/premium/a.json --pay \\
    --max-price '$0.01' --also http://127.0.0.1:8402/premium/b.json

Exit codes: 0 if every required rule holds that was tried, 14 if one is broken, 4 if the seller
does not answer.";

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Conformance {
    /// A priced URL of the seller.
    pub(crate) url: String,
    /// Buy, too, within the terms: once by version 2, once more by version 1 where it is offered. And
    /// sign once for less than the price, which an honest seller refuses. Three signatures at most,
    /// each counted in the ledger.
    #[arg(long)]
    pub(crate) pay: bool,
    #[command(flatten)]
    pub(crate) terms: TermsArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) purse: PurseArgs,
    /// Another priced URL of the same server, which the same payment must not buy.
    #[arg(long, value_name = "URL")]
    pub(crate) also: Option<String>,
    /// Advised rules count like required ones.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Tell who says each rule, too.
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Report in JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a report for CI services to this file, too, as `JUnit` does.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}
