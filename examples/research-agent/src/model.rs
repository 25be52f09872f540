//! A language model behind HTTP. Sends the conversation, reads what the model says; holds no key that
//! pays, and no tool.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use agent::server_text::ServerText;
use agent::world::{Clock, System};
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use crate::conversation::{Said, Turn};
use crate::sigv4::{AccessKey, Request, Scope, sign};
use crate::{bedrock, openai};

/// How long a model may think.
const PATIENCE: Duration = Duration::from_mins(2);
/// Largest answer: far beyond [`TOKENS_MAX`] of them.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// Longest answer that is asked for.
const TOKENS_MAX: u32 = 2048;

/// Which interface a model speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Amazon Bedrock's Converse.
    Bedrock,
    /// Chat completions.
    OpenAi,
}

/// How the program shows who it is.
#[derive(Clone)]
pub enum Credentials {
    /// Not at all: models on this machine.
    None,
    /// A key as it is: `OpenAI`'s, or one of Bedrock's API keys.
    Bearer(Zeroizing<String>),
    /// An AWS access key in a region.
    Aws(AccessKey, String),
}

/// A model.
pub struct Model {
    dialect: Dialect,
    endpoint: Url,
    name: String,
    credentials: Credentials,
    client: reqwest::Client,
}

/// Why a model said nothing.
#[derive(Debug)]
pub enum ModelError {
    /// The endpoint is neither https nor on this machine, or no URL.
    Endpoint,
    /// The HTTP client could not be set up.
    Client(Box<dyn std::error::Error + Send + Sync>),
    /// It could not be reached, or the connection broke.
    Unreachable,
    /// It thought for too long.
    TimedOut,
    /// It refused, in its own words.
    Status(u16, ServerText),
    /// What it said has another form than its interface has.
    Unreadable,
}

impl Model {
    /// The model of this name at this endpoint.
    pub fn new(
        dialect: Dialect,
        endpoint: &str,
        name: &str,
        credentials: Credentials,
    ) -> Result<Self, ModelError> {
        let target = agent::decisions::target::Target::parse(endpoint);
        let target = target.ok().filter(agent::decisions::target::Target::is_confidential);
        let endpoint = target.ok_or(ModelError::Endpoint)?.url().clone();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|why| ModelError::Client(why.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(|why| ModelError::Client(why.into()))?;
        Ok(Self { dialect, endpoint, name: name.to_owned(), credentials, client })
    }

    /// What the model says next. Not safe to repeat for free: models are paid by the word.
    pub async fn say(&self, turns: &[Turn]) -> Result<Said, ModelError> {
        let (path, body) = match self.dialect {
            Dialect::Bedrock => (bedrock::path(&self.name), bedrock::request(turns, TOKENS_MAX)),
            Dialect::OpenAi => {
                (openai::PATH.to_owned(), openai::request(&self.name, turns, TOKENS_MAX))
            }
        };
        let answer = self.post(&path, body.to_string()).await?;
        let said = match self.dialect {
            Dialect::Bedrock => bedrock::read(&answer),
            Dialect::OpenAi => openai::read(&answer),
        };
        said.ok_or(ModelError::Unreadable)
    }

    async fn post(&self, path: &str, body: String) -> Result<Value, ModelError> {
        let base = self.endpoint.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}{path}")).map_err(|_| ModelError::Endpoint)?;
        let mut request = self.client.post(url.clone()).header("content-type", "application/json");
        match &self.credentials {
            Credentials::None => {}
            Credentials::Bearer(key) => request = request.bearer_auth(key.as_str()),
            Credentials::Aws(key, region) => {
                let host = url.host_str().unwrap_or_default();
                let host = url.port().map_or_else(|| host.to_owned(), |it| format!("{host}:{it}"));
                let signed = Request {
                    method: "POST",
                    host: &host,
                    path: url.path(),
                    body: body.as_bytes(),
                };
                let unix_seconds = System.now().seconds();
                for (name, value) in
                    sign(signed, Scope { region, service: "bedrock", unix_seconds }, key)
                {
                    request = request.header(name, value);
                }
            }
        }
        let mut reply = request.body(body).send().await.map_err(|why| lost(&why))?;
        let mut answer = Vec::new();
        while let Some(chunk) = reply.chunk().await.map_err(|why| lost(&why))? {
            if answer.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(ModelError::Unreadable);
            }
            answer.extend_from_slice(&chunk);
        }
        if !reply.status().is_success() {
            let words = ServerText::clean(&String::from_utf8_lossy(&answer));
            return Err(ModelError::Status(reply.status().as_u16(), words));
        }
        wire::json::parse(&answer).map_err(|_| ModelError::Unreadable)
    }
}

fn lost(why: &reqwest::Error) -> ModelError {
    if why.is_timeout() { ModelError::TimedOut } else { ModelError::Unreachable }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint => f.write_str("the model's endpoint must be https, or on this machine"),
            Self::Client(why) => write!(f, "the HTTP client cannot be set up: {why}"),
            Self::Unreachable => f.write_str("the model cannot be reached"),
            Self::TimedOut => f.write_str("the model did not answer in time"),
            Self::Status(status, words) => write!(f, "the model answered {status}: {words}"),
            Self::Unreadable => f.write_str("the model's answer cannot be read"),
        }
    }
}

impl std::error::Error for ModelError {}
