//! The agent against the sandbox's hostile merchant, one trick after the other: how it ends, how
//! often it signs, what moves, and what the ledger says before and after the chain is asked. The same
//! table is in `docs/hostile.md`.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use agent::chain::Node;
use agent::decisions::budget::{Micros, Policy};
use agent::decisions::proof::prove;
use agent::decisions::purchase::Stage;
use agent::decisions::terms::WINDOW_MAX;
use agent::ledger::Purchase;
use agent::transport::{Patience, Transport};
use agent::{Agent, Ledger, LocalKey, PayError, Purse, Receipt, Signer, Standing, Terms};
use sandbox::hostile::{Hostile, tricks};
use sandbox::world::{Options, Sandbox};
use tempfile::{TempDir, tempdir};
use wire::{Address, U256, UnixTime};

use crate::scene::{CountingWallet, NOW, StillWorld, agent};
use crate::wares::PAYEE;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/hostile.md");

/// What every payer has: ten dollars, ten thousand times the price.
const FUNDS: u64 = 10_000_000;

/// All together, on a machine that has other things to do. The longest waits 2 s eight times.
const WHOLE_MAX: Duration = Duration::from_mins(5);

/// What becomes of one purchase.
struct Row {
    trick: &'static str,
    /// The error's code, the doubt about the receipt, or `paid`.
    ending: &'static str,
    signatures: u32,
    /// In atomic units of USDC.
    moved: u64,
    /// The purchase in the ledger, before and after `reconcile`; empty if there is none.
    ledger: (&'static str, &'static str),
}

/// Nothing was signed.
const fn no(trick: &'static str, ending: &'static str) -> Row {
    Row { trick, ending, signatures: 0, moved: 0, ledger: ("", "") }
}

/// Signed and charged once, content and a sound receipt.
const fn paid(trick: &'static str) -> Row {
    charged(trick, "paid", "settled")
}

/// Signed and charged once; the server's word is not enough, the chain's is.
const fn doubt(trick: &'static str, ending: &'static str) -> Row {
    charged(trick, ending, "signed")
}

