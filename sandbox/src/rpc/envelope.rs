//! JSON-RPC 2.0 around the methods: single calls, batches, notifications. It knows no method.

use super::error::RpcError;
use super::params::Params;
use super::sight::Sight;
use super::{dev, eth};
use crate::chain::Chain;
use serde_json::{Map, Value, json};

/// How many calls a batch may have. Source: geth, `rpc.batch-request-limit` (1000).
pub const BATCH_CALLS_MAX: usize = 1_000;

/// What a node with this sight answers; nothing when all that was asked were notifications.
#[must_use]
pub fn answer(chain: &Chain, sight: Sight, body: &[u8]) -> Option<Value> {
    let refusal = |error: &RpcError| Some(failure(&Value::Null, error));
    match serde_json::from_slice(body) {
        Err(_) => refusal(&RpcError::Unparsable),
        Ok(Value::Array(calls)) if calls.is_empty() => {
            refusal(&RpcError::InvalidRequest("empty batch"))
        }
        Ok(Value::Array(calls)) if calls.len() > BATCH_CALLS_MAX => {
            refusal(&RpcError::InvalidRequest("batch too large"))
        }
        Ok(Value::Array(calls)) => {
            let answers: Vec<_> =
                calls.into_iter().filter_map(|it| answer_one(chain, sight, it)).collect();
            if answers.is_empty() { None } else { Some(Value::Array(answers)) }
        }
        Ok(call) => answer_one(chain, sight, call),
    }
}

fn answer_one(chain: &Chain, sight: Sight, call: Value) -> Option<Value> {
    let Some((id, method, params)) = taken_apart(call) else {
        return Some(failure(&Value::Null, &RpcError::InvalidRequest("invalid request")));
    };
    let result = perform(chain, sight, &method, params);
    let id = id?;
    Some(match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => failure(&id, &error),
    })
}

fn failure(id: &Value, error: &RpcError) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": error.to_json() })
}

/// Id, method and parameters. A call without an id is a notification.
fn taken_apart(call: Value) -> Option<(Option<Value>, String, Option<Value>)> {
    let Value::Object(mut call): Value = call else { return None };
    let text = |call: &mut Map<String, Value>, name| match call.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    if text(&mut call, "jsonrpc")? != "2.0" {
        return None;
    }
    let method = text(&mut call, "method")?;
    let id = call.remove("id");
    let scalar = |it: &Value| !(it.is_array() || it.is_object());
    id.as_ref().is_none_or(scalar).then(|| (id, method, call.remove("params")))
}

fn perform(
    chain: &Chain,
    sight: Sight,
    method: &str,
    params: Option<Value>,
) -> Result<Value, RpcError> {
    let params = Params::new(params)?;
    let truth = match eth::perform(chain, sight, method, &params) {
        Some(result) => result?,
        None => dev::perform(chain, method, &params)
            .unwrap_or_else(|| Err(RpcError::UnknownMethod(method.to_owned())))?,
    };
    Ok(sight.distorted(method, &params, truth))
}
