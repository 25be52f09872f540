//! The states of a paid request, each holding what is legal then and made only by the step before
//! it: presented, verified, claimed, settled. `Settled` is the licence to send the object.
//!
//! ```compile_fail,E0451
//! use merchant::decisions::order::Settled;
//! let forged = Settled { order: todo!(), settlement: todo!() }; // private: no licence, no object
//! ```

use std::time::Duration;

use bytes::Bytes;
use wire::facilitator::FacilitatorRequest;
use wire::{
    Authorization, Message, PaymentKey, SettlementResponse, TxHash, UnixTime, VerifyResponse, v2,
};

use crate::decisions::budget::{BLOCK, BLOCK_WAIT, SKEW_MAX};
use crate::decisions::codes::Code;
use crate::decisions::evidence::{Evidence, VoidCause};
use crate::decisions::faults::FacilitatorFault;
use crate::decisions::offer::Offer;
use crate::decisions::payment::Payment;
use crate::decisions::reasons::{self, Class};
use crate::decisions::refusal::Refusal;

/// A payment and the offer that it takes, ready to be sent to a facilitator.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    key: PaymentKey,
    authorization: Authorization,
    requirements: v2::PaymentRequirements,
    /// The body of `/verify` and of `/settle`: encoded once, so that both get the same bytes.
    ask: Bytes,
    v1: bool,
}

/// How a paid request ends without content.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// A 402 with this reason: nothing was charged, a new payment is welcome. With what is known of
    /// the settlement, when one was tried.
    Challenge(&'static str, Option<Box<SettlementResponse>>),
    /// Any other status.
    Refuse(Refusal),
    /// A 304: the object was bought before, and the client has it already.
    NotModified,
}

impl Order {
    /// The order for a payment that takes this offer.
    #[must_use]
    pub fn new(offer: &Offer, payment: &Payment) -> Self {
        let key = PaymentKey::of(offer.chain_id(), offer.asset(), payment.authorization());
        Self::recorded(key, offer.requirements(), payment)
    }

    /// The order for a payment that took this offer when it was claimed, whatever we offer now.
    #[must_use]
    pub fn recorded(
        key: PaymentKey,
        requirements: &v2::PaymentRequirements,
        payment: &Payment,
    ) -> Self {
        let ask = FacilitatorRequest {
            payment: payment.to_v2(requirements),
            requirements: requirements.clone(),
            unknown: serde_json::Map::new(),
        };
        Self {
            key,
            authorization: *payment.authorization(),
            requirements: requirements.clone(),
            ask: Bytes::from(ask.to_json()),
            v1: payment.is_v1(),
        }
    }

    /// The payment's key.
    #[must_use]
    pub fn key(&self) -> &PaymentKey {
        &self.key
    }

    /// What was signed.
    #[must_use]
    pub fn authorization(&self) -> &Authorization {
        &self.authorization
    }

    /// Our own offer.
    #[must_use]
    pub fn requirements(&self) -> &v2::PaymentRequirements {
        &self.requirements
    }

    /// The JSON to send to the facilitator.
    #[must_use]
    pub fn ask(&self) -> &Bytes {
        &self.ask
    }

    /// Is the receipt owed in version 1's header?
    #[must_use]
    pub fn is_v1(&self) -> bool {
        self.v1
    }

    /// A settlement of this order that did not, or not yet, succeed.
    fn unsettled(&self, reason: &str, transaction: Option<TxHash>) -> SettlementResponse {
        SettlementResponse {
            success: false,
            error_reason: Some(reason.to_owned()),
            payer: Some(self.authorization.from.to_string()),
            transaction: transaction.map(|it| it.to_string()).unwrap_or_default(),
            network: self.requirements.network.to_string(),
            ..SettlementResponse::default()
        }
    }
}

/// Worth asking the facilitator about: it takes an offer of ours, the ledger does not know it, and
/// the object is there.
#[derive(Debug)]
pub struct Presented {
    order: Order,
    /// The one wait for a block is not spent yet.
    may_wait: bool,
}

/// The facilitator says that it would settle.
#[derive(Debug)]
pub struct Verified {
    order: Order,
    may_wait: bool,
}

