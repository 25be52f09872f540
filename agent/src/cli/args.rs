//! What can be said on the command line. A private key cannot.

mod wallet;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};
use wire::{Address, Network, Price, TxHash};

use super::asking::{CONFORMANCE_EXAMPLES, Conformance, DISCOVER_EXAMPLES, Discover, Inspect};
use super::exit::EXIT_CODES;
pub(crate) use wallet::{
    AddressOf, BalanceOf, ImportOf, KeyArgs, ListOf, NewOf, SealArgs, WalletCommand, WalletOf,
};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  x402-agent inspect https://shop.example/report.pdf
  x402-agent get https://shop.example/report.pdf --dry-run
  X402_PRIVATE_KEY=0x… x402-agent get https://shop.example/report.pdf -o report.pdf
  x402-agent get https://shop.example/data.json --key-file ~/.x402/key --max-price '$0.02'";

const MAX_PRICE: &str = "The most that one purchase may cost, in dollars or in a token (\"0.10 \
USDC\"). Without it, what the policy allows, and without a policy $0.10";

/// Pays for things over HTTP 402: at most once, and never more than you said.
#[derive(Debug, Parser)]
#[command(name = "x402-agent", version, styles = STYLES, after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Get a URL, and pay for it if it costs no more than --max-price.
    ///
    /// Signs at most once. When the outcome of a payment is unknown, the same bytes are sent again:
    /// they can charge only once. The content goes to standard output, or to a file that appears
    /// only when it is complete.
    #[command(visible_alias = "pay", after_long_help = EXIT_CODES)]
    Get(Get),
    /// Ask for a URL without paying and explain the answer in plain words.
    #[command(after_long_help = EXIT_CODES)]
    Inspect(Inspect),
    /// Look for things to buy in facilitators' catalogues (Bazaar), the cheapest first.
    ///
    /// Shows what this agent would pay for: within --max-price, --network, --payee and the policy.
    /// Prices there are as old as the last sale; a URL's own 402 decides. Server text is untrusted.
    #[command(after_long_help = DISCOVER_EXAMPLES)]
    Discover(Discover),
    /// Create, show and close payment sessions: what a payer may spend, until when. For operators;
    /// a payer needs to read the folder, and no more.
    Session(Session),
    /// Create and show wallets: the account, and what is in it.
    Wallet(WalletOf),
    /// Make a wallet at a service that signs for you, show it, and remove it.
    #[cfg(feature = "agentcore")]
    Setup(super::agentcore::args::SetupOf),
    /// Show what was bought, and what counts against budgets.
    Ledger(LedgerOf),
    /// Ask the chain about every payment in doubt, and write down what it proves.
    Reconcile(Reconcile),
    /// Check one purchase from end to end: the challenge, the payment, the content, the receipt, the
    /// chain, and that the same payment buys nothing twice. Pays once.
    #[command(name = "e2e", after_long_help = EXIT_CODES)]
    EndToEnd(EndToEnd),
    /// Try which rules of x402 over HTTP hold for a seller, any seller.
    ///
    /// Pays nothing by default: what is sent are questions, garbage, and payments with a stranger's
    /// signature, which nobody can settle. With --pay the rules about purchases are tried as well.
    #[command(after_long_help = CONFORMANCE_EXAMPLES)]
    Conformance(Conformance),
    /// Ask the chain what a transaction settled: who paid whom how much, by which authorization,
    /// how long ago, and how final it is.
    #[command(after_long_help = EXIT_CODES)]
    Settlement(SettlementOf),
    /// Serve the agent to language models: a tool that fetches URLs and pays for them within the
    /// policy, out of the model's sight, and tools that ask what things cost and what is left to spend.
    #[cfg(feature = "mcp")]
    #[command(after_help = super::mcp::EXAMPLES, after_long_help = format!("{}\n\n{EXIT_CODES}", super::mcp::EXAMPLES))]
    Mcp(Box<super::mcp::Mcp>),
    /// Print the address that the wallet pays from.
    Address(AddressOf),
    /// Print a completion script for a shell.
    ///
    /// For bash: x402-agent completions bash > ~/.local/share/bash-completion/completions/x402-agent
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one page for each command into a folder.
    ///
    /// To read it: x402-agent man | man -l -
    Man {
        /// Write every page into this folder, which must exist.
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Get {
    /// What to get.
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) terms: TermsArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) purse: PurseArgs,
    /// Ask public addresses only, on port 443: for URLs that somebody else chose.
    #[arg(long)]
    pub(crate) public_only: bool,
    #[command(flatten)]
    pub(crate) guard: GuardArgs,
    /// Do everything but sign: show what would be signed, and pay nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write the content to this file; `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Report as JSON: on standard output with -o FILE, else on standard error.
    #[arg(long)]
    pub(crate) json: bool,
    /// Say nothing but errors.
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Tell every step as it happens.
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PurseArgs {
    /// Spend within this policy (TOML). Default: policy.toml in ~/.config/x402-agent, if there is
    /// one.
    #[arg(long, value_name = "FILE", env = "X402_POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// Keep purchases in this file. Default: ledger.sqlite in ~/.local/state/x402-agent.
    #[arg(long, value_name = "FILE", env = "X402_LEDGER")]
    pub(crate) ledger: Option<PathBuf>,
    /// The most that everything in the ledger may have cost, this purchase included. The policy's
    /// own limits hold as well.
    #[arg(long, value_name = "PRICE", env = "X402_BUDGET")]
    pub(crate) budget: Option<Price>,
    /// Spend within this payment session only.
    #[arg(long, value_name = "ID", env = "X402_SESSION")]
    pub(crate) session: Option<String>,
    /// The folder in which the operator keeps sessions. Default: sessions in ~/.config/x402-agent.
    #[arg(long, value_name = "FOLDER", env = "X402_SESSIONS")]
    pub(crate) sessions: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct GuardArgs {
    /// Let requests out to this host although it is not on the internet: a name or an address, with
    /// its port or for every port. Can be given several times.
    #[arg(long, value_name = "HOST")]
    pub(crate) allow_private: Vec<String>,
    /// Let requests out to public addresses on this port, too, not only on 443. Can be given several
    /// times.
    #[arg(long, value_name = "PORT")]
    pub(crate) allow_port: Vec<u16>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct EndToEnd {
    /// What to buy.
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) terms: TermsArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) purse: PurseArgs,
    /// Another priced URL of the same server, which the same payment must not buy.
    #[arg(long, value_name = "URL")]
    pub(crate) also: Option<String>,
    /// Ask this JSON-RPC endpoint. Default: the network's public one.
    #[arg(long, value_name = "URL", env = "X402_RPC_URL")]
    pub(crate) rpc: Option<String>,
    /// How many seconds the endpoint may take to show the transaction.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) wait: u64,
    /// Report in JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a report for CI services to this file, too, as `JUnit` does.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SettlementOf {
    /// The transaction's hash.
    pub(crate) transaction: TxHash,
    /// On this network.
    #[arg(long, value_name = "NETWORK", value_parser = network, default_value = "base-sepolia")]
    pub(crate) network: Network,
    /// Ask this JSON-RPC endpoint. Default: the network's public one.
    #[arg(long, value_name = "URL", env = "X402_RPC_URL")]
    pub(crate) rpc: Option<String>,
    /// Tell in JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LedgerOf {
    #[command(subcommand)]
    pub(crate) command: LedgerCommand,
    /// The ledger. Default: ledger.sqlite in ~/.local/state/x402-agent.
    #[arg(long, value_name = "FILE", env = "X402_LEDGER", global = true)]
    pub(crate) ledger: Option<PathBuf>,
    /// Tell in JSON, one object on each line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Show every purchase on one line.
    List,
    /// Show everything about one purchase. Not its signature.
    Show {
        /// The purchase's number.
        id: i64,
    },
    /// Write every purchase to standard output.
    Export {
        /// As a table for spreadsheets, or as one JSON array.
        #[arg(long, value_enum, default_value_t = Form::Csv)]
        format: Form,
    },
}

