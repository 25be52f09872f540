//! Tools of other teams' Model Context Protocol servers, paid for as x402's transport for tools has
//! it: the demand comes as an error's structured content, the payment goes as `_meta["x402/payment"]`,
//! the receipt comes as `_meta["x402/payment-response"]`. The same walk as for a URL: ask, choose,
//! sign once, send the same payment until the answer is known.

mod connection;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use wire::header;

use crate::aftermath::{Aftermath, SendDoubt};
use crate::agent::{Agent, Quote};
use crate::book::PurchaseId;
use crate::decisions::challenge::Challenge;
use crate::decisions::choice::choose;
use crate::decisions::draft::Payment;
use crate::decisions::purchase::Outcome;
use crate::decisions::receipt::Receipt;
use crate::decisions::reply::Sending;
use crate::decisions::target::{Target, TargetError};
use crate::error::PayError;
use crate::event::Event;
use crate::purse::Purse;
use crate::reading::REFUSAL_BYTES_MAX;
use crate::server_text::ServerText;
use crate::signer::Signer;
use crate::world::{Clock, Randomness};

pub use connection::Tool;
use connection::{Connection, Unanswered};

/// Where a payment's document is smaller than this, so is its header.
const PAYMENT_BYTES_MAX: usize = header::PAYMENT_HEADER_BYTES_MAX;

/// What a tool answered. All of it is the server's word.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolReply {
    /// The blocks of content, as they came.
    pub content: Value,
    /// The structured content, if there is any.
    pub structured: Option<Value>,
    /// Does the server call it an error?
    pub is_error: bool,
    /// The server's word on the payment, judged; nothing if the call was free.
    pub receipt: Option<Receipt>,
}

/// What is called: where, which tool, with what.
struct Call<'a> {
    server: Target,
    /// The call as a thing that is bought.
    target: Target,
    tool: &'a str,
    arguments: &'a Map<String, Value>,
}

/// What a price question came to.
#[derive(Debug)]
pub enum ToolQuoted {
    /// The call is free; this is its answer.
    Free(Box<ToolReply>),
    /// It costs this much.
    Priced(Box<Quote>),
}

impl<S: Signer, W: Clock + Randomness> Agent<S, W> {
    /// The tools of this server. Pays nothing. Safe to repeat.
    pub async fn list_tools(&self, server: &str) -> Result<Vec<Tool>, PayError> {
        let server = confidential(server)?;
        let connection = Connection::open(&self.transport, &server).await;
        connection.map_err(unpaid)?.tools().await.map_err(unpaid)
    }

    /// Calls a tool and pays for the call, at most once, if the terms and the purse allow.
    ///
    /// **Repeating** a call that ended with an error after payment: with a [`Purse`], the same payment
    /// is sent again. Without one it is a new purchase.
    pub async fn call_tool(
        &self,
        server: &str,
        tool: &str,
        arguments: &Map<String, Value>,
    ) -> Result<ToolReply, PayError> {
        if let Some(reply) = self.resume_tool(server, tool, arguments).await? {
            return Ok(reply);
        }
        match self.quote_tool(server, tool, arguments).await? {
            ToolQuoted::Free(reply) => Ok(*reply),
            ToolQuoted::Priced(quote) => self.buy_tool(*quote, tool, arguments).await,
        }
    }

    /// Sends the payment of an open purchase of this call again, if the ledger has one.
    pub async fn resume_tool(
        &self,
        server: &str,
        tool: &str,
        arguments: &Map<String, Value>,
    ) -> Result<Option<ToolReply>, PayError> {
        let call = Call::of(server, tool, arguments)?;
        let Some(purse) = &self.purse else { return Ok(None) };
        let Some(open) = self.reopen(purse, &call.target)? else { return Ok(None) };
        self.present_call(Some((purse, open.id)), &call, open.payment).await.map(Some)
    }

