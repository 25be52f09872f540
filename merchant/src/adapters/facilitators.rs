//! Several facilitators as one: the first, and those that stand in for it. Who is asked, and what
//! the answer is worth, is decided in [`crate::decisions::standby`]. Sends all of them the same bytes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use wire::{SettlementResponse, VerifyResponse};

use crate::adapters::facilitator::HttpFacilitator;
use crate::adapters::system_clock::SystemClock;
use crate::decisions::faults::FacilitatorFault;
use crate::decisions::standby::{self, Call, Health, Sign};
use crate::ports::{Clock, Facilitator};

/// Facilitators in the operator's order. What is known of their health is this process's own.
#[derive(Debug)]
pub struct Facilitators<F = HttpFacilitator, C = SystemClock> {
    members: Vec<Member<F>>,
    health: Mutex<Vec<Health>>,
    clock: C,
}

/// One of them.
#[derive(Debug)]
pub struct Member<F> {
    /// Its host, for the log.
    pub name: String,
    /// How it is asked.
    pub facilitator: F,
}

impl<F, C> Facilitators<F, C> {
    /// These facilitators, the first one first.
    pub fn new(members: Vec<Member<F>>, clock: C) -> Self {
        let health = Mutex::new(vec![Health::default(); members.len()]);
        Self { members, health, clock }
    }

    /// All of them, in the operator's order.
    pub fn members(&self) -> &[Member<F>] {
        &self.members
    }
}

impl<F: Facilitator, C: Clock> Facilitators<F, C> {
    fn health(&self) -> MutexGuard<'_, Vec<Health>> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whom to ask, in order, and how many stand behind each.
    fn order(&self, call: Call) -> impl Iterator<Item = (usize, &Member<F>, usize)> {
        let order = standby::order(&mut self.health(), call, self.clock.uptime());
        let count = order.len();
        let behind = move |turn: usize| count.saturating_sub(turn + 1);
        let turns = order.into_iter().enumerate();
        turns.filter_map(move |(turn, it)| Some((it, self.members.get(it)?, behind(turn))))
    }

    fn note(&self, index: usize, member: &Member<F>, call: Call, sign: Sign) {
        let now = self.clock.uptime();
        let mut health = self.health();
        let Some(health) = health.get_mut(index) else { return };
        let before = health.is_open(call);
        health.note(call, sign, now);
        let facilitator = member.name.as_str();
        match (before, health.is_open(call)) {
            (false, true) => {
                tracing::warn!(facilitator, ?call, "a facilitator fails: others are asked first");
            }
            (true, false) => tracing::info!(facilitator, ?call, "a facilitator is back"),
            (true, true) | (false, false) => {}
        }
    }
}

impl<F: Facilitator, C: Clock> Facilitator for Facilitators<F, C> {
    async fn verify(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> Result<VerifyResponse, FacilitatorFault> {
        let until = self.clock.uptime() + limit;
        let mut worst = None;
        for (index, member, behind) in self.order(Call::Verify) {
            let left = until.saturating_sub(self.clock.uptime());
            if !standby::in_time(left, worst.is_some()) {
                break;
            }
            let limit = standby::share(left, behind);
            let answer = member.facilitator.verify(ask, limit).await;
            self.note(index, member, Call::Verify, standby::sign_of_verify(&answer, limit));
            match answer {
                Ok(verdict) => return Ok(verdict),
                Err(fault) => {
                    if behind > 0 {
                        let facilitator = member.name.as_str();
                        tracing::warn!(facilitator, ?fault, "asking another facilitator to verify");
                    }
                    worst = Some(standby::worse(worst, fault));
                }
            }
        }
        Err(worst.unwrap_or(FacilitatorFault::TimedOut))
    }

    async fn settle(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> Result<SettlementResponse, FacilitatorFault> {
        let until = self.clock.uptime() + limit;
        let mut doubt = None;
        for (index, member, behind) in self.order(Call::Settle) {
            let left = until.saturating_sub(self.clock.uptime());
            // Nobody is cut short: a settlement that nobody waits for is a payment in doubt.
            if !standby::in_time(left, doubt.is_some()) {
                break;
            }
            let answer = member.facilitator.settle(ask, left).await;
            self.note(index, member, Call::Settle, standby::sign_of_settle(&answer, left));
            match standby::after_try(doubt, answer) {
                Ok(answer) => return Ok(answer),
                Err(fault) => {
                    if behind > 0 {
                        let facilitator = member.name.as_str();
                        tracing::warn!(facilitator, ?fault, "asking another facilitator to settle");
                    }
                    doubt = Some(fault);
                }
            }
        }
        Err(doubt.unwrap_or(FacilitatorFault::TimedOut))
    }
}
