//! The few requests that no agent would make: a payment sent twice.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A merchant answers within 28 s, on the slowest machine.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// A reply, as it came.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// One GET on a connection of its own.
pub(crate) async fn get(to: SocketAddr, path: &str, header: &str) -> Result<Reply, String> {
    let reply = tokio::time::timeout(ANSWER_MAX, exchange(to, path, header)).await;
    reply.map_err(|_| format!("GET {path}: no answer in time"))?
}

async fn exchange(to: SocketAddr, path: &str, header: &str) -> Result<Reply, String> {
    let failed = |error: std::io::Error| format!("GET {path}: {error}");
    let mut stream = TcpStream::connect(to).await.map_err(failed)?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.map_err(failed)?;
    let end = bytes.windows(4).position(|it| it == b"\r\n\r\n");
    let end = end.ok_or_else(|| format!("GET {path}: the reply has no end of headers"))?;
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let status = head.get(9..12).and_then(|it| it.parse().ok()).unwrap_or_default();
    Ok(Reply { status, head, body: bytes[end + 4..].to_vec() })
}

impl Reply {
    /// The `error` of a JSON body.
    pub(crate) fn code(&self) -> String {
        let json: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        json["error"].as_str().unwrap_or_default().to_owned()
    }
}
