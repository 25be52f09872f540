//! The payer's own name for a purchase (`payment-identifier`): two payments under one name are one
//! purchase, so the second is not charged while the first stands.

use wire::PaymentKey;

use super::time::{too_slow, within};
use super::{Merchant, Sale, ledger_down};
use crate::decisions::budget;
use crate::decisions::codes::Code;
use crate::decisions::order::{Order, Stop};
use crate::decisions::records::{Entry, Named, nth_name};
use crate::decisions::refusal::Refusal;
use crate::ports::{Chain, Clock, Content, Facilitator, Ledger};

/// How many purchases may bear one name, one after the other: each but the last is proven void.
const BEARERS_MAX: u32 = 8;

impl<F: Facilitator, S: Content, L: Ledger, C: Clock, H: Chain> Merchant<F, S, L, C, H> {
    /// The purchase that goes by the same name, if it is another one and still stands.
    pub(super) async fn namesake(
        &self,
        sale: &Sale<'_>,
        key: Option<&PaymentKey>,
    ) -> Result<Option<(PaymentKey, Entry)>, Stop> {
        let Some(identifier) = sale.identifier.as_deref() else { return Ok(None) };
        for bearer in 1..=BEARERS_MAX {
            let name = nth_name(identifier, bearer);
            let named = within(&self.clock, budget::STORAGE, self.ledger.named(&name)).await;
            let named = named.unwrap_or_else(too_slow).map_err(|fault| ledger_down(&fault))?;
            let Some(other) = named.filter(|it| Some(&it.payment) != key) else { return Ok(None) };
            match self.recall(Some(&other.payment)).await? {
                // A purchase that is proven void leaves its name to the next.
                Some(entry) if entry.void.is_some() => {}
                Some(entry) => return Ok(Some((other.payment, entry))),
                None if other.is_over(self.clock.now()) => {}
                // It never began, or is about to: taking the name will tell.
                None => return Ok(None),
            }
        }
        Err(Stop::Refuse(Refusal::new(Code::PaymentIdentifierConflict)))
    }

    /// Gives the payment the payer's own name, so that a payment that is signed anew for the same
    /// purchase is recognised.
    pub(super) async fn take_name(&self, sale: &Sale<'_>, order: &Order) -> Result<(), Stop> {
        let Some(identifier) = sale.identifier.as_deref() else { return Ok(()) };
        for bearer in 1..=BEARERS_MAX {
            let name = nth_name(identifier, bearer);
            let wish = Named::of(order);
            let naming = self.ledger.name(&name, &wish);
            let named = within(&self.clock, budget::STORAGE, naming).await;
            let bearer = named.unwrap_or_else(too_slow).map_err(|fault| ledger_down(&fault))?;
            if bearer.payment == *order.key() {
                return Ok(());
            }
            match self.recall(Some(&bearer.payment)).await? {
                Some(entry) if entry.void.is_some() => {}
                // Two payments under one name: only a purchase that can never be charged makes room
                // for another. Where the first has no claim yet, it is about to make it, until its
                // window closes.
                None if bearer.is_over(self.clock.now()) => {}
                Some(_) | None => {
                    return Err(Stop::Refuse(Refusal::new(Code::SettlementInProgress)));
                }
            }
        }
        Err(Stop::Refuse(Refusal::new(Code::PaymentIdentifierConflict)))
    }
}
