//! Several facilitators that stand in for each other: who is asked first, who rests after failures,
//! and what an answer is worth that comes after another one's silence. Time is an argument: an
//! uptime, which never jumps.

use std::time::Duration;

use wire::SettlementResponse;

use crate::decisions::faults::FacilitatorFault;
use crate::decisions::reasons::{self, Class};

/// So many facilitators stand behind each other at most: what is left of five seconds for `/verify`
/// is halved for each but the last, and an eighth is no time for an answer.
pub const FACILITATORS_MAX: usize = 4;
/// After so many failures in a row at verify, others are asked first. One may be a bad moment.
pub const VERIFY_FAILURES_MAX: u32 = 3;
/// At settle one is enough: what it leaves behind is a payment in doubt.
pub const SETTLE_FAILURES_MAX: u32 = 1;
/// How long a facilitator that failed is left alone, before one call finds out whether it is back.
pub const REST: Duration = Duration::from_secs(30);
/// Silence shorter than this says nothing about a facilitator: there was no time to answer.
pub const FAIR_TRY: Duration = Duration::from_secs(1);

/// What is asked of a facilitator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `/verify`: moves nothing, and may be asked of anyone.
    Verify,
    /// `/settle`: may move the money.
    Settle,
}

/// A circuit breaker. Closed: asked in its turn. Open: asked after all others, so that it is never
/// the reason why a sale fails which another facilitator could make, and a shop with one facilitator
/// cannot be closed by payments that it chokes on. Half open: one call finds out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Breaker {
    failures: u32,
    opens_until: Option<Duration>,
}

impl Breaker {
    fn closed(&self) -> bool {
        self.opens_until.is_none()
    }

    /// Is it time for one call to find out?
    fn due(&self, now: Duration) -> bool {
        self.opens_until.is_some_and(|until| now >= until)
    }

    /// Somebody finds out: nobody else does, until that is known or as long as it may take.
    fn probe(&mut self, now: Duration) {
        self.opens_until = Some(now + REST);
    }

    fn succeed(&mut self) {
        *self = Self::default();
    }

    fn fail(&mut self, max: u32, now: Duration) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= max {
            self.opens_until = Some(now + REST);
        }
    }
}

/// How a facilitator has been lately, as far as this process saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    verify: Breaker,
    settle: Breaker,
}

/// What an answer says about whoever gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It works.
    Well,
    /// It does not.
    Ill,
    /// Neither.
    None,
}

impl Health {
    /// Takes note of an answer.
    pub fn note(&mut self, call: Call, sign: Sign, now: Duration) {
        let (breaker, max) = match call {
            Call::Verify => (&mut self.verify, VERIFY_FAILURES_MAX),
            Call::Settle => (&mut self.settle, SETTLE_FAILURES_MAX),
        };
        match sign {
            Sign::Well => breaker.succeed(),
            Sign::Ill => breaker.fail(max, now),
            Sign::None => {}
        }
    }

    /// Is it passed over for this call, as long as there are others?
    #[must_use]
    pub fn is_open(&self, call: Call) -> bool {
        match call {
            Call::Verify => !self.verify.closed(),
            Call::Settle => !self.settle.closed(),
        }
    }

    fn may_go_first(&self, call: Call) -> bool {
        match call {
            Call::Verify => self.verify.closed(),
            // Whoever was silent a moment ago is not trusted with a settlement: if it is silent
            // again, the payment is in doubt.
            Call::Settle => self.settle.closed() && self.verify.failures == 0,
        }
    }

    fn probe_is_due(&self, call: Call, now: Duration) -> bool {
        match call {
            Call::Verify => self.verify.due(now),
            Call::Settle => self.settle.due(now) && self.verify.failures == 0,
        }
    }
}

/// In which order the facilitators are asked: the operator's, but those last that failed. At most
/// one of those has its turn again to show whether it is back, and for nobody else meanwhile.
pub fn order(health: &mut [Health], call: Call, now: Duration) -> Vec<usize> {
    let probe = health.iter().position(|it| it.probe_is_due(call, now));
    if let Some(it) = probe.and_then(|index| health.get_mut(index)) {
        match call {
            Call::Verify => it.verify.probe(now),
            Call::Settle => it.settle.probe(now),
        }
    }
    let first = |index: &usize| {
        probe == Some(*index) || health.get(*index).is_some_and(|it| it.may_go_first(call))
    };
    let (mut order, last): (Vec<_>, Vec<_>) = (0..health.len()).partition(first);
    order.extend(last);
    order
}

