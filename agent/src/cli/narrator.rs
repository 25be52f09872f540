//! Tells a purchase on standard error while it happens, and remembers whether money is at stake.

use std::sync::{Arc, OnceLock};

use agent::decisions::draft::Exposure;
use agent::{Event, Observer};
use tokio::time::Instant;

use super::terminal::{Terminal, Tint, say};
use super::words::{network_name, price};

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// Nothing.
    Silent,
    /// Only why it takes so long.
    Waits,
    /// Every step, with the time that has passed.
    Steps,
}

/// Listens to the agent.
#[derive(Debug)]
pub(crate) struct Narrator {
    terminal: Terminal,
    voice: Voice,
    started: Instant,
    at_stake: Arc<OnceLock<Exposure>>,
}

impl Narrator {
    /// A narrator with this voice. `at_stake` is filled when a payment leaves.
    pub(crate) fn new(terminal: Terminal, voice: Voice, at_stake: Arc<OnceLock<Exposure>>) -> Self {
        Self { terminal, voice, started: Instant::now(), at_stake }
    }
}

impl Observer for Narrator {
    fn notice(&self, event: Event<'_>) {
        if let Event::Sending { payment, .. } = event {
            // Every attempt carries the same payment.
            let _ = self.at_stake.set(*payment.exposure());
        }
        let waits = matches!(event, Event::Waiting { .. });
        let Some(words) = tell(event) else { return };
        match self.voice {
            Voice::Steps => {
                let at = format!("{:>6} ms", self.started.elapsed().as_millis());
                say(&format!("{}  {words}", self.terminal.tint(Tint::Faint, &at)));
            }
            Voice::Waits if waits => say(&words),
            Voice::Waits | Voice::Silent => {}
        }
    }
}

/// The step in words, or nothing for a step that this narrator does not know.
fn tell(event: Event<'_>) -> Option<String> {
    Some(match event {
        Event::Asking { target } => format!("GET {target}"),
        Event::Redirected { target } => format!("redirected to {target}"),
        Event::Free { status } => format!("{status}, no payment wanted"),
        Event::Challenged { challenge } => {
            let (version, offers) = (challenge.version(), challenge.offers().len());
            let noun = if offers == 1 { "offer" } else { "offers" };
            format!("402, {version} challenge with {offers} {noun}")
        }
        Event::Chosen { deal } => {
            let (price, network) =
                (price(deal.amount(), deal.asset()), network_name(deal.network()));
            let place = deal.offer().index + 1;
            format!("offer {place} chosen: {price} on {network} to {}", deal.pay_to())
        }
        Event::Signing { draft, payer } => {
            let it = draft.authorization();
            format!("{payer} signs nonce {}, valid before {}", it.nonce, it.valid_before)
        }
        Event::Sending { payment, attempt: 1 } => {
            format!("payment sent ({}, {} bytes)", payment.header(), payment.value().len())
        }
        Event::Sending { attempt, .. } => format!("same payment sent again (attempt {attempt})"),
        Event::Waiting { doubt, pause } => {
            format!("outcome not known ({doubt}); waiting {} s", pause.as_secs())
        }
        // The origin only: the rest may be a key to the content.
        Event::HandedOver { target } => format!("paid; handed over to {}", target.origin()),
        Event::Delivered { status, receipt } => match receipt.transaction {
            Some(hash) => format!("{status}, transaction {hash}"),
            None => format!("{status}, no transaction named"),
        },
        _ => return None,
    })
}
