//! What every front does alike: a request in, an answer and its line for the log out. Knows no
//! protocol's types, so that the server and the Lambda are one paywall with two doors.

pub mod access_log;
pub mod events;
mod first_byte;
mod json_line;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use tokio::sync::{Semaphore, oneshot};

use crate::adapters::trace_context;
use crate::decisions::budget;
use crate::decisions::codes::Code;
use crate::decisions::gate::{self, Asked, Gate};
use crate::decisions::object::Want;
use crate::decisions::path::CanonicalPath;
use crate::decisions::payment::Payment;
use crate::decisions::policy::Route;
use crate::decisions::refusal::Refusal;
use crate::decisions::reply::Reply;
use crate::decisions::trace::TraceContext;
use crate::front::access_log::{AccessLog, Line};
use crate::ports::{Chain, Clock, Content, Facilitator, Ledger};
use crate::walk::{Answer, Merchant, Sale, Trace};

/// The merchant behind a door.
pub struct Front<F, S, L, C, H> {
    merchant: Arc<Merchant<F, S, L, C, H>>,
    log: AccessLog,
    sales: Arc<Semaphore>,
    sales_max: usize,
    persist_first: bool,
}

/// What a door knows of a request besides the request itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Caller<'a> {
    /// The other end of the connection.
    pub peer: Option<IpAddr>,
    /// The platform's own name for the trace.
    pub x_ray: Option<&'a str>,
    /// How long the platform lets the request run.
    pub time_left: Option<Duration>,
}

impl<F, S, L, C, H> Front<F, S, L, C, H>
where
    F: Facilitator + 'static,
    S: Content + 'static,
    L: Ledger + 'static,
    C: Clock + 'static,
    H: Chain + 'static,
{
    /// A front that logs every request and works on so many paid ones at a time.
    pub fn new(merchant: Merchant<F, S, L, C, H>, log: AccessLog, sales_max: usize) -> Self {
        let sales = Arc::new(Semaphore::new(sales_max));
        Self { merchant: Arc::new(merchant), log, sales, sales_max, persist_first: false }
    }

    /// The same where nothing runs on between two requests: an answer goes out when nothing is left
    /// to be done about it.
    #[must_use]
    pub fn persisting_first(self) -> Self {
        Self { persist_first: true, ..self }
    }

    /// Waits for sales whose client is gone already, and for records that are still being forced to
    /// the disk, then writes the log's rest.
    pub async fn finish(&self, limit: Duration) {
        let all = u32::try_from(self.sales_max).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(limit, self.sales.acquire_many(all)).await;
        self.log.flush();
    }

    /// Answers one request. The line says all but what became of the body, which whoever sends it
    /// adds.
    pub async fn answer(&self, asked: Asked<'_>, caller: Caller<'_>) -> (Answer, Line) {
        let client = self.merchant.policy.viewer().of(asked.headers, caller.peer);
        let context = TraceContext::of(asked.headers, caller.x_ray);
        let mut line = self.log.line(asked.method, asked.target, client);
        line.trace = context.name().map(str::to_owned);
        let head = *asked.method == Method::HEAD;
        let answer = match gate::judge(&self.merchant.policy, asked) {
            Gate::Answered(reply) => Answer::Reply(reply),
            Gate::Free(path, want) => {
                line.code = "free";
                self.merchant.give(&path, &want).await
            }
            Gate::Document(document, path, want) => {
                line.code = "free";
                self.merchant.publish(document, &path, &want).await
            }
            Gate::Quoted(route, path, person) => self.merchant.quote(route, &path, person).await,
            Gate::Paid(..) if caller.time_left.is_some_and(|left| !budget::fits(left)) => {
                tracing::error!(left = ?caller.time_left, "too little time is left for a sale");
                refuse(Code::FacilitatorUnavailable)
            }
            Gate::Paid(_, path, payment) => {
                let path = path.into_owned();
                let want = Want::of_headers(asked.headers);
                let selling = self.sell(path, payment, want, client, context);
                let (answer, trace) = selling.await;
                line.nonce = trace.key.map(|it| it.nonce.to_string());
                line.transaction = trace.transaction.map(|it| it.to_string());
                line.waited = trace.waited;
                line.code = if trace.again { "again" } else { "paid" };
                answer
            }
        };
        let answer = match answer {
            Answer::Object(delivery) if !head => first_byte::of(delivery).await,
            Answer::Reply(_) | Answer::Object(_) => answer,
        };
        note(&mut line, &answer, head);
        (answer, line)
    }

    /// Sells in a task of its own: a client that hangs up must not stop a settlement half-way, and
    /// its record must be written, and last; the answer does not wait for the latter. What is too
    /// much is turned away before anybody is asked anything: whoever waited in line would hold
    /// memory, and lose its caller's patience to the line.
    async fn sell(
        &self,
        path: CanonicalPath<'static>,
        payment: Payment,
        want: Want,
        client: Option<IpAddr>,
        context: TraceContext,
    ) -> (Answer, Trace) {
        let merchant = Arc::clone(&self.merchant);
        let Ok(permit) = Arc::clone(&self.sales).try_acquire_owned() else {
            tracing::warn!("turned a payment away: too many sales are under way");
            return (busy(), Trace::default());
        };
        let persist_first = self.persist_first;
        let (answered, answer) = oneshot::channel();
        tokio::spawn(trace_context::within(context, async move {
            let _permit = permit;
            let mut trace = Trace::default();
            let Some(Route::Priced(route)) = merchant.policy.route(&path) else {
                let _ = answered.send((refuse(Code::SettlementUnknown), trace));
                return;
            };
            let client = client.map(|it| it.to_string());
            let url = merchant.policy.url(&path);
            let sale = Sale::new(route, &path, url, &payment, client.as_deref());
            let sale = sale.wanting(want);
            if persist_first {
                let answer = merchant.sell(&sale, &mut trace).await;
                let _ = answered.send((answer, trace));
                return;
            }
            let (answer, owed) = merchant.hand_over(&sale, &mut trace).await;
            // A client that is gone needs no answer; its sale is done like any other.
            let _ = answered.send((answer, trace));
            if let Some(owed) = owed {
                merchant.persist(owed).await;
            }
        }));
        // The task ends early only with the whole process.
        answer.await.unwrap_or_else(|_| (refuse(Code::SettlementUnknown), Trace::default()))
    }
}

/// The payment may have been presented before, so only this request is spoken of.
fn busy() -> Answer {
    let words = "too many payments are under way; nothing was charged by this request; send the \
                 same payment again later";
    let refusal = Refusal::new(Code::FacilitatorUnavailable).because(words.to_owned());
    Answer::Reply(Reply::refusal(&refusal))
}

fn refuse(code: Code) -> Answer {
    Answer::Reply(Reply::refusal(&Refusal::new(code)))
}

fn note(line: &mut Line, answer: &Answer, head: bool) {
    match answer {
        Answer::Reply(reply) => {
            line.status = reply.status.as_u16();
            line.code = reply.code;
            line.sent = if head { 0 } else { reply.body.len() as u64 };
        }
        Answer::Object(delivery) => {
            line.status = delivery.status.as_u16();
            line.complete = delivery.length == 0 || head;
        }
    }
}
