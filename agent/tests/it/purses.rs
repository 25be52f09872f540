//! Budgets and the ledger: one signature for one purchase, never a cent over, whatever dies when.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use agent::decisions::budget::{Denial, Micros, Policy, Window};
use agent::purse::{Answer, Approval, Approver};
use agent::transport::Patience;
use agent::{Agent, Ledger, PayError, Purse};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::scene::{CountingWallet, StillWorld, after_demand, agent, honest, terms};
use crate::server::{Act, Reply, Server};
use crate::wares::{PAYER, challenge, delivery, demand, offer, settlement};

/// A budget for ten of the usual offers of one cent.
fn dime() -> Policy {
    Policy { total: Some(Micros::new(100_000)), ..Policy::default() }
}

fn purse(folder: &Path, policy: Policy) -> Purse {
    Purse::new(Ledger::open(&folder.join("ledger")).unwrap(), policy)
}

struct Stage {
    folder: TempDir,
    server: Server,
    wallet: CountingWallet,
    world: StillWorld,
}

impl Stage {
    async fn set() -> Self {
        let (wallet, world) = (CountingWallet::default(), StillWorld::default());
        Self { folder: tempdir().unwrap(), server: Server::start().await, wallet, world }
    }

    /// A process of its own, as far as the ledger can tell.
    fn agent(&self, policy: Policy) -> Agent<CountingWallet, StillWorld> {
        self.agent_with(purse(self.folder.path(), policy))
    }

    fn agent_with(&self, purse: Purse) -> Agent<CountingWallet, StillWorld> {
        // A hundred at once may keep each other waiting: no rule here is about time.
        let agent = agent(&self.wallet, &self.world, terms()).patience(Patience::default());
        agent.purse(purse).build().unwrap()
    }

    fn signatures(&self) -> u32 {
        self.wallet.signatures.load(Ordering::Relaxed)
    }

    /// One purchase in a process of its own; its word.
    async fn buy(&self, policy: Policy, path: &str) -> &'static str {
        word(&self.agent(policy), &self.server.url(path)).await
    }

    fn sell(&self, path: &str, offer: Value) {
        self.server.script(honest(&self.server.url(path), vec![offer]));
    }
}

async fn word(agent: &Agent<CountingWallet, StillWorld>, url: &str) -> &'static str {
    match agent.fetch(url).await {
        Ok(mut response) => response.bytes().await.map_or("broken", |_| "paid"),
        Err(why) => why.code(),
    }
}

fn offer_of(amount: u64) -> Value {
    let mut offer = offer();
    offer["amount"] = amount.to_string().into();
    offer
}

/// AG01.
#[tokio::test]
async fn a_purchase_is_settled_in_the_ledger_and_the_next_one_is_a_new_one() {
    let stage = Stage::set().await;
    for count in 1..=2 {
        stage.sell("/f", offer());
        assert_eq!(stage.buy(dime(), "/f").await, "paid");
        assert_eq!(stage.signatures(), count);
    }
    let payments = stage.server.payments();
    assert_ne!(payments[0], payments[1]);
}

/// AG02 and AG03.
#[tokio::test]
async fn whatever_comes_after_paying_asking_again_sends_the_same_bytes() {
    let unsound = || delivery(&json!({ "success": false }));
    let acts: Vec<(&str, Vec<Act>)> = vec![
        ("server errors", (0..8).map(|_| Reply::new(502).into()).collect()),
        ("resets", (0..8).map(|_| Act::Close).collect()),
        ("a second 402", vec![demand(&challenge("/f", vec![offer()])).into()]),
        ("a refusal", vec![Reply::new(400).into()]),
        ("a conflict", vec![Reply::new(409).into()]),
        ("a redirect", vec![Reply::new(307).header("location", "/g").into()]),
        ("no receipt", vec![Reply::new(200).body("the report\n").into()]),
        ("a receipt of failure", vec![unsound().into()]),
    ];
    for (claim, acts) in acts {
        let stage = Stage::set().await;
        stage.server.script(after_demand(&stage.server.url("/f"), acts));
        stage.buy(dime(), "/f").await;
        for _ in 0..5 {
            stage.server.script([Reply::new(409).into()]);
            assert_eq!(stage.buy(dime(), "/f").await, "payment_conflict", "{claim}");
        }
        stage.server.script([delivery(&settlement()).into()]);
        assert_eq!(stage.buy(dime(), "/f").await, "paid", "{claim}");
        let mut payments = stage.server.payments();
        payments.dedup();
        assert_eq!((payments.len(), stage.signatures()), (1, 1), "{claim}");
    }
}

