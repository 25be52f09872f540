//! `x402-sandbox`: a look-alike of Base Sepolia on one machine, and the words to one that runs. The
//! command line only: what a sandbox does is in the library.

mod arguments;
mod client;
mod commands;
mod output;
mod serve;

use arguments::Arguments;
use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { command, url, json } = Arguments::parse();
    match commands::perform(command, &url, json).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            output::problem(&problem);
            ExitCode::FAILURE
        }
    }
}
