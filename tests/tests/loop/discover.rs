//! From a merchant's declaration to the next payer: a file that was sold once is listed by the
//! facilitator, found by its description, and bought from the listing.

use std::process::Command;

use sandbox::world::Options;
use serde_json::Value;

use crate::e2e::programs;
use crate::market::Market;

/// Waits on the test's own thread: the market runs on others.
fn agent(market: &Market, payer: usize, arguments: &[&str]) -> (Option<i32>, Vec<u8>) {
    let key = sandbox::accounts::testers()[payer].secret().to_string();
    let mut agent = Command::new(programs().join("x402-agent"));
    agent.env_clear().env("X402_PRIVATE_KEY", key).current_dir(market.folder.path());
    let output = agent.args(arguments).output().unwrap();
    (output.status.code(), output.stdout)
}

fn found(market: &Market, words: &str) -> Value {
    let facilitator = market.sandbox.facilitator_url();
    let flags = ["discover", words, "--facilitator", &facilitator, "--json"];
    let (code, told) = agent(market, 1, &flags);
    assert_eq!(code, Some(0));
    serde_json::from_slice(&told).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_payer_bought_the_next_one_finds() {
    let routes = "
        [[routes]]
        path = \"/listed/\"
        price = \"$0.001\"
        description = \"Weather in Oslo\"
        bazaar = true
    ";
    let market = Market::selling(Options::instant(), routes).await;
    for name in ["listed/oslo.csv", "listed/bergen.csv"] {
        let file = market.content(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "day,mean\n1,7.5\n").unwrap();
    }
    let url = market.url("/listed/oslo.csv");
    assert_eq!(found(&market, "weather")["found"], 0, "nobody has bought anything yet");
    for unlisted in [market.url("/premium/a.json"), url.clone()] {
        let bought = agent(&market, 1, &["get", &unlisted, "--ledger", "first", "-o", "-"]);
        assert_eq!(bought.0, Some(0), "{unlisted}");
    }
    let told = found(&market, "weather");
    assert_eq!((&told["found"], &told["suitable"]), (&1.into(), &1.into()), "{told:#}");
    let listing = &told["listings"][0];
    assert_eq!((&listing["resource"], &listing["price"]), (&url.into(), &"0.001".into()));
    assert_eq!(
        (&listing["description"], &listing["method"]),
        (&"Weather in Oslo".into(), &"GET".into())
    );
    assert_eq!(found(&market, "premium")["found"], 0, "what does not ask to be listed is not");
    let resource = listing["resource"].as_str().unwrap();
    let (code, body) = agent(&market, 4, &["get", resource, "--ledger", "second", "-o", "-"]);
    assert_eq!((code, body.as_slice()), (Some(0), &b"day,mean\n1,7.5\n"[..]));
    assert_eq!(market.sold(), 3);
}