#[tokio::test]
async fn a_payment_in_doubt_counts_until_it_is_proven_void() {
    let stage = Stage::set().await;
    let policy = || Policy { total: Some(Micros::new(19_999)), ..Policy::default() };
    stage.server.script(after_demand(&stage.server.url("/f"), [Reply::new(400).into()]));
    assert_eq!(stage.buy(policy(), "/f").await, "payment_rejected");
    stage.sell("/g", offer());
    assert_eq!(stage.buy(policy(), "/g").await, "budget_exceeded");
    assert_eq!(stage.signatures(), 1);
}

#[tokio::test]
async fn a_payment_that_provably_never_left_does_not_count() {
    let stage = Stage::set().await;
    let policy = || Policy { total: Some(Micros::new(10_000)), ..Policy::default() };
    let gone = Server::start().await;
    let url = gone.url("/f");
    let agent = stage.agent(policy());
    gone.script([demand(&challenge(&url, vec![offer()])).header("connection", "close").into()]);
    let quoted = agent.quote(&url).await.unwrap();
    let agent::Quoted::Priced(quote) = quoted else { panic!() };
    gone.stop().await;
    let why = agent.buy(quote).await.unwrap_err();
    assert!(matches!(why, PayError::NotSent(_)), "{why:?}");
    stage.sell("/g", offer());
    assert_eq!(stage.buy(policy(), "/g").await, "paid");
}

