//! Payments that the ledger knows already: bound once, charged once, and never asked to pay again.

use futures_util::StreamExt;
use merchant::decisions::evidence::Evidence;
use merchant::decisions::faults::FacilitatorFault;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::Value;
use wire::TxHash;
use wire::header::encode_json;

use crate::payments::*;
use crate::world::World;

async fn world_with_a_sale() -> World {
    let world = World::new().await;
    world.verify_answers(&[Ok(valid())]);
    world.settle_answers(&[Ok(settled())]);
    let got = world.get("/premium/a", &[header(&payment())]).await;
    assert_eq!(got.ending(), "200 object");
    world.calls();
    world
}

/// The same payment in other bytes: members in another order, letters in another case, no padding.
fn disguised() -> (&'static str, String) {
    let mut payment = payment();
    let nonce = format!("0x{}", "8E".repeat(32));
    set(&mut payment, "/payload/authorization/nonce", nonce.into());
    set(&mut payment, "/payload/authorization/from", PAYER.to_lowercase().into());
    set(&mut payment, "/accepted/asset", ASSET.to_lowercase().into());
    set(&mut payment, "/payload/signature", format!("0x{}", "22".repeat(64)).into());
    let members = payment.as_object().unwrap().iter().rev();
    let reordered: serde_json::Map<String, Value> =
        members.map(|(name, value)| (name.clone(), value.clone())).collect();
    let text = format!(" {} ", Value::Object(reordered));
    let header = encode_json(text.as_bytes());
    ("payment-signature", header.trim_end_matches('=').to_owned())
}

#[tokio::test]
async fn a_settled_payment_buys_nothing_more() {
    let world = world_with_a_sale().await;
    let mut dearer = payment();
    set(&mut dearer, "/accepted/amount", "10000".into());
    #[rustfmt::skip]
    let rows = [
        // path              header               calls
        ("/premium/a",      header(&payment()),  "recall, open"),
        ("/premium/a",      disguised(),         "recall, open"),
        ("/premium/b",      header(&payment()),  "recall, open"),
        ("/premium/b",      disguised(),         "recall, open"),
        ("/premium/gold/a", header(&payment()),  "recall"),
        ("/premium/gold/a", header(&dearer),     "recall"),
        ("/premium/nothing", header(&payment()), "recall, open"),
    ];
    for (path, header, calls) in rows {
        // By now the payment stands on the chain, for anyone to present.
        let got = world.get_from("198.51.100.7", path, &[header]).await;
        assert_eq!(got.ending(), "409 payment_already_used", "{path}");
        assert_eq!(world.calls(), calls, "{path}: no verify, no settle");
        assert!(!got.invites_payment(), "{path}");
        assert!(!got.body.windows(6).any(|it| it == b"answer"), "{path}: no byte of the object");
    }
}

#[tokio::test]
async fn of_racing_copies_one_settles() {
    let world = World::new().await;
    world.verify_answers(&vec![Ok(valid()); 100]);
    world.settle_answers(&vec![Ok(settled()); 100]);
    let header = [header(&payment())];
    let clients: Vec<String> = (0..100).map(|n| format!("192.0.2.{n}")).collect();
    let racers = clients.iter().enumerate().map(|(n, client)| {
        world.get_from(client, if n % 2 == 0 { "/premium/a" } else { "/premium/b" }, &header)
    });
    let got = futures_util::future::join_all(racers).await;
    let served = got.iter().filter(|it| it.status.as_u16() == 200).count();
    assert_eq!(served, 1);
    assert!(got.iter().all(|it| !it.invites_payment()));
    assert_eq!(world.calls().matches("settle").count(), 1);
}

