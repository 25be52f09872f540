//! The merchant's neighbours with every call written down, and a clock that tests hold: it is the
//! chain's own, and moves only when the merchant waits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use merchant::adapters::content::StoreContent;
use merchant::adapters::facilitators::Facilitators;
use merchant::adapters::ledger::StoreLedger;
use merchant::adapters::rpc::HttpChain;
use merchant::decisions::evidence::{Evidence, Question};
use merchant::decisions::faults::{ContentFault, FacilitatorFault, LedgerFault};
use merchant::decisions::object::Want;
use merchant::decisions::records::{
    Attempt, Claim, Entry, Named, ObjectPin, SettledRecord, VoidRecord,
};
use merchant::ports::{self, Claimed, Clock, Content, Facilitator, Ledger, Opened, Recorded};
use sandbox::chain::Chain;
use sandbox::facilitator::Journal;
use tokio::sync::watch;
use wire::{PaymentKey, SettlementResponse, TxHash, UnixTime, VerifyResponse};

/// In a hasty merchant, calls to the facilitator get this part of their time.
const HASTE: u32 = 10;

/// The calls of all neighbours, in order, and how many of them are not answered yet.
#[derive(Debug, Clone)]
pub(crate) struct Calls {
    made: Arc<Mutex<Vec<String>>>,
    broken: Arc<Mutex<Vec<(&'static str, How)>>>,
    slow: Arc<Mutex<Option<(&'static str, Duration)>>>,
    open: watch::Sender<usize>,
}

/// How a storage call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// At once.
    Down,
    /// It never answers.
    Silent,
}

/// A call that is not answered yet.
struct Open(watch::Sender<usize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|it| *it -= 1);
    }
}

impl Calls {
    pub(crate) fn new() -> Self {
        Self {
            made: Arc::default(),
            broken: Arc::default(),
            slow: Arc::default(),
            open: watch::Sender::new(0),
        }
    }