/// A durable claim binds the payment to the resource. From here on nothing but proof that it was
/// not charged leads to a 402.
#[derive(Debug)]
pub struct Claimed {
    order: Order,
    may_wait: bool,
    /// The one re-send after `settlement_pending` is not spent yet.
    may_resend: bool,
    /// The transaction that the facilitator said was under way.
    pending: Option<TxHash>,
    /// Nobody has sent the payment to a facilitator before: what the facilitator says happened
    /// before it broadcast anything is then the whole truth.
    first: bool,
}

/// Settling did not succeed. Whether that is the truth about the money, the chain may know.
#[derive(Debug)]
pub struct Unsettled {
    order: Order,
    /// Nothing was sent, for this reason, as far as the facilitator knows.
    never_sent: Option<&'static str>,
    stop: Stop,
}

/// The money moved. The only licence to send the object's bytes.
#[derive(Debug, Clone)]
pub struct Settled {
    order: Order,
    settlement: Settlement,
}

/// A settlement that was checked field by field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    /// The transaction that moved the money.
    pub transaction: TxHash,
}

/// What follows an answer of `/verify`.
#[derive(Debug)]
pub enum AfterVerify {
    /// Go on.
    Claim(Verified),
    /// Wait this long, then ask again with the same bytes.
    AskAgain(Presented, Duration),
    /// End here; nothing was charged.
    Stop(Stop),
}

/// What follows an answer of `/settle`.
#[derive(Debug)]
pub enum AfterSettle {
    /// The money moved.
    Serve(Settled),
    /// Wait this long, then send the same bytes again.
    SendAgain(Claimed, Duration),
    /// End here, unless the chain knows better.
    End(Unsettled),
}

impl Presented {
    /// The order, not yet shown to anyone.
    #[must_use]
    pub fn new(order: Order) -> Self {
        Self { order, may_wait: true }
    }

    /// The order.
    #[must_use]
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Judges an answer of `/verify`.
    #[must_use]
    pub fn judge(
        self,
        answer: Result<VerifyResponse, FacilitatorFault>,
        now: UnixTime,
    ) -> AfterVerify {
        let answer = match answer {
            Ok(answer) => answer,
            Err(fault) => return AfterVerify::Stop(unavailable(fault)),
        };
        if answer.is_valid {
            return self.confirm(answer.payer.as_deref());
        }
        let reason =
            reasons::known(answer.invalid_reason.as_deref(), answer.invalid_message.as_deref());
        if let Some(wait) = helpful_wait(reason.class, &self.order, now).filter(|_| self.may_wait) {
            return AfterVerify::AskAgain(Self { may_wait: false, ..self }, wait);
        }
        AfterVerify::Stop(match reason.class {
            Class::Blocked => Stop::Refuse(Refusal::new(Code::PaymentBlocked)),
            // Spent, and not through us: whoever presents it must not be told to sign another.
            Class::NonceUsed => Stop::Refuse(Refusal::new(Code::PaymentAlreadyUsed)),
            Class::TooEarly
            | Class::Simulation
            | Class::NeverSent
            | Class::Pending
            | Class::Unclear => Stop::Challenge(reason.text, None),
        })
    }

    fn confirm(self, payer: Option<&str>) -> AfterVerify {
        let signer = self.order.authorization.from;
        let other = |text: &str| text.parse() != Ok(signer);
        if payer.is_some_and(other) {
            // It verified somebody else's payment: its answer says nothing about ours.
            return AfterVerify::Stop(Stop::Refuse(Refusal::new(Code::FacilitatorUnavailable)));
        }
        AfterVerify::Claim(Verified { order: self.order, may_wait: self.may_wait })
    }
}

impl Verified {
    /// The order.
    #[must_use]
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Is there still time to settle? Verify and the wait may have used the window up, and nothing
    /// is submitted that cannot be mined.
    pub fn in_time(self, now: UnixTime) -> Result<Self, Stop> {
        if self.order.authorization.valid_before > now.after(BLOCK) {
            return Ok(self);
        }
        Err(Stop::Challenge("invalid_exact_evm_payload_authorization_valid_before", None))
    }

    /// The claim is durable.
    #[must_use]
    pub fn claimed(self) -> Claimed {
        Claimed {
            order: self.order,
            may_wait: self.may_wait,
            may_resend: true,
            pending: None,
            first: true,
        }
    }
}

