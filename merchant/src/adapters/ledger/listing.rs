//! The whole ledger, for the operator: which payments there are. A stream, however long it is.

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use wire::{PaymentKey, TxHash};

use super::StoreLedger;
use crate::adapters::folder::Lasting;
use crate::decisions::faults::LedgerFault;
use crate::decisions::records::{PAYMENTS, transaction_on};

impl StoreLedger {
    /// Every payment that has a claim, in the order in which the storage lists them. Safe to repeat.
    #[must_use]
    pub fn payments(&self) -> BoxStream<'static, Result<PaymentKey, LedgerFault>> {
        self.records
            .list(PAYMENTS)
            .try_filter_map(|name| async move {
                let Some(folder) = name.strip_suffix("/claim.json") else { return Ok(None) };
                let key = folder.strip_prefix(PAYMENTS).map(|it| it.trim_start_matches('/'));
                let key = key.and_then(|it| it.parse().ok());
                let strange = || LedgerFault::Unreadable(format!("{name} is no payment's claim"));
                key.map(Some).ok_or_else(strange)
            })
            .boxed()
    }

    /// The first payment that this transaction settled, if the ledger knows it. Safe to repeat.
    pub async fn settled_by(
        &self,
        chain_id: u64,
        transaction: TxHash,
    ) -> Result<Option<PaymentKey>, LedgerFault> {
        self.payment_in(&transaction_on(chain_id, transaction), Lasting::Later).await
    }
}
