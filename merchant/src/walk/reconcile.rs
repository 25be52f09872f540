//! Open payments of a ledger, resolved without their payers: the chain is asked, and what it proves
//! is recorded. No facilitator is called, nothing is sent, and no claim is taken over: a merchant that
//! works on the same payment at the same time finds the same and records the same.

use wire::PaymentKey;

use crate::decisions::evidence::Question;
use crate::decisions::faults::LedgerFault;
use crate::decisions::records::{Entry, VoidRecord};
use crate::decisions::standing::{self, Finding};
use crate::ports::{Chain, Clock, Ledger, Recorded};

/// How it ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    /// What was found; it is recorded if there was something to record.
    Found(Finding),
    /// The transaction is on record for another payment.
    Disputed(Finding),
    /// What was found could not be recorded.
    NotWritten(Finding, LedgerFault),
}

/// Resolves one open payment. With `write` off, only finds out.
pub async fn reconcile<L: Ledger, H: Chain, C: Clock>(
    (ledger, chain, clock): (&L, &H, &C),
    key: &PaymentKey,
    entry: &Entry,
    write: bool,
) -> Resolved {
    let claim = &entry.claim;
    let question = Question::new(*key, &claim.requirements, claim.claimed_at, claim.valid_before);
    let evidence = match &question {
        Some(question) => chain.evidence(question).await,
        None => None,
    };
    let finding = standing::find(entry, evidence, clock.now());
    if !write {
        return Resolved::Found(finding);
    }
    let written = match &finding {
        Finding::Settled(record) => match ledger.record_settled(key, record).await {
            Ok(Recorded::Done) => ledger.persist(key, record).await,
            Ok(Recorded::BoundElsewhere(_)) => return Resolved::Disputed(finding),
            Err(fault) => Err(fault),
        },
        Finding::Void(cause) => {
            let record = VoidRecord { cause: *cause, found_at: clock.now() };
            ledger.record_void(key, &record).await
        }
        Finding::Pending | Finding::Unknown | Finding::Unasked => Ok(()),
    };
    match written {
        Ok(()) => Resolved::Found(finding),
        Err(fault) => Resolved::NotWritten(finding, fault),
    }
}