impl Claimed {
    /// The order.
    #[must_use]
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Judges an answer of `/settle`. What is not success and not provably nothing is unknown.
    #[must_use]
    pub fn judge(
        self,
        answer: Result<SettlementResponse, FacilitatorFault>,
        now: UnixTime,
    ) -> AfterSettle {
        let pending = self.pending;
        let Ok(answer) = answer else { return self.unknown(pending) };
        if answer.success {
            return self.conclude(&answer);
        }
        let reason =
            reasons::known(answer.error_reason.as_deref(), answer.error_message.as_deref());
        let transaction = answer.transaction.parse().ok().or(self.pending);
        if let Some(wait) = helpful_wait(reason.class, &self.order, now).filter(|_| self.may_wait) {
            return AfterSettle::SendAgain(Self { may_wait: false, ..self }, wait);
        }
        // Once a transaction is known, no later word proves that it will not be mined.
        let unseen = answer.transaction.is_empty() && self.pending.is_none() && self.first;
        match (reason.class, unseen) {
            (Class::Pending, _) if self.may_resend => {
                let again = Self { may_resend: false, pending: transaction, ..self };
                AfterSettle::SendAgain(again, Duration::ZERO)
            }
            (Class::Pending, _) => self.pending(transaction),
            (Class::NeverSent | Class::TooEarly, true) => self.never_sent(reason.text),
            (
                Class::NeverSent
                | Class::TooEarly
                | Class::Simulation
                | Class::NonceUsed
                | Class::Blocked
                | Class::Unclear,
                _,
            ) => self.unknown(transaction),
        }
    }

    /// A success counts only when every field of it fits: a facilitator that confuses two payments
    /// must not make us give an object away.
    fn conclude(self, answer: &SettlementResponse) -> AfterSettle {
        let ours = &self.order;
        let network = wire::Network::parse_any(&answer.network);
        let network_fits = network.as_ref() == Ok(&ours.requirements.network);
        let payer_fits =
            answer.payer.as_ref().is_none_or(|it| it.parse() == Ok(ours.authorization.from));
        let amount_fits = answer.amount.is_none_or(|it| it == ours.authorization.value);
        match answer.transaction.parse() {
            Ok(transaction) if network_fits && payer_fits && amount_fits => {
                let settlement = Settlement { transaction };
                AfterSettle::Serve(Settled { order: self.order, settlement })
            }
            Ok(_) | Err(_) => {
                let pending = self.pending;
                self.unknown(pending)
            }
        }
    }

    fn never_sent(self, reason: &'static str) -> AfterSettle {
        let settlement = self.order.unsettled(reason, None);
        let stop = Stop::Challenge(reason, Some(Box::new(settlement)));
        AfterSettle::End(Unsettled { order: self.order, never_sent: Some(reason), stop })
    }

    fn unknown(self, transaction: Option<TxHash>) -> AfterSettle {
        let stop = self.order.unknown(transaction);
        AfterSettle::End(Unsettled { order: self.order, never_sent: None, stop })
    }

    fn pending(self, transaction: Option<TxHash>) -> AfterSettle {
        let settlement = self.order.unsettled(Code::SettlementPending.text(), transaction);
        let refusal = Refusal::new(Code::SettlementPending).with_settlement(settlement);
        let stop = Stop::Refuse(refusal);
        AfterSettle::End(Unsettled { order: self.order, never_sent: None, stop })
    }

    /// The claim of a payment that was claimed before and is in doubt: somebody may have sent it.
    #[must_use]
    pub fn taken_over(order: Order) -> Self {
        Self { order, may_wait: true, may_resend: true, pending: None, first: false }
    }

    /// The chain shows that the money moved already, before anything was sent this time.
    #[must_use]
    pub fn found_settled(self, transaction: TxHash) -> Settled {
        Settled { order: self.order, settlement: Settlement { transaction } }
    }

    /// The chain shows that the money can never move.
    #[must_use]
    pub fn found_void(self, cause: VoidCause) -> Stop {
        void(&self.order, cause)
    }

    /// Nothing is known, and nothing more can be tried.
    #[must_use]
    pub fn left_in_doubt(self) -> Stop {
        self.order.unknown(self.pending)
    }
}

