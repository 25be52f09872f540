//! One service in one region: sends a signed call, reads a JSON answer, and says how sure it is that
//! a failed call did nothing.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use url::{Host, Url};
use wire::UnixTime;

use super::credentials::Credentials;
use super::sigv4::{self, Scope, Unsigned};
use crate::server_text::ServerText;
use crate::transport::{NoReply, Patience, Transport, TransportError};

/// Largest answer that is read. A page of a hundred things has some 50 KiB.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Time to connect and, once connected, for the answer to begin. Most calls take a fraction of a
/// second; one that signs asks a wallet provider.
pub(crate) const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    answer: Duration::from_secs(15),
    silence: Duration::from_secs(15),
    content: Duration::from_secs(15),
};

/// A service's address in a region, and who calls it.
#[derive(Debug, Clone)]
pub struct Service {
    transport: Transport,
    base: Url,
    region: String,
    signing_name: &'static str,
    credentials: Credentials,
}

/// A service cannot be addressed.
#[derive(Debug)]
pub enum ServiceError {
    /// Not the name of a region.
    Region,
    /// An endpoint must be https, or http on this machine, and have no path.
    Endpoint,
    /// There is no HTTP client.
    Transport(TransportError),
}

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: Option<&'a Value>,
}

/// Why a call has no answer that could be used.
#[derive(Debug)]
pub enum CallError {
    /// Nothing was sent.
    NotSent(Box<dyn Error + Send + Sync>),
    /// It was sent, and nobody knows what it did.
    Unanswered(&'static str),
    /// The service says no.
    Refused(Refused),
}

/// A service's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The error's name, as `ThrottlingException`; empty if there was none.
    pub code: String,
    /// What it says, cleaned.
    pub message: ServerText,
}

impl Service {
    /// The service of this name (`bedrock-agentcore`), at this endpoint or at Amazon's own.
    pub fn new(
        name: &str,
        signing_name: &'static str,
        region: &str,
        endpoint: Option<&str>,
        credentials: Credentials,
    ) -> Result<Self, ServiceError> {
        let base = match endpoint {
            Some(endpoint) => given(endpoint).ok_or(ServiceError::Endpoint)?,
            None => usual(name, region).ok_or(ServiceError::Region)?,
        };
        is_region(region).then_some(()).ok_or(ServiceError::Region)?;
        let transport = Transport::new(PATIENCE).map_err(ServiceError::Transport)?;
        Ok(Self { transport, base, region: region.to_owned(), signing_name, credentials })
    }

    /// The same with other patience.
    pub fn patience(self, patience: Patience) -> Result<Self, TransportError> {
        Ok(Self { transport: Transport::new(patience)?, ..self })
    }

    /// Sends a call once and reads its answer. **Whether it may be repeated** is the operation's
    /// business.
    pub(crate) async fn call(&self, call: &Call<'_>, now: UnixTime) -> Result<Value, CallError> {
        let body = call.body.map(Value::to_string).unwrap_or_default();
        let mut headers = call.headers.to_vec();
        if call.body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let host = authority(&self.base);
        let request = Unsigned {
            method: call.method.as_str(),
            host: &host,
            path: call.path,
            query: call.query,
            headers: &headers,
            body: body.as_bytes(),
        };
        let scope = Scope { region: &self.region, service: self.signing_name };
        let signed = sigv4::sign(&request, &self.credentials, scope, now);
        let mut url = self.base.clone();
        url.set_path(call.path);
        if !call.query.is_empty() {
            url.set_query(Some(&sigv4::query(call.query)));
        }
        let mut request = self.transport.request(call.method.clone(), url).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request = request.header("x-amz-date", signed.date);
        request = request.header("authorization", secret(&signed.authorization)?);
        if let Some(token) = self.credentials.token() {
            request = request.header("x-amz-security-token", secret(token)?);
        }
        self.read(self.transport.answer(request).await).await
    }

    async fn read(&self, sent: Result<reqwest::Response, NoReply>) -> Result<Value, CallError> {
        let mut reply = match sent {
            Ok(reply) => reply,
            Err(NoReply::NotConnected(why)) => return Err(CallError::NotSent(why.into())),
            Err(NoReply::Blocked(why)) => return Err(CallError::NotSent(why.into())),
            Err(NoReply::TimedOut) => return Err(CallError::Unanswered("no answer in time")),
            Err(NoReply::Broken(_)) => return Err(CallError::Unanswered("the connection broke")),
        };
        let status = reply.status().as_u16();
        let named = reply.headers().get("x-amzn-errortype").and_then(|it| it.to_str().ok());
        let named = named.map(str::to_owned);
        let broken = |_| CallError::Unanswered("the answer broke off");
        let body = self.transport.read_small(&mut reply, ANSWER_BYTES_MAX).await.map_err(broken)?;
        let document = if body.is_empty() { Ok(Value::Null) } else { wire::json::parse(&body) };
        if (200..300).contains(&status) {
            return document.map_err(|_| CallError::Unanswered("the answer is not JSON"));
        }
        let document = document.unwrap_or_default();
        Err(CallError::Refused(Refused::read(status, named.as_deref(), &document)))
    }
}

