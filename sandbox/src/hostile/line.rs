//! The bare socket: requests in, bytes out, and every way of not behaving there that HTTP libraries
//! rule out. What is said is decided elsewhere.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Longest line of a request, and most lines. A payment has a few kilobytes.
const LINE_BYTES_MAX: u64 = 64 * 1024;
const LINES_MAX: usize = 100;

/// Connections at once. More than this are closed unread.
const CONNECTIONS_MAX: usize = 1_024;

/// Pause between two bytes of a drip: often enough that no limit on silence notices.
const DRIP_PAUSE: Duration = Duration::from_millis(100);

/// Pause after a failed accept (out of file descriptors, most likely), so as not to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a request came to.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) path: String,
    /// The payment, in either version's header.
    pub(super) payment: Option<String>,
}

/// What to do about it.
#[derive(Debug)]
pub(super) enum Act {
    /// These bytes; the connection goes on.
    Say(Vec<u8>),
    /// These bytes, and the end of the connection.
    Leave(Vec<u8>),
    /// These bytes, then those again and again while anybody reads.
    Endless(Vec<u8>, Vec<u8>),
    /// These bytes, then this one every tenth of a second while anybody waits.
    Drip(Vec<u8>, u8),
    /// Nothing, with the connection open.
    Hang,
    /// A TCP RST.
    Reset,
}

/// Serves until it is dropped, and every connection with it.
pub(super) async fn serve<F, A>(listener: TcpListener, answer: F)
where
    F: Fn(Heard) -> A + Send + Sync + 'static,
    A: Future<Output = Act> + Send + 'static,
{
    let answer = Arc::new(answer);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < CONNECTIONS_MAX => {
                    connections.spawn(converse(stream, answer.clone()));
                }
                Ok(_) => {}
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse<F, A>(stream: TcpStream, answer: Arc<F>)
where
    F: Fn(Heard) -> A,
    A: Future<Output = Act>,
{
    // Without it an answer in two writes waits for the caller's delayed acknowledgement.
    drop(stream.set_nodelay(true));
    let mut stream = BufReader::new(stream);
    while let Some(heard) = hear(&mut stream).await {
        let act = answer(heard).await;
        let Act::Say(bytes) = act else { return play(act, stream.into_inner()).await };
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

async fn play(act: Act, mut stream: TcpStream) {
    match act {
        Act::Say(bytes) | Act::Leave(bytes) => drop(stream.write_all(&bytes).await),
        Act::Endless(head, piece) => {
            let mut next = stream.write_all(&head).await;
            while next.is_ok() {
                next = stream.write_all(&piece).await;
            }
        }
        Act::Drip(head, byte) => {
            let mut next = stream.write_all(&head).await;
            while next.is_ok() {
                tokio::time::sleep(DRIP_PAUSE).await;
                next = stream.write_all(&[byte]).await;
            }
        }
        // Until the caller goes away.
        Act::Hang => drop(stream.read_u8().await),
        // Zero linger turns the close into a TCP RST.
        Act::Reset => drop(stream.set_zero_linger()),
    }
}

/// A request's head. Bodies are not read: nothing here takes one.
async fn hear(stream: &mut BufReader<TcpStream>) -> Option<Heard> {
    let request = line(stream).await?;
    let path = request.split(' ').nth(1)?.to_owned();
    let mut payment = None;
    for _ in 0..LINES_MAX {
        let line = line(stream).await?;
        if line.is_empty() {
            return Some(Heard { path, payment });
        }
        let (name, value) = line.split_once(':')?;
        let pays =
            ["payment-signature", "x-payment"].iter().any(|it| name.eq_ignore_ascii_case(it));
        payment = if pays { Some(value.trim().to_owned()) } else { payment };
    }
    None
}

async fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = Vec::new();
    stream.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await.ok()?;
    let line = line.strip_suffix(b"\n")?;
    Some(String::from_utf8_lossy(line).trim_end_matches('\r').to_owned())
}
