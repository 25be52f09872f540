//! What can be said on the command line. The table of faults in the help text is the library's.

use alloy_primitives::{Address, U256};
use clap::{Args, Parser, Subcommand, ValueEnum};
use sandbox::chain::Mining;
use sandbox::facilitator::Dialect;
use sandbox::faults::{Early, Endpoint, FaultSpec, TABLE};
use std::fmt::Write;
use std::net::IpAddr;
use wire::{AtomicAmount, Price};

/// As in the examples of the x402 SDKs.
const FACILITATOR_PORT: u16 = 4022;

/// As on every Ethereum development chain.
const RPC_PORT: u16 = 8545;

/// The token's decimals.
const USDC_DECIMALS: u8 = 6;

/// Base Sepolia on one machine: an EVM chain with 2-second blocks, a USDC that moves by EIP-3009,
/// an x402 facilitator, and faults on demand. No account, no faucet queue, no network.
#[derive(Debug, Parser)]
#[command(name = "x402-sandbox", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// The running sandbox to talk to: its facilitator's URL
    #[arg(long, global = true, env = "X402_SANDBOX_URL", default_value = "http://127.0.0.1:4022")]
    pub(crate) url: String,

    /// One line of JSON instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

const EXAMPLES: &str = "\
Examples:
  x402-sandbox serve
  x402-sandbox serve --port 0 --rpc-port 0 --json
  x402-sandbox faucet 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 25
  x402-sandbox fault set 'settle:hang-after-settling*1'
  x402-sandbox journal";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a sandbox until Ctrl-C
    Serve(Box<Serve>),
    /// Make things go wrong, or stop that
    Fault(FaultArguments),
    /// Give USDC to an address, out of nothing
    Faucet {
        /// To whom
        address: Address,
        /// How much USDC, such as 25 or 0.001
        #[arg(value_parser = usdc)]
        amount: U256,
    },
    /// Show what an address owns
    Balance {
        /// Whose
        address: Address,
    },
    /// Make the next block now
    Mine {
        /// How many blocks
        #[arg(default_value_t = 1)]
        blocks: u64,
    },
    /// List what the hostile merchant of `serve --hostile-port` does at which path
    Tricks,
    /// List the development accounts with their private keys, which are public and worthless
    Accounts,
    /// Show what came to the facilitator and how it ended
    Journal {
        /// Forget it instead
        #[arg(long)]
        clear: bool,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  x402-sandbox serve
  x402-sandbox serve --block-time auto --fund 0xYourAddress=100
  x402-sandbox serve --fault 'settle:5xx-after-settling*2' --fault 'verify:delay=1500'
  x402-sandbox serve --port 0 --rpc-port 0 --json | head -1
  x402-sandbox serve --hostile-port 4666, then curl http://127.0.0.1:4666/

With --json the first line of output, written when both ports answer, is
  {\"facilitator\":\"http://127.0.0.1:4022\",\"rpc\":\"http://127.0.0.1:8545\",…}

All faults: x402-sandbox fault --help")]
pub(crate) struct Serve {
    /// Port of the facilitator; 0 takes a free one
    #[arg(long, default_value_t = FACILITATOR_PORT)]
    pub(crate) port: u16,
    /// Port of JSON-RPC; 0 takes a free one
    #[arg(long, default_value_t = RPC_PORT)]
    pub(crate) rpc_port: u16,
    /// Also be a merchant that cheats, at this port (0 takes a free one): a trick at each path,
    /// which its first page lists
    #[arg(long, value_name = "PORT")]
    pub(crate) hostile_port: Option<u16>,
    /// Address to listen on. Anybody who reaches it can do anything: keep it on loopback
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) bind: IpAddr,
    /// When blocks are made
    #[arg(long, value_enum, default_value = "2s")]
    pub(crate) block_time: BlockTime,
    /// Give USDC to an address from the first block on; can be repeated
    #[arg(long, value_name = "ADDRESS=USDC", value_parser = fund)]
    pub(crate) fund: Vec<(Address, U256)>,
    /// Make something go wrong from the start; can be repeated
    #[arg(long, value_name = "SPEC", value_parser = fault)]
    pub(crate) fault: Vec<FaultSpec>,
    /// Whose words the facilitator uses: ts, x402-rs or cdp
    #[arg(long, default_value = "ts", value_parser = dialect)]
    pub(crate) dialect: Dialect,
    /// How many seconds settle waits for a block before it calls the settlement pending
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) settle_timeout: u64,
}

