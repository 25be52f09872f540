//! The sudden end of a payer between every two steps. To drop a purchase where it stands is what
//! `kill -9` does: nothing runs after, and only what the ledger has is left.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use agent::book::{Book, BookError, Entry, Errand, Judgement, OpenPurchase, PurchaseId, Reserved};
use agent::decisions::budget::{Facts, Micros, Policy};
use agent::decisions::draft::{Draft, Payment};
use agent::decisions::purchase::{Fate, SIGNING_MAX};
use agent::signer::SignerError;
use agent::world::Clock;
use agent::{Agent, Ledger, LocalKey, Purse, Signer};
use tempfile::tempdir;
use tokio::sync::Notify;
use wire::{Address, Eip3009Payload, UnixTime};

use crate::scene::{CountingWallet, SHORT, StillWorld, agent, honest, terms};
use crate::server::Server;
use crate::wares::{KEY, challenge, delivery, demand, offer, settlement};

/// Enough for one.
fn cent() -> Policy {
    Policy { total: Some(Micros::new(10_000)), ..Policy::default() }
}

fn ledger(folder: &Path) -> Ledger {
    Ledger::open(&folder.join("ledger")).unwrap()
}

/// A wallet that is asked and does not answer before it is told to.
#[derive(Clone)]
struct SlowWallet {
    key: LocalKey,
    asked: Arc<Notify>,
    may_sign: Arc<Notify>,
}

impl Signer for SlowWallet {
    fn address(&self) -> Address {
        self.key.address()
    }

    async fn sign(&self, draft: &Draft) -> Result<Eip3009Payload, SignerError> {
        self.asked.notify_one();
        self.may_sign.notified().await;
        self.key.sign(draft).await
    }
}

fn slow() -> SlowWallet {
    let key = LocalKey::from_hex(KEY).unwrap();
    SlowWallet { key, asked: Arc::default(), may_sign: Arc::default() }
}

/// AG07, before there is a signature.
#[tokio::test]
async fn between_reserving_and_signing() {
    let (folder, server, world) =
        (tempdir().unwrap(), Server::start().await, StillWorld::default());
    let url = server.url("/f");
    let wanting = || demand(&challenge(&url, vec![offer()]));
    server.script([wanting().into()]);
    let wallet = slow();
    let dying = Agent::builder(wallet.clone(), terms()).world(world.clone()).patience(SHORT);
    let dying = dying.purse(Purse::new(ledger(folder.path()), cent())).build().unwrap();
    tokio::select! {
        _ = dying.fetch(&url) => panic!("the wallet does not sign"),
        () = wallet.asked.notified() => {}
    }

    let next = CountingWallet::default();
    let heir = agent(&next, &world, terms()).purse(Purse::new(ledger(folder.path()), cent()));
    let heir = heir.build().unwrap();
    assert_eq!(heir.fetch(&url).await.unwrap_err().code(), "purchase_in_progress");
    server.script(honest(&server.url("/g"), vec![offer()]).into_iter().take(1));
    assert_eq!(heir.fetch(&server.url("/g")).await.unwrap_err().code(), "budget_exceeded");

    // What was left behind does not count for ever.
    world.sleep(SIGNING_MAX).await;
    let elsewhere = server.url("/g");
    server.script(honest(&elsewhere, vec![offer()]));
    assert!(heir.fetch(&elsewhere).await.unwrap().receipt().unwrap().is_settled());
    assert_eq!((next.signatures.load(Ordering::Relaxed), server.payments().len()), (1, 1));
}

/// Not dead, only late: the reservation is gone, so the signature must not leave.
#[tokio::test]
async fn a_wallet_that_answers_too_late_pays_nothing() {
    let (folder, server, world) =
        (tempdir().unwrap(), Server::start().await, StillWorld::default());
    let url = server.url("/f");
    server.script([demand(&challenge(&url, vec![offer()])).into()]);
    let wallet = slow();
    let late = Agent::builder(wallet.clone(), terms()).world(world.clone()).patience(SHORT);
    let late = late.purse(Purse::new(ledger(folder.path()), cent())).build().unwrap();
    let address = url.clone();
    let late = tokio::spawn(async move { late.fetch(&address).await.map(|it| it.status()) });
    wallet.asked.notified().await;

    world.sleep(SIGNING_MAX).await;
    server.script(honest(&url, vec![offer()]));
    let next = CountingWallet::default();
    let heir = agent(&next, &world, terms()).purse(Purse::new(ledger(folder.path()), cent()));
    heir.build().unwrap().fetch(&url).await.unwrap();

    wallet.may_sign.notify_one();
    assert_eq!(late.await.unwrap().unwrap_err().code(), "purchase_in_progress");
    assert_eq!(server.payments().len(), 1);
}

