//! How the scripted neighbours answer, and that they write down every call.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use merchant::adapters::content::StoreContent;
use merchant::adapters::ledger::StoreLedger;
use merchant::decisions::evidence::{Evidence, Question};
use merchant::decisions::faults::{ContentFault, FacilitatorFault, LedgerFault};
use merchant::decisions::object::Want;
use merchant::decisions::records::{Attempt, Claim, Entry, Named, SettledRecord, VoidRecord};
use merchant::ports::{Chain, Claimed, Clock, Content, Facilitator, Ledger, Opened, Recorded};
use tokio::sync::oneshot;
use wire::facilitator::FacilitatorRequest;
use wire::{Message, PaymentKey, SettlementResponse, TxHash, UnixTime, VerifyResponse};

use crate::world::NOW;

pub(crate) type Journal = Arc<Mutex<Vec<String>>>;
pub(crate) type Answers<T> = Arc<Mutex<VecDeque<Result<T, FacilitatorFault>>>>;

pub(crate) struct ScriptedFacilitator {
    pub(crate) verify: Answers<VerifyResponse>,
    pub(crate) settle: Answers<SettlementResponse>,
    pub(crate) asked: Arc<Mutex<Vec<Bytes>>>,
    pub(crate) takes: Mutex<Duration>,
    /// The next verify waits for this.
    pub(crate) held: Mutex<Option<oneshot::Receiver<()>>>,
    pub(crate) clock: Arc<Mutex<Duration>>,
    pub(crate) journal: Journal,
}

pub(crate) struct WatchedLedger {
    pub(crate) inner: StoreLedger,
    pub(crate) broken: Arc<Mutex<Option<&'static str>>>,
    /// While this is held, no record is forced to the disk.
    pub(crate) disk: Arc<tokio::sync::Mutex<()>>,
    pub(crate) persisted: Arc<Mutex<Vec<PaymentKey>>>,
    pub(crate) journal: Journal,
}

pub(crate) struct WatchedContent {
    pub(crate) inner: StoreContent,
    pub(crate) broken: Arc<Mutex<bool>>,
    pub(crate) journal: Journal,
}

/// A chain without endpoints until it is given answers.
pub(crate) struct ScriptedChain {
    pub(crate) answers: Mutex<VecDeque<Option<Evidence>>>,
    pub(crate) journal: Journal,
}

pub(crate) struct HeldClock {
    pub(crate) since_start: Arc<Mutex<Duration>>,
    pub(crate) ids: Arc<Mutex<u64>>,
    /// No wait ever ends.
    pub(crate) patient: bool,
    pub(crate) journal: Journal,
}

impl Facilitator for ScriptedFacilitator {
    async fn verify(&self, ask: &Bytes, _: Duration) -> Result<VerifyResponse, FacilitatorFault> {
        self.note("verify", ask);
        let held = self.held.lock().unwrap().take();
        if let Some(released) = held {
            released.await.unwrap();
        }
        self.verify.lock().unwrap().pop_front().unwrap_or(Err(FacilitatorFault::Unreachable))
    }

    async fn settle(
        &self,
        ask: &Bytes,
        _: Duration,
    ) -> Result<SettlementResponse, FacilitatorFault> {
        self.note("settle", ask);
        self.settle.lock().unwrap().pop_front().unwrap_or(Err(FacilitatorFault::Unreachable))
    }
}

impl ScriptedFacilitator {
    fn note(&self, call: &str, ask: &Bytes) {
        FacilitatorRequest::from_json(ask).expect("the facilitator is asked in the protocol");
        self.asked.lock().unwrap().push(ask.clone());
        self.journal.lock().unwrap().push(call.to_owned());
        *self.clock.lock().unwrap() += *self.takes.lock().unwrap();
    }

    /// From now on, each call takes this many seconds.
    pub(crate) fn takes(&self, seconds: u64) {
        *self.takes.lock().unwrap() = Duration::from_secs(seconds);
    }
}

impl WatchedLedger {
    fn note(&self, call: &'static str) -> Result<(), LedgerFault> {
        self.journal.lock().unwrap().push(call.to_owned());
        match *self.broken.lock().unwrap() {
            Some(broken) if broken == call => Err(LedgerFault::Unavailable("scripted".into())),
            _ => Ok(()),
        }
    }
}

impl Ledger for WatchedLedger {
    async fn recall(&self, key: &PaymentKey) -> Result<Option<Entry>, LedgerFault> {
        self.note("recall")?;
        self.inner.recall(key).await
    }

    async fn claim(&self, key: &PaymentKey, claim: &Claim) -> Result<Claimed, LedgerFault> {
        self.note("claim")?;
        self.inner.claim(key, claim).await
    }

    async fn record_settled(
        &self,
        key: &PaymentKey,
        record: &SettledRecord,
    ) -> Result<Recorded, LedgerFault> {
        self.note("record")?;
        self.inner.record_settled(key, record).await
    }

    async fn persist(&self, key: &PaymentKey, record: &SettledRecord) -> Result<(), LedgerFault> {
        let _disk = self.disk.lock().await;
        self.persisted.lock().unwrap().push(*key);
        self.inner.persist(key, record).await
    }

    async fn take_over(
        &self,
        key: &PaymentKey,
        number: u32,
        attempt: &Attempt,
    ) -> Result<bool, LedgerFault> {
        self.note("take over")?;
        self.inner.take_over(key, number, attempt).await
    }

    async fn stop(&self, key: &PaymentKey, number: u32) -> Result<(), LedgerFault> {
        self.note("stop")?;
        self.inner.stop(key, number).await
    }

    async fn record_void(&self, key: &PaymentKey, record: &VoidRecord) -> Result<(), LedgerFault> {
        self.note("void")?;
        self.inner.record_void(key, record).await
    }

    async fn owns(&self, key: &PaymentKey, transaction: TxHash) -> Result<bool, LedgerFault> {
        self.note("owns")?;
        self.inner.owns(key, transaction).await
    }

    async fn named(&self, identifier: &str) -> Result<Option<Named>, LedgerFault> {
        self.note("named")?;
        self.inner.named(identifier).await
    }

    async fn name(&self, identifier: &str, named: &Named) -> Result<Named, LedgerFault> {
        self.note("name")?;
        self.inner.name(identifier, named).await
    }
}

impl Chain for ScriptedChain {
    async fn evidence(&self, _: &Question) -> Option<Evidence> {
        let answer = self.answers.lock().unwrap().pop_front()?;
        self.journal.lock().unwrap().push("chain".into());
        answer
    }
}

impl Content for WatchedContent {
    async fn open(&self, key: &str, want: &Want) -> Result<Opened, ContentFault> {
        self.journal.lock().unwrap().push("open".into());
        if *self.broken.lock().unwrap() {
            return Err(ContentFault::Unavailable("scripted".into()));
        }
        self.inner.open(key, want).await
    }
}

impl Clock for HeldClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(NOW).after(self.uptime())
    }

    fn uptime(&self) -> Duration {
        *self.since_start.lock().unwrap()
    }

    /// Passes at its second look only: what is ready at once never times out.
    async fn sleep(&self, span: Duration) {
        if self.patient {
            return std::future::pending().await;
        }
        let mut looked = false;
        std::future::poll_fn(|context| {
            if looked {
                return std::task::Poll::Ready(());
            }
            looked = true;
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
        *self.since_start.lock().unwrap() += span;
        self.journal.lock().unwrap().push(format!("wait {}s", span.as_secs()));
    }

    fn fresh_id(&self) -> String {
        let mut ids = self.ids.lock().unwrap();
        *ids += 1;
        format!("{:032x}", *ids)
    }
}
