//! Measures the merchant from outside, beside bare servers and other teams' paywalls, in one run on
//! one machine. Judges nothing: it prints ratios, medians and spreads, and people compare.

#![expect(clippy::disallowed_methods, reason = "time is what is measured here")]

mod agent;
mod bare;
mod challenges;
mod incoming;
mod lambda;
mod load;
mod machine;
mod neighbours;
mod paid;
mod payments;
mod peers;
mod platform;
mod process;
mod reply;
mod report;
mod run;
mod servers;
mod starts;
mod statistics;
mod stub;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

/// Why a measurement was given up: one sentence.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

#[derive(Debug, Parser)]
#[command(about = "Measures x402-merchant beside bare servers and peers; use scripts/bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure and print a table.
    Run(run::Plan),
    /// Be a server that answers every request with the bytes of a file.
    Bare {
        /// What answers.
        kind: bare::Kind,
        /// Where to listen.
        listen: SocketAddr,
        /// A whole HTTP reply, as it was captured.
        reply: PathBuf,
    },
    /// Be a facilitator that believes every payment, after a while.
    Facilitator {
        /// Where to listen.
        listen: SocketAddr,
        /// Milliseconds that each verify and each settle takes.
        delay_ms: u64,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(plan) => run::run(&plan),
        Command::Bare { kind, listen, reply } => bare::serve(kind, listen, &reply),
        Command::Facilitator { listen, delay_ms } => {
            stub::serve(listen, Duration::from_millis(delay_ms))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(why)) => {
            report::complain(&why);
            ExitCode::FAILURE
        }
    }
}