/// How purchases are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// Comma-separated values with a header (RFC 4180).
    Csv,
    /// One JSON array.
    Json,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Reconcile {
    /// Ask this JSON-RPC endpoint. Default: each network's public one.
    #[arg(long, value_name = "URL", env = "X402_RPC_URL")]
    pub(crate) rpc: Option<String>,
    /// The ledger. Default: ledger.sqlite in ~/.local/state/x402-agent.
    #[arg(long, value_name = "FILE", env = "X402_LEDGER")]
    pub(crate) ledger: Option<PathBuf>,
    /// Tell in JSON, one object on each line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Session {
    #[command(subcommand)]
    pub(crate) command: SessionCommand,
    /// The folder in which sessions are kept. Default: sessions in ~/.config/x402-agent.
    #[arg(long, value_name = "FOLDER", env = "X402_SESSIONS", global = true)]
    pub(crate) sessions: Option<PathBuf>,
    /// The ledger that tells what was spent. Default: ledger.sqlite in ~/.local/state/x402-agent.
    #[arg(long, value_name = "FILE", env = "X402_LEDGER", global = true)]
    pub(crate) ledger: Option<PathBuf>,
    /// Tell in JSON, one object on each line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// Let payers spend up to a limit for 15 to 480 minutes; prints the session's id.
    Create {
        /// The most that may be spent in it, in dollars.
        #[arg(long, value_name = "PRICE")]
        limit: String,
        /// How long nothing but its limit stops spending.
        #[arg(long, default_value_t = 60)]
        minutes: u64,
    },
    /// Show every session.
    List,
    /// Show one session.
    Show(SessionOf),
    /// End a session: nothing more is signed in it.
    Close(SessionOf),
}

#[derive(Debug, clap::Args)]
pub(crate) struct SessionOf {
    /// The session's id.
    pub(crate) id: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TermsArgs {
    /// The most that one purchase may cost, in dollars or in a token ("0.10 USDC").
    #[arg(long, value_name = "PRICE", env = "X402_MAX_PRICE", help = MAX_PRICE)]
    pub(crate) max_price: Option<Price>,
    /// Pay only on this network (eip155:8453, base…). Can be given several times; earlier ones are
    /// preferred at the same price. Default: every network that the agent knows.
    #[arg(long, value_name = "NETWORK", value_parser = network)]
    pub(crate) network: Vec<Network>,
    /// Pay only to this account. Can be given several times.
    #[arg(long, value_name = "ADDRESS", value_parser = Address::parse_checksummed)]
    pub(crate) payee: Vec<Address>,
}

/// A network that we know, by either of its names.
fn network(text: &str) -> Result<Network, String> {
    let network = Network::parse_any(text).map_err(|why| why.to_string())?;
    if network.known().is_some() { Ok(network) } else { Err("the agent does not know it".into()) }
}
