//! x402-rs in its three roles, each told in its environment what it needs:
//!
//!   peers facilitator   `RPC_URL`, `PRIVATE_KEY`
//!   peers sellers       `FACILITATORS`, `PAYEE`: a seller of each version for each facilitator
//!   peers payers        takes orders on standard input
//!
//! The first two say where they listen.

mod facilitator;
mod payers;
mod sellers;

use std::error::Error;

type Ending = Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> Ending {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| "a provider of TLS is there already")?;
    match std::env::args().nth(1).as_deref() {
        Some("facilitator") => facilitator::serve().await,
        Some("sellers") => sellers::serve().await,
        Some("payers") => payers::pay().await,
        _ => Err("peers facilitator|sellers|payers".into()),
    }
}

fn told(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set"))
}

async fn listen(role: &str, app: axum::Router) -> Ending {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{role} listening on {}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}
