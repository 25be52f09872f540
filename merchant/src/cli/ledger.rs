//! `x402-merchant ledger`: what the ledger holds, for the operator. Reads records as the walk does
//! and prints them as they come, however many there are. Writes only what the chain proves, and only
//! when told to.

mod array;
mod filter;
mod list;
mod reconcile;
mod row;
mod show;

use std::path::Path;

use clap::Subcommand;

use self::filter::Filter;
use super::load::load;
use super::{Exit, Output};
use crate::adapters::ledger::StoreLedger;
use crate::assembly;
use crate::settings::{Location, Settings};

/// What to do with the ledger.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List payments, with the sums at the end.
    #[command(after_help = "Payments come in the ledger's order, which is not that of time; pipe \
        the lines through\nsort for that. States: settled, void (can never be charged), working \
        (a request is on it),\nopen (nobody knows yet: see ledger reconcile).\n\n\
        Examples:\n  x402-merchant ledger list --since 24h\n  \
        x402-merchant ledger list --state open\n  \
        x402-merchant ledger list --path /premium/ --json | jq '.[].payer'")]
    List {
        #[command(flatten)]
        filter: Filter,
        /// Print a JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Show all that is known of one payment.
    #[command(after_help = "A payment is named as ledger list --json names it (chain/asset/payer/\
        nonce), by its nonce,\nor by its transaction.\n\n\
        Examples:\n  x402-merchant ledger show 0x5d0c…\n  \
        x402-merchant ledger show 84532/0x036C…/0x7099…/0x0101… --json")]
    Show {
        /// The payment, its nonce or its transaction.
        payment: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write payments as CSV, or as JSON, for accounting.
    #[command(after_help = "Amounts are in the token's smallest units; times are UTC. Columns: \
        time, path, payer,\namount, asset, network, transaction, state.\n\n\
        Examples:\n  x402-merchant ledger export --since 2026-11-01 --until 2026-12-01 > november.csv\n  \
        x402-merchant ledger export --state settled --json > sales.json")]
    Export {
        #[command(flatten)]
        filter: Filter,
        /// Write a JSON array instead.
        #[arg(long)]
        json: bool,
    },
    /// End doubt: ask the chain about every open payment, and record what it proves.
    #[command(after_help = "Calls no facilitator and sends nothing: it reads the chain through \
        onchain.rpc and creates\nthe records that the next request with the same payment would. \
        Safe beside a running\nmerchant, and to repeat. Ends with 4 if a payment stays in doubt \
        that should not.\n\n\
        Examples:\n  x402-merchant ledger reconcile --dry-run\n  \
        x402-merchant ledger reconcile --json | jq '.[] | select(.found == \"unknown\")'")]
    Reconcile {
        #[command(flatten)]
        filter: Filter,
        /// Only say what would be recorded.
        #[arg(long)]
        dry_run: bool,
        /// Print a JSON array.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(
    config: &Path,
    environment: Vec<(String, String)>,
    output: Output,
    command: Command,
) -> Exit {
    let settings = match load(config, environment) {
        Ok(settings) => settings,
        Err(error) => {
            output.complain(&error.to_string());
            return Exit::Configuration;
        }
    };
    let ledger = match open(&settings) {
        Ok(ledger) => ledger,
        Err(problem) => {
            output.complain(&problem);
            return Exit::Failed;
        }
    };
    let ended = match command {
        Command::List { filter, json: false } => list::table(&ledger, &filter, output).await,
        Command::List { filter, json: true } | Command::Export { filter, json: true } => {
            list::json(&ledger, &filter, output).await
        }
        Command::Export { filter, json: false } => list::csv(&ledger, &filter, output).await,
        Command::Show { payment, json } => show::run(&ledger, &settings, &payment, json).await,
        Command::Reconcile { filter, dry_run, json } => {
            let how = reconcile::How { write: !dry_run, json };
            reconcile::run(&ledger, &settings, &filter, how, output).await
        }
    };
    ended.unwrap_or_else(|problem| {
        output.complain(&problem);
        Exit::Failed
    })
}

/// Opens a ledger that is there. A mistyped folder is not made.
fn open(settings: &Settings) -> Result<StoreLedger, String> {
    match &settings.ledger.location {
        Location::Memory => {
            return Err(
                "ledger.url is memory: only the server's own process can see into it".into()
            );
        }
        Location::File(folder) if !folder.is_dir() => {
            return Err(format!("there is no ledger at {}", folder.display()));
        }
        Location::File(_) | Location::Bucket(_) => {}
    }
    assembly::ledger(settings).map_err(|error| error.to_string())
}
