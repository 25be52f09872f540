//! The wallet: asks `ProcessPayment` for one signature and checks that it is the wallet's. Asked
//! again for the same draft, it gives the same signature.

use std::fmt;
use std::time::Duration;

use wire::{Address, Eip3009Payload};

use super::order::{Ids, proof};
use super::payments::{Payments, SessionStanding};
use super::remedy::{Verdict, judge};
use crate::aws::CallError;
use crate::aws::service::PATIENCE;
use crate::decisions::draft::Draft;
use crate::decisions::purchase::SIGNING_MAX;
use crate::signer::{Signer, SignerError};
use crate::world::{Clock, System};

/// How often `ProcessPayment` is asked for one signature, by the same name.
const ASKS_MAX: u32 = 3;

/// Between two asks.
const PAUSE: Duration = Duration::from_secs(2);

/// How long after its beginning an authorization is sent: a block must have come after it. 3 s is what
/// Amazon's own SDK waits (`post_payment_retry_delay_seconds`).
const SETTLED_IN: Duration = Duration::from_secs(3);

/// The reservation stands for longer than the longest ask: nobody else may drop it meanwhile.
const _: () = {
    let ask = PATIENCE.answer.as_secs() * 2 + PAUSE.as_secs();
    assert!(ask * ASKS_MAX as u64 + 2 * SETTLED_IN.as_secs() + 10 < SIGNING_MAX.as_secs());
};

/// An instrument of AgentCore's, within one payment session.
pub struct AgentCoreWallet<W = System> {
    payments: Payments,
    ids: Ids,
    address: Address,
    world: W,
}

impl AgentCoreWallet {
    /// The wallet with this account, through this service.
    #[must_use]
    pub fn new(payments: Payments, ids: Ids, address: Address) -> Self {
        Self { payments, ids, address, world: System }
    }
}

impl<W: Clock> AgentCoreWallet<W> {
    /// By another clock.
    #[must_use]
    pub fn world<V: Clock>(self, world: V) -> AgentCoreWallet<V> {
        let Self { payments, ids, address, .. } = self;
        AgentCoreWallet { payments, ids, address, world }
    }

    /// The session as it stands: what is left of its limit, and until when.
    pub async fn session(&self) -> Result<SessionStanding, CallError> {
        self.payments.session(&self.ids.session, self.world.now()).await
    }
}

impl<W: Clock> Signer for AgentCoreWallet<W> {
    fn address(&self) -> Address {
        self.address
    }

    fn remembers(&self) -> bool {
        true
    }

    async fn sign(&self, draft: &Draft) -> Result<Eip3009Payload, SignerError> {
        let (mut asks, mut doubt) = (0, false);
        let answer = loop {
            asks += 1;
            let why = match self.payments.process(&self.ids, draft, self.world.now()).await {
                Ok(answer) => break answer,
                Err(why) => why,
            };
            let verdict = judge(&why);
            doubt |= verdict == Verdict::Doubt;
            match verdict {
                // An earlier ask may have been heard: until it is known, it counts.
                Verdict::No(_) if doubt => return Err(SignerError::Unanswered(why.into())),
                Verdict::No(no) => {
                    return Err(SignerError::Declined(format!("{no} ({why})").into()));
                }
                Verdict::NotYet | Verdict::Doubt if asks < ASKS_MAX => {}
                Verdict::NotYet | Verdict::Doubt if doubt => {
                    return Err(SignerError::Unanswered(why.into()));
                }
                Verdict::NotYet | Verdict::Doubt => {
                    return Err(SignerError::Unavailable(why.into()));
                }
            }
            self.world.sleep(PAUSE).await;
        };
        let now = self.world.now();
        let payload = proof(&self.ids, draft, self.address, &answer, now)
            .map_err(|why| SignerError::Declined(why.into()))?;
        let ready = payload.authorization.valid_after.after(SETTLED_IN);
        if ready > now {
            self.world.sleep(ready.since(now)).await;
        }
        Ok(payload)
    }
}

/// Shows the ids, and nothing of the credentials.
impl<W> fmt::Debug for AgentCoreWallet<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ids, address, .. } = self;
        f.debug_struct("AgentCoreWallet")
            .field("address", address)
            .field("ids", ids)
            .finish_non_exhaustive()
    }
}
