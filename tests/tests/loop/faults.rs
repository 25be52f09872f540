//! Every fault that the sandbox's facilitator knows, at verify and at settle: what the payer gets,
//! and how often the money moved. Wherever it may have moved, no reply invites a new payment.

use sandbox::chain::Mining;
use sandbox::faults::Endpoint;
use sandbox::world::Options;

use crate::http::{Reply, ask};
use crate::market::{GOODS, Market};
use crate::payer::sign;

async fn pay(market: &Market) -> Reply {
    let challenge = ask(market.address, "GET", "/premium/a.json", &[]).await;
    let payment = sign(1, 0, market.opened).header(&challenge);
    let paid = [("payment-signature", payment.as_str())];
    ask(market.address, "GET", "/premium/a.json", &paid).await
}

#[tokio::test]
async fn a_fault_at_verify_never_costs_the_payer_anything() {
    let unavailable = "503 facilitator_unavailable";
    #[rustfmt::skip]
    let rows = [
        // fault                                   ending                        settles
        // A broken connection is tried once more: it may have died while nobody looked.
        ("verify:reset*1",                        "200 object",                  1),
        ("verify:truncated*1",                    "200 object",                  1),
        ("verify:reset*2",                        unavailable,                   0),
        ("verify:truncated*2",                    unavailable,                   0),
        ("verify:5xx=500*1",                      unavailable,                   0),
        ("verify:5xx=504*1",                      unavailable,                   0),
        ("verify:garbage*1",                      unavailable,                   0),
        ("verify:huge*1",                         unavailable,                   0),
        ("verify:429=7*1",                        unavailable,                   0),
        ("verify:redirect=302,http://127.0.0.1:9/*1", unavailable,               0),
        ("verify:redirect=307,http://127.0.0.1:9/*1", unavailable,               0),
        ("verify:refuse=insufficient_funds*1",    "402 insufficient_funds",      0),
        ("verify:refuse=kyt_risk_detected*1",     "403 payment_blocked",         0),
        ("verify:refuse=never_heard_of*1",        "402 payment_refused",         0),
        ("verify:delay=200*1",                    "200 object",                  1),
    ];
    for (fault, ending, settles) in rows {
        let market = Market::open(Options::instant().fault(fault).unwrap()).await;
        let got = pay(&market).await;
        assert_eq!(got.ending(), ending, "{fault}");
        assert_eq!(market.sandbox.journal().count(Endpoint::Settle), settles, "{fault}");
        assert_eq!(market.sold(), settles, "{fault}");
        if got.status == 503 {
            assert!(!got.invites_payment(), "{fault}");
            let after = if fault.contains("429") { "7" } else { "2" };
            assert_eq!(got.header("retry-after"), Some(after), "{fault}");
        }
    }
}

