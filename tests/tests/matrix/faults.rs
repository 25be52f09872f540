//! Every fault of the sandbox's facilitator and of its RPC node: the agent buys once from the
//! merchant. Money moves at most once, the ledger agrees with the chain once it was asked, and
//! whoever was charged has the file.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;
use sandbox::faults::{Endpoint, FaultSpec, TABLE};
use sandbox::world::Options;

use crate::agent::{buy, reconcile, stages};
use crate::market::{GOODS, Market};

/// How many purchases go on at a time: most of them wait most of the time.
const AT_A_TIME: usize = 8;

/// Longer than a payment's window and what `reconcile` adds to it.
const WINDOW_OVER: Duration = Duration::from_mins(5);

/// How it ends: the exit code, transfers, the ledger before and after the chain was asked.
struct Row(&'static str, i32, u64, &'static str, &'static str);

/// Bought, if not at the first attempt.
const fn bought(faults: &'static str) -> Row {
    Row(faults, 0, 1, "settled", "settled")
}

/// Refused, and nothing was taken.
const fn refused(faults: &'static str) -> Row {
    Row(faults, 7, 0, "signed", "released")
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    bought("supported:delay=200*1"),
    bought("supported:hang*1"),
    bought("supported:reset*1"),
    bought("supported:5xx*1"),
    bought("supported:garbage*1"),
    bought("supported:truncated*1"),
    bought("supported:huge*1"),
    bought("supported:drip*1"),
    bought("supported:429*1"),
    bought("supported:redirect=302,http://127.0.0.1:9/*1"),

    bought("verify:delay=500*1"),
    bought("verify:hang*1"),
    bought("verify:reset*2"),
    bought("verify:5xx=500*1"),
    bought("verify:5xx=504*1"),
    bought("verify:garbage*1"),
    bought("verify:truncated*2"),
    bought("verify:huge*1"),
    bought("verify:drip*1"),
    bought("verify:429*1"),
    bought("verify:redirect=307,http://127.0.0.1:9/*1"),
    bought("verify:valid*1"),
    refused("verify:refuse=insufficient_funds*1"),
    refused("verify:refuse=kyt_risk_detected*1"),
    refused("verify:refuse=never_heard_of*1"),
    bought("verify:too-early*1"),

    bought("settle:delay=500*1"),
    bought("settle:hang*1"),
    bought("settle:reset*1"),
    bought("settle:5xx=502*1"),
    bought("settle:garbage*1"),
    bought("settle:truncated*1"),
    bought("settle:huge*1"),
    bought("settle:drip*1"),
    bought("settle:429*1"),
    bought("settle:redirect=308,http://127.0.0.1:9/*1"),
    refused("settle:refuse=insufficient_funds*1"),
    bought("settle:refuse=unexpected_error*1"),
    bought("settle:too-early*1"),
    bought("settle:delay-after-settling=500*1"),
    bought("settle:hang-after-settling*1"),
    bought("settle:reset-after-settling*1"),
    bought("settle:5xx-after-settling=500*1"),
    bought("settle:5xx-after-settling=504*1"),
    bought("settle:garbage-after-settling*1"),
    bought("settle:truncated-after-settling*1"),
    bought("settle:huge-after-settling*1"),
    bought("settle:drip-after-settling*1"),
    bought("settle:failure-after-settling*1"),
    bought("settle:failure-after-settling=insufficient_funds*1"),
    bought("settle:settlement-pending*2"),
    bought("settle:wrong-payer*1"),
    bought("settle:wrong-network*1"),
    bought("settle:wrong-amount*1"),
    bought("settle:wrong-hash*1"),
    bought("settle:empty-hash*1"),
    bought("settle:malformed-hash*1"),
    bought("settle:success-as-text*1"),
    bought("settle:success-missing*1"),
    // A merchant that always asks the chain is not taken in.
    bought("settle:no-transfer*1"),

    // The node fails in the middle of a doubt that it is to end.
    bought("settle:5xx-after-settling*1 rpc:delay=500*1"),
    bought("settle:5xx-after-settling*1 rpc:hang*1"),
    bought("settle:5xx-after-settling*1 rpc:reset*1"),
    bought("settle:5xx-after-settling*1 rpc:5xx*1"),
    bought("settle:5xx-after-settling*1 rpc:garbage*1"),
    bought("settle:5xx-after-settling*1 rpc:truncated*1"),
    bought("settle:5xx-after-settling*1 rpc:huge*1"),
    bought("settle:5xx-after-settling*1 rpc:drip*1"),
    bought("settle:5xx-after-settling*1 rpc:429*1"),
    bought("settle:5xx-after-settling*1 rpc:stale=3*1"),
    bought("settle:5xx-after-settling*1 rpc:disagree*1"),
    bought("settle:5xx*1 rpc:disagree*1"),
];

fn specs(faults: &str) -> impl Iterator<Item = FaultSpec> {
    faults.split(' ').map(|it| it.parse().unwrap())
}

/// One purchase while this goes wrong, and what the chain says later.
async fn play(row: &Row) -> Result<(), String> {
    let Row(faults, exit, transfers, before, after) = row;
    let options = Options { faults: specs(faults).collect(), ..Options::instant() };
    let asks = if faults.contains("no-transfer") { "always" } else { "doubt" };
    let market = Market::asking_the_chain(options, asks).await;
    let folder = tempfile::tempdir().unwrap();
    let got = buy(folder.path(), &market.url("/premium/a.json")).await;
    let file = (*exit == 0).then(|| GOODS.to_vec());
    let seen = (got.exit, market.sold(), stages(folder.path()), got.content);
    let expected = (*exit, *transfers, (*before).to_owned(), file);
    if seen != expected {
        return Err(format!("{faults}: {seen:?} ({}), not {expected:?}", got.code));
    }
    market.sandbox.faults().clear(None);
    market.sandbox.chain().advance(WINDOW_OVER);
    market.sandbox.chain().mine();
    let proven = reconcile(folder.path(), &market.sandbox.rpc_url()).await;
    let seen = (proven, market.sold(), stages(folder.path()));
    let charged = u64::try_from(seen.2.matches("settled").count()).unwrap();
    if seen != (0, *transfers, (*after).to_owned()) || charged != market.sold() {
        return Err(format!("{faults}, after the chain was asked: {seen:?}"));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_money_moves_at_most_once_and_the_ledger_agrees_with_the_chain() {
    let plays = futures_util::stream::iter(ROWS.iter().map(play)).buffer_unordered(AT_A_TIME);
    let wrong: Vec<_> = plays.filter_map(async |it| it.err()).collect().await;
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn no_fault_is_left_out() {
    let name = |it: &str| -> String {
        let end = it.find(['=', '*']).unwrap_or(it.len());
        it[..end].to_owned()
    };
    let played = ROWS.iter().flat_map(|it| it.0.split(' ')).map(name);
    let played: BTreeSet<_> = played.collect();
    let endpoint = |it: &Endpoint| it.to_string();
    let all = TABLE.iter().flat_map(|row| {
        row.endpoints.iter().map(move |it| format!("{}:{}", endpoint(it), row.name))
    });
    assert_eq!(played, all.collect::<BTreeSet<_>>());
}