const fn charged(trick: &'static str, ending: &'static str, stage: &'static str) -> Row {
    Row { trick, ending, signatures: 1, moved: 1_000, ledger: (stage, "settled") }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    paid("honest"),
    no("asset-lookalike",           "asset_not_allowed"),
    no("asset-18-decimals",         "asset_not_allowed"),
    no("asset-of-mainnet",          "asset_not_allowed"),
    no("asset-renamed",             "asset_domain_mismatch"),
    no("wrong-chain",               "network_not_allowed"),
    no("mainnet",                   "network_not_allowed"),
    no("scheme-upto",               "scheme_not_supported"),
    no("permit2",                   "transfer_method_not_supported"),
    no("payee-nobody",              "payee_unusable"),
    no("payee-token",               "payee_unusable"),
    no("price-fortune",             "price_exceeds_limit"),
    no("amount-hex",                "invalid_challenge"),
    no("amount-exponent",           "invalid_challenge"),
    no("amount-negative",           "invalid_challenge"),
    no("amount-number",             "invalid_challenge"),
    no("amount-overflow",           "invalid_challenge"),
    paid("dear-first"),
    charged("price-rises",          "price_changed", "settled"),
    charged("payee-changes",        "payee_changed", "settled"),
    paid("window-endless"),
    no("window-short",              "window_too_short"),
    no("resource-elsewhere",        "resource_mismatch"),
    no("resource-beside",           "resource_mismatch"),
    no("no-offers",                 "no_offer"),
    no("echo-too-large",            "payment_too_large"),
    paid("poisoned-text"),
    paid("redirect-at-home"),
    no("redirect-elsewhere",        "cross_origin_redirect"),
    no("redirect-metadata",         "cross_origin_redirect"),
    no("redirect-loop",             "too_many_redirects"),

    no("duplicate-keys",            "invalid_challenge"),
    no("broken-base64",             "invalid_challenge"),
    no("not-json",                  "invalid_challenge"),
    no("deep-json",                 "invalid_challenge"),
    no("two-challenges",            "invalid_challenge"),
    no("no-challenge",              "invalid_challenge"),
    no("header-large",              "challenge_too_large"),
    no("header-endless",            "unreachable"),
    no("header-slow",               "timed_out"),
    no("header-split",              "unreachable"),
    no("body-announced",            "challenge_too_large"),
    no("body-endless",              "challenge_too_large"),
    no("body-slow",                 "timed_out"),
    no("body-bomb",                 "challenge_too_large"),
    no("body-bomb-small",           "invalid_challenge"),
    paid("body-beside-endless"),
    no("not-http",                  "unreachable"),
    no("silence",                   "timed_out"),
    no("status-flood",              "timed_out"),
    paid("v1"),
    doubt("paid-header-endless",    "payment_unknown"),
    doubt("paid-header-slow",       "payment_unknown"),

    doubt("endless-402",            "payment_rechallenged"),
    doubt("price-changes",          "payment_rechallenged"),
    doubt("payee-swaps",            "payment_rechallenged"),
    doubt("poisoned-refusal",       "payment_rejected"),
    doubt("blocked",                "payment_blocked"),
    doubt("conflict",               "payment_conflict"),
    doubt("unavailable",            "payment_unknown"),
    doubt("answer-lost",            "payment_unknown"),
    doubt("answer-never",           "payment_unknown"),
    doubt("paid-redirect",          "redirect_after_payment"),
    doubt("handover-unpaid",        "redirect_after_payment"),
    doubt("handover-metadata",      "redirect_after_payment"),
    paid("handover-elsewhere"),
    doubt("handover-loop",          "payment_unknown"),
    doubt("fake-delivery",          "receipt_missing"),
    doubt("receipt-failed",         "receipt_says_failed"),
    doubt("receipt-other-payer",    "receipt_names_other_payer"),
    doubt("receipt-other-network",  "receipt_names_other_network"),
    doubt("receipt-other-amount",   "receipt_names_other_amount"),
    doubt("receipt-no-hash",        "receipt_names_no_transaction"),
    doubt("receipt-broken-hash",    "receipt_names_no_transaction"),
    paid("receipt-invented"),
    doubt("receipt-rubbish",        "receipt_unreadable"),
    doubt("receipt-twice",          "receipt_unreadable"),
    charged("paid-body-short",      "body_interrupted", "settled"),
    charged("paid-body-endless",    "body_too_large",   "settled"),
    charged("paid-body-slow",       "body_interrupted", "settled"),
    paid("paid-body-bomb"),
];

/// Who waits until a patience ends, and need not wait long.
#[rustfmt::skip]
const SLOW: &[&str] = &[
    "header-slow", "body-slow", "silence", "status-flood", "paid-header-slow", "answer-never",
    "paid-body-slow",
];

/// Who has something up his sleeve for the second time.
const TWICE: &[&str] = &["price-rises", "payee-changes"];

/// A payer of his own for each trick, so that the chain tells what each was charged.
fn key(number: usize) -> LocalKey {
    LocalKey::from_hex(&format!("{:064x}", number + 1)).unwrap()
}

struct Street {
    sandbox: Sandbox,
    hostile: Hostile,
    folder: TempDir,
}

/// What one purchase came to.
struct Ending {
    word: &'static str,
    signatures: u32,
    moved: u64,
    bought: Vec<Purchase>,
}

impl Street {
    async fn open() -> Self {
        let funds = (0..ROWS.len()).map(|it| (key(it).address().evm(), U256::from(FUNDS)));
        let options = Options { funds: funds.collect(), ..Options::by_hand(NOW) };
        let sandbox = Sandbox::start(options).await.unwrap();
        let here = "127.0.0.1:0".parse().unwrap();
        let payee = PAYEE.parse::<Address>().unwrap().evm();
        let hostile = Hostile::start(sandbox.chain().clone(), here, payee).await.unwrap();
        Self { sandbox, hostile, folder: tempdir().unwrap() }
    }

