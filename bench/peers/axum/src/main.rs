//! x402-axum in front of a handler that sends a small object, told in its environment where to
//! listen, whom to ask and what to sell.

use alloy_primitives::address;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use x402_axum::X402Middleware;
use x402_chain_eip155::{KnownNetworkEip155, V1Eip155Exact, V2Eip155Exact};
use x402_types::networks::USDC;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let told = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let address = format!("127.0.0.1:{}", told("PORT")?);
    let x402 = X402Middleware::new(&told("FACILITATOR_URL")?);
    // A tenth of a cent.
    let price = USDC::base_sepolia().amount(1000_u64);
    let payee = address!("0x209693Bc6afc0C5328bA36FaF03C514EF312287C");
    let answer = || async { ([(CONTENT_TYPE, "application/json")], "{\"answer\":42}\n") };
    let goods = if told("PROTOCOL_VERSION").is_ok_and(|it| it == "1") {
        let paywall = x402.with_price_tag(V1Eip155Exact::price_tag(payee, price));
        let paywall = paywall.with_description("Market data".to_owned());
        get(answer).layer(paywall.with_mime_type("application/json".to_owned()))
    } else {
        let paywall = x402.with_price_tag(V2Eip155Exact::price_tag(payee, price));
        let paywall = paywall.with_description("Market data".to_owned());
        get(answer).layer(paywall.with_mime_type("application/json".to_owned()))
    };
    let app = Router::new().route(&told("RESOURCE_PATH")?, goods);
    let listener = tokio::net::TcpListener::bind(address).await?;
    Ok(axum::serve(listener, app).await?)
}
