//! What becomes of a payment in doubt, and who gets again what was bought.

use std::time::Duration;

use merchant::decisions::evidence::Evidence::{self, Open, Settled, Unknown, Void};
use merchant::decisions::evidence::VoidCause;
use merchant::decisions::faults::FacilitatorFault::{self, TimedOut};
use serde_json::{Value, json};
use wire::TxHash;

use crate::payments::*;
use crate::world::{Got, OBJECT, World};

const SEEN: Evidence = Settled(TxHash::new([0x11; 32]));
const EXPIRED: Evidence = Void(VoidCause::Expired);
const CANCELED: Evidence = Void(VoidCause::Canceled);
const STRANGER: &str = "198.51.100.7";

/// A payment with the payer's own name for it.
fn named(name: &str) -> Value {
    let extension = json!({ "payment-identifier": { "info": { "id": name } } });
    payment_with("/extensions", extension)
}

const NAME: &str = "pay_0123456789abcdef";

async fn buy(world: &World, payment: &Value) -> Got {
    world.verify_answers(&[Ok(valid())]);
    world.settle_answers(&[Ok(settled())]);
    let got = world.get("/premium/a", &[header(payment)]).await;
    assert_eq!(got.ending(), "200 object");
    world.calls();
    got
}

/// The first request: the facilitator leaves it open, and the chain is asked at once.
#[tokio::test]
#[expect(clippy::type_complexity, reason = "the columns of a table")]
async fn the_chain_ends_doubt_in_the_same_request_where_it_can() {
    let asked = "recall, open, verify, claim, settle, chain";
    let no = |reason: &str| Ok(unsettled(reason, ""));
    let unknown = "503 settlement_unknown";
    let expired = "402 invalid_exact_evm_payload_authorization_valid_before";
    #[rustfmt::skip]
    let rows: Vec<(&str, Result<Value, FacilitatorFault>, Evidence, &str, &str)> = vec![
        ("timed out, paid",         Err(TimedOut),                          SEEN,     "200 object",           ", record"),
        ("front-run",               no("invalid_exact_evm_nonce_already_used"), SEEN, "200 object",           ", record"),
        ("nonce canceled",          no("invalid_exact_evm_nonce_already_used"), CANCELED, "402 invalid_exact_evm_nonce_already_used", ", void, stop"),
        ("nonce spent, no answer",  no("invalid_exact_evm_nonce_already_used"), Unknown, unknown,             ", stop"),
        ("timed out, not yet",      Err(TimedOut),                          Open,     unknown,                ", stop"),
        ("timed out, too late",     Err(TimedOut),                          EXPIRED,  expired,                ", void, stop"),
        ("refused, unused",         no("insufficient_funds"),               Open,     "402 insufficient_funds", ", stop"),
        ("refused, but paid",       no("insufficient_funds"),               SEEN,     "200 object",           ", record"),
        ("refused, no answer",      no("insufficient_funds"),               Unknown,  unknown,                ", stop"),
    ];
    for (name, settle, evidence, ending, calls) in rows {
        let world = World::new().await;
        world.verify_answers(&[Ok(valid())]);
        world.settle_answers(&[settle]);
        world.chain_says(&[evidence]);
        let got = world.get("/premium/a", &[header(&payment())]).await;
        assert_eq!(
            (got.ending().as_str(), world.calls()),
            (ending, format!("{asked}{calls}")),
            "{name}"
        );
        assert_eq!(got.invites_payment(), ending.starts_with("402"), "{name}");
    }
}

