//! What the simulation found: names of purchases that never came to be, and strangers who are
//! quicker than an RPC endpoint. Each was a seed first.

use std::time::Duration;

use merchant::decisions::evidence::Evidence::{self, Open, Settled, Unknown, Void};
use merchant::decisions::evidence::VoidCause;
use merchant::decisions::faults::FacilitatorFault::TimedOut;
use serde_json::{Value, json};
use wire::TxHash;

use crate::payments::*;
use crate::world::{NOW, OBJECT, World};

const SEEN: Evidence = Settled(TxHash::new([0x11; 32]));
const STRANGER: &str = "198.51.100.7";
const NAME: &str = "pay_0123456789abcdef";

/// A payment of that nonce under the name, whose window closes so many seconds after the beginning.
fn named(nonce: &str, end: u64) -> Value {
    let extension = json!({ "payment-identifier": { "info": { "id": NAME } } });
    let mut payment = payment_with("/extensions", extension);
    set(&mut payment, "/payload/authorization/nonce", format!("0x{}", nonce.repeat(32)).into());
    set(&mut payment, "/payload/authorization/validBefore", (NOW + end).to_string().into());
    payment
}

/// The endpoint is a block behind, and the stranger is not: what was settled looks open.
#[tokio::test]
async fn a_stranger_moves_no_money_and_gets_nothing_where_the_chain_looks_open() {
    for evidence in [Open, Unknown] {
        let world = World::new().await;
        world.verify_answers(&[Ok(valid())]);
        world.settle_answers(&[Err(TimedOut), Ok(settled())]);
        world.chain_says(&[Open]);
        world.get("/premium/a", &[header(&payment())]).await;
        world.calls();
        world.chain_says(&[evidence]);
        let stranger = world.get_from(STRANGER, "/premium/a", &[header(&payment())]).await;
        assert_eq!(stranger.ending(), "503 settlement_unknown", "{evidence:?}");
        assert_eq!(world.calls(), "recall, open, take over, open, chain, stop", "{evidence:?}");
        world.chain_says(&[Open]);
        let payer = world.get("/premium/a", &[header(&payment())]).await;
        assert_eq!((payer.ending().as_str(), &*payer.body), ("200 object", OBJECT));
    }
}

/// A process that dies between the name and the claim leaves a name that nobody can claim any more.
#[tokio::test]
async fn a_name_is_free_again_when_its_unclaimed_payment_is_over() {
    let world = World::new().await;
    world.verify_answers(&[Ok(valid()), Ok(valid()), Ok(valid())]);
    world.settle_answers(&[Ok(settled())]);
    *world.merchant.ledger.broken.lock().unwrap() = Some("claim");
    let first = world.get("/premium/a", &[header(&named("01", 60))]).await;
    assert_eq!(first.ending(), "503 ledger_unavailable");
    *world.merchant.ledger.broken.lock().unwrap() = None;
    for (after, ending) in [(59, "503 settlement_in_progress"), (1, "200 object")] {
        world.pass(Duration::from_secs(after));
        world.calls();
        let second = world.get("/premium/a", &[header(&named("02", 119))]).await;
        assert_eq!(second.ending(), ending, "{after} s later");
        let settles = world.calls().contains("settle");
        assert_eq!(settles, ending.starts_with("200"));
    }
}

/// The payer signed anew, and never sends the first payment again: the chain tells what became of it.
#[tokio::test]
async fn a_purchase_in_doubt_is_found_by_its_name() {
    let asked = "recall, open, named, recall, chain";
    #[rustfmt::skip]
    let rows = [
        (SEEN,                      "200 object",             ", record, open"),
        (Open,                      "503 settlement_unknown", ""),
        (Unknown,                   "503 settlement_unknown", ""),
        (Void(VoidCause::Expired),  "503 settlement_unknown", ", void"),
    ];
    for (evidence, ending, calls) in rows {
        let world = World::new().await;
        world.verify_answers(&[Ok(valid())]);
        world.settle_answers(&[Err(TimedOut)]);
        world.chain_says(&[Open]);
        world.get("/premium/a", &[header(&named("01", 60))]).await;
        world.calls();
        world.chain_says(&[evidence]);
        let got = world.get_from(STRANGER, "/premium/a", &[header(&named("02", 60))]).await;
        assert_eq!(got.ending(), ending, "{evidence:?}");
        assert_eq!(
            world.calls(),
            format!("{asked}{calls}"),
            "{evidence:?}: the second is not charged"
        );
        assert!(!got.invites_payment(), "{evidence:?}");
    }
    let working = World::new().await;
    working.verify_answers(&[Ok(valid())]);
    working.settle_answers(&[Err(TimedOut)]);
    *working.merchant.ledger.broken.lock().unwrap() = Some("stop");
    working.get("/premium/a", &[header(&named("01", 60))]).await;
    working.calls();
    let got = working.get("/premium/a", &[header(&named("02", 60))]).await;
    assert_eq!(got.ending(), "503 settlement_unknown");
    assert!(!working.calls().contains("chain"), "while somebody works on it, nobody else asks");
}