/// A ledger whose process ends as soon as the payment is stored, or before it can be concluded.
#[derive(Clone)]
struct Dying {
    ledger: Arc<Ledger>,
    before: &'static str,
    dead: Arc<Mutex<bool>>,
    reached: Arc<AtomicU32>,
}

impl Dying {
    /// From here on nothing is written any more.
    fn dies(&self, step: &str) -> bool {
        let mut dead = self.dead.lock().unwrap();
        *dead |= step == self.before;
        self.reached.fetch_add(u32::from(*dead), Ordering::Relaxed);
        *dead
    }
}

impl Book for Dying {
    fn open(&self, errand: &Errand) -> Result<Option<OpenPurchase>, BookError> {
        self.ledger.open(errand)
    }

    fn facts(&self, entry: &Entry) -> Result<Facts, BookError> {
        self.ledger.facts(entry)
    }

    fn reserve(&self, entry: &Entry, judge: Judgement<'_>) -> Result<Reserved, BookError> {
        self.ledger.reserve(entry, judge)
    }

    fn signed(&self, id: PurchaseId, payment: &Payment, now: UnixTime) -> Result<bool, BookError> {
        if self.dies("storing") {
            return Err(BookError::new("dead"));
        }
        let stored = self.ledger.signed(id, payment, now);
        if self.dies("sending") { Err(BookError::new("dead")) } else { stored }
    }

    fn sending_again(&self, id: PurchaseId) -> Result<bool, BookError> {
        self.ledger.sending_again(id)
    }

    fn drop_unsigned(&self, id: PurchaseId, now: UnixTime) -> Result<bool, BookError> {
        self.ledger.drop_unsigned(id, now)
    }

    fn conclude(&self, id: PurchaseId, fate: Fate, now: UnixTime) -> Result<(), BookError> {
        if self.dies("concluding") {
            return Err(BookError::new("dead"));
        }
        self.ledger.conclude(id, fate, now)
    }
}

#[tokio::test]
async fn between_signing_storing_sending_and_concluding() {
    #[rustfmt::skip]
    let rows = [
        // dies before   payments sent   signatures after all
        ("storing",      0,              2),
        ("sending",      0,              1),
        ("concluding",   1,              1),
    ];
    for (before, sent, signatures) in rows {
        let (folder, server) = (tempdir().unwrap(), Server::start().await);
        let (wallet, world) = (CountingWallet::default(), StillWorld::default());
        let url = server.url("/f");
        server.script(honest(&url, vec![offer()]));
        let ledger = Arc::new(ledger(folder.path()));
        let (dead, reached) = (Arc::default(), Arc::default());
        let dying = Dying { ledger: Arc::clone(&ledger), before, dead, reached };
        let first = agent(&wallet, &world, terms()).purse(Purse::new(dying.clone(), cent()));
        let _ = first.build().unwrap().fetch(&url).await;
        assert_eq!(dying.reached.load(Ordering::Relaxed), 1, "{before}");
        assert_eq!(server.payments().len(), sent, "{before}");

        let whole = Dying { before: "never", dead: Arc::default(), ..dying };
        let heir = agent(&wallet, &world, terms()).purse(Purse::new(whole, cent())).build();
        let heir = heir.unwrap();
        server.clear();
        if before == "storing" {
            let early = heir.fetch(&url).await.unwrap_err();
            assert_eq!(early.code(), "purchase_in_progress");
            world.sleep(SIGNING_MAX).await;
            server.script(honest(&url, vec![offer()]));
        } else {
            // Nothing is asked for first: the stored bytes go out.
            server.script([delivery(&settlement()).into()]);
        }
        let got = heir.fetch(&url).await.unwrap_or_else(|why| panic!("{before}: {why:?}"));
        assert!(got.receipt().unwrap().is_settled());
        assert_eq!(wallet.signatures.load(Ordering::Relaxed), signatures, "{before}");
        let mut payments = server.payments();
        payments.dedup();
        assert_eq!(payments.len(), 1, "{before}");
    }
}
