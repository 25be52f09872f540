//! The payer's own name for a purchase: what is bought under one name is bought once.

use merchant::decisions::evidence::Evidence::Void;
use merchant::decisions::evidence::VoidCause;
use merchant::decisions::faults::FacilitatorFault::TimedOut;
use serde_json::{Value, json};

use crate::payments::*;
use crate::world::World;

const STRANGER: &str = "198.51.100.7";
const NAME: &str = "pay_0123456789abcdef";

/// A payment under the name, with a nonce of its own.
fn named(nonce: u8) -> Value {
    let extension = json!({ "payment-identifier": { "info": { "id": NAME } } });
    let mut payment = payment_with("/extensions", extension);
    let nonce = format!("0x{}", format!("{nonce:02x}").repeat(32));
    set(&mut payment, "/payload/authorization/nonce", nonce.into());
    payment
}

async fn buy(world: &World, payment: &Value) {
    world.verify_answers(&[Ok(valid())]);
    world.settle_answers(&[Ok(settled())]);
    let got = world.get("/premium/a", &[header(payment)]).await;
    assert_eq!(got.ending(), "200 object");
    world.calls();
}

/// A purchase that the chain proves void.
async fn fail_to_buy(world: &World, payment: &Value) {
    world.verify_answers(&[Ok(valid())]);
    world.settle_answers(&[Err(TimedOut)]);
    world.chain_says(&[Void(VoidCause::Canceled)]);
    let got = world.get("/premium/a", &[header(payment)]).await;
    assert_eq!(got.ending(), "402 invalid_exact_evm_nonce_already_used");
    world.calls();
}

/// A payer that lost the answer and signs anew under the same name is not charged twice.
#[tokio::test]
async fn one_name_is_one_purchase() {
    let mut other_payer = named(2);
    set(&mut other_payer, "/payload/authorization/from", PAYEE.into());
    #[rustfmt::skip]
    let rows = [
        (&named(2),    "/premium/a", "200 object"),
        (&named(2),    "/premium/b", "409 payment_identifier_conflict"),
        (&other_payer, "/premium/a", "409 payment_identifier_conflict"),
    ];
    for (payment, path, ending) in rows {
        let world = World::new().await;
        buy(&world, &named(1)).await;
        let got = world.get_from(STRANGER, path, &[header(payment)]).await;
        assert_eq!(got.ending(), ending, "{path}");
        assert!(!world.calls().contains("verify"), "{path}: the second payment is not charged");
    }
    let doubtful = World::new().await;
    doubtful.verify_answers(&[Ok(valid())]);
    doubtful.settle_answers(&[Err(TimedOut)]);
    doubtful.get("/premium/a", &[header(&named(1))]).await;
    let got = doubtful.get("/premium/a", &[header(&named(2))]).await;
    assert_eq!(got.ending(), "503 settlement_unknown", "nor while the first one is in doubt");
}

/// What failed for good leaves its name to the next purchase, and that one is protected by it.
#[tokio::test]
async fn a_void_purchase_leaves_its_name_to_the_next() {
    for failures in 1..8 {
        let world = World::new().await;
        for nonce in 0..failures {
            fail_to_buy(&world, &named(nonce)).await;
        }
        buy(&world, &named(0x80)).await;
        let got = world.get_from(STRANGER, "/premium/a", &[header(&named(0x81))]).await;
        assert_eq!(got.ending(), "200 object", "after {failures}: what was bought, again");
        assert!(!world.calls().contains("verify"), "the later payment is not charged");
    }
}

#[tokio::test]
async fn a_name_wears_out() {
    let world = World::new().await;
    for nonce in 0..8 {
        fail_to_buy(&world, &named(nonce)).await;
    }
    let got = world.get("/premium/a", &[header(&named(8))]).await;
    assert_eq!(got.ending(), "409 payment_identifier_conflict");
    assert!(!world.calls().contains("verify"));
}
