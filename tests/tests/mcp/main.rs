//! `x402-agent mcp`, driven by the Model Context Protocol's own SDK for Python: what a language model
//! gets, what it is told when it gets nothing, and what moved on the chain.

#![expect(clippy::unwrap_used, reason = "tests")]

mod buying;
mod documents;
mod http;
mod market;
mod paid_tools;
mod poison;
#[expect(dead_code, reason = "the crash tests start the merchant with it, too")]
#[path = "../crash/process.rs"]
mod process;
mod python;
mod refusals;
mod searching;

use serde_json::Value;

use market::key;
use python::Client;

/// The error's code; `none` if there is none.
fn code(result: &Value) -> &str {
    let code = result["structuredContent"]["error"]["code"].as_str();
    assert_eq!(code.is_some(), result["isError"] == true, "{result}");
    code.unwrap_or("none")
}

/// AG22: the key is nowhere in what a client was told, nor in what was said on the side.
fn holds_no_key(client: &Client) {
    let (said, key) = (client.said().to_lowercase(), key());
    let digits = key.trim_start_matches("0x");
    assert!(said.len() > 100, "something was said");
    assert!(!said.contains(&digits.to_lowercase()), "the key was told");
}
