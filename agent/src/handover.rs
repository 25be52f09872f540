//! After payment: a merchant with a sound receipt may hand its buyer over to a store, by 303. The
//! request to the store is a fresh one. It never carries the payment.

use crate::aftermath::SendDoubt;
use crate::decisions::target::Target;
use crate::event::Event;
use crate::transport::{NoReply, Transport, location};

/// How many stores in a row are asked: the one that the merchant names, and one more that the first
/// may name (a bucket's own region).
const HOPS_MAX: usize = 2;

/// What became of the handover.
#[derive(Debug)]
pub(crate) enum Handover {
    /// The store delivers.
    Content(reqwest::Response),
    /// The store did not deliver this time. Links are short-lived: the merchant can name another.
    Failed(SendDoubt),
    /// It leads where nothing is fetched from, or in circles.
    NotFollowed,
}

/// Is this the one status that hands a buyer over? 307 and 308 would ask for the same request again,
/// payment and all; 301 and 302 leave it open.
pub(crate) fn is_handover(status: u16) -> bool {
    status == 303
}

/// Follows the merchant's word to the content.
pub(crate) async fn follow(
    transport: &Transport,
    merchant: &Target,
    said: Option<String>,
    notice: impl Fn(Event<'_>),
) -> Handover {
    let (mut here, mut said) = (merchant.clone(), said);
    for _ in 0..HOPS_MAX {
        let Some(there) = said.and_then(|it| here.handover(&it)) else {
            return Handover::NotFollowed;
        };
        notice(Event::HandedOver { target: &there });
        let reply = match transport.get(&there, None).await {
            Ok(reply) => reply,
            Err(NoReply::Blocked(_)) => return Handover::NotFollowed,
            Err(failure) => return Handover::Failed(failure.doubt()),
        };
        let status = reply.status().as_u16();
        if reply.status().is_success() {
            return Handover::Content(reply);
        }
        if !is_handover(status) {
            let (code, transaction, location) = (None, None, None);
            return Handover::Failed(SendDoubt::Answered { status, code, transaction, location });
        }
        said = location(&reply);
        here = there;
    }
    Handover::NotFollowed
}
