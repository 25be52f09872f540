//! The walk of a request, downhill: every IO of the paywall in the order in which it happens. Each
//! branch is decided in [`crate::decisions`].

mod answer;
mod names;
pub mod reconcile;
mod resume;
mod sale;
mod settling;
mod time;

pub use answer::{Answer, Delivery};
pub use sale::Sale;
pub use settling::Owed;

use answer::{deliver, not_modified, outside_range, storage_refusal};
use time::{Budget, within};

use std::sync::Arc;

use futures_util::future::join3;
use wire::{PaymentKey, TxHash, UnixTime};

use crate::decisions::admission::{self, Mismatch};
use crate::decisions::budget;
use crate::decisions::codes::Code;
use crate::decisions::document::Document;
use crate::decisions::faults::{ContentFault, LedgerFault};
use crate::decisions::gate;
use crate::decisions::object::{ObjectFacts, Want};
use crate::decisions::order::{AfterVerify, Claimed, Order, Presented, Settled, Stop, Verified};
use crate::decisions::path::CanonicalPath;
use crate::decisions::policy::{Policy, PricedRoute};
use crate::decisions::recall::Redelivery;
use crate::decisions::records::{Claim, Claimant, Entry, ObjectPin};
use crate::decisions::refusal::Refusal;
use crate::decisions::reply::{Reply, repeat_receipt_for_v1};
use crate::decisions::tariff::Carried;
use crate::ports::{self, Chain, Clock, Content, Facilitator, Ledger, Opened};

/// The paywall over its neighbours.
#[derive(Debug)]
pub struct Merchant<F, S, L, C, H> {
    /// Which paths are for sale.
    pub policy: Arc<Policy>,
    /// Verifies and settles.
    pub facilitator: F,
    /// Holds the objects.
    pub content: S,
    /// Remembers payments.
    pub ledger: L,
    /// Time and chance.
    pub clock: C,
    /// The chain itself.
    pub chain: H,
    /// When the chain is asked, and for how long an object is sent again.
    pub rules: Rules,
}

/// What an operator decides about doubt and redelivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// When the chain is asked.
    pub onchain: Onchain,
    /// For how long, and on what proof, an object is sent again.
    pub redelivery: Redelivery,
}

/// When the chain is asked about a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Onchain {
    /// Never: doubt ends only by the facilitator's word.
    Off,
    /// When a settlement is in doubt.
    #[default]
    Doubt,
    /// Before every delivery: the facilitator is not believed without proof.
    Always,
}

/// Facts about one paid request for the log: which payment, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The payment's key, once it is known.
    pub key: Option<PaymentKey>,
    /// The transaction, once the money moved.
    pub transaction: Option<TxHash>,
    /// A wait for a block was spent.
    pub waited: bool,
    /// The object had been bought before: nothing was charged this time.
    pub again: bool,
}

impl<F: Facilitator, S: Content, L: Ledger, C: Clock, H: Chain> Merchant<F, S, L, C, H> {
    /// Answers a request for a free object.
    pub async fn give(&self, path: &CanonicalPath<'_>, want: &Want) -> Answer {
        let mime_type = None;
        match self.open(path.key(), want).await {
            Ok(opened) => {
                let (status, headers) = opened.facts.free_head(mime_type);
                deliver(status, headers, opened)
            }
            Err(ContentFault::NotModified(facts)) => Answer::Reply(not_modified(&facts)),
            Err(ContentFault::OutsideRange(size)) => Answer::Reply(outside_range(size)),
            Err(fault) => Answer::Reply(Reply::refusal(&storage_refusal(&fault))),
        }
    }

    /// Answers a request for a document of our own: an object of its name goes before it.
    pub async fn publish(
        &self,
        document: &Document,
        path: &CanonicalPath<'_>,
        want: &Want,
    ) -> Answer {
        match self.give(path, want).await {
            Answer::Reply(reply) if reply.code == Code::NotFound.text() => {
                Answer::Reply(document.reply(want.if_none_match.as_deref()))
            }
            answer @ (Answer::Reply(_) | Answer::Object(_)) => answer,
        }
    }

    /// Answers a request without a payment for an object that may carry a price of its own. The only
    /// challenge that takes IO.
    pub async fn quote(
        &self,
        route: &PricedRoute,
        path: &CanonicalPath<'_>,
        person: bool,
    ) -> Answer {
        let looking = within(&self.clock, budget::STORAGE, self.content.look(path.key())).await;
        let late = || Err(ContentFault::Unavailable("no answer in time".into()));
        match looking.unwrap_or_else(late) {
            Ok(facts) => {
                let own = own_price(route, &facts);
                let route = own.as_deref().unwrap_or(route);
                Answer::Reply(gate::quote(&self.policy, route, path, person))
            }
            Err(fault) => Answer::Reply(Reply::refusal(&storage_refusal(&fault))),
        }
    }

