//! What follows from each answer of the facilitator: when a block is waited for, what is definite,
//! and what is doubt. Doubt never invites a payment.

use merchant::decisions::faults::FacilitatorFault::{self, Broken, TimedOut, Unreadable};
use serde_json::{Value, json};

use crate::payments::*;
use crate::world::{NOW, World};

const EARLY: &str = "invalid_exact_evm_payload_authorization_valid_after";
const FAILED_SIMULATION: &str = "invalid_exact_evm_transaction_simulation_failed";

fn valid_after(seconds: u64) -> Value {
    payment_with("/payload/authorization/validAfter", seconds.to_string())
}

#[tokio::test]
#[expect(clippy::type_complexity, reason = "the columns of a table")]
async fn verify_decides() {
    let early = |reason: &str| Ok(invalid(reason));
    let says = |reason: &str| {
        let mut answer = invalid(reason);
        answer["invalidMessage"] =
            "execution reverted: FiatTokenV2: authorization is not yet valid".into();
        Ok(answer)
    };
    let other_payer = Ok(json!({ "isValid": true, "payer": PAYEE }));
    let no_payer = Ok(json!({ "isValid": true }));
    let now = || valid_after(NOW);
    let once = "recall, open, verify";
    // Before anyone is asked for another payment, the ledger is looked into once more.
    let refused = "recall, open, verify, recall";
    let paid = "recall, open, verify, claim, settle, record";
    let waited = "recall, open, verify, wait 3s, verify, claim, settle, record";
    let silent = "recall, open, verify, wait 3s, verify";
    let in_vain = "recall, open, verify, wait 3s, verify, recall";
    #[rustfmt::skip]
    let rows: Vec<(&str, Value, Vec<Result<Value, FacilitatorFault>>, String, &str)> = vec![
        ("no payer named",        payment(),             vec![no_payer],                               "200 object".into(), paid),
        ("refused",               payment(),             vec![early("insufficient_funds")],            "402 insufficient_funds".into(), refused),
        ("refused, unlisted",     payment(),             vec![early("<script>")],                      "402 payment_refused".into(), refused),
        ("refused by law",        payment(),             vec![early("kyt_risk_detected")],             "403 payment_blocked".into(), once),
        ("nonce spent",           payment(),             vec![early("nonce_already_used")],            "409 payment_already_used".into(), refused),
        ("another payer",         payment(),             vec![other_payer],                            "503 facilitator_unavailable".into(), once),
        ("early, then valid",     now(),                 vec![early(EARLY), Ok(valid())],              "200 object".into(), waited),
        ("early in x402-rs",      now(),                 vec![early("invalid_payment_early"), Ok(valid())], "200 object".into(), waited),
        ("early by message",      now(),                 vec![says("unexpected_error"), Ok(valid())],  "200 object".into(), waited),
        ("early by simulation",   now(),                 vec![early(FAILED_SIMULATION), Ok(valid())],  "200 object".into(), waited),
        ("early twice",           now(),                 vec![early(EARLY), early(EARLY)],             format!("402 {EARLY}"), in_vain),
        ("early, then refused",   now(),                 vec![early(EARLY), early("insufficient_funds")], "402 insufficient_funds".into(), in_vain),
        ("early for an hour",     payment_with("/payload/authorization/validAfter", (NOW + 11).to_string()), vec![early(EARLY)], format!("402 {EARLY}"), refused),
        ("simulation, not early", payment(),             vec![early(FAILED_SIMULATION)],               format!("402 {FAILED_SIMULATION}"), refused),
        ("wait, then silence",    now(),                 vec![early(EARLY), Err(TimedOut)],            "503 facilitator_unavailable".into(), silent),
    ];
    for (name, payment, verify, ending, calls) in rows {
        let world = World::new().await;
        world.verify_answers(&verify);
        world.settle_answers(&[Ok(settled())]);
        let got = world.get("/premium/a", &[header(&payment)]).await;
        assert_eq!((got.ending(), world.calls().as_str()), (ending, calls), "{name}");
        assert_eq!(got.invites_payment(), got.status.as_u16() == 402, "{name}");
        let asked = world.facilitator_asked();
        assert!(asked.iter().all(|it| *it == asked[0]), "{name}: always the same bytes");
    }
}