/// Words for [`Mining`].
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum BlockTime {
    /// Every two seconds, as on Base
    #[value(name = "2s")]
    TwoSeconds,
    /// At once, one for each transaction
    Auto,
    /// Only by `x402-sandbox mine`
    Manual,
}

impl From<BlockTime> for Mining {
    fn from(it: BlockTime) -> Self {
        match it {
            BlockTime::TwoSeconds => Self::Interval,
            BlockTime::Auto => Self::Automine,
            BlockTime::Manual => Self::Manual,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = fault_help())]
pub(crate) struct FaultArguments {
    #[command(subcommand)]
    pub(crate) command: FaultCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FaultCommand {
    /// Order faults
    #[command(after_help = fault_help())]
    Set {
        #[arg(
            required = true,
            value_name = "SPEC",
            value_parser = fault,
            help = "ENDPOINT:FAULT[=ARGUMENT][*COUNT], such as 'settle:5xx-after-settling*2'"
        )]
        specs: Vec<FaultSpec>,
    },
    /// List the faults to come
    List,
    /// Forget the faults to come
    Clear {
        /// Only those of this endpoint: verify, settle, supported or rpc
        #[arg(value_parser = endpoint)]
        endpoint: Option<Endpoint>,
    },
}

fn fault_help() -> String {
    let mut text = String::from(
        "A fault is spelled ENDPOINT:FAULT[=ARGUMENT][*COUNT] and happens at the next COUNT calls,\n\
         or until it is cleared. Faults of one endpoint happen in the order in which they were set.\n\
         Quote them: * means something to a shell.\n",
    );
    let mut endpoints: &[Endpoint] = &[];
    for row in TABLE {
        // Writing to a string cannot fail.
        if row.endpoints != endpoints {
            endpoints = row.endpoints;
            let names: Vec<_> = endpoints.iter().map(|it| it.name()).collect();
            let _ = writeln!(text, "\nAt {}:", names.join(", "));
        }
        let _ = writeln!(text, "  {:<34}{}", row.form, row.about);
    }
    text.push_str("\nSpellings of too-early:\n");
    for (name, _) in Early::all() {
        let _ = writeln!(text, "  {name}");
    }
    text.push_str(
        "\nExamples:\n\
         \x20 x402-sandbox fault set 'settle:hang-after-settling*1'\n\
         \x20 x402-sandbox fault set 'verify:too-early=invalid_payment_early*1' 'rpc:stale=3'\n\
         \x20 x402-sandbox fault list\n\
         \x20 x402-sandbox fault clear settle",
    );
    text
}

fn usdc(text: &str) -> Result<U256, String> {
    let price = format!("${text}").parse::<Price>();
    let units = price.and_then(|it| it.to_atomic(USDC_DECIMALS)).map(AtomicAmount::units);
    units.map_err(|_| {
        "an amount of USDC is a decimal such as 25 or 0.001, with up to 6 places".into()
    })
}

fn fund(text: &str) -> Result<(Address, U256), String> {
    let (address, amount) = text.split_once('=').ok_or("this is spelled ADDRESS=USDC")?;
    let address = address.parse::<wire::Address>().map_err(|it| it.to_string())?;
    Ok((address.evm(), usdc(amount)?))
}

fn fault(text: &str) -> Result<FaultSpec, String> {
    text.parse().map_err(|it: sandbox::faults::FaultSpecError| it.to_string())
}

fn endpoint(text: &str) -> Result<Endpoint, String> {
    text.parse().map_err(|_| "an endpoint is verify, settle, supported or rpc".to_owned())
}

fn dialect(text: &str) -> Result<Dialect, String> {
    text.parse().map_err(|it: sandbox::facilitator::UnknownDialect| it.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_help_text_has_every_fault_and_every_spelling() {
        let help = fault_help();
        assert!(TABLE.iter().all(|row| help.contains(row.form) && help.contains(row.about)));
        assert!(Early::all().all(|(name, _)| help.contains(name)));
    }

    #[test]
    fn amounts_are_exact_decimals() {
        let rows = [("25", Some(25_000_000)), ("0.001", Some(1_000)), ("0.000001", Some(1))];
        for (text, units) in rows {
            assert_eq!(usdc(text).ok(), units.map(U256::from), "{text}");
        }
        for text in ["", "-1", "1e3", "0.0000001", "1,000", "0x10", "$1"] {
            assert!(usdc(text).is_err(), "{text}");
        }
    }
}
