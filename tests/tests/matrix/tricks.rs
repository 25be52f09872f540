//! The hostile merchant's tricks, by the built agent: the exit code for each, and what moved. How each
//! ends is in `docs/hostile.md`; which exit code that is, in the agent's README.

use futures_util::StreamExt;
use sandbox::accounts::testers;
use sandbox::hostile::{Hostile, tricks};
use sandbox::world::{Options, Sandbox};
use wire::U256;

use crate::agent::{buy, payer, reconcile, stages};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/hostile.md");

const AT_A_TIME: usize = 6;

/// What takes the program's own patience: two minutes of sending, half a minute of silence, an hour
/// or a gigabyte of content. The library plays these with less of it.
#[rustfmt::skip]
const PATIENT: &[&str] = &[
    "header-slow", "body-slow", "silence", "status-flood", "paid-header-endless", "paid-header-slow",
    "unavailable", "answer-lost", "answer-never", "handover-loop", "paid-body-endless",
    "paid-body-slow",
];

/// The exit code that belongs to an ending.
fn exit(ending: &str) -> i32 {
    match ending {
        "paid" => 0,
        "unreachable" => 4,
        "invalid_challenge"
        | "challenge_too_large"
        | "too_many_redirects"
        | "payment_too_large" => 6,
        "redirect_after_payment"
        | "payment_rechallenged"
        | "payment_rejected"
        | "payment_blocked"
        | "payment_conflict" => 7,
        "body_interrupted" => 10,
        receipt if receipt.starts_with("receipt_") => 11,
        _ => 5,
    }
}

/// A row of the document: trick, ending, whether it charges, the ledger's two stages.
fn rows() -> Vec<(String, String, bool, String)> {
    let text = std::fs::read_to_string(DOCUMENT).unwrap();
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<_> = line.strip_prefix("| `")?.strip_suffix(" |")?.split(" | ").collect();
        let [trick, _, ending, _, moved, ledger] = cells[..] else { panic!("{line}") };
        let (trick, ending) = (trick.trim_end_matches('`'), ending.trim_matches('`'));
        Some((trick.to_owned(), ending.to_owned(), moved != "0", ledger.to_owned()))
    });
    rows.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_ending_has_its_exit_code_and_nobody_is_charged_twice() {
    let rows = rows();
    assert_eq!(rows.len(), tricks().count());
    let played = rows.into_iter().filter(|it| !PATIENT.contains(&&*it.0)).map(play);
    let played = futures_util::stream::iter(played).buffer_unordered(AT_A_TIME);
    let wrong: Vec<_> = played.filter_map(async |it| it.err()).collect().await;
    assert_eq!(wrong, [""; 0]);
}

async fn play(
    (trick, ending, charges, ledger): (String, String, bool, String),
) -> Result<(), String> {
    let sandbox = Sandbox::start(Options::instant()).await.unwrap();
    let (chain, here) = (sandbox.chain().clone(), "127.0.0.1:0".parse().unwrap());
    let hostile = Hostile::start(chain, here, testers()[4].address()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let before = sandbox.chain().usdc_balance(payer().address());
    let mut got = buy(folder.path(), &hostile.url_of(&trick)).await;
    if matches!(ending.as_str(), "price_changed" | "payee_changed") {
        assert_eq!(got.exit, 0, "{trick}, the first time");
        got = buy(folder.path(), &hostile.url_of(&trick)).await;
    }
    let (first, then) = ledger.split_once(", then ").unwrap_or((&ledger, &ledger));
    let stage = |it: &str| if it == "none" { String::new() } else { it.to_owned() };
    let seen = (got.exit, stages(folder.path()));
    if seen != (exit(&ending), stage(first)) {
        return Err(format!("{trick}: {seen:?} ({})", got.code));
    }
    let proven = reconcile(folder.path(), &sandbox.rpc_url()).await;
    let moved = before - sandbox.chain().usdc_balance(payer().address());
    let seen = (proven, stages(folder.path()), moved);
    if seen != (0, stage(then), U256::from(if charges { 1_000 } else { 0 })) {
        return Err(format!("{trick}, after the chain was asked: {seen:?}"));
    }
    let strayed = hostile.visits().into_iter().any(|it| it.elsewhere && it.payment.is_some());
    if strayed { Err(format!("{trick}: a payment went elsewhere")) } else { Ok(()) }
}