/// The second request with the same payment: whoever comes next resolves, and never guesses.
#[tokio::test]
#[expect(clippy::type_complexity, reason = "the columns of a table")]
async fn the_next_request_resolves_by_the_chain_and_by_the_same_bytes() {
    let taken = "recall, open, take over, open, chain";
    let unknown = "503 settlement_unknown";
    let none: Vec<Result<Value, FacilitatorFault>> = vec![];
    #[rustfmt::skip]
    let rows: Vec<(&str, Vec<Result<Value, FacilitatorFault>>, Vec<Evidence>, &str, &str)> = vec![
        ("paid meanwhile",          none.clone(),                      vec![SEEN],          "200 object", ", record"),
        ("never can be",            none.clone(),                      vec![EXPIRED],       "402 invalid_exact_evm_payload_authorization_valid_before", ", void"),
        ("unused: sent again",      vec![Ok(settled())],               vec![Open],          "200 object", ", settle, record"),
        ("no answer: sent again",   vec![Ok(settled())],               vec![Unknown],       "200 object", ", settle, record"),
        ("sent again, silence",     vec![Err(TimedOut)],               vec![Open, Open],    unknown,      ", settle, chain, stop"),
        ("sent again, then paid",   vec![Err(TimedOut)],               vec![Open, SEEN],    "200 object", ", settle, chain, record"),
        ("sent again, refused",     vec![Ok(unsettled("insufficient_funds", ""))], vec![Open, Open], unknown, ", settle, chain, stop"),
    ];
    for (name, settle, evidence, ending, calls) in rows {
        let world = World::new().await;
        world.verify_answers(&[Ok(valid())]);
        world.settle_answers(&[Err(TimedOut)]);
        world.chain_says(&[Open]);
        let first = world.get("/premium/a", &[header(&payment())]).await;
        assert_eq!(first.ending(), unknown, "{name}");
        world.calls();
        world.pass(Duration::from_secs(2));
        world.settle_answers(&settle);
        world.chain_says(&evidence);
        let got = world.get("/premium/a", &[header(&payment())]).await;
        assert_eq!(
            (got.ending().as_str(), world.calls()),
            (ending, format!("{taken}{calls}")),
            "{name}"
        );
        assert_eq!(got.invites_payment(), ending.starts_with("402"), "{name}");
        let asked = world.facilitator_asked();
        assert!(asked.iter().all(|it| *it == asked[0]), "{name}: always the same bytes");
    }
}

#[tokio::test]
async fn without_an_endpoint_doubt_ends_by_the_facilitator_alone() {
    let world = World::new().await;
    world.verify_answers(&[Ok(valid())]);
    world.settle_answers(&[Err(TimedOut), Err(TimedOut), Ok(settled())]);
    for (seconds, ending) in [(0, "503"), (2, "503"), (2, "200")] {
        world.pass(Duration::from_secs(seconds));
        let got = world.get("/premium/a", &[header(&payment())]).await;
        assert_eq!(got.status.as_str(), ending);
        assert!(!got.invites_payment());
    }
    // Past the payment's window nothing is sent any more, and nothing is proven either.
    let late = World::new().await;
    late.verify_answers(&[Ok(valid())]);
    late.settle_answers(&[Err(TimedOut)]);
    late.get("/premium/a", &[header(&payment())]).await;
    late.calls();
    late.pass(Duration::from_mins(10));
    let got = late.get("/premium/a", &[header(&payment())]).await;
    assert_eq!(got.ending(), "503 settlement_unknown");
    assert!(!late.calls().contains("settle"));
}

#[tokio::test]
async fn a_lease_keeps_others_out_until_its_holder_stops_or_is_gone() {
    let world = World::new().await;
    world.verify_answers(&[Ok(valid())]);
    world.settle_answers(&[Err(TimedOut), Ok(settled())]);
    *world.merchant.ledger.broken.lock().unwrap() = Some("stop");
    let first = world.get("/premium/a", &[header(&payment())]).await;
    assert_eq!(
        first.ending(),
        "503 settlement_unknown",
        "and its holder died before it could say so"
    );
    for (seconds, ending) in
        [(0, "503 settlement_in_progress"), (30, "503 settlement_in_progress"), (1, "200 object")]
    {
        world.pass(Duration::from_secs(seconds));
        let got = world.get("/premium/a", &[header(&payment())]).await;
        assert_eq!(got.ending(), ending, "after {seconds} s more");
    }
}

