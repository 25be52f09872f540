//! The states of a paid request, each holding what is legal then and made only by the step before
//! it: presented, verified, claimed, settled. `Settled` is the licence to send the object.
//!
//! ```compile_fail,E0451
//! use merchant::decisions::order::Settled;
//! let forged = Settled { order: todo!(), settlement: todo!() }; // private: no licence, no object
//! ```

mod settling;
mod verifying;

use std::time::Duration;

use bytes::Bytes;
use wire::facilitator::FacilitatorRequest;
use wire::{Authorization, Message, PaymentKey, SettlementResponse, TxHash, UnixTime, v2};

use crate::decisions::budget::{BLOCK, BLOCK_WAIT, SKEW_MAX};
use crate::decisions::evidence::Evidence;
use crate::decisions::listing::Listing;
use crate::decisions::object::ObjectFacts;
use crate::decisions::offer::Offer;
use crate::decisions::payment::Payment;
use crate::decisions::reasons::Class;
use crate::decisions::records::SettledRecord;
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
    NotModified(Box<ObjectFacts>),
    /// A 416: the object was bought before, and has only this many bytes.
    OutsideRange(u64),
}

impl Order {
    /// The order for a payment that takes this offer.
    #[must_use]
    pub fn new(offer: &Offer, payment: &Payment) -> Self {
        let key = PaymentKey::of(offer.chain_id(), offer.asset(), payment.authorization());
        Self::recorded(key, offer.requirements(), payment)
    }

    /// The same, with what the route declares for catalogues: the facilitator lists our own words.
    #[must_use]
    pub fn listed(offer: &Offer, payment: &Payment, listing: &Listing, url: String) -> Self {
        let key = PaymentKey::of(offer.chain_id(), offer.asset(), payment.authorization());
        let mut sent = payment.to_v2(offer.requirements());
        listing.complete(&mut sent, url);
        Self::sending(key, offer.requirements(), payment, sent)
    }

    /// The order for a payment that took this offer when it was claimed, whatever we offer now.
    #[must_use]
    pub fn recorded(
        key: PaymentKey,
        requirements: &v2::PaymentRequirements,
        payment: &Payment,
    ) -> Self {
        Self::sending(key, requirements, payment, payment.to_v2(requirements))
    }

    fn sending(
        key: PaymentKey,
        requirements: &v2::PaymentRequirements,
        payment: &Payment,
        sent: v2::PaymentPayload,
    ) -> Self {
        let ask = FacilitatorRequest {
            payment: sent,
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
    /// The chain shows this payment's own transfer in it; otherwise it is the facilitator's word.
    pub seen: bool,
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
    pub fn on_record(order: Order, record: &SettledRecord) -> Self {
        let settlement = Settlement { transaction: record.transaction, seen: record.seen };
        Self { order, settlement }
    }

    /// Where a settlement must be seen on the chain, the facilitator's word is not enough.
    pub fn seen(self, evidence: Option<Evidence>) -> Result<Self, Stop> {
        match evidence {
            Some(Evidence::Settled(transaction)) => {
                Ok(Self { settlement: Settlement { transaction, seen: true }, ..self })
            }
            Some(Evidence::Void(_) | Evidence::Open | Evidence::Unknown) | None => {
                Err(self.order.unknown(None))
            }
        }
    }
}

/// How long to wait for the chain's clock to pass `validAfter`, where waiting can help at all.
///
/// USDC wants block time strictly greater, so a payment signed with "now" is too early until there is
/// a block of the next second or later: the one that is sealed within this second does not help, and
/// from there it may be a whole block. Where the facilitator does not say so in so many words, the
/// decoded `validAfter` decides whether that can be the cause.
fn helpful_wait(class: Class, order: &Order, now: UnixTime) -> Option<Duration> {
    let valid_after = order.authorization.valid_after;
    let soon = valid_after <= now.after(SKEW_MAX);
    let recent = valid_after.after(BLOCK * 2) >= now;
    let helps = match class {
        Class::TooEarly => soon,
        Class::Simulation | Class::Unclear => soon && recent,
        Class::NeverSent | Class::NonceUsed | Class::Blocked | Class::Pending => false,
    };
    let sealed = valid_after.after(Duration::from_secs(1) + BLOCK);
    helps.then(|| sealed.since(now).clamp(BLOCK, BLOCK_WAIT))
}