    /// Answers a request that carries a payment for an object that is for sale, when nothing is left
    /// to be done about it.
    pub async fn sell(&self, sale: &Sale<'_>, trace: &mut Trace) -> Answer {
        let (answer, owed) = self.hand_over(sale, trace).await;
        if let Some(owed) = owed {
            self.persist(owed).await;
        }
        answer
    }

    /// The same, as soon as all that the answer says is on record. What is owed must be given to
    /// [`Self::persist`], whatever becomes of the answer.
    pub async fn hand_over(&self, sale: &Sale<'_>, trace: &mut Trace) -> (Answer, Option<Owed>) {
        let mut course = Course { trace, owed: None };
        let bought = self.collect(sale, &mut course).await;
        let owed = course.owed;
        trace.again = bought.as_ref().is_ok_and(|it| it.again);
        (Self::answer(sale, bought), owed)
    }

    fn answer(sale: &Sale<'_>, bought: Result<Bought, Stop>) -> Answer {
        match bought {
            Ok(Bought { settled, opened, again }) => {
                let receipt = settled.receipt();
                let mime_type = sale.route.mime_type.as_deref();
                let (status, mut headers) = if again {
                    opened.facts.again_head(mime_type, &receipt)
                } else {
                    opened.facts.paid_head(mime_type, &receipt)
                };
                if sale.payment.is_v1() {
                    repeat_receipt_for_v1(&mut headers);
                }
                deliver(status, headers, opened)
            }
            Err(stop) => Answer::Reply(sale.reply(&stop)),
        }
    }

    /// Takes the money, and returns the licence together with the object that it is for.
    async fn collect(&self, sale: &Sale<'_>, course: &mut Course<'_>) -> Result<Bought, Stop> {
        let now = self.clock.now();
        let key = admission::key(sale.route, sale.payment);
        course.trace.key = key;
        let admitted = admission::admit(sale.route, sale.payment, now);

        // All are storage reads: a replay or a missing object never costs the facilitator a call. A
        // payment that does not fit is looked up, too: it may have been submitted when it did.
        let sought = admitted.is_ok() || sale.route.tariff.is_some();
        let open = async {
            if sought { Some(self.open(sale.path.key(), &Want::whole()).await) } else { None }
        };
        let namesake = self.namesake(sale, key.as_ref());
        let (known, opened, namesake) = join3(self.recall(key.as_ref()), open, namesake).await;
        if let Some(Ok(opened)) = &opened {
            sale.price(own_price(sale.route, &opened.facts));
        }
        if let (Some(key), Some(entry)) = (key, known?) {
            // Rare, and large: a sale need not carry the room for it.
            return Box::pin(self.resume(sale, key, &entry, course)).await;
        }
        if let Some((key, entry)) = namesake? {
            return self.resume_namesake(sale, key, &entry, course).await;
        }
        // What is not there has no price to be wrong about.
        let opened = match opened {
            Some(Err(fault)) => return Err(Stop::Refuse(storage_refusal(&fault))),
            Some(Ok(opened)) => Some(opened),
            None => None,
        };
        // The price is that of the object that was just opened, and of no other moment.
        let admitted = match sale.own_route() {
            Some(route) => admission::admit(route, sale.payment, now),
            None => admitted,
        };
        let offer = admitted.map_err(|Mismatch(reason)| Stop::Challenge(reason, None))?;
        let Some(opened) = opened else { return Err(Stop::Refuse(Refusal::new(Code::NotFound))) };

        let order = match sale.route.challenge.listing() {
            Some(listing) => Order::listed(offer, sale.payment, listing, sale.resource()),
            None => Order::new(offer, sale.payment),
        };
        let presented = Presented::new(order);
        let verified = self.verify(presented, course.trace).await;
        let verified = match verified.and_then(|it| it.in_time(self.clock.now())) {
            Ok(verified) => verified,
            Err(stop) => return self.refused(sale, key, stop, course).await,
        };

        // Between verify and settle: earlier, and garbage could lock a stranger's nonce; later, and
        // two racing copies of one payment could both be served.
        let claimed = self.claim(verified, sale, &opened.facts.pin).await?;
        let settled = self.settle(claimed, Holder { number: 0, since: now }, course).await?;
        Ok(Bought { settled, opened, again: false })
    }

