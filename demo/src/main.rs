//! The whole loop on one machine: a merchant sells a file to an agent, and a real EVM moves the
//! money. Tells the story as it happens, and fails if any step of it does not hold.

mod http;
mod scenes;
mod stage;
mod teller;
mod witness;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::stage::Stage;
use crate::teller::Teller;

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
}

#[tokio::main]
async fn main() -> ExitCode {
    let demo = Demo::parse();
    let teller = Arc::new(Teller::new());
    let told = tokio::select! {
        told = tell(&demo, &teller) => told,
        _ = tokio::signal::ctrl_c() => Err("interrupted".to_owned()),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            teller.fail(&why);
            ExitCode::FAILURE
        }
    }
}

async fn tell(demo: &Demo, teller: &Arc<Teller>) -> Result<(), String> {
    let stage = Stage::set(teller).await?;
    scenes::play(&stage, teller).await?;
    scenes::epilogue(&stage, teller, demo.keep);
    if demo.keep {
        let _ = tokio::signal::ctrl_c().await;
        Teller::line("");
        Teller::line("Stopped the merchant and the sandbox.");
    }
    Ok(())
}
