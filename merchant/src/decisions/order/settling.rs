//! After the claim: what follows from an answer of `/settle`, and from what the chain says about it.

use std::time::Duration;

use wire::{SettlementResponse, TxHash, UnixTime};

use super::{AfterSettle, Claimed, Order, Settled, Settlement, Stop, Unsettled, helpful_wait};
use crate::decisions::codes::Code;
use crate::decisions::evidence::{Evidence, VoidCause};
use crate::decisions::faults::FacilitatorFault;
use crate::decisions::reasons::{self, Class};
use crate::decisions::refusal::Refusal;

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
            // Words that do not say why may hide that it was sent: then a balance that is gone the
            // second time may be gone because of the first.
            let first = self.first && reason.class == Class::TooEarly;
            let again = Self { may_wait: false, first, pending: transaction, ..self };
            return AfterSettle::SendAgain(again, wait);
        }
        // Once a transaction is known, no later word proves that it will not be mined.
        let unseen = answer.transaction.is_empty() && self.pending.is_none() && self.first;
        match (reason.class, unseen) {
            (Class::Pending, _) if self.may_resend => {
                // Even without a hash: it says that it was sent, and no later word takes that back.
                let again = Self { may_resend: false, pending: transaction, first: false, ..self };
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
                let settlement = Settlement { transaction, seen: false };
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
        Settled { order: self.order, settlement: Settlement { transaction, seen: true } }
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
                let settlement = Settlement { transaction, seen: true };
                Ok(Settled { order: self.order, settlement })
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
    pub(super) fn unknown(&self, transaction: Option<TxHash>) -> Stop {
        let refusal = Refusal::new(Code::SettlementUnknown);
        Stop::Refuse(match transaction {
            None => refusal,
            Some(_) => {
                refusal.with_settlement(self.unsettled(Code::SettlementUnknown.text(), transaction))
            }
        })
    }
}