impl Refused {
    /// The header's name of the error counts before the body's; a namespace before `#` and an address
    /// behind `:` do not.
    fn read(status: u16, named: Option<&str>, document: &Value) -> Self {
        let text = |names: &[&str]| names.iter().find_map(|name| document.get(name)?.as_str());
        let code = named.or_else(|| text(&["code", "__type"])).unwrap_or_default();
        let code = code.split(':').next().unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or_default();
        let message = text(&["message", "Message", "errorMessage"]).unwrap_or_default();
        let code = ServerText::clean(code).as_str().to_owned();
        Self { status, code, message: ServerText::clean(message) }
    }
}

fn secret(text: &str) -> Result<reqwest::header::HeaderValue, CallError> {
    let value = reqwest::header::HeaderValue::from_str(text);
    let mut value = value.map_err(|why| CallError::NotSent(why.into()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// An endpoint that somebody names: confidential, or on this machine.
fn given(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let near = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let confidential = url.scheme() == "https" || (url.scheme() == "http" && near);
    let bare = url.path() == "/" && url.query().is_none() && url.username().is_empty();
    (confidential && bare).then_some(url)
}

/// Amazon's endpoint in a region.
fn usual(name: &str, region: &str) -> Option<Url> {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    if !is_region(region) {
        return None;
    }
    Url::parse(&format!("https://{name}.{region}.{domain}/")).ok()
}

/// Of a region's form: it becomes part of a host's name.
fn is_region(text: &str) -> bool {
    let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    (1..=32).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with('-')
}

/// The host, with its port where it is not the scheme's own.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(_) => f.write_str("AWS cannot be reached"),
            Self::Unanswered(why) => write!(f, "AWS was asked, and {why}"),
            Self::Refused(why) => why.fmt(f),
        }
    }
}

impl Error for CallError {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, code, message } = self;
        write!(f, "AWS answered {status}")?;
        if !code.is_empty() {
            write!(f, " {code}")?;
        }
        if message.is_empty() { Ok(()) } else { write!(f, ": {message}") }
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region => f.write_str("that is not the name of an AWS region"),
            Self::Endpoint => {
                f.write_str("an endpoint must be https, or http on this machine, without a path")
            }
            Self::Transport(why) => why.fmt(f),
        }
    }
}

impl Error for ServiceError {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_endpoint_is_amazons_or_confidential_or_near() {
        let credentials = || Credentials::new("AKID", "secret", None).unwrap();
        let base = |region: &str, endpoint: Option<&str>| {
            let it = Service::new("agentcore", "agentcore", region, endpoint, credentials());
            it.map(|it| authority(&it.base)).ok()
        };
        #[rustfmt::skip]
        let rows = [
            ("us-west-2",  None,                              Some("agentcore.us-west-2.amazonaws.com")),
            ("cn-north-1", None,                              Some("agentcore.cn-north-1.amazonaws.com.cn")),
            ("us-west-2",  Some("https://vpce.example:8443"), Some("vpce.example:8443")),
            ("us-west-2",  Some("http://127.0.0.1:9000/"),    Some("127.0.0.1:9000")),
            ("us-west-2",  Some("http://[::1]:9000"),         Some("[::1]:9000")),
            ("us-west-2",  Some("http://10.0.0.1"),           None),
            ("us-west-2",  Some("https://host.example/path"), None),
            ("us-west-2",  Some("https://me@host.example"),   None),
            ("evil.example/", None,                           None),
            ("",           None,                              None),
            ("",           Some("http://127.0.0.1:9000/"),    None),
        ];
        for (region, endpoint, expected) in rows {
            assert_eq!(base(region, endpoint).as_deref(), expected, "{region} {endpoint:?}");
        }
    }

    #[test]
    fn an_error_has_one_name_however_it_is_spelled() {
        #[rustfmt::skip]
        let rows = [
            (Some("ThrottlingException:http://x/"), json!({"message": "slow"}),                  "ThrottlingException", "slow"),
            (None,                                  json!({"__type": "a.b#ConflictException"}),  "ConflictException",   ""),
            (None,                                  json!({"code": "X", "Message": "\u{1b}[2J"}), "X",                   "[2J"),
            (None,                                  json!("words"),                              "",                    ""),
        ];
        for (header, body, code, message) in rows {
            let read = Refused::read(400, header, &body);
            assert_eq!((read.code.as_str(), read.message.as_str()), (code, message), "{body}");
        }
    }
}