    async fn verify(&self, presented: Presented, trace: &mut Trace) -> Result<Verified, Stop> {
        let mut left = Budget::new(&self.clock, budget::VERIFY);
        let mut presented = presented;
        loop {
            let answer = self.facilitator.verify(presented.order().ask(), left.limit()).await;
            if let Err(fault) = &answer {
                tracing::warn!(?fault, "the facilitator did not verify a payment");
            }
            let (key, answered) = (*presented.order().key(), answer.is_ok());
            match presented.judge(answer, self.clock.now()) {
                AfterVerify::Claim(verified) => return Ok(verified),
                AfterVerify::Stop(stop) => {
                    let unavailable = |it: &Refusal| it.code() == Code::FacilitatorUnavailable;
                    if answered && matches!(&stop, Stop::Refuse(it) if unavailable(it)) {
                        tracing::error!(payment.key = %key, "the facilitator verified another payment");
                    }
                    return Err(stop);
                }
                AfterVerify::AskAgain(again, wait) => {
                    trace.waited = true;
                    left.pause(wait).await;
                    presented = again;
                }
            }
        }
    }

    async fn claim(
        &self,
        verified: Verified,
        sale: &Sale<'_>,
        object: &ObjectPin,
    ) -> Result<Claimed, Stop> {
        let now = self.clock.now();
        let by = Claimant {
            id: &self.clock.fresh_id(),
            resource: &sale.resource(),
            object,
            client: sale.client,
            identifier: sale.identifier.as_deref(),
        };
        let claim = Claim::new(verified.order(), by, now);
        let key = verified.order().key();
        self.take_name(sale, verified.order()).await?;
        match within(&self.clock, budget::STORAGE, self.ledger.claim(key, &claim)).await {
            Some(Ok(ports::Claimed::Won)) => Ok(verified.claimed()),
            // Whoever was first works on it at this moment, whatever the records say by now.
            Some(Ok(ports::Claimed::Taken(entry))) => {
                Err(Stop::Refuse(Refusal::new(if entry.claim.resource == sale.resource() {
                    Code::SettlementInProgress
                } else {
                    Code::PaymentAlreadyUsed
                })))
            }
            Some(Err(fault)) => Err(ledger_down(&fault)),
            None => Err(ledger_down(&LedgerFault::Unavailable("no answer in time".into()))),
        }
    }

    async fn recall(&self, key: Option<&PaymentKey>) -> Result<Option<Entry>, Stop> {
        let Some(key) = key else { return Ok(None) };
        match within(&self.clock, budget::STORAGE, self.ledger.recall(key)).await {
            Some(Ok(entry)) => Ok(entry),
            Some(Err(fault)) => Err(ledger_down(&fault)),
            None => Err(ledger_down(&LedgerFault::Unavailable("no answer in time".into()))),
        }
    }

    async fn open(&self, key: &str, want: &Want) -> Result<Opened, ContentFault> {
        let opened = within(&self.clock, budget::STORAGE, self.content.open(key, want)).await;
        opened.unwrap_or_else(|| Err(ContentFault::Unavailable("no answer in time".into())))
    }
}

/// What a request leaves behind besides its answer.
struct Course<'a> {
    trace: &'a mut Trace,
    owed: Option<Owed>,
}

/// The licence, the object that it is for, and whether that was sent before.
struct Bought {
    settled: Settled,
    opened: Opened,
    again: bool,
}

/// Who works on a claim: 0 for the claimant, n for the n-th attempt; and since when anything about
/// the payment may have happened.
#[derive(Debug, Clone, Copy)]
struct Holder {
    number: u32,
    since: UnixTime,
}

/// The route at the price that the object carries, where it may and does.
fn own_price(route: &PricedRoute, facts: &ObjectFacts) -> Option<Arc<PricedRoute>> {
    match route.tariff.as_ref()?.of(facts.price.as_deref()) {
        Carried::Price(route) => Some(route),
        Carried::Nothing => None,
        Carried::Unfit => {
            let key = &facts.pin.key;
            tracing::warn!(key, "an object carries no price within the bounds: its route's holds");
            None
        }
    }
}

fn ledger_down(fault: &LedgerFault) -> Stop {
    tracing::error!(?fault, "the ledger is unavailable");
    Stop::Refuse(Refusal::new(Code::LedgerUnavailable))
}