    /// The calls since the last look.
    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut *self.made.lock().unwrap()).join(", ")
    }

    /// From now on these calls to a storage fail; none mends all.
    pub(crate) fn fail(&self, broken: &[(&'static str, How)]) {
        *self.broken.lock().unwrap() = broken.to_vec();
    }

    /// The next call of this name to the facilitator takes so long.
    pub(crate) fn slow_down(&self, call: &'static str, span: Duration) {
        *self.slow.lock().unwrap() = Some((call, span));
    }

    /// How long this call takes, besides the time that it takes in truth.
    fn takes(&self, call: &str) -> Duration {
        let slow = self.slow.lock().unwrap().take_if(|it| it.0 == call);
        slow.map_or(Duration::ZERO, |it| it.1)
    }

    /// Returns when this call has been made since the last look.
    pub(crate) async fn made(&self, call: &str) {
        let mut open = self.open.subscribe();
        while !self.made.lock().unwrap().iter().any(|it| it == call) {
            open.changed().await.unwrap();
        }
    }

    fn how(&self, call: &str) -> Option<How> {
        self.broken.lock().unwrap().iter().find(|it| it.0 == call).map(|it| it.1)
    }

    fn note(&self, call: impl Into<String>) {
        self.made.lock().unwrap().push(call.into());
    }

    fn begin(&self, call: &str) -> Open {
        self.note(call);
        self.open.send_modify(|it| *it += 1);
        Open(self.open.clone())
    }

    async fn storage(&self, call: &str) -> Result<Open, ()> {
        let open = self.begin(call);
        match self.how(call) {
            None => Ok(open),
            Some(How::Down) => Err(()),
            Some(How::Silent) => {
                // Time passes only while nobody is about to answer.
                drop(open);
                std::future::pending().await
            }
        }
    }

    async fn ledger(&self, call: &str) -> Result<Open, LedgerFault> {
        self.storage(call).await.map_err(|()| LedgerFault::Unavailable("broken".into()))
    }
}

/// The facilitator over HTTP.
pub(crate) struct Facilitating {
    pub(crate) inner: Facilitators,
    pub(crate) calls: Calls,
    /// What came to the sandbox.
    pub(crate) journal: Journal,
    pub(crate) chain: Chain,
    /// Loses patience sooner than the contract says, in real time; the held clock passes in full.
    pub(crate) hasty: bool,
    /// The bodies that were sent, in order.
    pub(crate) asked: Arc<Mutex<Vec<Bytes>>>,
}

impl Facilitating {
    async fn ask<T>(
        &self,
        limit: Duration,
        asking: impl AsyncFnOnce(Duration) -> Result<T, FacilitatorFault>,
    ) -> Result<T, FacilitatorFault> {
        let answer = asking(if self.hasty { limit / HASTE } else { limit }).await;
        if matches!(answer, Err(FacilitatorFault::TimedOut)) {
            // What it does without answering is done by then.
            while self.journal.entries().iter().any(|it| it.said.is_none()) {
                tokio::task::yield_now().await;
            }
            self.chain.advance(limit);
        }
        answer
    }
}

impl Facilitator for Facilitating {
    async fn verify(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> Result<VerifyResponse, FacilitatorFault> {
        let _open = self.calls.begin("verify");
        self.asked.lock().unwrap().push(ask.clone());
        let answer = self.ask(limit, async |limit| self.inner.verify(ask, limit).await).await;
        self.chain.advance(self.calls.takes("verify"));
        answer
    }

    async fn settle(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> Result<SettlementResponse, FacilitatorFault> {
        let _open = self.calls.begin("settle");
        self.asked.lock().unwrap().push(ask.clone());
        self.ask(limit, async |limit| self.inner.settle(ask, limit).await).await
    }
}

/// The chain over JSON-RPC.
pub(crate) struct Asking {
    pub(crate) inner: HttpChain,
    pub(crate) calls: Calls,
}

impl ports::Chain for Asking {
    async fn evidence(&self, question: &Question) -> Option<Evidence> {
        let _open = self.calls.begin("chain");
        self.inner.evidence(question).await
    }
}

/// Objects in memory.
pub(crate) struct Stocked {
    pub(crate) inner: StoreContent,
    pub(crate) calls: Calls,
}

impl Stocked {
    async fn call(&self, call: &str) -> Result<Open, ContentFault> {
        self.calls.storage(call).await.map_err(|()| ContentFault::Unavailable("broken".into()))
    }

    /// An object whose first bytes do not come, where reading is broken.
    fn read(&self, opened: Opened) -> Opened {
        if self.calls.how("read").is_none() {
            return opened;
        }
        let fault = Err(ContentFault::Unavailable("broken".into()));
        Opened { body: futures_util::stream::iter([fault]).boxed(), ..opened }
    }
}

impl Content for Stocked {
    async fn open(&self, key: &str, want: &Want) -> Result<Opened, ContentFault> {
        let _open = self.call("open").await?;
        Ok(self.read(self.inner.open(key, want).await?))
    }

    async fn reopen(&self, pin: &ObjectPin, want: &Want) -> Result<Opened, ContentFault> {
        let _open = self.call("reopen").await?;
        Ok(self.read(self.inner.reopen(pin, want).await?))
    }
}

/// A ledger in memory.
pub(crate) struct Remembering {
    pub(crate) inner: StoreLedger,
    pub(crate) calls: Calls,
}

impl Ledger for Remembering {
    async fn recall(&self, key: &PaymentKey) -> Result<Option<Entry>, LedgerFault> {
        let _open = self.calls.ledger("recall").await?;
        self.inner.recall(key).await
    }

    async fn claim(&self, key: &PaymentKey, claim: &Claim) -> Result<Claimed, LedgerFault> {
        let _open = self.calls.ledger("claim").await?;
        self.inner.claim(key, claim).await
    }

    async fn take_over(
        &self,
        key: &PaymentKey,
        number: u32,
        attempt: &Attempt,
    ) -> Result<bool, LedgerFault> {
        let _open = self.calls.ledger("take over").await?;
        self.inner.take_over(key, number, attempt).await
    }

    async fn stop(&self, key: &PaymentKey, number: u32) -> Result<(), LedgerFault> {
        let _open = self.calls.ledger("stop").await?;
        self.inner.stop(key, number).await
    }

    async fn record_void(&self, key: &PaymentKey, record: &VoidRecord) -> Result<(), LedgerFault> {
        let _open = self.calls.ledger("void").await?;
        self.inner.record_void(key, record).await
    }

    async fn owns(&self, key: &PaymentKey, transaction: TxHash) -> Result<bool, LedgerFault> {
        let _open = self.calls.ledger("owns").await?;
        self.inner.owns(key, transaction).await
    }

    async fn named(&self, identifier: &str) -> Result<Option<Named>, LedgerFault> {
        let _open = self.calls.ledger("named").await?;
        self.inner.named(identifier).await
    }

    async fn name(&self, identifier: &str, named: &Named) -> Result<Named, LedgerFault> {
        let _open = self.calls.ledger("name").await?;
        self.inner.name(identifier, named).await
    }

    async fn record_settled(
        &self,
        key: &PaymentKey,
        record: &SettledRecord,
    ) -> Result<Recorded, LedgerFault> {
        let _open = self.calls.ledger("record").await?;
        self.inner.record_settled(key, record).await
    }
}

/// The chain's clock, held still.
pub(crate) struct HeldClock {
    pub(crate) chain: Chain,
    pub(crate) calls: Calls,
}

impl Clock for HeldClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.chain.now())
    }

    fn uptime(&self) -> Duration {
        self.chain.time_added()
    }

    /// Passes once no neighbour is about to answer: a limit that is slept towards beside a call is
    /// never reached, however slow the machine is. A block comes with the time.
    async fn sleep(&self, span: Duration) {
        let mut open = self.calls.open.subscribe();
        let _ = open.wait_for(|it| *it == 0).await;
        self.calls.note(format!("wait {}s", span.as_secs()));
        self.chain.advance(span);
        self.chain.mine();
    }

    fn fresh_id(&self) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        format!("{:032x}", NEXT.fetch_add(1, Ordering::Relaxed))
    }
}
