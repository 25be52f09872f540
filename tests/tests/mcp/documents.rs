//! What the documents say to put into a configuration works as it stands.

use sandbox::world::Options;
use serde_json::{Value, json};

use crate::market::{Market, key};
use crate::python::is_there;

const PAGE: &str = include_str!("../../../docs/mcp.md");

/// The first block of this language.
fn block(language: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configurations_of_the_documents_work_as_they_stand() {
    if !is_there() {
        return;
    }
    let market = Market::open(Options::instant()).await;
    let file = market.folder.path().join("key");
    std::fs::write(&file, key()).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    std::fs::write(market.folder.path().join("policy.toml"), block("toml")).unwrap();
    let config: Value = serde_json::from_str(block("json")).unwrap();
    let server = &config["mcpServers"]["x402"];
    assert_eq!(server["command"], "x402-agent");
    let told = server["args"].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
    let here = |it: &str| it.replace("/etc/x402/key", file.to_str().unwrap());
    let mut arguments: Vec<_> = told.map(here).collect();
    assert!(arguments.contains(&file.to_str().unwrap().to_owned()), "the key is found");
    arguments.extend(["--policy", "policy.toml", "--ledger", "documents"].map(str::to_owned));
    let client = market.client_with(&arguments, "auto").await;
    let tools = client.order(json!({ "do": "list" })).await["result"].clone();
    let names: Vec<_> = tools.as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["fetch_url", "check_price", "get_payment_session"]);
}
