//! The agent's own check of a purchase, against a merchant and a facilitator that can lie: what does
//! not hold is found, by its name, and nothing is paid twice while looking.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sandbox::world::Options;
use serde_json::Value;

use crate::market::Market;

/// The sandbox's first test account, whose key is public.
pub(crate) fn key() -> String {
    sandbox::accounts::testers()[0].secret().to_string()
}

/// The programs stand beside the folder of the tests: the build puts them there.
pub(crate) fn programs() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let built = here.parent().and_then(Path::parent).unwrap().to_owned();
    for name in ["x402-agent", "x402-merchant", "x402-sandbox"] {
        assert!(
            built.join(name).exists(),
            "{name} is not built: run cargo build --workspace first"
        );
    }
    built
}

/// Waits on the test's own thread: the market runs on others.
fn check(market: &Market, rpc: &str, more: &[&str]) -> (Option<i32>, Value, Output) {
    let mut agent = Command::new(programs().join("x402-agent"));
    agent
        .env_clear()
        .env("X402_PRIVATE_KEY", key())
        .current_dir(market.folder.path())
        .args(["e2e", &market.url("/premium/a.json"), "--also", &market.url("/premium/b.json")])
        .args(["--rpc", rpc, "--ledger", "purchases", "--json", "--wait", "1"])
        .args(more);
    let output = agent.output().unwrap();
    let told = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), told, output)
}

/// `holds`, or the name of the first check that does not.
fn verdict(told: &Value) -> &str {
    let checks = told["checks"].as_array().unwrap();
    let failed = checks.iter().find(|it| it["result"] == "fails");
    failed.map_or("holds", |it| it["check"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_sale_holds_in_every_check() {
    let market = Market::open(Options::instant()).await;
    let (code, told, output) =
        check(&market, &market.sandbox.rpc_url(), &["--junit", "report.xml"]);
    assert_eq!((code, verdict(&told)), (Some(0), "holds"), "{told} {output:?}");
    let checks = told["checks"].as_array().unwrap();
    let names: Vec<_> = checks.iter().map(|it| it["check"].as_str().unwrap()).collect();
    #[rustfmt::skip]
    assert_eq!(names, [
        "challenge", "offer", "chain", "payment", "content", "receipt", "settlement", "replay",
        "elsewhere", "balance",
    ]);
    assert!(checks.iter().all(|it| it["result"] == "holds"), "nothing was skipped: {told}");
    assert_eq!(market.sold(), 1);
    let xml = std::fs::read_to_string(market.folder.path().join("report.xml")).unwrap();
    assert!(xml.contains("tests=\"10\" failures=\"0\""), "{xml}");
    let said = [&output.stdout[..], &output.stderr, xml.as_bytes()].concat();
    assert!(
        !String::from_utf8(said).unwrap().contains(key().trim_start_matches("0x")),
        "the key was told"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_hold_is_found_by_name() {
    #[rustfmt::skip]
    let rows = [
        // the merchant believes the facilitator that     found by      paid
        ("settle:no-transfer",                            "settlement", 0),
        ("settle:wrong-hash",                             "settlement", 1),
        ("verify:refuse=insufficient_funds",              "payment",    0),
    ];
    for (fault, found, sold) in rows {
        let options = Options::instant().fault(fault).unwrap();
        let market = Market::asking_the_chain(options, "off").await;
        let (code, told, output) = check(&market, &market.sandbox.rpc_url(), &[]);
        assert_eq!((code, verdict(&told)), (Some(14), found), "{fault}: {told} {output:?}");
        assert_eq!(market.sold(), sold, "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_checked_is_not_paid_for() {
    let market = Market::open(Options::instant()).await;
    let rpc = market.sandbox.rpc_url();
    #[rustfmt::skip]
    let rows: [(&str, &[&str], i32, &str); 4] = [
        // chain               more                          code  found by
        ("http://127.0.0.1:1/", &[],                         14,   "chain"),
        (&rpc,                  &["--max-price", "$0.0001"], 14,   "offer"),
        (&rpc,                  &["--network", "base"],      14,   "offer"),
        ("http://rpc.example/", &[],                         2,    ""),
    ];
    for (rpc, more, expected, found) in rows {
        let (code, told, output) = check(&market, rpc, more);
        assert_eq!(code, Some(expected), "{rpc} {more:?}: {told} {output:?}");
        if !found.is_empty() {
            assert_eq!(verdict(&told), found, "{rpc} {more:?}: {told}");
        }
    }
    assert_eq!(market.sold(), 0);
    assert_eq!(market.records(), [""; 0], "no payment was ever seen");
}

#[test]
fn the_script_checks_this_machine_where_there_is_no_key() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/base-sepolia");
    let path = std::env::var_os("PATH").unwrap();
    let run = |key: Option<String>, arguments: &[&str]| {
        let mut command = Command::new(&script);
        command.env_clear().env("PATH", &path).env("PROGRAMS", programs()).args(arguments);
        let output = command.envs(key.map(|it| ("X402_PRIVATE_KEY", it))).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.code(), said)
    };
    let (code, said) = run(None, &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("everything holds: 10 hold, 0 failed, 0 skipped"), "{said}");
    // With a key the script means it: a URL is wanted. Without one, nobody would pay.
    assert_eq!(run(Some(key()), &[]).0, Some(2));
    assert_eq!(run(None, &["https://files.example.com/a"]).0, Some(2));
}