    fn ledger(&self, trick: &str) -> Ledger {
        Ledger::open(&self.folder.path().join(trick)).unwrap()
    }

    async fn buy(&self, number: usize, query: &str) -> Ending {
        let Row { trick, .. } = ROWS[number];
        let wallet = CountingWallet::of(key(number));
        let seconds = if SLOW.contains(&trick) { 2 } else { 30 };
        let patience = Duration::from_secs(seconds);
        let patience =
            Patience { connect: patience, answer: patience, silence: patience, content: patience };
        let terms = Terms::up_to("$0.10".parse().unwrap()).unwrap();
        let terms = terms.on_networks(vec!["eip155:84532".parse().unwrap()]);
        let policy = Policy { total: Some(Micros::new(1_000_000)), ..Policy::default() };
        let agent = agent(&wallet, &StillWorld::default(), terms).patience(patience);
        let agent = agent.purse(Purse::new(self.ledger(trick), policy)).body_limit(50_000_000);
        let agent = agent.build().unwrap();
        let url = format!("{}{query}", self.hostile.url_of(trick));
        let mut word = fetch(&agent, &url).await;
        if TWICE.contains(&trick) {
            assert_eq!(word, "paid", "{trick}, the first time");
            word = fetch(&agent, &url).await;
        }
        let left = self.sandbox.chain().usdc_balance(wallet.address().evm());
        Ending {
            word,
            signatures: wallet.signatures.load(Ordering::Relaxed),
            moved: FUNDS - u64::try_from(left).unwrap(),
            bought: self.ledger(trick).all().unwrap(),
        }
    }

    /// As `x402-agent reconcile` does.
    async fn reconcile(&self, trick: &str) -> Vec<Stage> {
        let (ledger, transport) =
            (self.ledger(trick), Transport::new(Patience::default()).unwrap());
        let url = self.sandbox.rpc_url();
        for purchase in ledger.in_doubt().unwrap() {
            let node = Node::new(&transport, &url).unwrap();
            let seen = node.look(&purchase.exposure, purchase.reserved).await.unwrap();
            let proof = prove(&seen, purchase.exposure.valid_before);
            ledger.prove(purchase.id, proof, UnixTime::from_seconds(NOW)).unwrap();
        }
        ledger.all().unwrap().into_iter().map(|it| it.stage).collect()
    }
}

async fn fetch(agent: &Agent<CountingWallet, StillWorld>, url: &str) -> &'static str {
    let told = async {
        let mut response = agent.fetch(url).await?;
        let receipt = response.receipt().cloned();
        while response.chunk().await?.is_some() {}
        Ok::<_, PayError>(receipt)
    };
    match told.await {
        Err(why) => why.code(),
        Ok(None) => "free",
        Ok(Some(Receipt { standing: Standing::Settled, .. })) => "paid",
        Ok(Some(Receipt { standing: Standing::Unknown(doubt), .. })) => doubt.code(),
    }
}

fn stages(bought: &[Purchase]) -> String {
    bought.iter().map(|it| it.stage.word()).collect::<Vec<_>>().join(" ")
}

