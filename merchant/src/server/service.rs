//! From an HTTP request to an HTTP response, by way of the walk.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::CONTENT_LENGTH;
use hyper::{Method, Request, Response};
use tokio::sync::Semaphore;

use crate::decisions::gate::{self, Asked, Gate};
use crate::decisions::path::CanonicalPath;
use crate::decisions::payment::Payment;
use crate::decisions::policy::Route;
use crate::decisions::reply::Reply;
use crate::ports::{Clock, Content, Facilitator, Ledger};
use crate::server::access_log::{AccessLog, Line};
use crate::server::body::{ObjectBody, ReplyBody};
use crate::walk::{Answer, Merchant, Sale, Trace};

/// Paid requests under way at a time. Each holds an open object and a few KiB; the facilitator is
/// the bottleneck long before this.
const SALES_MAX: usize = 4096;

/// The merchant behind HTTP.
pub struct Service<F, S, L, C> {
    merchant: Arc<Merchant<F, S, L, C>>,
    log: AccessLog,
    sales: Arc<Semaphore>,
}

impl<F, S, L, C> Service<F, S, L, C>
where
    F: Facilitator + 'static,
    S: Content + 'static,
    L: Ledger + 'static,
    C: Clock + 'static,
{
    /// A service that logs every request.
    pub fn new(merchant: Merchant<F, S, L, C>, log: AccessLog) -> Self {
        Self { merchant: Arc::new(merchant), log, sales: Arc::new(Semaphore::new(SALES_MAX)) }
    }

    /// Waits for sales whose client is gone already, then writes the log's rest.
    pub async fn finish(&self, limit: Duration) {
        let all = u32::try_from(SALES_MAX).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(limit, self.sales.acquire_many(all)).await;
        self.log.flush();
    }

    /// Answers one request.
    pub async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Response<ReplyBody> {
        let target = request.uri().path_and_query().map_or("", |it| it.as_str());
        let mut line = self.log.line(request.method(), target, peer.ip());
        let head = *request.method() == Method::HEAD;
        let asked = Asked { method: request.method(), target, headers: request.headers() };
        let answer = match gate::judge(&self.merchant.policy, asked) {
            Gate::Answered(reply) => Answer::Reply(reply),
            Gate::Free(path, want) => self.merchant.give(&path, &want).await,
            Gate::Paid(_, path, payment) => {
                let (answer, trace) = self.sell(path.into_owned(), payment, peer).await;
                line.nonce = trace.key.map(|it| it.nonce.to_string());
                line.transaction = trace.transaction.map(|it| it.to_string());
                line.waited = trace.waited;
                answer
            }
        };
        respond(answer, line, head)
    }

    /// Sells in a task of its own: a client that hangs up must not stop a settlement half-way, and
    /// its record must be written.
    async fn sell(
        &self,
        path: CanonicalPath<'static>,
        payment: Payment,
        peer: SocketAddr,
    ) -> (Answer, Trace) {
        let merchant = Arc::clone(&self.merchant);
        let permit = Arc::clone(&self.sales).acquire_owned().await;
        let selling = tokio::spawn(async move {
            let _permit = permit;
            let mut trace = Trace::default();
            let Some(Route::Priced(route)) = merchant.policy.route(&path) else {
                return (gone(), trace);
            };
            let client = peer.ip().to_string();
            let url = merchant.policy.url(&path);
            let sale = Sale::new(route, &path, url, &payment, Some(&client));
            let answer = merchant.sell(&sale, &mut trace).await;
            (answer, trace)
        });
        // The task ends early only with the whole process.
        selling.await.unwrap_or_else(|_| (gone(), Trace::default()))
    }
}

fn gone() -> Answer {
    use crate::decisions::codes::Code;
    use crate::decisions::refusal::Refusal;
    Answer::Reply(Reply::refusal(&Refusal::new(Code::SettlementUnknown)))
}

fn respond(answer: Answer, mut line: Line, head: bool) -> Response<ReplyBody> {
    match answer {
        Answer::Reply(reply) => {
            line.status = reply.status.as_u16();
            line.code = reply.code;
            line.sent = if head { 0 } else { reply.body.len() as u64 };
            let mut response = Response::new(ReplyBody::Whole(Some(reply.body)));
            *response.status_mut() = reply.status;
            *response.headers_mut() = reply.headers;
            if head { without_body(response) } else { response }
        }
        Answer::Object(delivery) => {
            line.status = delivery.status.as_u16();
            line.code = if line.transaction.is_some() { "paid" } else { "free" };
            line.complete = delivery.length == 0 || head;
            let body = if head {
                ReplyBody::Whole(None)
            } else {
                let body = ObjectBody::new(delivery.body, delivery.length, line);
                ReplyBody::Object(Box::new(body))
            };
            let mut response = Response::new(body);
            *response.status_mut() = delivery.status;
            *response.headers_mut() = delivery.headers;
            response.headers_mut().insert(CONTENT_LENGTH, delivery.length.into());
            response
        }
    }
}

/// The headers that a GET would have had, and nothing after them (RFC 9110, 9.3.2).
fn without_body(mut response: Response<ReplyBody>) -> Response<ReplyBody> {
    let body = std::mem::replace(response.body_mut(), ReplyBody::Whole(None));
    if let ReplyBody::Whole(Some(bytes)) = body {
        response.headers_mut().insert(CONTENT_LENGTH, bytes.len().into());
    }
    response
}
