//! x402-reqwest as people use it. Takes one order for each line of JSON on standard input, `{"id",
//! "payer", "url", "key"}`, and answers each with one line.

use std::sync::Arc;

use alloy_signer_local::PrivateKeySigner;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use x402_chain_eip155::{V1Eip155ExactClient, V2Eip155ExactClient};
use x402_reqwest::{ReqwestWithPayments, ReqwestWithPaymentsBuild, X402Client};

use crate::Ending;

pub async fn pay() -> Ending {
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let order: Value = serde_json::from_str(&line)?;
        tokio::spawn(async move {
            let bought = buy(&order).await;
            let mut answer = bought.unwrap_or_else(|error| json!({ "thrown": error }));
            answer["id"] = order["id"].clone();
            println!("{answer}");
        });
    }
    Ok(())
}

async fn buy(order: &Value) -> Result<Value, String> {
    let told = |name: &str| order[name].as_str().unwrap_or_default();
    let key: PrivateKeySigner = told("key").parse().map_err(|it| format!("{it}"))?;
    let key = Arc::new(key);
    let v1 = V1Eip155ExactClient::new(Arc::clone(&key));
    let client = match told("payer") {
        "reqwest" => X402Client::new().register(v1).register(V2Eip155ExactClient::new(key)),
        "reqwest-v1" => X402Client::new().register(v1),
        other => return Err(format!("no payer {other}")),
    };
    let http = reqwest::Client::new().with_payments(client).build();
    let response = http.get(told("url")).send().await.map_err(|it| format!("{it:?}"))?;
    let status = response.status().as_u16();
    let body = response.text().await.map_err(|it| it.to_string())?;
    Ok(json!({ "status": status, "body": body }))
}
