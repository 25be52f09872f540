//! One connection to a Model Context Protocol server, over streamable HTTP. Knows how a demand, a
//! payment and a receipt travel, and decides nothing.

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use rmcp::model::{CallToolRequestParams, CallToolResponse, CallToolResult, RequestMetaObject};
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ServiceError, serve_client};
use serde_json::{Map, Value};

use super::ToolReply;
use crate::decisions::guard::Blocked;
use crate::decisions::receipt::Receipt;
use crate::decisions::target::Target;
use crate::server_text::ServerText;
use crate::transport::{NoReply, Transport, blocked_by};

/// Where a payment travels in a call, and a receipt in its result (x402's specification of the MCP
/// transport, version 2).
const PAYMENT: &str = "x402/payment";
const PAYMENT_RESPONSE: &str = "x402/payment-response";

/// Largest message that is read.
const MESSAGE_BYTES_MAX: usize = 4 << 20;

/// Most tools of one server that are listed.
const TOOLS_MAX: usize = 200;

/// A tool as its server describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does, in the server's words.
    pub description: Option<String>,
    /// What it takes, as a JSON schema of the server's.
    pub input_schema: Value,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// The guard does not let requests out there.
    Blocked(Blocked),
    /// Not in time. The call may have arrived.
    TimedOut,
    /// The server refuses the call by an error of the protocol.
    Refused(i32),
    /// The connection broke, or the answer makes no sense. The call may have arrived.
    Broken(Box<dyn Error + Send + Sync>),
}

/// A tool's answer.
pub(super) struct Answer(CallToolResult);

/// A connection.
pub(super) struct Connection {
    service: RunningService<RoleClient, ()>,
    patience: Duration,
}

impl Connection {
    pub(super) async fn open(transport: &Transport, server: &Target) -> Result<Self, Unanswered> {
        transport.admits(server).map_err(|why| match why {
            NoReply::Blocked(why) => Unanswered::Blocked(why),
            NoReply::NotConnected(why) | NoReply::Broken(why) => Unanswered::Broken(why.into()),
            NoReply::TimedOut => Unanswered::TimedOut,
        })?;
        // A session that is lost is not made anew behind our back: every call is counted.
        let config = StreamableHttpClientTransportConfig::with_uri(server.to_string())
            .max_sse_event_size(MESSAGE_BYTES_MAX)
            .reinit_on_expired_session(false);
        let wire = StreamableHttpClientTransport::with_client(transport.client(), config);
        let patience = transport.patience().answer;
        match tokio::time::timeout(patience, serve_client((), wire)).await {
            Err(_) => Err(Unanswered::TimedOut),
            Ok(Ok(service)) => Ok(Self { service, patience }),
            Ok(Err(why)) => Err(broken(why)),
        }
    }

    pub(super) async fn tools(&self) -> Result<Vec<Tool>, Unanswered> {
        let listing = tokio::time::timeout(self.patience, self.service.list_tools(None));
        let listed = listing.await.map_err(|_| Unanswered::TimedOut)?.map_err(unanswered)?;
        let tools = listed.tools.into_iter().take(TOOLS_MAX).map(|it| Tool {
            name: it.name.into_owned(),
            description: it.description.map(Cow::into_owned),
            input_schema: Value::Object(it.input_schema.as_ref().clone()),
        });
        Ok(tools.collect())
    }

    /// Calls once, with or without a payment.
    pub(super) async fn call(
        &self,
        tool: &str,
        arguments: &Map<String, Value>,
        payment: Option<&Value>,
    ) -> Result<Answer, Unanswered> {
        let mut params =
            CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments.clone());
        if let Some(payment) = payment {
            let mut meta = RequestMetaObject::new();
            meta.insert(PAYMENT.to_owned(), payment.clone());
            params.meta = Some(meta);
        }
        let calling = tokio::time::timeout(self.patience, self.service.call_tool_once(params));
        match calling.await.map_err(|_| Unanswered::TimedOut)?.map_err(unanswered)? {
            CallToolResponse::Complete(result) => Ok(Answer(result)),
            CallToolResponse::InputRequired(_) | CallToolResponse::Task(_) | _ => {
                Err(Unanswered::Broken("the server wants more than a payment".into()))
            }
        }
    }
}

impl Answer {
    /// The demand for a payment, if that is what it is: structured, or as text for clients that read
    /// nothing else.
    pub(super) fn demand(&self) -> Option<Value> {
        if self.0.is_error != Some(true) {
            return None;
        }
        let is_demand = |it: &Value| it.get("x402Version").is_some() && it.get("accepts").is_some();
        if let Some(structured) = self.0.structured_content.clone().filter(is_demand) {
            return Some(structured);
        }
        let text = self.0.content.first()?.as_text()?;
        wire::json::parse(text.text.as_bytes()).ok().filter(is_demand)
    }

    /// Why the server demands it.
    pub(super) fn reason(&self) -> Option<ServerText> {
        let demand = self.demand()?;
        demand.get("error").and_then(Value::as_str).map(ServerText::clean)
    }

    /// The server's word on the payment.
    pub(super) fn settlement(&self) -> Option<Value> {
        self.0.meta.as_ref()?.get(PAYMENT_RESPONSE).cloned()
    }

    pub(super) fn reply(self, receipt: Option<Receipt>) -> ToolReply {
        ToolReply {
            content: serde_json::to_value(&self.0.content).unwrap_or_default(),
            structured: self.0.structured_content,
            is_error: self.0.is_error == Some(true),
            receipt,
        }
    }
}

fn unanswered(why: ServiceError) -> Unanswered {
    if let ServiceError::McpError(error) = &why {
        return Unanswered::Refused(error.code.0);
    }
    if matches!(why, ServiceError::Timeout { .. }) { Unanswered::TimedOut } else { broken(why) }
}

/// The guard's verdict, if that is what is behind it.
fn broken(why: impl Error + Send + Sync + 'static) -> Unanswered {
    match blocked_by(&why) {
        Some(blocked) => Unanswered::Blocked(blocked),
        None => Unanswered::Broken(Box::new(why)),
    }
}