#[tokio::test]
async fn what_was_bought_is_sent_again_to_who_bought_it() {
    let stranger = STRANGER;
    let home = "192.0.2.1";
    let again = "200 object";
    let used = "409 payment_already_used";
    #[rustfmt::skip]
    let rows = [
        // bought            asked again          from      after, s  ending
        (payment(),          payment(),           home,     0,        again),
        (payment(),          payment(),           home,     120,      again),
        (payment(),          payment(),           home,     121,      used),
        (payment(),          payment(),           stranger, 0,        used),
        (named(NAME),        named(NAME),         stranger, 0,        again),
        (named(NAME),        named(NAME),         stranger, 900,      again),
        (named(NAME),        named(NAME),         stranger, 901,      used),
        (named(NAME),        payment(),           stranger, 0,        used),
        (named(NAME),        named("pay_another_name_"), stranger, 0, used),
        (payment(),          named(NAME),         stranger, 0,        used),
    ];
    for (bought, asked, from, after, ending) in rows {
        let world = World::new().await;
        let first = buy(&world, &bought).await;
        world.pass(Duration::from_secs(after));
        let got = world.get_from(from, "/premium/a", &[header(&asked)]).await;
        assert_eq!(got.ending(), ending, "{asked} from {from} after {after} s");
        assert!(!got.invites_payment());
        assert!(!world.calls().contains("verify"), "the facilitator is not asked");
        if ending == again {
            assert_eq!(got.body, OBJECT);
            assert_eq!(got.message("payment-response"), first.message("payment-response"));
            assert_eq!(got.header("cache-control"), Some("private, no-store"));
        }
    }
}

#[tokio::test]
async fn a_redelivery_honours_ranges_and_conditions() {
    let world = World::new().await;
    let etag = buy(&world, &payment()).await.header("etag").unwrap().to_owned();
    let range = |it: &str| ("range", it.to_owned());
    #[rustfmt::skip]
    let rows = [
        (range("bytes=0-3"),              206, &OBJECT[..4], Some("bytes 0-3/13")),
        (range("bytes=-3"),               206, &OBJECT[10..], Some("bytes 10-12/13")),
        (("if-none-match", etag.clone()), 304, b"",          None),
        (("if-none-match", "\"x\"".into()), 200, OBJECT,    None),
    ];
    for (with, status, body, content_range) in rows {
        let got = world.get("/premium/a", &[header(&payment()), with.clone()]).await;
        assert_eq!(got.status.as_u16(), status, "{with:?}");
        assert_eq!((&got.body[..], got.header("content-range")), (body, content_range), "{with:?}");
        assert!(!got.header("cache-control").unwrap().contains("public"), "{with:?}");
    }
    let outside = world.get("/premium/a", &[header(&payment()), range("bytes=13-")]).await;
    assert_eq!(outside.ending(), "416 range_not_satisfiable");
    assert_eq!(outside.header("content-range"), Some("bytes */13"));
}

#[tokio::test]
async fn the_version_that_was_bought_is_sent_or_none() {
    let world = World::new().await;
    buy(&world, &payment()).await;
    world.publish("premium/a", b"another edition").await;
    let got = world.get("/premium/a", &[header(&payment())]).await;
    assert_eq!(got.ending(), "410 object_gone");
    assert!(!got.invites_payment());
    world.withdraw("premium/a").await;
    assert_eq!(world.get("/premium/a", &[header(&payment())]).await.ending(), "410 object_gone");
}

#[tokio::test]
async fn a_stranger_who_reads_the_chain_first_gets_nothing() {
    let world = World::new().await;
    world.verify_answers(&[Ok(valid())]);
    world.settle_answers(&[Err(TimedOut)]);
    world.chain_says(&[Open]);
    world.get("/premium/a", &[header(&payment())]).await;
    world.chain_says(&[SEEN]);
    let stranger = world.get_from(STRANGER, "/premium/a", &[header(&payment())]).await;
    assert_eq!(stranger.ending(), "409 payment_already_used");
    let payer = world.get("/premium/a", &[header(&payment())]).await;
    assert_eq!(payer.ending(), "200 object", "and who paid still gets it");
}

#[tokio::test]
async fn where_the_chain_is_always_asked_its_word_decides() {
    #[rustfmt::skip]
    let rows = [
        (vec![SEEN],    "200 object"),
        (vec![Open],    "503 settlement_unknown"),
        (vec![Unknown], "503 settlement_unknown"),
        (vec![],        "503 settlement_unknown"),
    ];
    for (evidence, ending) in rows {
        let world = World::with_rules("[onchain]\nverify = \"always\"").await;
        world.verify_answers(&[Ok(valid())]);
        world.settle_answers(&[Ok(settled())]);
        world.chain_says(&evidence);
        let got = world.get("/premium/a", &[header(&payment())]).await;
        assert_eq!(got.ending(), ending, "{evidence:?}");
        assert!(!got.invites_payment());
    }
}