#[tokio::test]
async fn a_fault_at_settle_is_never_a_402_where_money_may_have_moved() {
    let unknown = "503 settlement_unknown";
    let served = "200 object";
    #[rustfmt::skip]
    let rows = [
        // fault                                     ending                    transfers
        ("settle:reset*1",                          unknown,                   0),
        ("settle:5xx=502*1",                        unknown,                   0),
        ("settle:garbage*1",                        unknown,                   0),
        ("settle:truncated*1",                      unknown,                   0),
        ("settle:huge*1",                           unknown,                   0),
        ("settle:429*1",                            unknown,                   0),
        ("settle:redirect=308,http://127.0.0.1:9/*1", unknown,                 0),
        ("settle:refuse=unexpected_error*1",        unknown,                   0),
        ("settle:refuse=insufficient_funds*1",      "402 insufficient_funds",  0),
        // The chain shows that the money moved, whatever the facilitator says or does not say.
        ("settle:reset-after-settling*1",           served,                    1),
        ("settle:5xx-after-settling=500*1",         served,                    1),
        ("settle:5xx-after-settling=504*1",         served,                    1),
        ("settle:garbage-after-settling*1",         served,                    1),
        ("settle:truncated-after-settling*1",       served,                    1),
        ("settle:huge-after-settling*1",            served,                    1),
        ("settle:failure-after-settling*1",         served,                    1),
        ("settle:failure-after-settling=unexpected_error*1", served,           1),
        ("settle:failure-after-settling=insufficient_funds*1", served,         1),
        ("settle:wrong-payer*1",                    served,                    1),
        ("settle:wrong-network*1",                  served,                    1),
        ("settle:wrong-amount*1",                   served,                    1),
        ("settle:empty-hash*1",                     served,                    1),
        ("settle:malformed-hash*1",                 served,                    1),
        ("settle:success-as-text*1",                served,                    1),
        ("settle:success-missing*1",                served,                    1),
        ("settle:settlement-pending*2",             served,                    1),
        ("settle:delay-after-settling=200*1",       served,                    1),
    ];
    for (fault, ending, transfers) in rows {
        let market = Market::open(Options::instant().fault(fault).unwrap()).await;
        let got = pay(&market).await;
        assert_eq!((got.ending().as_str(), market.sold()), (ending, transfers), "{fault}");
        assert_eq!(got.invites_payment(), ending.starts_with("402"), "{fault}");
        if ending != served {
            assert!(!got.body.windows(6).any(|it| it == &GOODS[2..8]), "{fault}: no byte of it");
        }
        // The same payment again, the fault being over: charged once in all, and delivered.
        let again = pay(&market).await;
        assert_eq!((again.ending().as_str(), market.sold()), (served, 1), "{fault}, again");
    }
}

/// Without the chain, the facilitator's word is all there is: doubt stays doubt, until it answers.
#[tokio::test]
async fn without_the_chain_doubt_stays_503_until_the_facilitator_answers() {
    #[rustfmt::skip]
    let rows = [
        // fault                                     again
        ("settle:reset*1",                          "200 object"),
        ("settle:5xx-after-settling=502*1",         "503 settlement_unknown"),
        ("settle:failure-after-settling*1",         "503 settlement_unknown"),
        ("settle:wrong-payer*1",                    "503 settlement_unknown"),
    ];
    for (fault, ending) in rows {
        let options = Options::instant().fault(fault).unwrap();
        let market = Market::asking_the_chain(options, "off").await;
        let first = pay(&market).await;
        assert_eq!(first.ending(), "503 settlement_unknown", "{fault}");
        let again = pay(&market).await;
        assert_eq!((again.ending().as_str(), market.sold()), (ending, 1), "{fault}, again");
        assert!(!first.invites_payment() && !again.invites_payment(), "{fault}");
    }
}

#[tokio::test]
async fn a_lying_facilitator_is_found_out_where_the_chain_is_always_asked() {
    let fault = "settle:no-transfer*1";
    let believing = Market::open(Options::instant().fault(fault).unwrap()).await;
    assert_eq!((pay(&believing).await.status, believing.sold()), (200, 0), "as it must be feared");
    let options = Options::instant().fault(fault).unwrap();
    let asking = Market::asking_the_chain(options, "always").await;
    let got = pay(&asking).await;
    assert_eq!((got.ending().as_str(), asking.sold()), ("503 settlement_unknown", 0));
    assert!(!got.invites_payment());
    let honest = Market::asking_the_chain(Options::instant(), "always").await;
    assert_eq!((pay(&honest).await.status, honest.sold()), (200, 1));
}

/// Somebody else submits the payment first: the payee has the money, and the payer gets the file.
#[tokio::test]
async fn a_payment_that_was_front_run_is_recognised_as_paid() {
    let market = Market::open(Options::instant()).await;
    let challenge = ask(market.address, "GET", "/premium/a.json", &[]).await;
    let signed = sign(1, 0, market.sandbox.chain().now());
    let payment = signed.header(&challenge);
    market.sandbox.faults().order("verify:valid*1").unwrap();
    signed.submit_by_hand(market.sandbox.chain());
    assert_eq!(market.sold(), 1);
    let paid = [("payment-signature", payment.as_str())];
    let got = ask(market.address, "GET", "/premium/a.json", &paid).await;
    assert_eq!((got.ending().as_str(), market.sold()), ("200 object", 1));
}

