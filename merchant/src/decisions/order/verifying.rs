//! Before anything is charged: what follows from an answer of `/verify`.

use wire::{UnixTime, VerifyResponse};

use super::{AfterVerify, Claimed, Order, Presented, Stop, Verified, helpful_wait};
use crate::decisions::budget::BLOCK;
use crate::decisions::codes::Code;
use crate::decisions::faults::FacilitatorFault;
use crate::decisions::reasons::{self, Class};
use crate::decisions::refusal::Refusal;

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
