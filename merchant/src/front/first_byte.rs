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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::stream::BoxStream;
    use http::{HeaderMap, HeaderValue, StatusCode};

    use super::*;
    use crate::decisions::faults::ContentFault;

    type Body = BoxStream<'static, Result<Bytes, ContentFault>>;

    fn delivery(paid: bool, body: Body) -> Delivery {
        let mut headers = HeaderMap::new();
        if paid {
            headers.insert(PAYMENT_RESPONSE, HeaderValue::from_static("receipt"));
            headers.insert(X_PAYMENT_RESPONSE, HeaderValue::from_static("receipt"));
        }
        Delivery { status: StatusCode::OK, headers, length: 4, body }
    }

    fn down() -> Result<Bytes, ContentFault> {
        Err(ContentFault::Unavailable("gone".into()))
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_without_a_first_byte_is_owed_with_its_receipt() {
        let bodies: [fn() -> Body; 3] = [
            || stream::iter([down()]).boxed(),
            || stream::empty().boxed(),
            || stream::pending().boxed(),
        ];
        for body in bodies {
            for (paid, code) in [(true, "delivery_pending"), (false, "storage_unavailable")] {
                let Answer::Reply(reply) = of(delivery(paid, body())).await else {
                    panic!("promised an object without bytes");
                };
                assert_eq!((reply.status.as_u16(), reply.code), (503, code));
                for receipt in [PAYMENT_RESPONSE, X_PAYMENT_RESPONSE] {
                    assert_eq!(reply.headers.contains_key(receipt), paid);
                }
            }
        }
    }

    #[tokio::test]
    async fn what_was_looked_at_is_sent() {
        let chunks = ["ab", "cd"].map(|it| Ok(Bytes::from(it)));
        let Answer::Object(object) = of(delivery(true, stream::iter(chunks).boxed())).await else {
            panic!("no object");
        };
        let sent: Vec<_> = object.body.collect().await;
        assert_eq!(sent, ["ab", "cd"].map(|it| Ok(Bytes::from(it))));
    }
}
