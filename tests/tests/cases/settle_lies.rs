//! Group S: successes that are none. Every field is checked; where the chain is asked, it decides.

use serde_json::{Value, json};

use crate::case::{Case, SALE, SERVED, SOLD, buy, play, sold};
use crate::hands::spend_elsewhere;
use crate::market::{PRICE, Shop};
use crate::pay::{key, pay};
use crate::settle::{once, stubbed, valid};
use crate::stub::Saying;

const UNKNOWN: &str = "503 settlement_unknown";
const USED: &str = "402 invalid_exact_evm_nonce_already_used";
const DOUBT: &str = "recall, open, verify, claim, settle, chain, stop";
const SEEN: &str = "recall, open, verify, claim, settle, chain, record";
const OTHER: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";

/// A success of a payment that never was, with one member replaced.
fn success(member: &str, value: impl Into<Value>) -> Saying {
    let mut answer = json!({
        "success": true, "transaction": format!("0x{}", "22".repeat(32)),
        "network": "eip155:84532", "payer": key().address().to_string(),
    });
    answer[member] = value.into();
    Saying::ok(answer.to_string())
}

/// What the operator reads.
const MISFIT: &str = "a success that does not fit the payment";
const UNSEEN: &str = "a success that the chain does not show";

/// Each of these answers leaves the payment in doubt; nobody has paid.
fn doubted(
    id: &'static str,
    answers: impl IntoIterator<Item = Saying>,
    alarm: &'static str,
) -> Case {
    answers.into_iter().fold(Case::new(id), |case, answer| {
        case.at(stubbed())
            .says(valid())
            .says(answer)
            .ask(buy(pay(1)), UNKNOWN, DOUBT)
            .alarms(alarm)
            .leaves("claim stopped-0", 0)
    })
}

/// The sandbox settles and then says something wrong about it: the chain knows better.
fn seen(case: Case, faults: &[&str]) -> Case {
    faults.iter().fold(case, |case, fault| {
        case.at(Shop::default())
            .fault(format!("settle:{fault}*1"))
            .ask(buy(pay(1)), SERVED, SEEN)
            .leaves(SOLD, PRICE)
    })
}

#[tokio::test]
async fn no_word_of_it_is_believed_unchecked() {
    let hash = |text: &str| success("transaction", text);
    let bytes_31 = format!("0x{}", "22".repeat(31));
    let no_hex = format!("0x{}", "zz".repeat(32));
    play([
        seen(
            doubted("S12", [hash(""), hash("0x"), hash(&bytes_31), hash(&no_hex)], MISFIT),
            &["empty-hash", "malformed-hash"],
        )
        .differs("where the chain shows the transfer, the payer gets what it paid for"),
        seen(
            doubted(
                "S13",
                [
                    success("network", "eip155:8453"),
                    success("network", ""),
                    success("payer", OTHER),
                    success("amount", "999"),
                ],
                MISFIT,
            ),
            &["wrong-network", "wrong-payer", "wrong-amount"],
        )
        .differs("where the chain shows the transfer, the payer gets what it paid for"),
        another_payments_transaction(),
        seen(
            doubted(
                "S15",
                [
                    success("success", "true"),
                    success("success", 1),
                    success("success", Value::Null),
                    success("success", json!([true])),
                    Saying::ok("[]"),
                    Saying::ok("{}"),
                    Saying::ok("<html>settled</html>"),
                ],
                "a settlement is in doubt",
            ),
            &["success-as-text", "success-missing"],
        )
        .differs("where the chain shows the transfer, the payer gets what it paid for"),
    ])
    .await;
}

/// With the chain, and without it.
fn another_payments_transaction() -> Case {
    let stub = |onchain| Shop { onchain, ..stubbed() };
    let true_one = || success("success", true);
    let mut case = Case::new("S14");
    for (onchain, calls) in [
        ("doubt", "recall, open, verify, claim, settle, record, chain, stop"),
        ("off", "recall, open, verify, claim, settle, record, stop"),
    ] {
        case = case
            .at(stub(onchain))
            .says(valid())
            .says(true_one())
            .ask(buy(pay(1)), SERVED, SALE)
            .says(valid())
            .says(true_one())
            .ask(buy(pay(2)), UNKNOWN, calls)
            .alarms("the facilitator names a transaction that belongs to another payment")
            .leaves("claim claim settled stopped-0 transaction", 0);
    }
    case
}

#[tokio::test]
async fn where_the_chain_is_always_asked_only_its_word_counts() {
    let always = Shop { onchain: "always", ..Shop::default() };
    let all_but_said = Shop { stubbed: true, ..always };
    play([
        Case::new("S18")
            .at(always)
            .fault("settle:no-transfer*1")
            .ask(buy(pay(1)), UNKNOWN, DOUBT)
            .alarms(UNSEEN)
            .ask(
                buy(pay(1)),
                SERVED,
                "recall, open, take over, reopen, chain, settle, chain, record",
            )
            .leaves("attempt-1 claim settled stopped-0 transaction", PRICE)
            .at(always)
            .ask(buy(pay(1)), SERVED, SEEN)
            .ask(buy(pay(2)), SERVED, SEEN)
            .leaves(sold(2), 2 * PRICE),
        Case::new("S19")
            .at(all_but_said)
            .act(|market| spend_elsewhere(market, pay(1)))
            .says(valid())
            .says(success("success", true))
            .ask(buy(pay(1)), UNKNOWN, DOUBT)
            .alarms(UNSEEN)
            .ask(buy(once(1)), USED, "recall, open, take over, reopen, chain, void")
            .leaves("attempt-1 claim stopped-0 void", 0),
    ])
    .await;
}
