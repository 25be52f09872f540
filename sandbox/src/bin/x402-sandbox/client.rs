//! Calls to `/sandbox` of a running one, over plain HTTP on loopback: no redirects, no proxies.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::time::Duration;
use tokio::net::TcpStream;

/// Longest answer that is read: a full journal has some 4 MB.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Nothing below `/sandbox` takes long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls and returns the JSON of the answer, or a sentence for people.
pub(crate) async fn call(
    url: &str,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, String> {
    let calling = exchange(url, method, path, body);
    match tokio::time::timeout(PATIENCE, calling).await {
        Ok(result) => result,
        Err(_) => Err(format!("the sandbox at {url} does not answer")),
    }
}

async fn exchange(
    url: &str,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, String> {
    let authority = url.strip_prefix("http://").map(|it| it.trim_end_matches('/'));
    let authority = authority.ok_or("--url must begin with http://")?;
    let broken = |error: hyper::Error| format!("the call to {url} broke off: {error}");
    let stream = TcpStream::connect(authority).await.map_err(|error| {
        format!("no sandbox answers at {url} ({error}); start one with: x402-sandbox serve")
    })?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let talking = tokio::spawn(connection);
    let body = body.map_or_else(Bytes::new, |it| it.to_string().into());
    let request = Request::builder().method(method).uri(format!("/sandbox{path}"));
    let request = request.header(HOST, authority).body(Full::new(body));
    let request = request.map_err(|error| format!("--url is not a URL: {error}"))?;
    let response = sender.send_request(request).await.map_err(broken)?;
    let ok = response.status().is_success();
    let bytes = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    let bytes = bytes.map_err(|error| format!("the answer of {url} broke off: {error}"))?;
    talking.abort();
    let value: Value = serde_json::from_slice(&bytes.to_bytes())
        .map_err(|_| format!("{url} is no sandbox: its answer is not JSON"))?;
    match value["error"].as_str() {
        Some(error) if !ok => Err(error.to_owned()),
        _ => Ok(value),
    }
}
