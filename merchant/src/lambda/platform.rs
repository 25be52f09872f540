//! Hands responses to the platform at once. The runtime library writes head, prelude and body one
//! after the other on a connection that waits for acknowledgements in between, and Linux delays those
//! by 40 ms: each answer would come that much later (docs/adr/0015). Everything else of the Runtime
//! API is the library's matter, and so is every event that is no request.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waker, Poll};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, Request};
use http_body::Frame;
use http_body_util::StreamBody;
use hyper_util::client::legacy::connect::HttpConnector;
use lambda_runtime::tower::{Layer, Service};
use lambda_runtime::{Context, Error, LambdaInvocation};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};
use serde::{Deserialize, Deserializer, de};

use super::event::FunctionUrl;
use super::outgoing::Response;

/// How the body of a streamed response begins (AWS Lambda developer guide, "Response streaming with
/// custom runtimes").
const FORMAT: HeaderValue =
    HeaderValue::from_static("application/vnd.awslambda.http-integration-response");
const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");
const STREAMING: HeaderValue = HeaderValue::from_static("streaming");
/// What the platform wants back, where it sends it: it tells late responses of one invocation from
/// those of the next.
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");
/// What stands between prelude and body.
const DELIMITER: Bytes = Bytes::from_static(&[0; 8]);

/// Answers requests, and leaves the rest to the library.
pub(super) struct Promptly<A> {
    /// Answers one request.
    pub(super) answer: A,
}

impl<A: Clone, S> Layer<S> for Promptly<A> {
    type Service = Prompt<A, S>;

    fn layer(&self, library: S) -> Self::Service {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Arc::new(PooledClient::builder().with_connector(connector).build());
        Prompt { answer: self.answer.clone(), client, library }
    }
}

/// The library's service behind our own.
pub(super) struct Prompt<A, S> {
    answer: A,
    client: Arc<PooledClient>,
    library: S,
}

impl<A, F, S> Service<LambdaInvocation> for Prompt<A, S>
where
    A: Fn(FunctionUrl, Context) -> F,
    F: Future<Output = Response> + 'static,
    S: Service<LambdaInvocation, Response = (), Error = Error>,
    S::Future: 'static,
{
    type Response = ();
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

    fn poll_ready(&mut self, waker: &mut Waker<'_>) -> Poll<Result<(), Error>> {
        self.library.poll_ready(waker)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let Ok(request) = serde_json::from_slice::<FunctionUrl>(&invocation.body) else {
            return Box::pin(self.library.call(invocation));
        };
        let LambdaInvocation { parts, context, .. } = invocation;
        let path = format!("/2018-06-01/runtime/invocation/{}/response", context.request_id);
        let mut post = build_request().method(Method::POST).uri(path);
        if let Some(id) = parts.headers.get(INVOCATION_ID) {
            post = post.header(INVOCATION_ID, id);
        }
        let answering = (self.answer)(request, context);
        let client = Arc::clone(&self.client);
        Box::pin(async move {
            let sent = client.call(streamed(post, answering.await)?).await?;
            if !sent.status().is_success() {
                // An answer that came too late, most likely. The next event comes all the same.
                tracing::error!(status = %sent.status(), "the platform refused the response");
            }
            Ok(())
        })
    }
}

/// The whole response as one request, whose parts are written together as far as they are there.
/// Each has a chunk of its own, as the library has it: `cargo lambda watch` takes the first for the
/// prelude.
fn streamed(post: http::request::Builder, response: Response) -> Result<Request<Body>, Error> {
    let prelude = Bytes::from(serde_json::to_vec(&response.prelude)?);
    let begin = stream::iter([Ok::<_, Infallible>(prelude), Ok(DELIMITER)]);
    let body = StreamBody::new(begin.chain(response.body).map(|it| it.map(Frame::data)));
    let post = post.header(RESPONSE_MODE, STREAMING).header(CONTENT_TYPE, FORMAT);
    Ok(post.body(Body::new(body))?)
}

/// The only kind of event that the library's own handler is for: there is none.
pub(super) enum NotARequest {}

impl<'de> Deserialize<'de> for NotARequest {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        // Without the event: it may hold anything.
        Err(de::Error::custom("the event is not a request to a function URL"))
    }
}
