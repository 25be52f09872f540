//! Requests over HTTP with rustls: sends, waits, and caps what it reads. Follows no redirect,
//! unpacks nothing, keeps no cookie and reads no proxy from the environment.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION,
};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};

use crate::aftermath::SendDoubt;
use crate::decisions::draft::Payment;
use crate::decisions::guard::{Blocked, Guard};
use crate::decisions::target::Target;
use crate::guard::{Doorman, Lookup, SystemLookup};

/// Time to reach a server: name, connection and TLS.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// Time from a request to the reply's headers. A merchant verifies, waits for a block and settles
/// within it, and answers within 28 s.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// Longest silence within a body.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Longest wait for a whole content. The largest by default, 1 GiB, takes an hour at 2.4 Mbit/s.
const CONTENT_MAX: Duration = Duration::from_hours(1);

/// How long we wait for one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until the connection stands.
    pub connect: Duration,
    /// From the request to the reply's headers; also for a whole challenge.
    pub answer: Duration,
    /// Between two pieces of a body; where it is shorter, also until the reply's headers.
    pub silence: Duration,
    /// For all pieces of a body together; what the reader does in between does not count.
    pub content: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: CONNECT_MAX,
            answer: ANSWER_MAX,
            silence: SILENCE_MAX,
            content: CONTENT_MAX,
        }
    }
}

/// The HTTP client could not be set up.
#[derive(Debug)]
pub struct TransportError(Box<dyn Error + Send + Sync>);

/// Sends requests.
#[derive(Debug, Clone)]
pub struct Transport {
    client: reqwest::Client,
    patience: Patience,
    doorman: Option<Doorman>,
}

/// Why there is no reply.
#[derive(Debug)]
pub(crate) enum NoReply {
    /// No connection, so nothing was sent.
    NotConnected(reqwest::Error),
    /// The guard does not let requests out to this host. Nothing was sent.
    Blocked(Blocked),
    /// Time ran out; the request may have arrived.
    TimedOut,
    /// The connection broke; the request may have arrived.
    Broken(reqwest::Error),
}

/// Why a small body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLarge,
    Broken,
}

impl Transport {
    /// A client that trusts the web's certificate authorities (Mozilla's list, compiled in).
    pub fn new(patience: Patience) -> Result<Self, TransportError> {
        Self::with(patience, None)
    }

    /// The same, behind a guard: for URLs that somebody chose who must not choose freely.
    pub fn guarded(patience: Patience, guard: Guard) -> Result<Self, TransportError> {
        Self::guarded_by(patience, guard, SystemLookup)
    }

    /// The same, with another way to look names up.
    pub fn guarded_by(
        patience: Patience,
        guard: Guard,
        lookup: impl Lookup + 'static,
    ) -> Result<Self, TransportError> {
        Self::with(patience, Some(Doorman::new(guard, lookup)))
    }

