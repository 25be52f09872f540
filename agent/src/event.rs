//! What happens during a purchase, told while it happens. An observer listens; it cannot change
//! what is done.

use std::time::Duration;

use wire::Address;

use crate::aftermath::SendDoubt;
use crate::decisions::challenge::Challenge;
use crate::decisions::choice::Deal;
use crate::decisions::draft::{Draft, Payment};
use crate::decisions::receipt::Receipt;
use crate::decisions::target::Target;

/// One step of a purchase.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The unpaid request leaves.
    Asking {
        /// What is asked for.
        target: &'a Target,
    },
    /// The server answered with a redirect on its own origin, which is followed.
    Redirected {
        /// Where to.
        target: &'a Target,
    },
    /// The server handed the content out without payment.
    Free {
        /// The HTTP status.
        status: u16,
    },
    /// The server wants to be paid.
    Challenged {
        /// Its challenge.
        challenge: &'a Challenge,
    },
    /// An offer was chosen.
    Chosen {
        /// The offer, checked against the table of tokens.
        deal: &'a Deal,
    },
    /// The wallet is asked to sign. The only time in a purchase.
    Signing {
        /// What it signs.
        draft: &'a Draft,
        /// Who pays.
        payer: Address,
    },
    /// The paid request leaves; the same bytes each time.
    Sending {
        /// The payment.
        payment: &'a Payment,
        /// 1 for the first time.
        attempt: u32,
    },
    /// What became of the payment is not known; the same bytes go out again after a pause.
    Waiting {
        /// Why it is not known.
        doubt: &'a SendDoubt,
        /// The pause.
        pause: Duration,
    },
    /// The merchant was paid and names a store that has the content; it is asked without the payment.
    HandedOver {
        /// The store. Its path and query may be a key to the content.
        target: &'a Target,
    },
    /// The content begins to arrive.
    Delivered {
        /// The HTTP status.
        status: u16,
        /// The server's word on the payment, judged.
        receipt: &'a Receipt,
    },
}

/// Listens to events. Called on the purchase's own task: must not block.
pub trait Observer: Send + Sync {
    /// Takes note of a step.
    fn notice(&self, event: Event<'_>);
}

impl<F: Fn(Event<'_>) + Send + Sync> Observer for F {
    fn notice(&self, event: Event<'_>) {
        self(event);
    }
}