/// Is there time for another one? The first has whatever there is.
#[must_use]
pub fn in_time(left: Duration, asked: bool) -> bool {
    if asked { left >= FAIR_TRY } else { !left.is_zero() }
}

/// How long one may take to verify, while so many others could still be asked.
#[must_use]
pub fn share(left: Duration, others: usize) -> Duration {
    if others == 0 { left } else { left / 2 }
}

/// What an answer to `/verify` says about whoever gave it. Any verdict is an answer: nobody goes
/// shopping for a better one.
#[must_use]
pub fn sign_of_verify<T>(answer: &Result<T, FacilitatorFault>, limit: Duration) -> Sign {
    match answer {
        Ok(_) => Sign::Well,
        Err(fault) => sign_of_fault(*fault, limit),
    }
}

/// What an answer to `/settle` says about whoever gave it.
#[must_use]
pub fn sign_of_settle(
    answer: &Result<SettlementResponse, FacilitatorFault>,
    limit: Duration,
) -> Sign {
    match answer {
        Ok(answer) if answer.success => Sign::Well,
        // A facilitator without gas says so in words like these, to each payment.
        Ok(answer) => match class(answer) {
            Class::Unclear => Sign::Ill,
            Class::TooEarly
            | Class::Simulation
            | Class::NeverSent
            | Class::NonceUsed
            | Class::Blocked
            | Class::Pending => Sign::None,
        },
        Err(fault) => sign_of_fault(*fault, limit),
    }
}

fn sign_of_fault(fault: FacilitatorFault, limit: Duration) -> Sign {
    match fault {
        FacilitatorFault::TimedOut if limit < FAIR_TRY => Sign::None,
        FacilitatorFault::TimedOut
        | FacilitatorFault::Unreachable
        | FacilitatorFault::Broken
        | FacilitatorFault::Unreadable(_)
        | FacilitatorFault::Busy(_) => Sign::Ill,
    }
}

fn class(answer: &SettlementResponse) -> Class {
    reasons::known(answer.error_reason.as_deref(), answer.error_message.as_deref()).class
}

/// The fault that is reported when nobody verified: the wish of one that is busy, if one is, because
/// the payer can be told when to come back; else the first, which is the operator's own choice.
#[must_use]
pub fn worse(first: Option<FacilitatorFault>, next: FacilitatorFault) -> FacilitatorFault {
    match (first, next) {
        (Some(FacilitatorFault::Busy(Some(one))), FacilitatorFault::Busy(Some(other))) => {
            FacilitatorFault::Busy(Some(one.min(other)))
        }
        (
            Some(
                FacilitatorFault::Unreachable
                | FacilitatorFault::TimedOut
                | FacilitatorFault::Broken
                | FacilitatorFault::Unreadable(_)
                | FacilitatorFault::Busy(None),
            ),
            FacilitatorFault::Busy(Some(_)),
        )
        | (None, _) => next,
        (Some(first), _) => first,
    }
}

/// Judges an answer of `/settle`, given the doubt that those before left behind. An answer that
/// stands is returned; a fault says what must be said if nobody does better, and that another one
/// may be asked, with the same bytes: the chain spends an authorization once, whoever submits it.
///
/// After a silence the money may be moving already. From then on only what confirms that counts: a
/// second facilitator that finds the payer's account empty has perhaps seen the first one's work.
pub fn after_try(
    doubt: Option<FacilitatorFault>,
    answer: Result<SettlementResponse, FacilitatorFault>,
) -> Result<SettlementResponse, FacilitatorFault> {
    // A connection that could not be made carried nothing.
    let Some(doubt) = doubt.filter(|it| *it != FacilitatorFault::Unreachable) else {
        return answer;
    };
    let Ok(answer) = answer else { return Err(doubt) };
    let seen = answer.transaction.parse::<wire::TxHash>().is_ok();
    let confirms = answer.success || (class(&answer) == Class::Pending && seen);
    if confirms { Ok(answer) } else { Err(doubt) }
}

#[cfg(test)]
mod tests;
