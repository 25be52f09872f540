//! x402-axum in front of a handler that sends a small object: for each facilitator, a seller of each
//! version of the protocol.

use alloy_primitives::Address;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use x402_axum::X402Middleware;
use x402_chain_eip155::{KnownNetworkEip155, V1Eip155Exact, V2Eip155Exact};
use x402_types::networks::USDC;

use crate::{Ending, listen, told};

pub async fn serve() -> Ending {
    let payee: Address = told("PAYEE")?.parse()?;
    let mut running = tokio::task::JoinSet::new();
    for (number, facilitator) in told("FACILITATORS")?.split(',').enumerate() {
        let x402 = X402Middleware::new(facilitator);
        // A tenth of a cent.
        let price = || USDC::base_sepolia().amount(1000_u64);
        let answer = || async { ([(CONTENT_TYPE, "application/json")], "{\"answer\":42}") };
        let v2 = x402.with_price_tag(V2Eip155Exact::price_tag(payee, price()));
        let v2 = v2.with_mime_type("application/json".to_owned());
        let v1 = x402.with_price_tag(V1Eip155Exact::price_tag(payee, price()));
        let v1 = v1.with_mime_type("application/json".to_owned());
        let v2 = Router::new().route("/premium/a.json", get(answer).layer(v2));
        let v1 = Router::new().route("/premium/a.json", get(answer).layer(v1));
        running.spawn(async move {
            listen(&format!("axum {number}"), v2).await.map_err(|it| it.to_string())
        });
        running.spawn(async move {
            listen(&format!("axum-v1 {number}"), v1).await.map_err(|it| it.to_string())
        });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(())
}