    /// Calls without paying, and chooses an offer if that is refused. Nothing is signed. A call that
    /// turns out to be free has been made.
    pub async fn quote_tool(
        &self,
        server: &str,
        tool: &str,
        arguments: &Map<String, Value>,
    ) -> Result<ToolQuoted, PayError> {
        let call = Call::of(server, tool, arguments)?;
        self.notice(Event::Asking { target: &call.target });
        let connection = Connection::open(&self.transport, &call.server).await.map_err(unpaid)?;
        let answer = connection.call(call.tool, call.arguments, None).await.map_err(unpaid)?;
        let Some(demand) = answer.demand() else {
            return Ok(ToolQuoted::Free(Box::new(answer.reply(None))));
        };
        let text = demand.to_string();
        if text.len() > REFUSAL_BYTES_MAX {
            return Err(PayError::ChallengeTooLarge { limit: REFUSAL_BYTES_MAX });
        }
        let challenge =
            Challenge::from_body(text.as_bytes()).map_err(PayError::InvalidChallenge)?;
        self.notice(Event::Challenged { challenge: &challenge });
        let deal = choose(&challenge, &call.target, &self.terms).map_err(PayError::Refused)?;
        self.notice(Event::Chosen { deal: &deal });
        Ok(ToolQuoted::Priced(Box::new(Quote::chosen(call.target, challenge, deal))))
    }

    /// Signs once and sends the payment until its outcome is known. The tool and its arguments must be
    /// those of the quote.
    pub async fn buy_tool(
        &self,
        quote: Quote,
        tool: &str,
        arguments: &Map<String, Value>,
    ) -> Result<ToolReply, PayError> {
        let mut server = quote.target().url().clone();
        server.set_fragment(None);
        let call = Call::of(server.as_str(), tool, arguments)?;
        if call.target != *quote.target() {
            return Err(PayError::InvalidUrl(TargetError::NotAUrl));
        }
        let draft = self.draft(&quote)?;
        if let Some(purse) = &self.purse {
            let (id, payment) = self.commit(purse, &quote, draft).await?;
            return self.present_call(Some((purse, id)), &call, payment).await;
        }
        let payment = self.sign(draft).await?;
        self.present_call(None, &call, payment).await
    }

    async fn present_call(
        &self,
        ledger: Option<(&Purse, PurchaseId)>,
        call: &Call<'_>,
        payment: Payment,
    ) -> Result<ToolReply, PayError> {
        let outcome = self.send_call(call, &payment).await;
        if let Some((purse, id)) = ledger {
            let came_of_it = match &outcome {
                Ok(reply) => {
                    reply.receipt.as_ref().map_or(Outcome::Undelivered, Outcome::Delivered)
                }
                Err(PayError::NotSent(_)) => Outcome::NeverSent,
                Err(_) => Outcome::Undelivered,
            };
            self.conclude(purse, id, came_of_it);
        }
        outcome
    }