impl Unsettled {
    /// The order.
    #[must_use]
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Weighs what the chain says, where one is asked at all.
    ///
    /// The facilitator's word that nothing was sent is believed only where the chain does not show
    /// the contrary.
    pub fn weigh(self, evidence: Option<Evidence>) -> Result<Settled, Stop> {
        match (evidence, self.never_sent) {
            (Some(Evidence::Settled(transaction)), _) => {
                Ok(Settled { order: self.order, settlement: Settlement { transaction } })
            }
            (Some(Evidence::Void(cause)), None) => Err(void(&self.order, cause)),
            (Some(Evidence::Void(_) | Evidence::Open) | None, Some(_))
            | (Some(Evidence::Open | Evidence::Unknown) | None, None) => Err(self.stop),
            (Some(Evidence::Unknown), Some(_)) => Err(self.order.unknown(None)),
        }
    }
}

fn void(order: &Order, cause: VoidCause) -> Stop {
    let settlement = order.unsettled(cause.reason(), None);
    Stop::Challenge(cause.reason(), Some(Box::new(settlement)))
}

impl Order {
    /// The money may have moved; with the transaction that may have moved it, if one is known.
    fn unknown(&self, transaction: Option<TxHash>) -> Stop {
        let refusal = Refusal::new(Code::SettlementUnknown);
        Stop::Refuse(match transaction {
            None => refusal,
            Some(_) => {
                refusal.with_settlement(self.unsettled(Code::SettlementUnknown.text(), transaction))
            }
        })
    }
}

impl Settled {
    /// The order.
    #[must_use]
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// The checked settlement.
    #[must_use]
    pub fn settlement(&self) -> &Settlement {
        &self.settlement
    }

    /// The receipt, for `PAYMENT-RESPONSE`: made from what was checked, not from the facilitator's
    /// own words.
    #[must_use]
    pub fn receipt(&self) -> SettlementResponse {
        SettlementResponse {
            success: true,
            payer: Some(self.order.authorization.from.to_string()),
            transaction: self.settlement.transaction.to_string(),
            network: self.order.requirements.network.to_string(),
            ..SettlementResponse::default()
        }
    }

    /// The licence of a settlement that the ledger has on record.
    #[must_use]
    pub fn on_record(order: Order, transaction: TxHash) -> Self {
        Self { order, settlement: Settlement { transaction } }
    }

    /// Where every settlement must be seen on the chain, the facilitator's word is not enough.
    pub fn seen(self, evidence: Option<Evidence>) -> Result<Self, Stop> {
        match evidence {
            Some(Evidence::Settled(transaction)) => {
                Ok(Self { settlement: Settlement { transaction }, ..self })
            }
            Some(Evidence::Void(_) | Evidence::Open | Evidence::Unknown) | None => {
                Err(self.order.unknown(None))
            }
        }
    }

    /// The transaction turned out to belong to another payment: the licence is taken back.
    #[must_use]
    pub fn disputed(self) -> Stop {
        Stop::Refuse(Refusal::new(Code::SettlementUnknown))
    }
}

fn unavailable(fault: FacilitatorFault) -> Stop {
    let wish = match fault {
        FacilitatorFault::Busy(wish) => wish,
        FacilitatorFault::Unreachable
        | FacilitatorFault::TimedOut
        | FacilitatorFault::Broken
        | FacilitatorFault::Unreadable(_) => None,
    };
    Stop::Refuse(Refusal::new(Code::FacilitatorUnavailable).after(wish))
}

/// How long to wait for the chain's clock to pass `validAfter`, where waiting can help at all.
///
/// USDC wants block time strictly greater, so a payment signed with "now" is too early until the
/// next block. Where the facilitator does not say so in so many words, the decoded `validAfter`
/// decides whether that can be the cause.
fn helpful_wait(class: Class, order: &Order, now: UnixTime) -> Option<Duration> {
    let valid_after = order.authorization.valid_after;
    let soon = valid_after <= now.after(SKEW_MAX);
    let recent = valid_after.after(BLOCK * 2) >= now;
    let helps = match class {
        Class::TooEarly => soon,
        Class::Simulation | Class::Unclear => soon && recent,
        Class::NeverSent | Class::NonceUsed | Class::Blocked | Class::Pending => false,
    };
    let until = valid_after.since(now) + BLOCK;
    helps.then(|| until.clamp(BLOCK, BLOCK_WAIT))
}