#[tokio::test]
#[expect(clippy::type_complexity, reason = "the columns of a table")]
async fn settle_decides_and_what_it_leaves_open_is_never_a_402() {
    let with = |name: &str, value: Value| {
        let mut answer = settled();
        answer[name] = value;
        Ok(answer)
    };
    let no = |reason: &str| Ok(unsettled(reason, ""));
    let reverted = |reason: &str| Ok(unsettled(reason, HASH));
    let once = "recall, open, verify, claim, settle";
    let again = "recall, open, verify, claim, settle, settle";
    let waited = "recall, open, verify, claim, settle, wait 3s, settle";
    let recorded = |calls: &str| format!("{calls}, record");
    let stopped = |calls: &str| format!("{calls}, stop");
    let unknown = "503 settlement_unknown";
    #[rustfmt::skip]
    let rows: Vec<(&str, Value, Vec<Result<Value, FacilitatorFault>>, &str, String)> = vec![
        ("settled",                    payment(), vec![Ok(settled())],                                  "200 object", recorded(once)),
        ("settled, legacy name",       payment(), vec![with("network", "base-sepolia".into())],         "200 object", recorded(once)),
        ("settled, amount named",      payment(), vec![with("amount", "1000".into())],                  "200 object", recorded(once)),
        ("silence",                    payment(), vec![Err(TimedOut)],                                  unknown, stopped(once)),
        ("reset",                      payment(), vec![Err(Broken)],                                    unknown, stopped(once)),
        ("gateway timeout",            payment(), vec![Err(Unreadable(504))],                           unknown, stopped(once)),
        ("200 with HTML",              payment(), vec![Err(Unreadable(200))],                           unknown, stopped(once)),
        ("too many requests",          payment(), vec![Err(FacilitatorFault::Busy(None))],              unknown, stopped(once)),
        ("hash empty",                 payment(), vec![with("transaction", "".into())],                 unknown, stopped(once)),
        ("hash cut",                   payment(), vec![with("transaction", HASH[..64].into())],         unknown, stopped(once)),
        ("hash not hex",               payment(), vec![with("transaction", "0xzz".into())],             unknown, stopped(once)),
        ("another network",            payment(), vec![with("network", "eip155:8453".into())],          unknown, stopped(once)),
        ("no network",                 payment(), vec![with("network", "".into())],                     unknown, stopped(once)),
        ("another payer",              payment(), vec![with("payer", PAYEE.into())],                    unknown, stopped(once)),
        ("another amount",             payment(), vec![with("amount", "999".into())],                   unknown, stopped(once)),
        ("x402-rs, replayed nonce",    payment(), vec![no("unexpected_error")],                         unknown, stopped(once)),
        ("nonce spent",                payment(), vec![no("invalid_exact_evm_nonce_already_used")],     unknown, stopped(once)),
        ("unlisted reason",            payment(), vec![no("something_new")],                            unknown, stopped(once)),
        ("reverted on chain",          payment(), vec![reverted("invalid_exact_evm_transaction_failed")], unknown, stopped(once)),
        ("balance gone, but a hash",   payment(), vec![reverted("insufficient_funds")],                 unknown, stopped(once)),
        ("pending, then settled",      payment(), vec![reverted("settlement_pending"), Ok(settled())],  "200 object", recorded(again)),
        ("pending twice",              payment(), vec![reverted("settlement_pending"), reverted("settlement_pending")], "503 settlement_pending", stopped(again)),
        ("pending, then silence",      payment(), vec![reverted("settlement_pending"), Err(TimedOut)],  unknown, stopped(again)),
        ("pending, then balance gone", payment(), vec![reverted("settlement_pending"), no("insufficient_funds")], unknown, stopped(again)),
        ("pending, no hash, balance gone", payment(), vec![no("settlement_pending"), no("insufficient_funds")], unknown, stopped(again)),
        ("balance gone",               payment(), vec![no("insufficient_funds")],                       "402 insufficient_funds", stopped(once)),
        ("expired",                    payment(), vec![no("invalid_payment_expired")],                  "402 invalid_payment_expired", stopped(once)),
        ("early, then settled",        valid_after(NOW), vec![no(EARLY), Ok(settled())],                "200 object", recorded(waited)),
        ("early by error, then settled", valid_after(NOW), vec![no("unexpected_error"), Ok(settled())], "200 object", recorded(waited)),
        ("early by error, then balance gone", valid_after(NOW), vec![no("unexpected_error"), no("insufficient_funds")], unknown, stopped(waited)),
        ("early by simulation, then balance gone", valid_after(NOW), vec![no(FAILED_SIMULATION), no("insufficient_funds")], unknown, stopped(waited)),
        ("early by a reverted one, then balance gone", valid_after(NOW), vec![reverted("invalid_exact_evm_transaction_failed"), no("insufficient_funds")], unknown, stopped(waited)),
        ("early, then balance gone",   valid_after(NOW), vec![no(EARLY), no("insufficient_funds")],     "402 insufficient_funds", stopped(waited)),
        ("early twice",                valid_after(NOW), vec![no(EARLY), no(EARLY)],                    "402 invalid_exact_evm_payload_authorization_valid_after", stopped(waited)),
        ("early, then silence",        valid_after(NOW), vec![no(EARLY), Err(TimedOut)],                unknown, stopped(waited)),
    ];
    for (name, payment, settle, ending, calls) in rows {
        let world = World::new().await;
        world.verify_answers(&[Ok(valid())]);
        world.settle_answers(&settle);
        let got = world.get("/premium/a", &[header(&payment)]).await;
        assert_eq!((got.ending().as_str(), world.calls()), (ending, calls), "{name}");
        assert_eq!(got.invites_payment(), ending.starts_with("402"), "{name}");
        if ending.starts_with("503") {
            assert_eq!(got.header("retry-after"), Some("2"), "{name}");
        }
        let asked = world.facilitator_asked();
        assert!(asked.iter().all(|it| *it == asked[0]), "{name}: always the same bytes");
    }
}