    fn with(patience: Patience, doorman: Option<Doorman>) -> Result<Self, TransportError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let mut tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|why| TransportError(why.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        // Packed content could grow without bound when unpacked, and its digest would not be the
        // file's.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let builder = reqwest::Client::builder();
        let builder = match &doorman {
            Some(doorman) => builder.dns_resolver(doorman.clone()),
            None => builder,
        };
        let client = builder
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .user_agent(concat!("x402-agent/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(patience.connect)
            .read_timeout(patience.silence)
            .build()
            .map_err(|why| TransportError(why.into()))?;
        Ok(Self { client, patience, doorman })
    }

    /// The connections beneath, for a protocol that speaks over them by itself. Names are looked up
    /// under guard; what the URL itself says is to be asked of [`Transport::admits`] before.
    #[cfg(feature = "mcp")]
    pub(crate) fn client(&self) -> reqwest::Client {
        self.client.clone()
    }

    pub(crate) fn patience(&self) -> Patience {
        self.patience
    }

    /// Sends one GET, with or without a payment, and returns when the reply's headers are here.
    pub(crate) async fn get(
        &self,
        target: &Target,
        payment: Option<&Payment>,
    ) -> Result<reqwest::Response, NoReply> {
        self.admits(target)?;
        let mut request = self.client.get(target.url().clone());
        if let Some(payment) = payment {
            request = request.header(payment.header(), sensitive(payment));
        }
        self.answer(request).await
    }

    /// Sends a JSON document. Carries no payment, ever.
    pub(crate) async fn post_json(
        &self,
        target: &Target,
        text: String,
    ) -> Result<reqwest::Response, NoReply> {
        self.admits(target)?;
        let request = self.client.post(target.url().clone());
        self.answer(request.header(CONTENT_TYPE, "application/json").body(text)).await
    }

    /// May this be asked, as far as its own text tells?
    pub(crate) fn admits(&self, target: &Target) -> Result<(), NoReply> {
        let verdict = self.doorman.as_ref().map_or(Ok(()), |it| it.admits(target.url()));
        verdict.map_err(NoReply::Blocked)
    }

    /// Begins any other request. Carries no payment, ever.
    #[cfg(feature = "agentcore")]
    pub(crate) fn request(&self, method: Method, url: url::Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request with these headers. Carries no payment that anybody could settle.
    pub(crate) async fn send(
        &self,
        method: Method,
        target: &Target,
        headers: &[(&'static str, String)],
    ) -> Result<reqwest::Response, NoReply> {
        self.admits(target)?;
        let request = self.client.request(method, target.url().clone());
        let request = headers.iter().fold(request, |it, (name, value)| it.header(*name, value));
        self.answer(request).await
    }

    /// Sends a request and returns when the reply's headers are here.
    pub(crate) async fn answer(
        &self,
        request: RequestBuilder,
    ) -> Result<reqwest::Response, NoReply> {
        match tokio::time::timeout(self.patience.answer, request.send()).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(why)) if why.is_connect() => Err(match blocked_by(&why) {
                Some(blocked) => NoReply::Blocked(blocked),
                None => NoReply::NotConnected(why),
            }),
            Ok(Err(why)) if why.is_timeout() => Err(NoReply::TimedOut),
            Ok(Err(why)) => Err(NoReply::Broken(why)),
            Err(_) => Err(NoReply::TimedOut),
        }
    }

    /// Reads a body of at most `bytes_max` bytes, within the time for an answer.
    pub(crate) async fn read_small(
        &self,
        reply: &mut reqwest::Response,
        bytes_max: usize,
    ) -> Result<Vec<u8>, Unread> {
        let declared = reply.content_length().unwrap_or(0);
        if usize::try_from(declared).map_or(true, |bytes| bytes > bytes_max) {
            return Err(Unread::TooLarge);
        }
        let reading = async {
            let mut body = Vec::new();
            while let Some(chunk) = reply.chunk().await.map_err(|_| Unread::Broken)? {
                if body.len() + chunk.len() > bytes_max {
                    return Err(Unread::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
            Ok(body)
        };
        tokio::time::timeout(self.patience.answer, reading).await.unwrap_or(Err(Unread::Broken))
    }
}

/// The guard's verdict, if that is what kept a connection from being made.
pub(crate) fn blocked_by(error: &(dyn Error + 'static)) -> Option<Blocked> {
    let mut cause = error.source();
    while let Some(it) = cause {
        if let Some(blocked) = it.downcast_ref::<Blocked>() {
            return Some(blocked.clone());
        }
        cause = it.source();
    }
    None
}

/// A value that HTTP libraries keep out of their debug output and their header compression tables.
fn sensitive(payment: &Payment) -> HeaderValue {
    let mut value =
        HeaderValue::from_str(payment.value()).expect("base64 has no characters that headers lack");
    value.set_sensitive(true);
    value
}

/// Every value of a header.
pub(crate) fn values<'a>(reply: &'a reqwest::Response, name: &str) -> Vec<&'a [u8]> {
    reply.headers().get_all(name).iter().map(HeaderValue::as_bytes).collect()
}

/// A header's only value, as text.
pub(crate) fn text<'a>(reply: &'a reqwest::Response, name: &HeaderName) -> Option<&'a str> {
    reply.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Where a redirect leads, as the server wrote it.
pub(crate) fn location(reply: &reqwest::Response) -> Option<String> {
    text(reply, &LOCATION).map(str::to_owned)
}

impl NoReply {
    /// What it means for a payment.
    pub(crate) fn doubt(&self) -> SendDoubt {
        match self {
            Self::NotConnected(_) | Self::Blocked(_) => SendDoubt::NoConnection,
            Self::TimedOut => SendDoubt::NoAnswer,
            Self::Broken(_) => SendDoubt::Broken,
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the HTTP client cannot be set up: {}", self.0)
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.0.as_ref())
    }
}