/// Plays every trick at once; each has its own payer and ledger.
async fn play(street: &'static Street, query: &'static str) -> Vec<Ending> {
    let all = (0..ROWS.len()).map(|it| tokio::spawn(street.buy(it, query)));
    let all: Vec<_> = all.collect();
    let mut endings = Vec::new();
    for ending in all {
        endings.push(ending.await.unwrap());
    }
    endings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_a_merchant_does_one_signature_and_the_agreed_price_is_all_that_it_gets() {
    let names: Vec<_> = tricks().map(|it| it.name).collect();
    assert_eq!(ROWS.iter().map(|it| it.trick).collect::<Vec<_>>(), names, "every trick, in order");
    let street: &'static Street = Box::leak(Box::new(Street::open().await));
    let endings = tokio::time::timeout(WHOLE_MAX, play(street, "")).await.expect("an end");
    let mut wrong = Vec::new();
    for (row, got) in ROWS.iter().zip(&endings) {
        let expected = (row.ending, row.signatures, row.moved, row.ledger.0);
        let stages = stages(&got.bought);
        let got = (got.word, got.signatures, got.moved, stages.as_str());
        if got != expected {
            wrong.push(format!("{}: {got:?}, not {expected:?}", row.trick));
        }
    }
    assert_eq!(wrong, [""; 0]);
    for (row, got) in ROWS.iter().zip(&endings) {
        let after = street.reconcile(row.trick).await;
        let after: Vec<_> = after.into_iter().map(Stage::word).collect();
        assert_eq!(after.join(" "), row.ledger.1, "{}: the chain's word", row.trick);
        let charged: u64 = after.iter().map(|it| u64::from(*it == "settled")).sum();
        assert_eq!(charged * 1_000, got.moved, "{}: the ledger and the chain", row.trick);
        for it in &got.bought {
            let window = it.exposure.valid_before.since(UnixTime::from_seconds(NOW));
            assert!(window <= WINDOW_MAX, "{}: good for {window:?}", row.trick);
        }
    }
    let visits = street.hostile.visits();
    let strayed = visits.iter().filter(|it| it.elsewhere && it.payment.is_some());
    assert_eq!(strayed.count(), 0, "no payment went to another host");
    for (row, got) in ROWS.iter().zip(&endings) {
        let here = visits.iter().filter(|it| it.path.split('/').nth(1) == Some(row.trick));
        let mut payments: Vec<_> = here.filter_map(|it| it.payment.as_deref()).collect();
        payments.sort_unstable();
        payments.dedup();
        assert_eq!(u32::try_from(payments.len()).unwrap(), got.signatures, "{}", row.trick);
    }
}

/// The same tricks by somebody who leaves the money where it is: what was in doubt is released once
/// the chain shows that it can no longer be taken, and not before. Who is believed, for want of a
/// reason not to, is counted as paid: too much, never too little.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_nobody_took_is_counted_until_the_chain_proves_it_void() {
    let street: &'static Street = Box::leak(Box::new(Street::open().await));
    let endings = tokio::time::timeout(WHOLE_MAX, play(street, "?take=no")).await.expect("an end");
    for (row, got) in ROWS.iter().zip(&endings) {
        let (trick, before) = (row.trick, stages(&got.bought));
        let got = (got.word, got.signatures, got.moved, before.as_str());
        assert_eq!(got, (row.ending, row.signatures, 0, row.ledger.0), "{trick}");
        let early: Vec<_> = street.reconcile(trick).await.into_iter().map(Stage::word).collect();
        assert_eq!(early.join(" "), before, "{trick}: it can still be taken");
    }
    street.sandbox.chain().advance(WINDOW_MAX + Duration::from_secs(121));
    street.sandbox.chain().mine();
    for row in ROWS {
        let expected = row.ledger.0.replace("signed", "released");
        let late: Vec<_> = street.reconcile(row.trick).await.into_iter().map(Stage::word).collect();
        assert_eq!(late.join(" "), expected, "{}", row.trick);
    }
}

/// The document's table is this one.
#[test]
fn the_document_says_what_becomes_of_each_trick() {
    let document = std::fs::read_to_string(Path::new(DOCUMENT)).unwrap();
    let told: Vec<_> = document.lines().filter(|it| it.starts_with("| `")).collect();
    let rows = ROWS.iter().zip(tricks()).map(|(row, trick)| {
        let (before, after) = row.ledger;
        let ledger = match (before, after) {
            ("", _) => "none".to_owned(),
            (same, other) if same == other => same.to_owned(),
            (first, then) => format!("{first}, then {then}"),
        };
        let Row { trick: name, ending, signatures, moved, .. } = row;
        let moved = if *moved == 0 { "0" } else { "$0.001" };
        format!("| `{name}` | {} | `{ending}` | {signatures} | {moved} | {ledger} |", trick.about)
    });
    let rows: Vec<_> = rows.collect();
    assert_eq!(told, rows, "docs/hostile.md should have\n{}", rows.join("\n"));
}
