//! Whole requests and whole answers on their way through a proxy. One request for each connection:
//! simple, and no client can tell.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A whole request: its head, and as many bytes as that announces.
pub(crate) async fn read_request(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let end = bytes.windows(4).position(|it| it == b"\r\n\r\n");
        if let Some(end) = end.map(|it| it + 4) {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|it| it.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |it| it.trim().parse().unwrap());
            if bytes.len() >= end + length {
                return Some(bytes);
            }
        }
        if client.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// What the server behind answers to this request.
pub(crate) async fn pass_on(request: &[u8], behind: &str) -> Vec<u8> {
    let mut server = TcpStream::connect(behind).await.unwrap();
    server.write_all(&closing(request)).await.unwrap();
    let mut answer = Vec::new();
    let _ = server.read_to_end(&mut answer).await;
    answer
}

/// The same request, asking the server to close: its answer ends where the connection does.
fn closing(request: &[u8]) -> Vec<u8> {
    let line = request.windows(2).position(|it| it == b"\r\n").unwrap() + 2;
    [&request[..line], b"connection: close\r\n", &request[line..]].concat()
}
