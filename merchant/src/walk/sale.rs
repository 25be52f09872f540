//! A request that carries a payment, and how it is answered without an object.

use std::sync::{Arc, OnceLock};

use http::header::CACHE_CONTROL;
use sha2::{Digest, Sha256};

use super::answer::{not_modified, outside_range};
use crate::decisions::object::Want;
use crate::decisions::offer::UrlParts;
use crate::decisions::order::Stop;
use crate::decisions::path::CanonicalPath;
use crate::decisions::payment::Payment;
use crate::decisions::policy::PricedRoute;
use crate::decisions::recall::Asker;
use crate::decisions::reply::{NO_STORE, Reply, repeat_receipt_for_v1};

/// A request with a payment, and what it is for.
#[derive(Debug)]
pub struct Sale<'a> {
    /// The route with our offers.
    pub(super) route: &'a PricedRoute,
    pub(super) path: &'a CanonicalPath<'a>,
    pub(super) url: UrlParts<'a>,
    pub(super) payment: &'a Payment,
    pub(super) client: Option<&'a str>,
    /// Which part is wanted, should the object have been bought before.
    pub(super) want: Want,
    /// Hash of the payer's own name for the purchase: the name itself is what proves, later, that
    /// the same payer asks again, so the ledger does not hold it.
    pub(super) identifier: Option<String>,
    /// The route at the object's own price, once that is known.
    own: OnceLock<Arc<PricedRoute>>,
}

impl<'a> Sale<'a> {
    /// A payment for the resource at this path and URL, from this client address.
    #[must_use]
    pub fn new(
        route: &'a PricedRoute,
        path: &'a CanonicalPath<'a>,
        url: UrlParts<'a>,
        payment: &'a Payment,
        client: Option<&'a str>,
    ) -> Self {
        let identifier = payment.identifier().ok().flatten();
        let identifier = identifier.map(|it| format!("{:x}", Sha256::digest(it.text())));
        let (want, own) = (Want::whole(), OnceLock::new());
        Self { route, path, url, payment, client, want, identifier, own }
    }

    /// The same, wanting this part of the object should it have been bought before.
    #[must_use]
    pub fn wanting(self, want: Want) -> Self {
        Self { want, ..self }
    }

    pub(super) fn asker<'b>(&'b self, resource: &'b str) -> Asker<'b> {
        Asker {
            resource,
            authorization: self.payment.authorization(),
            client: self.client,
            identifier: self.identifier.as_deref(),
        }
    }

    /// The object carries this price.
    pub(super) fn price(&self, own: Option<Arc<PricedRoute>>) {
        if let Some(own) = own {
            let _ = self.own.set(own);
        }
    }

    /// The route at the object's own price, where it is known to have one.
    pub(super) fn own_route(&self) -> Option<&PricedRoute> {
        self.own.get().map(Arc::as_ref)
    }

    pub(super) fn resource(&self) -> String {
        [self.url.origin, self.url.path].concat()
    }

    pub(super) fn reply(&self, stop: &Stop) -> Reply {
        let mut reply = match stop {
            Stop::Challenge(reason, settlement) => {
                let route = self.own_route().unwrap_or(self.route);
                Reply::challenge(route, self.url, reason, settlement.as_deref())
            }
            Stop::Refuse(refusal) => Reply::refusal(refusal),
            Stop::OutsideRange(size) => outside_range(*size),
            Stop::NotModified(facts) => {
                let mut reply = not_modified(facts);
                reply.headers.insert(CACHE_CONTROL, NO_STORE);
                reply
            }
        };
        if self.payment.is_v1() {
            repeat_receipt_for_v1(&mut reply.headers);
        }
        reply
    }
}
