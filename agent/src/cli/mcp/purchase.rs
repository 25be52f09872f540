//! One errand: gets the content of a URL and pays for it if need be. Runs on its own until the ledger
//! knows the end; signs only while somebody waits for what is bought.

use std::sync::Arc;

use agent::agent::Quoted;
use agent::decisions::draft::Draft;
use agent::signer::SignerError;
use agent::tools::{ToolQuoted, ToolReply};
use agent::{Agent, PayError, Receipt, Response, Signer};
use serde_json::{Map, Value};
use wire::{Address, Eip3009Payload};

use super::super::wallet::Wallet;
use super::errand::{Goods, Interest};
use super::problem::Problem;

/// Most content that is held in memory for one URL.
const HELD_BYTES_MAX: usize = 16 << 20;

/// How often a payment is presented again for content that broke off.
const REDELIVERIES_MAX: u32 = 2;

/// What a URL has, and what was paid for it.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) status: u16,
    pub(crate) url: String,
    pub(crate) media_type: String,
    pub(crate) body: Vec<u8>,
    pub(crate) complete: bool,
    /// Does a tool call its own answer an error?
    pub(crate) failed: bool,
    pub(crate) receipt: Option<Receipt>,
}

impl Goods for Content {
    fn were_bought(&self) -> bool {
        self.receipt.is_some()
    }

    fn bytes(&self) -> usize {
        self.body.len()
    }
}

/// The wallet of one errand: it signs only while somebody waits for what is bought.
pub(crate) struct Attended {
    pub(crate) wallet: Arc<Wallet>,
    pub(crate) interest: Arc<Interest>,
}

impl Signer for Attended {
    fn address(&self) -> Address {
        self.wallet.address()
    }

    fn remembers(&self) -> bool {
        self.wallet.remembers()
    }

    async fn sign(&self, draft: &Draft) -> Result<Eip3009Payload, SignerError> {
        if self.interest.is_alive() {
            self.wallet.sign(draft).await
        } else {
            Err(SignerError::Declined("nobody waits for it any more".into()))
        }
    }
}

/// A wallet for questions: it never signs.
pub(crate) struct Looker(pub(crate) Arc<Wallet>);

impl Signer for Looker {
    fn address(&self) -> Address {
        self.0.address()
    }

    async fn sign(&self, _draft: &Draft) -> Result<Eip3009Payload, SignerError> {
        Err(SignerError::Declined("only the price was asked for".into()))
    }
}

/// Gets the content and pays for it if need be. Runs on its own until the ledger knows the end.
pub(crate) async fn buy(
    agent: Result<Agent<Attended>, Problem>,
    url: String,
    has_key: bool,
) -> Result<Content, Problem> {
    let agent = agent?;
    let problem = |why: PayError| {
        let abandoned =
            matches!(why, PayError::NotSigned(_)) && !agent.signer().interest.is_alive();
        if abandoned { Problem::abandoned() } else { Problem::from(&why) }
    };
    let response = match agent.resume(&url).await.map_err(problem)? {
        Some(response) => response,
        None => match agent.quote(&url).await.map_err(problem)? {
            Quoted::Free(response) => response,
            Quoted::Priced(_) if !has_key => return Err(Problem::no_key()),
            Quoted::Priced(quote) => agent.buy(quote).await.map_err(problem)?,
        },
    };
    Ok(read(&agent, response).await)
}

/// A tool of another server, with its arguments.
#[derive(Debug, Clone)]
pub(crate) struct PaidCall {
    pub(crate) server: String,
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
}

/// Calls a tool and pays for the call if need be; otherwise as [`buy`].
pub(crate) async fn call(
    agent: Result<Agent<Attended>, Problem>,
    it: PaidCall,
    has_key: bool,
) -> Result<Content, Problem> {
    let agent = agent?;
    let problem = |why: PayError| {
        let abandoned =
            matches!(why, PayError::NotSigned(_)) && !agent.signer().interest.is_alive();
        if abandoned { Problem::abandoned() } else { Problem::from(&why) }
    };
    let PaidCall { server, tool, arguments } = &it;
    let resumed = agent.resume_tool(server, tool, arguments).await.map_err(problem)?;
    let reply = match resumed {
        Some(reply) => reply,
        None => match agent.quote_tool(server, tool, arguments).await.map_err(problem)? {
            ToolQuoted::Free(reply) => *reply,
            ToolQuoted::Priced(_) if !has_key => return Err(Problem::no_key()),
            ToolQuoted::Priced(quote) => {
                agent.buy_tool(*quote, tool, arguments).await.map_err(problem)?
            }
        },
    };
    Ok(content_of(reply, server))
}

/// What a tool answered, as content: its texts, or everything as JSON where there is more than text.
fn content_of(reply: ToolReply, server: &str) -> Content {
    let blocks = reply.content.as_array().map(Vec::as_slice).unwrap_or_default();
    let texts: Option<Vec<_>> =
        blocks.iter().map(|it| it.get("text").and_then(Value::as_str)).collect();
    let (media_type, body) = match (texts, reply.structured) {
        (Some(texts), None) => ("text/plain", texts.join("\n")),
        (_, structured) => {
            let whole = serde_json::json!({ "content": reply.content, "structured": structured });
            ("application/json", whole.to_string())
        }
    };
    let mut body = body.into_bytes();
    let complete = body.len() <= HELD_BYTES_MAX;
    body.truncate(HELD_BYTES_MAX);
    Content {
        status: 200,
        url: server.to_owned(),
        media_type: media_type.to_owned(),
        body,
        complete,
        failed: reply.is_error,
        receipt: reply.receipt,
    }
}

/// Reads the content. For what breaks off after it was paid for, the same payment is presented again.
async fn read(agent: &Agent<Attended>, response: Response) -> Content {
    let mut response = response;
    let mut redeliveries = 0;
    loop {
        let mut content = Content {
            status: response.status(),
            url: response.target().to_string(),
            media_type: response.header("content-type").map(media_type).unwrap_or_default(),
            body: Vec::new(),
            complete: false,
            failed: false,
            receipt: response.receipt().cloned(),
        };
        if let Ok(complete) = drain(&mut response, &mut content.body).await {
            return Content { complete, ..content };
        }
        redeliveries += 1;
        let Some((target, payment)) = response.into_payment() else { return content };
        if redeliveries > REDELIVERIES_MAX {
            return content;
        }
        match agent.present(target, payment).await {
            Ok(again) => response = again,
            Err(_) => return content,
        }
    }
}

/// True if everything came and fits.
async fn drain(response: &mut Response, body: &mut Vec<u8>) -> Result<bool, PayError> {
    while let Some(chunk) = response.chunk().await? {
        let room = HELD_BYTES_MAX - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A media type as servers write them, or nothing: it is shown outside of the marks.
fn media_type(text: &str) -> String {
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let plain = |it: char| it.is_ascii_alphanumeric() || "/+-._".contains(it);
    if essence.len() <= 100 && essence.chars().all(plain) { essence } else { String::new() }
}
