//! One HTTP call as bytes, so that nothing is smoothed over: resets, short bodies and silence are
//! what a test wants to see.

use sandbox::Sandbox;
use serde_json::Value;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest body that is read. A test that wants to see more is wrong.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The server ended the connection, in order.
    Answer(Answer),
    /// TCP RST.
    Reset,
    /// No end came for as long as the test wanted to wait; these bytes did.
    Unfinished(Vec<u8>),
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|it| it.split_once(": "));
        lines.filter(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

impl Ending {
    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Answer(answer) => answer,
            Self::Reset | Self::Unfinished(_) => panic!("no answer: {self:?}"),
        }
    }
}

pub(crate) async fn post(sandbox: &Sandbox, path: &str, body: &Value) -> Answer {
    send(&sandbox.facilitator_url(), "POST", path, &body.to_string()).await.answer()
}

pub(crate) async fn get(sandbox: &Sandbox, path: &str) -> Answer {
    send(&sandbox.facilitator_url(), "GET", path, "").await.answer()
}

/// Waits for up to ten seconds.
pub(crate) async fn send(base: &str, method: &str, path: &str, body: &str) -> Ending {
    send_patiently(base, method, path, body, Duration::from_secs(10)).await
}

pub(crate) async fn send_patiently(
    base: &str,
    method: &str,
    path: &str,
    body: &str,
    patience: Duration,
) -> Ending {
    let address: SocketAddr = base.strip_prefix("http://").unwrap().parse().unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let mut stream = stream.take(BYTES_MAX);
    let read = tokio::time::timeout(patience, stream.read_to_end(&mut bytes)).await;
    match read {
        Err(_) => return Ending::Unfinished(bytes),
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionReset => return Ending::Reset,
        Ok(result) => drop(result.unwrap()),
    }
    Ending::Answer(parsed(&bytes))
}

fn parsed(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|it| it == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: bytes[end + 4..].to_vec() }
}