    /// Sends the same payment until there is an answer or no patience left.
    async fn send_call(&self, call: &Call<'_>, payment: &Payment) -> Result<ToolReply, PayError> {
        let document = document_of(payment)?;
        let mut sending = Sending::start(self.world.now());
        loop {
            sending.count();
            self.notice(Event::Sending { payment, attempt: sending.sends() });
            let doubt = match Connection::open(&self.transport, &call.server).await {
                // The payment travels with the call only, so it has not left.
                Err(_) => SendDoubt::NoConnection,
                Ok(connection) => {
                    sending.may_have_arrived();
                    match connection.call(call.tool, call.arguments, Some(&document)).await {
                        Ok(answer) if answer.demand().is_some() => {
                            let last = answered(answer.reason());
                            let (exposure, attempts) = (*payment.exposure(), sending.sends());
                            let aftermath = Aftermath { exposure, attempts, last };
                            return Err(PayError::Rechallenged(Box::new(aftermath)));
                        }
                        Ok(answer) => {
                            let word = answer.settlement();
                            let receipt =
                                Receipt::judge_document(word.as_ref(), *payment.exposure());
                            self.notice(Event::Delivered { status: 200, receipt: &receipt });
                            return Ok(answer.reply(Some(receipt)));
                        }
                        Err(Unanswered::Refused(code)) => {
                            let last = answered(Some(ServerText::clean(&format!("error {code}"))));
                            let (exposure, attempts) = (*payment.exposure(), sending.sends());
                            let aftermath = Aftermath { exposure, attempts, last };
                            return Err(PayError::Rejected(Box::new(aftermath)));
                        }
                        Err(Unanswered::TimedOut) => SendDoubt::NoAnswer,
                        Err(Unanswered::Blocked(_) | Unanswered::Broken(_)) => SendDoubt::Broken,
                    }
                }
            };
            let Some(pause) = sending.pause(None, self.world.now()) else {
                if sending.provably_unsent() {
                    return Err(PayError::NotSent("the server cannot be reached".into()));
                }
                let (exposure, attempts) = (*payment.exposure(), sending.sends());
                let aftermath = Aftermath { exposure, attempts, last: doubt };
                return Err(PayError::Unknown(Box::new(aftermath)));
            };
            self.notice(Event::Waiting { doubt: &doubt, pause });
            self.world.sleep(pause).await;
        }
    }
}

/// What makes a call the same as another: the server, the tool and the arguments.
pub fn call_name(
    server: &str,
    tool: &str,
    arguments: &Map<String, Value>,
) -> Result<String, PayError> {
    Call::of(server, tool, arguments).map(|it| it.target.to_string())
}

impl<'a> Call<'a> {
    fn of(
        server: &str,
        tool: &'a str,
        arguments: &'a Map<String, Value>,
    ) -> Result<Self, PayError> {
        let server = confidential(server)?;
        let digest = Sha256::digest(canonical(&Value::Object(arguments.clone())).to_string());
        let target = Target::of_tool(&server, tool, &format!("{digest:x}"));
        let target = target.ok_or(PayError::InvalidUrl(TargetError::NotAUrl))?;
        Ok(Self { server, target, tool, arguments })
    }
}

fn confidential(server: &str) -> Result<Target, PayError> {
    let server = Target::parse(server).map_err(PayError::InvalidUrl)?;
    if server.is_confidential() { Ok(server) } else { Err(PayError::InsecureTransport) }
}

/// The same arguments in one order: a model that writes them in another one means the same call.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut names: Vec<_> = members.keys().collect();
            names.sort();
            let members = names.into_iter().map(|name| (name.clone(), canonical(&members[name])));
            Value::Object(members.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// The payment as a document: what its header is the base64 of.
fn document_of(payment: &Payment) -> Result<Value, PayError> {
    let text = header::decode_json(payment.value().as_bytes(), PAYMENT_BYTES_MAX);
    text.and_then(|text| wire::json::parse(&text)).map_err(|_| PayError::PaymentTooLarge)
}

fn answered(code: Option<ServerText>) -> SendDoubt {
    SendDoubt::Answered { status: 200, code, transaction: None, location: None }
}

fn unpaid(why: Unanswered) -> PayError {
    match why {
        Unanswered::Blocked(why) => PayError::BlockedAddress(why),
        Unanswered::TimedOut => PayError::TimedOut,
        Unanswered::Refused(code) => PayError::ToolRefused { code },
        Unanswered::Broken(why) => PayError::Unreachable(why),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_arguments_are_the_same_call_in_whatever_order() {
        let target = |arguments: Value| {
            let arguments = arguments.as_object().cloned().unwrap_or_default();
            Call::of("https://a.example/mcp", "t", &arguments).unwrap().target
        };
        let one = target(json!({ "a": 1, "b": { "c": [1, 2], "d": "x" } }));
        assert_eq!(one, target(json!({ "b": { "d": "x", "c": [1, 2] }, "a": 1 })));
        assert_ne!(one, target(json!({ "b": { "d": "x", "c": [2, 1] }, "a": 1 })));
        assert_ne!(one, target(json!({})));
    }
}
