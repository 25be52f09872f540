//! `serve`: starts a sandbox, says where it is, and runs until it is told to end.

use crate::arguments::Serve;
use crate::output;
use sandbox::accounts::testers;
use sandbox::chain::{BLOCK_SECONDS, CHAIN_ID, ChainConfig};
use sandbox::facilitator::{Facilitator, Manners};
use sandbox::faults::FaultSpec;
use sandbox::hostile::Hostile;
use sandbox::token::USDC;
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

pub(crate) async fn serve(wish: Serve, json: bool) -> Result<(), String> {
    let end = told_to_end().map_err(|error| format!("cannot wait for signals: {error}"))?;
    let options = Options {
        chain: ChainConfig { mining: wish.block_time.into(), ..ChainConfig::default() },
        manners: Manners {
            dialect: wish.dialect,
            receipt_patience: Duration::from_secs(wish.settle_timeout),
        },
        facilitator_address: SocketAddr::new(wish.bind, wish.port),
        rpc_address: SocketAddr::new(wish.bind, wish.rpc_port),
        faults: wish.fault,
        funds: wish.fund,
    };
    let sandbox = Sandbox::start(options).await.map_err(|error| {
        format!("{error}; choose other ports with --port and --rpc-port, 0 for free ones")
    })?;
    let hostile = match wish.hostile_port {
        Some(port) => Some(hostile(&sandbox, SocketAddr::new(wish.bind, port)).await?),
        None => None,
    };
    if json {
        output::json(&ready(&sandbox, hostile.as_ref()));
    } else {
        output::text(&welcome(&sandbox, hostile.as_ref()));
    }
    end.await;
    drop((hostile, sandbox));
    if !json {
        output::text("The sandbox has ended; its chain is gone.");
    }
    Ok(())
}

/// Ctrl-C, or SIGTERM from whoever supervises. Listens from the call on, not from the first wait
/// on: whoever has read where the sandbox is may end it at once.
#[cfg(unix)]
fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ctrl-C.
#[cfg(not(unix))]
fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// It is paid to the last of the test accounts.
async fn hostile(sandbox: &Sandbox, address: SocketAddr) -> Result<Hostile, String> {
    let thief = testers()[testers().len() - 1].address();
    let started = Hostile::start(sandbox.chain().clone(), address, thief).await;
    started.map_err(|error| {
        format!(
            "cannot listen on {address}: {error}; choose another --hostile-port, 0 for a free one"
        )
    })
}

/// Scripts read this line. Members are added, never renamed.
fn ready(sandbox: &Sandbox, hostile: Option<&Hostile>) -> Value {
    let mut ready = json!({
        "facilitator": sandbox.facilitator_url(),
        "rpc": sandbox.rpc_url(),
        "chainId": CHAIN_ID,
        "network": format!("eip155:{CHAIN_ID}"),
        "usdc": USDC.to_checksum(None),
        "submitter": Facilitator::address().to_checksum(None),
    });
    if let Some(hostile) = hostile {
        ready["hostile"] = hostile.url().into();
    }
    ready
}

fn welcome(sandbox: &Sandbox, hostile: Option<&Hostile>) -> String {
    let hostile = hostile.map_or_else(String::new, |it| {
        format!("Hostile      {}/ lists what it does to those who pay\n", it.url())
    });
    let faults: Vec<_> = sandbox.faults().list().iter().map(FaultSpec::to_string).collect();
    let faults = if faults.is_empty() { "none".to_owned() } else { faults.join(" ") };
    format!(
        "Facilitator  {}\n\
         JSON-RPC     {}\n\
         Network      eip155:{CHAIN_ID}, a look-alike of Base Sepolia; {}\n\
         USDC         {}\n\
         Faults       {faults}\n\
         {hostile}\
         Accounts     ten with a million USDC each, the first is {}\n\
         \x20            (x402-sandbox accounts lists their keys, which are public and worthless)\n\
         \n\
         Ctrl-C ends it.",
        sandbox.facilitator_url(),
        sandbox.rpc_url(),
        rhythm(sandbox),
        USDC.to_checksum(None),
        testers()[0].address().to_checksum(None),
    )
}

fn rhythm(sandbox: &Sandbox) -> String {
    use sandbox::chain::Mining;
    match sandbox.mining() {
        Mining::Interval => format!("a block every {BLOCK_SECONDS} s"),
        Mining::Automine => "a block for each transaction".to_owned(),
        Mining::Manual => "blocks only by x402-sandbox mine".to_owned(),
    }
}
