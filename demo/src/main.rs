//! The whole loop on one machine: a merchant sells a file to an agent, and a real EVM moves the
//! money. Tells the story as it happens, and fails if any step of it does not hold.

mod encore;
mod http;
mod scenes;
mod shop;
mod stage;
mod stop;
mod teller;
mod witness;

use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use sandbox::faults::FaultSpec;

use crate::stage::Stage;
use crate::stop::Stop;
use crate::teller::Teller;

/// What shells report of a program that ended by Ctrl-C: 128 and SIGINT's number.
const INTERRUPTED: u8 = 130;

/// How long an interrupted start may go on. It takes some 50 ms.
const GRACE: Duration = Duration::from_secs(2);

/// Watch an agent buy a file over HTTP 402: the challenge, the signature, the settlement on a
/// local EVM chain, the file, and a replay that is refused. Needs no account and no network.
///
/// Exit code 0 only if every step held.
#[derive(Debug, Parser)]
#[command(name = "x402-demo")]
struct Demo {
    /// Leave the sandbox and the merchant running until Ctrl-C, to try things by hand.
    #[arg(long)]
    keep: bool,
    /// Make something go wrong, to see the demo fail: a fault as `x402-sandbox fault` spells it.
    #[arg(long, value_name = "SPEC", hide = true)]
    fault: Vec<FaultSpec>,
}

/// How the play ended before its end.
enum Broken {
    /// Something did not hold, or could not be started.
    Because(String),
    /// Somebody wants it to end.
    Interrupted,
}

#[tokio::main]
async fn main() -> ExitCode {
    let demo = Demo::parse();
    let teller = Arc::new(Teller::new());
    match perform(demo, &teller).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Broken::Because(why)) => {
            teller.fail(&why);
            ExitCode::FAILURE
        }
        Err(Broken::Interrupted) => {
            Teller::line("\nInterrupted. Nothing is left running.");
            ExitCode::from(INTERRUPTED)
        }
    }
}

async fn perform(demo: Demo, teller: &Arc<Teller>) -> Result<(), Broken> {
    // It listens before anything is started, so that whatever is started is stopped, too.
    let mut stop = Stop::listen().map_err(Broken::Because)?;
    let mut setting = pin!(Stage::set(demo.fault, teller));
    let mut stage = tokio::select! {
        biased;
        () = stop.told() => {
            // What has just started can be waited for when it ends.
            if let Ok(Ok(mut stage)) = tokio::time::timeout(GRACE, setting).await {
                stage.strike().await;
            }
            return Err(Broken::Interrupted);
        }
        stage = &mut setting => stage.map_err(Broken::Because)?,
    };
    let told = tokio::select! {
        biased;
        () = stop.told() => Err(Broken::Interrupted),
        played = scenes::play(&stage, teller) => played.map_err(Broken::Because),
    };
    if told.is_ok() {
        encore::suggest(&stage, teller, demo.keep);
        if demo.keep {
            stop.told().await;
            Teller::line("\nStopped the merchant and the sandbox.");
        }
    }
    stage.strike().await;
    told
}
