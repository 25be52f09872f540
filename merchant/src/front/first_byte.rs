//! Waits for an object's first bytes before its head is promised. An object that was opened before
//! a settlement may be out of reach after it: then the payer is told so, with the receipt, instead
//! of getting a 200 that breaks off.

use futures_util::StreamExt;
use futures_util::stream;

use crate::decisions::budget;
use crate::decisions::codes::Code;
use crate::decisions::refusal::Refusal;
use crate::decisions::reply::{PAYMENT_RESPONSE, Reply, X_PAYMENT_RESPONSE};
use crate::walk::{Answer, Delivery};

/// The delivery, once its first bytes are here; or why they do not come.
pub(super) async fn of(mut delivery: Delivery) -> Answer {
    if delivery.length == 0 {
        return Answer::Object(delivery);
    }
    let first = tokio::time::timeout(budget::FIRST_BYTE, delivery.body.next()).await;
    match first {
        Ok(Some(Ok(chunk))) => {
            let first = stream::once(async { Ok(chunk) });
            delivery.body = first.chain(delivery.body).boxed();
            Answer::Object(delivery)
        }
        Ok(other) => {
            tracing::error!(fault = ?other.map(Result::err), "an opened object brought no bytes");
            Answer::Reply(pending(&delivery))
        }
        Err(_) => {
            tracing::error!("an opened object's bytes took too long");
            Answer::Reply(pending(&delivery))
        }
    }
}

/// A paid object can be fetched again with the same payment; its receipt goes out now.
fn pending(delivery: &Delivery) -> Reply {
    let receipts = [PAYMENT_RESPONSE, X_PAYMENT_RESPONSE];
    let paid = delivery.headers.contains_key(PAYMENT_RESPONSE);
    let code = if paid { Code::DeliveryPending } else { Code::StorageUnavailable };
    let mut reply = Reply::refusal(&Refusal::new(code));
    for name in receipts {
        if let Some(receipt) = delivery.headers.get(&name) {
            reply.headers.insert(name, receipt.clone());
        }
    }
    reply
}