/// AG05 and AG06: the agents share nothing but the file.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_purchases_at_once_a_budget_for_ten_pays_ten() {
    for agents in [1, 5] {
        let stage = Stage::set().await;
        let agents: Vec<_> = (0..agents).map(|_| Arc::new(stage.agent(dime()))).collect();
        let mut tasks = Vec::new();
        for number in 0..100 {
            let shop = Server::start().await;
            let url = shop.url(&format!("/{number}"));
            shop.script(honest(&url, vec![offer()]));
            let agent = Arc::clone(&agents[number % agents.len()]);
            tasks.push(tokio::spawn(async move { (word(&agent, &url).await, shop) }));
        }
        let mut words = Vec::new();
        for task in tasks {
            words.push(task.await.unwrap().0);
        }
        let count = |word: &str| words.iter().filter(|it| **it == word).count();
        assert_eq!((count("paid"), count("budget_exceeded")), (10, 90), "{words:?}");
        assert_eq!(stage.signatures(), 10);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_purchase_at_once_is_signed_once() {
    let stage = Stage::set().await;
    let url = stage.server.url("/f");
    let wanting = (0..20).map(|_| demand(&challenge(&url, vec![offer()])).into());
    stage.server.script(wanting);
    let agent = Arc::new(stage.agent(dime()));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (agent, url) = (Arc::clone(&agent), url.clone());
            tokio::spawn(async move { word(&agent, &url).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut payments = stage.server.payments();
    payments.sort();
    payments.dedup();
    assert!(stage.signatures() == 1 && payments.len() == 1, "{}", stage.signatures());
}

/// Every limit of the policy.
#[tokio::test]
async fn a_policy_says_no_before_anything_is_signed() {
    let micros = |count| Some(Micros::new(count));
    let hour = Window { span: std::time::Duration::from_hours(1), limit: Micros::new(15_000) };
    #[rustfmt::skip]
    let rows = [
        ("another host",   Policy { hosts: vec!["shop.example".into()], ..dime() },  "host_not_allowed",       0),
        ("in all",         Policy { total: micros(15_000), ..dime() },               "budget_exceeded",        1),
        ("at this host",   Policy { per_host: micros(15_000), ..dime() },            "host_budget_exceeded",   1),
        ("in an hour",     Policy { windows: vec![hour], ..dime() },                 "window_budget_exceeded", 1),
        ("over threshold", Policy { confirm_above: micros(9_999), ..dime() },        "confirmation_required",  0),
        ("never by itself", Policy { auto_pay: false, ..dime() },                    "confirmation_required",  0),
    ];
    for (claim, policy, code, signatures) in rows {
        let stage = Stage::set().await;
        let mut last = "";
        for path in ["/f", "/g"] {
            stage.sell(path, offer());
            last = stage.buy(policy.clone(), path).await;
            if last != "paid" {
                break;
            }
        }
        assert_eq!((last, stage.signatures()), (code, signatures), "{claim}");
        assert_eq!(stage.server.payments().len(), usize::try_from(signatures).unwrap());
    }
}

/// AG24.
#[tokio::test]
async fn a_thousand_small_payments_stop_at_the_hosts_limit() {
    let stage = Stage::set().await;
    let policy = Policy { per_host: Some(Micros::new(1000)), ..Policy::default() };
    let agent = stage.agent(policy);
    let mut paid = 0;
    for number in 0..30 {
        let path = format!("/{number}");
        stage.sell(&path, offer_of(100));
        match word(&agent, &stage.server.url(&path)).await {
            "paid" => paid += 1,
            other => {
                assert_eq!(other, "host_budget_exceeded");
                break;
            }
        }
    }
    assert_eq!((paid, stage.signatures()), (10, 10));
}

/// Agrees, or not, and remembers what it was asked.
#[derive(Clone)]
struct Person(bool, Arc<AtomicU32>);

impl Approver for Person {
    fn approve(&self, _: Approval) -> Answer<'_> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(self.0))
    }
}

/// AG21.
#[tokio::test]
async fn a_new_payee_or_a_higher_price_asks_again() {
    let elsewhere = |mut offer: Value| {
        offer["payTo"] = PAYER.into();
        offer
    };
    #[rustfmt::skip]
    let rows = [
        ("as before",       offer(),            None),
        ("cheaper",         offer_of(9_000),    None),
        ("dearer",          offer_of(11_000),   Some(Denial::PriceChanged)),
        ("another payee",   elsewhere(offer()), Some(Denial::PayeeChanged)),
    ];
    for (claim, second, denial) in rows {
        for agrees in [true, false] {
            let stage = Stage::set().await;
            let person = Person(agrees, Arc::default());
            let purse = purse(stage.folder.path(), dime()).approver(person.clone());
            let agent = stage.agent_with(purse);
            for offer in [offer(), second.clone()] {
                stage.sell("/f", offer);
            }
            let url = stage.server.url("/f");
            assert_eq!(word(&agent, &url).await, "paid");
            let refused = denial.filter(|_| !agrees).map_or("paid", Denial::code);
            assert_eq!(word(&agent, &url).await, refused, "{claim} {agrees}");
            let asked = u32::from(denial.is_some());
            assert_eq!(person.1.load(Ordering::Relaxed), asked, "{claim} {agrees}");
        }
    }
}

#[tokio::test]
async fn nobody_is_asked_to_agree_to_what_is_impossible() {
    let stage = Stage::set().await;
    let person = Person(true, Arc::default());
    let policy = Policy { total: Some(Micros::new(1)), auto_pay: false, ..Policy::default() };
    let agent = stage.agent_with(purse(stage.folder.path(), policy).approver(person.clone()));
    stage.sell("/f", offer());
    assert_eq!(word(&agent, &stage.server.url("/f")).await, "budget_exceeded");
    assert_eq!((person.1.load(Ordering::Relaxed), stage.signatures()), (0, 0));
}

#[tokio::test]
async fn an_invited_identifier_is_ours_and_stays_the_same() {
    let stage = Stage::set().await;
    let url = stage.server.url("/f");
    let mut document = challenge(&url, vec![offer()]);
    document["extensions"] = json!({ "payment-identifier": { "info": { "required": false } } });
    stage.server.script([demand(&document).into(), Reply::new(400).into()]);
    assert_eq!(stage.buy(dime(), "/f").await, "payment_rejected");
    stage.server.script([delivery(&settlement()).into()]);
    assert_eq!(stage.buy(dime(), "/f").await, "paid");
    let payments = stage.server.payments();
    assert_eq!(payments[0], payments[1]);
    let sent = wire::header::decode_json(payments[0].as_bytes(), 16 << 10).unwrap();
    let sent = wire::json::parse(&sent).unwrap();
    let info = &sent["extensions"]["payment-identifier"]["info"];
    let id = info["id"].as_str().unwrap();
    assert!(id.len() == 36 && id.starts_with("pay_"), "{id}");
    let nonce = sent["payload"]["authorization"]["nonce"].as_str().unwrap();
    assert!(!nonce.contains(&id[4..]), "the nonce comes on the chain");
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_a_ledger() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::set().await;
    let deep = stage.folder.path().join("state/x402-agent");
    let agent = stage.agent_with(purse(&deep, dime()));
    stage.sell("/f", offer());
    assert_eq!(word(&agent, &stage.server.url("/f")).await, "paid");
    for entry in std::fs::read_dir(&deep).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
    }
    std::fs::set_permissions(deep.join("ledger"), PermissionsExt::from_mode(0o640)).unwrap();
    let refused = Ledger::open(&deep.join("ledger")).unwrap_err().to_string();
    assert!(refused.contains("has mode 0640: run chmod 600"), "{refused}");
}
