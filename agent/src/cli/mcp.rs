//! `x402-agent mcp`: the agent as tools for language models, over standard input and output or over
//! HTTP. A model says what it wants to have. Whether and how it is paid for is decided here, by the
//! operator's policy; no tool takes an account, an amount to send, a key or a session.

mod answer;
mod args;
mod arguments;
mod bazaar;
mod content;
mod desk;
mod errand;
mod http;
mod instrument;
mod problem;
mod purchase;
mod said;
mod schema;
mod server;
mod tools;

use std::sync::Arc;
use std::time::Duration;

use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::terminal::{Terminal, say};

pub(crate) use args::Mcp;
use desk::Desk;

/// How long the end of purchases under way is waited for when the server ends. What is not over by
/// then is in the ledger, and continued by whoever asks for the same thing.
const FAREWELL_MAX: Duration = Duration::from_secs(5);

/// For `--help`.
pub(crate) const EXAMPLES: &str = "\
Examples:
  x402-agent mcp --key-file ~/.x402/key --max-price '$0.02' --budget '$1'
  x402-agent mcp --session s_3f0c5be1a2d94477 --tool fetch_url --tool check_price
  x402-agent mcp --http 127.0.0.1:8640 --token-file ~/.x402/mcp-token";

/// Serves until the client leaves, or until somebody ends the program.
pub(crate) async fn run(
    args: Mcp,
    environment: &Environment,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    // Over standard input a model speaks, not the person who may agree to payments.
    let person = if args.http.is_some() { terminal } else { Terminal::plain() };
    let desk = Arc::new(Box::pin(Desk::open(&args, environment, person)).await?);
    if !desk.has_key() {
        say("no key: prices can be asked for, and nothing can be paid");
    }
    let serving = async {
        match args.http {
            None => server::over_stdio(Arc::clone(&desk)).await,
            Some(address) => {
                let door = http::Door::open(&args, address, environment)?;
                door.serve(Arc::clone(&desk)).await
            }
        }
    };
    let served = tokio::select! {
        served = serving => served,
        () = super::get::interruption() => Ok(()),
    };
    desk.farewell(FAREWELL_MAX).await;
    served.map(|()| Exit::Done)
}
