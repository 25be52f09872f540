//! From hyper's request to hyper's response, by way of the front.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::CONTENT_LENGTH;
use hyper::{Method, Request, Response};

use crate::decisions::gate::Asked;
use crate::front::access_log::{AccessLog, Line};
use crate::front::{Caller, Front};
use crate::ports::{Chain, Clock, Content, Facilitator, Ledger};
use crate::server::body::{ObjectBody, ReplyBody};
use crate::server::patience::{Taking, Wait};
use crate::walk::{Answer, Merchant};

/// The merchant behind HTTP.
pub struct Service<F, S, L, C, H>(Front<F, S, L, C, H>);

impl<F, S, L, C, H> Service<F, S, L, C, H>
where
    F: Facilitator + 'static,
    S: Content + 'static,
    L: Ledger + 'static,
    C: Clock + 'static,
    H: Chain + 'static,
{
    /// A service that logs every request and works on so many paid ones at a time.
    pub fn new(merchant: Merchant<F, S, L, C, H>, log: AccessLog, sales_max: usize) -> Self {
        Self(Front::new(merchant, log, sales_max))
    }

    /// Waits for sales whose client is gone already, then writes the log's rest.
    pub async fn finish(&self, limit: Duration) {
        self.0.finish(limit).await;
    }

    /// Answers one request of a connection.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        wait: &Arc<Wait>,
    ) -> Response<ReplyBody> {
        let target = request.uri().path_and_query().map_or("", |it| it.as_str());
        let asked = Asked { method: request.method(), target, headers: request.headers() };
        let caller = Caller { peer: Some(peer.ip()), ..Caller::default() };
        let (answer, line) = self.0.answer(asked, caller).await;
        respond(answer, line, wait, *request.method() == Method::HEAD)
    }
}

fn respond(answer: Answer, line: Line, wait: &Arc<Wait>, head: bool) -> Response<ReplyBody> {
    let (status, mut headers, length, body) = match answer {
        Answer::Reply(reply) => {
            let length = reply.body.len() as u64;
            (reply.status, reply.headers, length, ReplyBody::Whole(Some(reply.body)))
        }
        Answer::Object(delivery) => {
            let body = ObjectBody::new(delivery.body, delivery.length, line, Taking::of(wait));
            let body = ReplyBody::Object(Box::new(body));
            (delivery.status, delivery.headers, delivery.length, body)
        }
    };
    // A HEAD has the headers that a GET would have had, and nothing after them (RFC 9110, 9.3.2).
    let announced = head || matches!(body, ReplyBody::Object(_));
    if announced
        && status != hyper::StatusCode::NO_CONTENT
        && status != hyper::StatusCode::NOT_MODIFIED
    {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    let mut response = Response::new(if head { ReplyBody::Whole(None) } else { body });
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
