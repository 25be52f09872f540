//! Everything outside the merchant, as one value that only one task at a time touches.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::{Either, select};
use merchant::decisions::payment::Payment;
use merchant::walk::Onchain;
use wire::{Address, Authorization, Nonce, PaymentKey, TxHash};

use crate::agenda::Agenda;
use crate::chain::Chain;
use crate::chance::Chance;
use crate::executor::{Job, Owner};
use crate::mutation::Mutation;
use crate::network::Lost;
use crate::promise::{Promise, lock, promise};
use crate::scenario::Scenario;
use crate::shelf::Objects;

/// When every run begins, in seconds since 1970: an even number, as the chain's blocks are.
pub(crate) const EPOCH: u64 = 1_800_000_000;
pub(crate) const NETWORK: &str = "eip155:84532";

/// A payment that somebody signed, and what became of it.
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
pub(crate) struct Signed {
    pub(crate) key: PaymentKey,
    pub(crate) folder: String,
    pub(crate) payment: Arc<Payment>,
    /// Every authorization that was signed with this nonce: one, from honest payers.
    pub(crate) authorizations: Vec<Authorization>,
    pub(crate) client: usize,
    pub(crate) purchase: Option<usize>,
    /// The payer brings it to the chain itself, or takes it back there.
    pub(crate) selfish: bool,
    /// When it was claimed, in ms, and by which task.
    pub(crate) claimed: Option<(u64, u64)>,
    /// A facilitator said that it settled it.
    pub(crate) told: bool,
    /// The transfer that it became: the transaction, and what was moved to whom.
    pub(crate) transfer: Option<(TxHash, Authorization)>,
    /// The payer gave the purchase a name.
    pub(crate) named: bool,
    /// Before it was claimed, as far as one could know, an answer to it invited another payment.
    pub(crate) turned_away: bool,
    /// After it had been claimed, an answer to it invited another payment.
    pub(crate) invited: bool,
    /// Tasks that wait for a facilitator to settle it.
    pub(crate) settling: Vec<u64>,
}

/// What an honest buyer wants, once.
#[derive(Debug, Default)]
pub(crate) struct Purchase {
    pub(crate) signed: Vec<usize>,
    pub(crate) transfers: u32,
    /// Of these, those of payments that had been turned away before they were claimed.
    pub(crate) late: u32,
    pub(crate) delivered: bool,
    /// How it ended without the object.
    pub(crate) ended: Option<String>,
    /// It can show later that it is the buyer.
    pub(crate) recognisable: bool,
}

/// The state of a run.
pub(crate) struct World {
    pub(crate) agenda: Agenda,
    pub(crate) chance: Chance,
    pub(crate) scenario: Scenario,
    pub(crate) mutation: Option<Mutation>,
    pub(crate) starting: Vec<(Owner, Job)>,
    /// The task that is being polled.
    pub(crate) task: u64,
    /// Honest clients that are not done.
    pub(crate) busy: usize,
    pub(crate) chain: Chain,
    pub(crate) submitted: BTreeMap<(Address, Nonce), TxHash>,
    pub(crate) records: BTreeMap<String, Bytes>,
    pub(crate) objects: Objects,
    pub(crate) signed: Vec<Signed>,
    pub(crate) purchases: Vec<Purchase>,
    /// Which payment a transaction was the receipt of first.
    pub(crate) receipts: BTreeMap<TxHash, usize>,
    /// What each task asked the facilitator to settle.
    pub(crate) asked: BTreeMap<u64, Bytes>,
    numbers: u64,
    journal: Option<Vec<String>>,
    pub(crate) breach: Option<String>,
}

/// The world, as tasks and ports hold it.
#[derive(Clone)]
pub(crate) struct Sim(Arc<Mutex<World>>);

impl World {
    pub(crate) fn new(scenario: Scenario, chance: Chance, mutation: Option<Mutation>) -> Self {
        Self {
            agenda: Agenda::default(),
            chance,
            scenario,
            mutation,
            starting: Vec::new(),
            task: 0,
            busy: 0,
            chain: Chain::default(),
            submitted: BTreeMap::new(),
            records: BTreeMap::new(),
            objects: Objects::default(),
            signed: Vec::new(),
            purchases: Vec::new(),
            receipts: BTreeMap::new(),
            asked: BTreeMap::new(),
            numbers: 0,
            journal: None,
            breach: None,
        }
    }

