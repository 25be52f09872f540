//! What a payer may spend over many purchases: a policy, the ledger that remembers, a session that
//! an operator granted, and somebody to ask. Creates no session and raises none.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use wire::UnixTime;

use crate::book::{Book, BookError, Entry, Errand};
use crate::decisions::budget::{Asked, Denial, Facts, Grant, Micros, Policy, judge};
use crate::decisions::draft::{Draft, Exposure};
use crate::decisions::target::Target;

/// A policy and the book that it is kept with.
#[derive(Clone)]
pub struct Purse {
    pub(crate) book: Arc<dyn Book>,
    policy: Policy,
    session: Option<(String, Arc<dyn Grants>)>,
    approver: Option<Arc<dyn Approver>>,
}

/// Payment sessions as the payer sees them: to be read, never written.
pub trait Grants: Send + Sync {
    /// The session of this name, as it stands now; nothing if there is none. Safe to repeat.
    fn grant(&self, id: &str) -> Result<Option<Grant>, BookError>;
}

/// A payment that policy wants somebody to agree to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Why policy asks.
    pub reason: Denial,
    /// What is bought.
    pub target: Target,
    /// What may move.
    pub exposure: Exposure,
    /// In dollars.
    pub price: Micros,
}

/// An answer that may take as long as a person does.
pub type Answer<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// Asks somebody who may agree to payments: a person, never a language model.
pub trait Approver: Send + Sync {
    /// Is exactly this payment agreed to? Nothing is reserved or signed meanwhile.
    fn approve(&self, approval: Approval) -> Answer<'_>;
}

impl Purse {
    /// Spends within this policy and keeps purchases in this book.
    pub fn new(book: impl Book + 'static, policy: Policy) -> Self {
        Self { book: Arc::new(book), policy, session: None, approver: None }
    }

    /// Spends within this session of an operator's only.
    #[must_use]
    pub fn in_session(self, id: String, grants: impl Grants + 'static) -> Self {
        Self { session: Some((id, Arc::new(grants))), ..self }
    }

    /// Asks this approver where policy wants an approval. Without one, such payments are not made.
    #[must_use]
    pub fn approver(self, approver: impl Approver + 'static) -> Self {
        Self { approver: Some(Arc::new(approver)), ..self }
    }

    /// What makes a request for this URL the same purchase as another.
    pub(crate) fn errand(&self, asked: &Target) -> Errand {
        let session = self.session.as_ref().map(|(id, _)| id.clone()).unwrap_or_default();
        Errand { method: asked.method(), url: asked.to_string(), session }
    }

    /// What a draft for this URL would be in the ledger.
    pub(crate) fn entry(
        &self,
        asked: &Target,
        target: &Target,
        draft: &Draft,
        now: UnixTime,
    ) -> Entry {
        let exposure = Exposure::of(draft);
        Entry {
            errand: self.errand(asked),
            target: target.to_string(),
            host: target.host(),
            price: Micros::of(exposure.amount, exposure.asset),
            exposure,
            now,
            spans: self.policy.windows.iter().map(|it| it.span).collect::<Vec<Duration>>(),
        }
    }

    /// The session as it stands now; a session that is not there counts as closed.
    pub(crate) fn grant(&self) -> Result<Option<Grant>, BookError> {
        let Some((id, grants)) = &self.session else { return Ok(None) };
        let none = || Grant {
            id: id.clone(),
            limit: Micros::default(),
            expires: UnixTime::EPOCH,
            closed: true,
        };
        grants.grant(id).map(|it| Some(it.unwrap_or_else(none)))
    }

    /// May this entry be reserved, as far as these facts go?
    pub(crate) fn permits(
        &self,
        entry: &Entry,
        grant: Option<&Grant>,
        approved: bool,
        facts: &Facts,
    ) -> Result<(), Denial> {
        let (host, price, now) = (entry.host.as_str(), entry.price, entry.now);
        judge(&self.policy, grant, &Asked { host, price, now, approved }, facts)
    }

    /// Has somebody agreed to what this denial leaves open?
    pub(crate) async fn approved(&self, reason: Denial, entry: &Entry, target: &Target) -> bool {
        let Some(approver) = self.approver.as_ref().filter(|_| reason.can_be_approved()) else {
            return false;
        };
        let (target, exposure, price) = (target.clone(), entry.exposure, entry.price);
        approver.approve(Approval { reason, target, exposure, price }).await
    }
}

impl fmt::Debug for Purse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let session = self.session.as_ref().map(|(id, _)| id);
        let policy = &self.policy;
        f.debug_struct("Purse")
            .field("policy", policy)
            .field("session", &session)
            .finish_non_exhaustive()
    }
}
