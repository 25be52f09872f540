//! `x402-agent`: the agent at a terminal. Reads the arguments and the environment, and turns the
//! outcome into an exit code; pays nothing itself.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os().collect(), &cli::Environment::read())
}