#[tokio::test]
async fn the_one_wait_is_spent_once_in_a_request() {
    let world = World::new().await;
    world.verify_answers(&[Ok(invalid(EARLY)), Ok(valid())]);
    world.settle_answers(&[Ok(unsettled(EARLY, "")), Ok(settled())]);
    let got = world.get("/premium/a", &[header(&valid_after(NOW))]).await;
    assert_eq!(got.ending(), format!("402 {EARLY}"));
    assert_eq!(world.calls(), "recall, open, verify, wait 3s, verify, claim, settle, stop");
}

#[tokio::test]
async fn a_pending_settlement_tells_its_transaction() {
    let world = World::new().await;
    world.verify_answers(&[Ok(valid())]);
    let pending = Ok(unsettled("settlement_pending", HASH));
    world.settle_answers(&[pending.clone(), pending]);
    let got = world.get("/premium/a", &[header(&payment())]).await;
    let news = json!({
        "success": false, "errorReason": "settlement_pending", "payer": PAYER,
        "transaction": HASH, "network": "eip155:84532",
    });
    assert_eq!(got.message("payment-response"), Some(news));
}

#[tokio::test]
async fn nothing_is_submitted_that_cannot_be_mined_any_more() {
    let world = World::new().await;
    let short = payment_with("/payload/authorization/validBefore", (NOW + 14).to_string());
    world.verify_answers(&[Ok(valid())]);
    world.merchant.facilitator.takes(12);
    let got = world.get("/premium/a", &[header(&short)]).await;
    assert_eq!(got.ending(), "402 invalid_exact_evm_payload_authorization_valid_before");
    assert_eq!(world.calls(), "recall, open, verify, recall");
}