    pub(crate) fn now(&self) -> u64 {
        self.agenda.now
    }

    /// Makes something happen later, in ms.
    pub(crate) fn after(&mut self, ms: u64, act: impl FnOnce(&mut World) + Send + 'static) {
        let at = self.agenda.now.saturating_add(ms);
        self.agenda.add(at, Box::new(act));
    }

    pub(crate) fn start(&mut self, owner: Owner, job: impl Future<Output = ()> + Send + 'static) {
        self.starting.push((owner, Box::pin(job)));
    }

    /// Do things go wrong now?
    pub(crate) fn troubled(&self) -> bool {
        self.now() < self.scenario.calm_at
    }

    pub(crate) fn crashes_after(&mut self, polls: u64) -> bool {
        let share = if self.troubled() { self.scenario.crashes } else { 0 };
        self.scenario.crash_after == Some(polls) || self.chance.permille(share)
    }

    /// Can doubt about a payment come to an end without the facilitator's help?
    pub(crate) fn doubt_can_end(&self) -> bool {
        self.scenario.onchain != Onchain::Off && self.scenario.endpoints > 0
    }

    pub(crate) fn is_over(&self) -> bool {
        self.breach.is_some() || self.busy == 0
    }

    pub(crate) fn ended(&mut self, task: u64) {
        self.asked.remove(&task);
        for signed in &mut self.signed {
            signed.settling.retain(|it| *it != task);
        }
    }

    pub(crate) fn fresh_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// The payment with this payer and nonce.
    pub(crate) fn find(&self, payer: Address, nonce: Nonce) -> Option<usize> {
        // The nonce says which one it is; see `payments`.
        let [.., a, b, c, d] = nonce.evm().0;
        let id = u32::from_be_bytes([a, b, c, d]) as usize;
        let signed = self.signed.get(id)?;
        (signed.key.payer == payer && signed.key.nonce == nonce).then_some(id)
    }

    pub(crate) fn is_signed(&self, authorization: &Authorization) -> bool {
        self.find(authorization.from, authorization.nonce)
            .is_some_and(|id| self.signed[id].authorizations.contains(authorization))
    }

    pub(crate) fn keep_journal(&mut self) {
        self.journal = Some(Vec::new());
    }

    pub(crate) fn take_journal(&mut self) -> Vec<String> {
        self.journal.take().unwrap_or_default()
    }

    /// Tells what happens, where somebody reads it.
    pub(crate) fn note(&mut self, what: impl FnOnce() -> String) {
        if self.journal.is_some() {
            let (seconds, ms) = (self.now() / 1000, self.now() % 1000);
            let line = format!("{seconds:>5}.{ms:03}  {}", what());
            self.journal.get_or_insert_default().push(line);
        }
    }

    /// A law is broken. The first breach counts.
    pub(crate) fn breach(&mut self, law: &str, what: &str) {
        self.note(|| format!("BREACH {law}: {what}"));
        self.breach.get_or_insert_with(|| format!("{law}: {what}"));
    }
}

impl Sim {
    pub(crate) fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut lock(&self.0))
    }

    /// The next thing of the agenda.
    pub(crate) fn happen(&self) -> bool {
        self.with(|world| {
            let Some(act) = world.agenda.next() else { return false };
            act(world);
            true
        })
    }

    pub(crate) async fn sleep(&self, ms: u64) {
        let (keeper, promise) = promise();
        self.with(|world| world.after(ms, move |_| keeper.keep(())));
        promise.await;
    }

    /// An answer, unless it takes longer than that.
    pub(crate) async fn limited<T>(
        &self,
        limit: std::time::Duration,
        answer: Promise<Result<T, Lost>>,
    ) -> Result<T, Option<Lost>> {
        let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let alarm = std::pin::pin!(self.sleep(limit));
        match select(answer, alarm).await {
            Either::Left((answer, _)) => answer.map_err(Some),
            Either::Right(((), _)) => Err(None),
        }
    }
}