/// No block comes while the payer waits: the transaction stays under way.
#[tokio::test]
async fn a_pending_settlement_is_sent_once_more_and_then_told_with_its_transaction() {
    let options = Options::instant().mining(Mining::Manual);
    let market = Market::open(options.fault("settle:settlement-pending*2").unwrap()).await;
    let got = pay(&market).await;
    assert_eq!(got.ending(), "503 settlement_pending");
    let news = got.message("payment-response").unwrap();
    assert_eq!(
        (&news["success"], &news["errorReason"]),
        (&false.into(), &"settlement_pending".into())
    );
    let transaction = news["transaction"].as_str().unwrap().parse().unwrap();
    assert!(market.sandbox.chain().transaction(transaction).is_some(), "the real one");
    assert_eq!(market.sandbox.journal().count(Endpoint::Settle), 2);
    market.sandbox.chain().mine();
    assert_eq!(market.sold(), 1, "both copies of the payment are mined, and one of them pays");
    let again = pay(&market).await;
    assert_eq!((again.ending().as_str(), market.sold()), ("200 object", 1));
}

/// Named separately because they take as long as the step's budget: the facilitator never answers.
#[tokio::test]
async fn silence_ends_with_the_steps_budget() {
    #[rustfmt::skip]
    let rows = [
        // fault                           ending                         transfers  at most, s
        ("verify:hang*1",                 "503 facilitator_unavailable",  0,          7),
        ("verify:drip*1",                 "503 facilitator_unavailable",  0,          7),
        ("settle:hang*1",                 "503 settlement_unknown",       0,          17),
        ("settle:hang-after-settling*1",  "200 object",                   1,          17),
        ("settle:drip-after-settling*1",  "200 object",                   1,          17),
    ];
    let all = rows.map(|(fault, ending, transfers, at_most)| async move {
        let market = Market::open(Options::instant().fault(fault).unwrap()).await;
        let started = std::time::Instant::now();
        let got = pay(&market).await;
        assert_eq!((got.ending().as_str(), market.sold()), (ending, transfers), "{fault}");
        assert!(started.elapsed().as_secs() <= at_most, "{fault}: {:?}", started.elapsed());
        assert!(!got.invites_payment(), "{fault}");
    });
    for task in all.map(tokio::spawn) {
        task.await.unwrap();
    }
}

/// In every spelling of the field a payment that is too early is waited for, once; but not one that
/// has been valid since ever, where the words say nothing of time.
#[tokio::test]
async fn too_early_is_understood_in_every_spelling() {
    #[rustfmt::skip]
    let spellings = [
        "invalid_exact_evm_payload_authorization_valid_after", "invalid_payment_early",
        "permit2_not_yet_valid", "invalid_exact_evm_transaction_simulation_failed",
        "transaction_simulation", "unexpected_error", "simulation-without-message",
    ];
    let all = spellings.map(|spelling| async move {
        for endpoint in ["verify", "settle"] {
            let fault = format!("{endpoint}:too-early={spelling}*1");
            let market = Market::open(Options::instant().fault(&fault).unwrap()).await;
            let challenge = ask(market.address, "GET", "/premium/a.json", &[]).await;
            let now = market.sandbox.chain().now();
            let payment = sign(1, now - 1, now).header(&challenge);
            market.sandbox.chain().mine();
            let paid = [("payment-signature", payment.as_str())];
            let got = ask(market.address, "GET", "/premium/a.json", &paid).await;
            assert_eq!((got.ending(), market.sold()), ("200 object".into(), 1), "{fault}");
        }
    });
    for task in all.map(tokio::spawn) {
        task.await.unwrap();
    }
}
