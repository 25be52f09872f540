//! A client that sends exactly the bytes it is told to, and reads whatever comes.

use std::collections::HashMap;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::header::{CHALLENGE_HEADER_BYTES_MAX, decode_json};

/// A reply, as far as it came.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// Sends one request on a connection of its own.
pub(crate) async fn ask(
    to: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> Reply {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(&request(method, target, headers)).await.unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    Reply::parse(&bytes)
}

pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut text =
        format!("{method} {target} HTTP/1.1\r\nhost: evil.test\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    (text + "\r\n").into_bytes()
}

impl Reply {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|it| it == b"\r\n\r\n").expect("a whole head");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap()[9..12].parse().unwrap();
        let pair = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_lowercase(), value.to_owned())
        };
        Self { status, headers: lines.map(pair).collect(), body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// A base64 JSON header, decoded.
    pub(crate) fn message(&self, name: &str) -> Option<Value> {
        let json = decode_json(self.header(name)?.as_bytes(), CHALLENGE_HEADER_BYTES_MAX);
        Some(serde_json::from_slice(&json.unwrap()).unwrap())
    }

    /// Status and code, for tables.
    pub(crate) fn ending(&self) -> String {
        let json: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let code = json.get("error").and_then(Value::as_str).unwrap_or("object");
        format!("{} {code}", self.status)
    }

    /// Is a new payment invited? Either sign of it counts.
    pub(crate) fn invites_payment(&self) -> bool {
        self.status == 402 || self.header("payment-required").is_some()
    }
}
