//! Turns connections away when there are too many: with an answer, so that whoever asks comes back
//! later instead of hanging, and without reading a request, so that it costs next to nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::decisions::codes::Code;
use crate::decisions::refusal::Refusal;
use crate::decisions::reply::Reply;

/// Connections that are being told so at a time. Beyond it they are closed without a word: a crowd
/// must not find room in the waiting line for the exit.
const TOLD_MAX: usize = 256;
/// How long one may take to hear it. Longer than a round trip and a packet that is sent again.
const HEARING: Duration = Duration::from_secs(2);

/// Says no.
#[derive(Debug)]
pub(super) struct Crowd {
    answer: Arc<[u8]>,
    told: Arc<Semaphore>,
    /// Turned away since there was room last.
    turned: u64,
}

impl Crowd {
    /// Nobody was turned away yet.
    #[must_use]
    pub(super) fn new() -> Self {
        Self { answer: answer().into(), told: Arc::new(Semaphore::new(TOLD_MAX)), turned: 0 }
    }

    /// There is room.
    pub(super) fn ends(&mut self) {
        if self.turned > 0 {
            tracing::warn!(
                connections = self.turned,
                "there is room again; so many were told to come back"
            );
            self.turned = 0;
        }
    }

    /// There is none: tells so, and closes.
    pub(super) fn turn_away(&mut self, stream: TcpStream) {
        if self.turned == 0 {
            tracing::warn!("too many connections are open; others are told to come back");
        }
        self.turned += 1;
        if let Ok(permit) = Arc::clone(&self.told).try_acquire_owned() {
            let answer = Arc::clone(&self.answer);
            tokio::spawn(async move {
                let _ = tokio::time::timeout(HEARING, tell(stream, &answer)).await;
                drop(permit);
            });
        }
    }
}

/// Waits for the other side to close: bytes that nobody has read when a socket is closed make the
/// system take back what was sent (RFC 9112, 9.6).
async fn tell(mut stream: TcpStream, answer: &[u8]) -> std::io::Result<()> {
    stream.write_all(answer).await?;
    stream.shutdown().await?;
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}

/// What every reply has, as bytes of HTTP/1.1. The payment in a request that nobody read may have
/// been presented before, so only this request is spoken of.
fn answer() -> Vec<u8> {
    let words = "too many connections are open; nothing was charged by this request; send it again \
                 later";
    let refusal = Refusal::new(Code::FacilitatorUnavailable).because(words.to_owned());
    let reply = Reply::refusal(&refusal);
    let mut answer = format!("HTTP/1.1 {}\r\n", reply.status).into_bytes();
    for (name, value) in &reply.headers {
        answer.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let length = format!("content-length: {}\r\nconnection: close\r\n\r\n", reply.body.len());
    answer.extend(length.as_bytes());
    answer.extend(&reply.body[..]);
    answer
}
