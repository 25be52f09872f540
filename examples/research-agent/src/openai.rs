//! Chat completions, as `OpenAI` and many others have them:
//! <https://platform.openai.com/docs/api-reference/chat>.

use serde_json::{Value, json};

use crate::conversation::{Call, SYSTEM, Said, Turn, tools};

/// The request's path below the endpoint.
pub const PATH: &str = "/chat/completions";

/// The request's body.
#[must_use]
pub fn request(model: &str, turns: &[Turn], tokens_max: u32) -> Value {
    let tools = tools().map(|(name, description, schema)| {
        json!({ "type": "function", "function": {
            "name": name, "description": description, "parameters": schema,
        } })
    });
    let mut messages = vec![json!({ "role": "system", "content": SYSTEM })];
    for turn in turns {
        match turn {
            Turn::Question(text) => messages.push(json!({ "role": "user", "content": text })),
            Turn::Said(said) => messages.push(assistant(said)),
            Turn::Results(all) => messages
                .extend(all.iter().map(
                    |it| json!({ "role": "tool", "tool_call_id": it.id, "content": it.text }),
                )),
        }
    }
    json!({ "model": model, "messages": messages, "tools": tools, "max_tokens": tokens_max })
}

fn assistant(said: &Said) -> Value {
    let mut message = json!({ "role": "assistant", "content": said.text });
    if !said.calls.is_empty() {
        let call = |it: &Call| {
            json!({ "id": it.id, "type": "function",
                    "function": { "name": it.name, "arguments": it.raw } })
        };
        message["tool_calls"] = said.calls.iter().map(call).collect();
    }
    message
}

/// Reads an answer; nothing if it has another form.
#[must_use]
pub fn read(answer: &Value) -> Option<Said> {
    let message = answer.pointer("/choices/0/message")?;
    let text = message["content"].as_str().unwrap_or_default().to_owned();
    let calls = message["tool_calls"].as_array().into_iter().flatten().map(|it| {
        let text = |pointer: &str| it.pointer(pointer)?.as_str().map(str::to_owned);
        Some(Call {
            id: text("/id")?,
            name: text("/function/name")?,
            raw: text("/function/arguments")?,
        })
    });
    Some(Said { text, calls: calls.collect::<Option<_>>()? })
}
