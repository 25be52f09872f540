//! A facilitator over HTTP. Believes nothing: no redirects, no proxy from the environment, bounded
//! bodies and times, and a verdict only where the body holds one.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use wire::facilitator::SupportedResponse;
use wire::{Message, SettlementResponse, UnixTime, VerifyResponse};

use crate::adapters::api_key::ApiKey;
use crate::adapters::system_clock::SystemClock;
use crate::adapters::{tls, trace_context};
use crate::decisions::faults::FacilitatorFault;
use crate::ports::{Clock, Facilitator};

/// Longest answer that is read. Real ones have a few hundred bytes; `/supported` a few KiB.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Making a connection, TLS included; longer than that and the step's own budget is gone.
const CONNECT_MAX: Duration = Duration::from_secs(3);
/// An idle connection is kept this long: a TLS handshake costs more than a socket.
const IDLE_MAX: Duration = Duration::from_secs(90);

/// A facilitator at a URL.
#[derive(Debug, Clone)]
pub struct HttpFacilitator {
    client: Client,
    verify: Url,
    settle: Url,
    supported: Url,
    key: Option<Arc<ApiKey>>,
    clock: SystemClock,
}

/// How a facilitator knows us. Goes to it and nowhere else.
#[derive(Default)]
pub struct Credentials {
    /// Headers of every request. Their values are secrets.
    pub headers: Vec<(HeaderName, String)>,
    /// Signs every request.
    pub key: Option<Arc<ApiKey>>,
}

/// The facilitator could not be set up: one sentence for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUpError(pub String);

impl std::fmt::Display for SetUpError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SetUpError {}

impl HttpFacilitator {
    /// The facilitator at this base URL, with what it wants to see of us.
    pub fn new(base: &Url, credentials: Credentials) -> Result<Self, SetUpError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, text) in credentials.headers {
            let unfit = format!("facilitator: {name} holds characters that no header may hold");
            let mut value = HeaderValue::try_from(text).map_err(|_| SetUpError(unfit))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let tls = tls::config().map_err(SetUpError)?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .no_proxy()
            .default_headers(headers)
            .connect_timeout(CONNECT_MAX)
            .pool_idle_timeout(IDLE_MAX)
            .tcp_nodelay(true)
            .user_agent(concat!("x402-merchant/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| SetUpError(format!("cannot set up the HTTP client: {error}")))?;
        let endpoint = |name: &str| {
            let mut url = base.clone();
            let path = format!("{}/{name}", base.path().trim_end_matches('/'));
            url.set_path(&path);
            url
        };
        Ok(Self {
            client,
            verify: endpoint("verify"),
            settle: endpoint("settle"),
            supported: endpoint("supported"),
            key: credentials.key,
            clock: SystemClock::start(),
        })
    }

    /// What the facilitator settles. Safe to repeat.
    pub async fn supported(&self, limit: Duration) -> Result<SupportedResponse, FacilitatorFault> {
        let request = self.client.get(self.supported.clone()).timeout(limit);
        let request = request.headers(self.signature("GET", &self.supported)?);
        let (status, body) = read(request.send().await.map_err(fault)?).await?;
        let unreadable = FacilitatorFault::Unreadable(status.as_u16());
        if !status.is_success() {
            return Err(unreadable);
        }
        SupportedResponse::from_json(&body).map_err(|_| unreadable)
    }

    /// What time the facilitator's server has. Safe to repeat.
    pub async fn date(&self, limit: Duration) -> Option<UnixTime> {
        let answer = self.client.get(self.supported.clone()).timeout(limit).send().await.ok()?;
        let date = answer.headers().get(DATE)?.to_str().ok()?;
        let date = chrono::DateTime::parse_from_rfc2822(date).ok()?;
        u64::try_from(date.timestamp()).ok().map(UnixTime::from_seconds)
    }

    /// The signature of one request, where the facilitator wants one. Without chance there is none,
    /// and nothing is sent.
    fn signature(&self, method: &str, url: &Url) -> Result<HeaderMap, FacilitatorFault> {
        let mut headers = HeaderMap::new();
        let Some(key) = &self.key else { return Ok(headers) };
        let host = url.host_str().unwrap_or_default();
        let port = url.port().map(|it| format!(":{it}")).unwrap_or_default();
        let asked = format!("{method} {host}{port}{}", url.path());
        let token = key.token(&asked, self.clock.now(), &self.clock.fresh_id());
        let value = token.and_then(|it| HeaderValue::try_from(format!("Bearer {it}")).ok());
        let mut value = value.ok_or(FacilitatorFault::Unreachable)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
        Ok(headers)
    }

    async fn ask<T: Message>(
        &self,
        url: &Url,
        ask: &Bytes,
        limit: Duration,
        positive: fn(&T) -> bool,
    ) -> Result<T, FacilitatorFault> {
        if limit.is_zero() {
            return Err(FacilitatorFault::TimedOut);
        }
        let request = self.client.post(url.clone()).timeout(limit).body(ask.clone());
        let request = request.headers(trace_context::headers());
        let request = request.headers(self.signature("POST", url)?);
        let response = request.send().await.map_err(fault)?;
        let wish = retry_after(response.headers());
        let (status, body) = read(response).await?;
        let unreadable = FacilitatorFault::Unreadable(status.as_u16());
        // Verdicts come with 4xx and 5xx, too, and are read from there; but a good verdict under a
        // bad status contradicts itself, and a redirect is nobody's verdict.
        match T::from_json(&body) {
            Ok(answer) if status.is_success() => Ok(answer),
            Ok(answer) if !status.is_redirection() && !positive(&answer) => Ok(answer),
            Err(_) if status == StatusCode::TOO_MANY_REQUESTS => Err(FacilitatorFault::Busy(wish)),
            Ok(_) | Err(_) => Err(unreadable),
        }
    }
}

impl Facilitator for HttpFacilitator {
    async fn verify(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> Result<VerifyResponse, FacilitatorFault> {
        let valid = |it: &VerifyResponse| it.is_valid;
        let asking = async {
            match self.ask(&self.verify, ask, limit, valid).await {
                // A kept connection may have died while nobody looked: a Lambda is frozen between
                // two requests. The second try makes a new one.
                Err(FacilitatorFault::Broken) => self.ask(&self.verify, ask, limit, valid).await,
                answer => answer,
            }
        };
        tokio::time::timeout(limit, asking).await.unwrap_or(Err(FacilitatorFault::TimedOut))
    }

    async fn settle(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> Result<SettlementResponse, FacilitatorFault> {
        self.ask(&self.settle, ask, limit, |it: &SettlementResponse| it.success).await
    }
}

async fn read(mut response: Response) -> Result<(StatusCode, Bytes), FacilitatorFault> {
    let status = response.status();
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(fault)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(FacilitatorFault::Unreadable(status.as_u16()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body.freeze()))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

fn fault(error: reqwest::Error) -> FacilitatorFault {
    if error.is_connect() {
        FacilitatorFault::Unreachable
    } else if error.is_timeout() {
        FacilitatorFault::TimedOut
    } else {
        FacilitatorFault::Broken
    }
}
