//! The operator's command line: serve, check, doctor, challenge, ledger, init. Takes no decision about a
//! request; what it shows is what the gate and the settings say.

mod challenge;
mod check;
mod exit;
mod init;
mod ledger;
mod load;
mod output;
mod serve;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use exit::Exit;
pub use output::Output;

/// Sells files over HTTP: 402 Payment Required, paid with x402.
#[derive(Debug, Parser)]
#[command(name = "x402-merchant", version, after_help = HELP)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// The configuration.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "X402_CONFIG",
        hide_env_values = true,
        default_value = "merchant.toml"
    )]
    config: PathBuf,
}

const HELP: &str = "\
Examples:
  x402-merchant init                      write a commented merchant.toml
  x402-merchant check                     try the configuration out
  x402-merchant serve                     sell
  x402-merchant doctor                    look for what goes wrong over time
  x402-merchant challenge /premium/a.pdf  see what a payer would see
  x402-merchant ledger list               see who paid for what
  x402-merchant ledger reconcile          end doubt by asking the chain

Exit codes:
  0  done
  1  could not run: storage, network or address
  2  wrong usage
  3  the configuration is missing or refused
  4  a problem was found, or a payment stays in doubt
  5  challenge: the path is not for sale
  6  ledger show: there is no such payment

A setting can be overridden by an environment variable, such as X402_PAY_TO.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until Ctrl-C or SIGTERM, then let running requests end.
    #[command(after_help = "Requests are logged to standard output, one line of JSON each; \
        everything else\ngoes to standard error.\n\n\
        Examples:\n  x402-merchant serve\n  \
        X402_SERVER__LISTEN=127.0.0.1:8080 x402-merchant serve --config shop.toml")]
    Serve,
    /// Try the configuration out: facilitator, content, ledger, routes and prices.
    #[command(after_help = "Asks the facilitator what it settles, looks for objects below every \
        route, and\ncreates one record in the ledger twice, to see the second create refused, \
        before it\nremoves it.\n\n\
        Examples:\n  x402-merchant check\n  x402-merchant check --json | jq .problems")]
    Check {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Look for what goes wrong over time: clocks, endpoints, token domains, shared payees.
    #[command(
        after_help = "Tries all that check tries, and asks the chain through onchain.rpc:         do the endpoints\nlag or disagree, is the token's EIP-712 domain the one that is offered,         were there payments\nto pay_to in the last hour that this ledger does not know? Compares         this machine's clock\nwith the facilitator's and the chain's. Moves no money.\n\n\
        Examples:\n  x402-merchant doctor\n  x402-merchant doctor --json | jq .problems"
    )]
    Doctor {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what a request without a payment gets, decoded.
    #[command(after_help = "Examples:\n  x402-merchant challenge /premium/a.pdf\n  \
        x402-merchant challenge /premium/a.pdf --json | jq .paymentRequired.accepts")]
    Challenge {
        /// The path as it stands in a URL, such as /premium/a%20b.pdf.
        path: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Look at the payments that the ledger holds, and end doubt about them.
    #[command(subcommand)]
    Ledger(ledger::Command),
    /// Write a commented configuration to start from. Overwrites nothing.
    #[command(after_help = "Examples:\n  x402-merchant init\n  \
        x402-merchant init --config shop/merchant.toml")]
    Init,
}

/// What the process was started with, read by `main` alone.
#[derive(Debug)]
pub struct World {
    /// The environment's variables.
    pub environment: Vec<(String, String)>,
    /// Where text goes.
    pub output: Output,
}

/// Runs one command.
pub async fn run(cli: Cli, world: World) -> Exit {
    let World { environment, output } = world;
    match cli.command {
        Command::Serve => serve::run(&cli.config, environment, output).await,
        Command::Check { json } => check::run(&cli.config, environment, output, json).await,
        Command::Doctor { json } => {
            check::doctor::run(&cli.config, environment, output, json).await
        }
        Command::Challenge { path, json } => {
            challenge::run(&cli.config, environment, output, &path, json)
        }
        Command::Ledger(command) => ledger::run(&cli.config, environment, output, command).await,
        Command::Init => init::run(&cli.config, output),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_lists_every_exit_code() {
        let listed: Vec<_> = HELP.lines().filter_map(|it| it.strip_prefix("  ")).collect();
        for exit in Exit::ALL {
            let line = format!("{}  {}", exit.code(), exit.meaning());
            assert!(listed.contains(&line.as_str()), "{line}");
        }
    }
}