/// Both copies look into the ledger before either is claimed. What the facilitator says of the later
/// one then is true, and no reason to ask for another payment.
#[tokio::test]
async fn a_copy_that_was_overtaken_at_verify_is_not_asked_to_pay_again() {
    let used = "invalid_exact_evm_nonce_already_used";
    #[rustfmt::skip]
    let rows = [
        // the facilitator says of the copy   from            ending
        ("insufficient_funds",           "192.0.2.1",    "200 object"),
        (used,                           "192.0.2.1",    "200 object"),
        ("transaction_simulation",       "192.0.2.1",    "200 object"),
        ("insufficient_funds",           "198.51.100.9", "409 payment_already_used"),
        (used,                           "198.51.100.9", "409 payment_already_used"),
    ];
    for (reason, client, ending) in rows {
        let world = World::new().await;
        let (release, held) = tokio::sync::oneshot::channel();
        *world.merchant.facilitator.held.lock().unwrap() = Some(held);
        world.verify_answers(&[Ok(valid()), Ok(invalid(reason))]);
        world.settle_answers(&[Ok(settled())]);
        let headers = [header(&payment())];
        let (copy, ()) = tokio::join!(world.get_from(client, "/premium/a", &headers), async {
            let first = world.get("/premium/a", &headers).await;
            assert_eq!(first.ending(), "200 object", "{reason}");
            release.send(()).unwrap();
        });
        assert_eq!((copy.ending().as_str(), copy.invites_payment()), (ending, false), "{reason}");
        assert_eq!(world.calls().matches("settle").count(), 1, "{reason}");
    }
}

/// The facilitator names a transaction that settled something else. Only the chain can know better.
#[tokio::test]
async fn a_transaction_settles_one_payment_only() {
    let other = payment_with("/payload/authorization/nonce", format!("0x{}", "99".repeat(32)));
    let transaction = HASH.parse().unwrap();
    let unknown = "503 settlement_unknown";
    #[rustfmt::skip]
    let rows = [
        // the chain says                        ending         asked besides   and the same again
        (vec![],                                 unknown,       "stop",         unknown),
        (vec![Evidence::Unknown],                unknown,       "chain, stop",  unknown),
        (vec![Evidence::Open],                   unknown,       "chain, stop",  unknown),
        // A batch: the transaction holds a transfer of its own for each payment.
        (vec![Evidence::Settled(transaction)],   "200 object",  "chain, record", "200 object"),
    ];
    for (evidence, ending, besides, again) in rows {
        let world = world_with_a_sale().await;
        world.verify_answers(&[Ok(valid())]);
        world.settle_answers(&[Ok(settled()), Ok(settled())]);
        world.chain_says(&evidence);
        let got = world.get("/premium/b", &[header(&other)]).await;
        let calls = format!("recall, open, verify, claim, settle, record, {besides}");
        assert_eq!((got.ending().as_str(), world.calls()), (ending, calls), "{evidence:?}");
        assert!(!got.invites_payment(), "{evidence:?}");
        let got = world.get("/premium/b", &[header(&other)]).await;
        assert_eq!(got.ending(), again, "{evidence:?}, again");
    }
}

#[tokio::test]
async fn a_version_1_payment_is_known_though_its_network_is_not_offered_any_more() {
    let before = World::new().await;
    before.verify_answers(&[Ok(valid())]);
    before.settle_answers(&[Err(FacilitatorFault::TimedOut)]);
    let paid = [v1_header("base-sepolia")];
    assert_eq!(before.get("/premium/a", &paid).await.ending(), "503 settlement_unknown");

    let after = World::with_ledger_of(&before, "base").await;
    after.chain_says(&[Evidence::Settled(TxHash::new([0x11; 32]))]);
    let got = after.get("/premium/a", &paid).await;
    assert_eq!(got.ending(), "200 object");
    assert_eq!(after.calls(), "recall, take over, open, chain, record");
    let unknown = [v1_header("avalanche")];
    assert_eq!(
        after.get("/premium/a", &unknown).await.ending(),
        "402 no_matching_payment_requirements"
    );
}

#[tokio::test]
async fn a_sale_leaves_three_records_and_no_secret() {
    let world = world_with_a_sale().await;
    let records: Vec<_> = world.records.list(None).map(Result::unwrap).collect().await;
    let mut names: Vec<_> = records.iter().map(|it| it.location.to_string()).collect();
    names.sort();
    let folder = format!(
        "payments/84532/{}/{}/0x{}",
        ASSET.to_lowercase(),
        PAYER.to_lowercase(),
        "8e".repeat(32)
    );
    let binding = format!("transactions/84532/{HASH}.json");
    assert_eq!(names, [format!("{folder}/claim.json"), format!("{folder}/settled.json"), binding]);
    for record in &records {
        let json = world.records.get(&record.location).await.unwrap().bytes().await.unwrap();
        let json = String::from_utf8_lossy(&json);
        assert!(!json.contains(&"11".repeat(64)), "the signature is not kept: {json}");
    }
}
