//! A model that says what a script says, behind either interface, and remembers what it was told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use research_agent::model::Dialect;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A part of what it says in one turn.
#[derive(Debug, Clone)]
pub(crate) enum Line {
    /// Words.
    Say(&'static str),
    /// A tool and its input, as the model writes it.
    Call(&'static str, String),
    /// A status and a body, instead of anything else.
    Raw(u16, String),
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// The model; it ends with the runtime of its test.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    dialect: Dialect,
    address: std::net::SocketAddr,
    turns: Arc<Mutex<VecDeque<Vec<Line>>>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Line {
    pub(crate) fn is_json(&self) -> bool {
        match self {
            Self::Call(_, input) => serde_json::from_str::<Value>(input).is_ok(),
            Self::Say(_) | Self::Raw(..) => true,
        }
    }
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Script {
    pub(crate) async fn start(dialect: Dialect, turns: Vec<Vec<Line>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let turns = Arc::new(Mutex::new(turns.into()));
        let script = Self { dialect, address, turns, requests: Arc::default() };
        let it = script.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(it.clone().serve(stream));
            }
        });
        script
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// How often it was asked.
    pub(crate) fn turns(&self) -> usize {
        self.requests().len()
    }

    /// Everything that it was told.
    pub(crate) fn everything(&self) -> String {
        let told = self.requests().into_iter().map(|it| format!("{:?}{}", it.headers, it.body));
        told.collect::<Vec<_>>().concat()
    }

    /// What its calls brought, as it read them.
    pub(crate) fn results(&self) -> Vec<String> {
        let last = self.requests().last().unwrap().json();
        let messages = last["messages"].as_array().unwrap().clone();
        match self.dialect {
            Dialect::OpenAi => {
                let results = messages.iter().filter(|it| it["role"] == "tool");
                results.map(|it| it["content"].as_str().unwrap().to_owned()).collect()
            }
            Dialect::Bedrock => {
                let blocks = messages.iter().flat_map(|it| it["content"].as_array().unwrap());
                let texts = blocks.filter_map(|it| it.pointer("/toolResult/content/0/text"));
                texts.map(|it| it.as_str().unwrap().to_owned()).collect()
            }
        }
    }

    /// How many of the results were marked as failed. Chat completions have no such mark.
    pub(crate) fn failed(&self) -> usize {
        let last = self.requests().last().unwrap().body.clone();
        last.matches("\"status\":\"error\"").count()
    }

    async fn serve(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(request) = read(&mut stream).await {
            let number = {
                let mut requests = self.requests.lock().unwrap();
                requests.push(request);
                requests.len()
            };
            let turn = self.turns.lock().unwrap().pop_front().unwrap_or_default();
            let (status, body) = match &turn[..] {
                [Line::Raw(status, body)] => (*status, body.clone()),
                lines => (200, self.spoken(number, lines).to_string()),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {length}\r\n\r\n");
            if stream.get_mut().write_all(format!("{head}{body}").as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn spoken(&self, turn: usize, lines: &[Line]) -> Value {
        let id = |index: usize| format!("call_{turn}_{index}");
        match self.dialect {
            Dialect::Bedrock => {
                let content = lines.iter().enumerate().map(|(index, line)| match line {
                    Line::Say(text) => json!({ "text": text }),
                    Line::Call(name, input) => json!({ "toolUse": {
                        "toolUseId": id(index), "name": name,
                        "input": serde_json::from_str::<Value>(input).unwrap(),
                    } }),
                    Line::Raw(..) => unreachable!("alone in its turn"),
                });
                let content: Vec<_> = content.collect();
                json!({ "output": { "message": { "role": "assistant", "content": content } },
                        "stopReason": "end_turn", "usage": { "inputTokens": 1 } })
            }
            Dialect::OpenAi => {
                let mut message = json!({ "role": "assistant", "content": null });
                let mut calls = Vec::new();
                for (index, line) in lines.iter().enumerate() {
                    match line {
                        Line::Say(text) => message["content"] = json!(text),
                        Line::Call(name, input) => calls.push(json!({
                            "id": id(index), "type": "function",
                            "function": { "name": name, "arguments": input },
                        })),
                        Line::Raw(..) => unreachable!("alone in its turn"),
                    }
                }
                if !calls.is_empty() {
                    message["tool_calls"] = json!(calls);
                }
                json!({ "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }] })
            }
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let path = lines.first()?.split(' ').nth(1)?.to_owned();
    let header = |line: &String| {
        line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()))
    };
    let headers: Vec<_> = lines[1..].iter().filter_map(header).collect();
    let length = headers.iter().find(|(it, _)| it == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, it)| it.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request { path, headers, body: String::from_utf8(body).unwrap() })
}
