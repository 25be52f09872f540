//! Amazon Bedrock's Converse API: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>.

use serde_json::{Value, json};

use crate::conversation::{Call, Outcome, SYSTEM, Said, Turn, tools};

/// The request's path below the endpoint. A model's name has colons, which are escaped.
#[must_use]
pub fn path(model: &str) -> String {
    format!("/model/{}/converse", crate::sigv4::escaped(model))
}

/// The request's body.
#[must_use]
pub fn request(turns: &[Turn], tokens_max: u32) -> Value {
    let tools = tools().map(|(name, description, schema)| {
        json!({ "toolSpec": {
            "name": name, "description": description, "inputSchema": { "json": schema },
        } })
    });
    json!({
        "system": [{ "text": SYSTEM }],
        "messages": turns.iter().map(message).collect::<Vec<_>>(),
        "toolConfig": { "tools": tools },
        "inferenceConfig": { "maxTokens": tokens_max },
    })
}

fn message(turn: &Turn) -> Value {
    match turn {
        Turn::Question(text) => json!({ "role": "user", "content": [{ "text": text }] }),
        Turn::Said(said) => {
            let text = Some(&said.text).filter(|it| !it.trim().is_empty());
            let text = text.map(|it| json!({ "text": it }));
            let calls = said.calls.iter().map(|it| {
                // What was no object cannot be repeated: the interface takes objects only.
                let input = it.input().unwrap_or_else(|| json!({}));
                json!({ "toolUse": { "toolUseId": it.id, "name": it.name, "input": input } })
            });
            let content: Vec<_> = text.into_iter().chain(calls).collect();
            json!({ "role": "assistant", "content": content })
        }
        Turn::Results(all) => {
            json!({ "role": "user", "content": all.iter().map(result).collect::<Vec<_>>() })
        }
    }
}

fn result(it: &Outcome) -> Value {
    let status = if it.failed { "error" } else { "success" };
    json!({ "toolResult": {
        "toolUseId": it.id, "content": [{ "text": it.text }], "status": status,
    } })
}

/// Reads an answer; nothing if it has another form.
#[must_use]
pub fn read(answer: &Value) -> Option<Said> {
    let mut said = Said::default();
    for block in answer.pointer("/output/message/content")?.as_array()? {
        if let Some(text) = block["text"].as_str() {
            said.text.push_str(text);
        }
        if let Some(call) = block["toolUse"].as_object() {
            let text = |name: &str| call.get(name)?.as_str().map(str::to_owned);
            said.calls.push(Call {
                id: text("toolUseId")?,
                name: text("name")?,
                raw: call.get("input").map(Value::to_string).unwrap_or_default(),
            });
        }
    }
    Some(said)
}
