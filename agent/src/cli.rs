//! The command line: arguments in, words and files out, one exit code for each kind of outcome.

#[cfg(feature = "agentcore")]
mod agentcore;
mod args;
mod asking;
mod balance;
mod conformance;
mod destination;
mod discover;
mod e2e;
mod environment;
mod exit;
mod get;
mod guard;
mod inspect;
mod junit;
mod key;
mod ledger;
mod manual;
#[cfg(feature = "mcp")]
mod mcp;
mod narrator;
mod policy;
mod progress;
mod purse;
mod reconcile;
mod report;
mod session;
mod settlement;
mod teller;
mod terminal;
mod wallet;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

#[cfg(feature = "agentcore")]
use args::SessionCommand;
use args::{Args, Command, WalletCommand};
pub(crate) use environment::Environment;
use exit::{Exit, Failure};
use terminal::Terminal;
use wallet::stock;

/// Runs one command.
pub(crate) fn run(arguments: Vec<OsString>, environment: &Environment) -> ExitCode {
    if key::is_among(&arguments) {
        // Before clap sees it: its messages repeat what they do not understand.
        Terminal::plain().error(&Failure::KeyInArguments);
        return Failure::KeyInArguments.exit().into();
    }
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(help) => {
            let exit = if help.use_stderr() { Exit::Usage } else { Exit::Done };
            // Nothing can be done about a closed terminal.
            let _ = help.print();
            return exit.into();
        }
    };
    let terminal = Terminal::detect(environment);
    let outcome = start(args.command, environment, terminal);
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => failure.exit().into(),
    }
}

fn start(command: Command, environment: &Environment, terminal: Terminal) -> Result<Exit, Failure> {
    let told = |failure: Failure| {
        terminal.error(&failure);
        failure
    };
    match command {
        Command::Address(it) => {
            block_on(stock::address(it, environment)).and_then(|it| it).map_err(told)
        }
        Command::Wallet(it) => match it.command {
            WalletCommand::New(it) => {
                block_on(stock::new(it, environment)).and_then(|it| it).map_err(told)
            }
            WalletCommand::Import(it) => {
                block_on(stock::import(it, environment)).and_then(|it| it).map_err(told)
            }
            WalletCommand::List(it) => stock::list(it, environment).map_err(told),
            WalletCommand::Address(it) => {
                block_on(stock::address(it, environment)).and_then(|it| it).map_err(told)
            }
            WalletCommand::Balance(it) => {
                block_on(balance::run(it, environment)).and_then(|it| it).map_err(told)
            }
        },
        Command::Reconcile(it) => {
            block_on(reconcile::run(it, environment)).and_then(|it| it).map_err(told)
        }
        #[cfg(feature = "agentcore")]
        Command::Setup(it) => match it.command {
            agentcore::args::SetupCommand::Agentcore(it) => {
                block_on(agentcore::run(it, environment)).and_then(|it| it).map_err(told)
            }
        },
        Command::Ledger(it) => ledger::run(it, environment).map_err(told),
        #[cfg(feature = "agentcore")]
        Command::Session(args::Session { command: SessionCommand::Show(it), json, .. })
            if agentcore::is_session(&it.id) =>
        {
            let showing = agentcore::show_session(&it.id, json, environment);
            block_on(showing).and_then(|it| it).map_err(told)
        }
        Command::Session(it) => session::run(it, environment).map_err(told),
        Command::Inspect(it) => {
            block_on(inspect::run(it, environment, terminal)).and_then(|it| it).map_err(told)
        }
        Command::Conformance(it) => {
            block_on(conformance::run(it, environment, terminal)).and_then(|it| it).map_err(told)
        }
        Command::Discover(it) => {
            block_on(discover::run(it, environment, terminal)).and_then(|it| it).map_err(told)
        }
        Command::Settlement(it) => {
            block_on(settlement::run(it, terminal)).and_then(|it| it).map_err(told)
        }
        Command::EndToEnd(it) => {
            block_on(e2e::run(it, environment, terminal)).and_then(|it| it).map_err(told)
        }
        #[cfg(feature = "mcp")]
        Command::Mcp(it) => {
            block_on(mcp::run(*it, environment, terminal)).and_then(|it| it).map_err(told)
        }
        Command::Completions { shell } => manual::completions(shell).map_err(told),
        Command::Man { folder } => manual::pages(folder.as_deref()).map_err(told),
        // Tells its own failures: with --json they are JSON.
        Command::Get(it) => block_on(get::run(it, environment, terminal)).map_err(told)?,
    }
}

/// One thread is enough to wait for one server, and starts faster than several.
fn block_on<F: Future>(work: F) -> Result<F::Output, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Failure::Internal(why.to_string()))?;
    let outcome = runtime.block_on(work);
    // A name lookup that hangs must not keep the process alive.
    runtime.shutdown_background();
    Ok(outcome)
}
