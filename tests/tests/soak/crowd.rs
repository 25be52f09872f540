//! Thousands of clients that ask for the price now and then and keep their connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::market::PATH;

/// Between two questions of one client: within the time that the server waits for the next.
const PAUSE: Duration = Duration::from_secs(10);
/// Between the arrivals of two clients.
const ARRIVAL: Duration = Duration::from_millis(2);

/// The crowd.
pub(crate) struct Crowd {
    clients: JoinSet<()>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    challenged: AtomicU64,
    otherwise: AtomicU64,
    connected: AtomicU64,
    most: AtomicU64,
}

/// How often the crowd got the price, how often anything else or nothing, and how many of it were
/// connected at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) challenged: u64,
    pub(crate) otherwise: u64,
    pub(crate) most: u64,
}

/// Has this many clients come, one after the other.
pub(crate) fn gather(to: SocketAddr, count: usize, over: &Arc<AtomicBool>) -> Crowd {
    let (mut clients, counts) = (JoinSet::new(), Arc::<Counts>::default());
    for number in 0..count {
        let (counts, over) = (Arc::clone(&counts), Arc::clone(over));
        clients.spawn(async move {
            tokio::time::sleep(ARRIVAL * u32::try_from(number).unwrap()).await;
            while !over.load(Ordering::Relaxed) {
                if let Ok(stream) = TcpStream::connect(to).await {
                    let connected = counts.connected.fetch_add(1, Ordering::Relaxed) + 1;
                    counts.most.fetch_max(connected, Ordering::Relaxed);
                    stay(stream, &counts, &over).await;
                }
            }
        });
    }
    Crowd { clients, counts }
}

impl Crowd {
    /// What the crowd got. It leaves.
    pub(crate) async fn asked(mut self) -> Asked {
        self.clients.shutdown().await;
        let count = |it: &AtomicU64| it.load(Ordering::Relaxed);
        let Counts { challenged, otherwise, most, .. } = &*self.counts;
        Asked { challenged: count(challenged), otherwise: count(otherwise), most: count(most) }
    }
}

async fn stay(mut stream: TcpStream, counts: &Counts, over: &AtomicBool) {
    let request = format!("GET {PATH} HTTP/1.1\r\nhost: files.example.com\r\n\r\n");
    while !over.load(Ordering::Relaxed) {
        let status = ask(&mut stream, request.as_bytes()).await;
        let challenged = status.as_deref() == Some("402");
        let count = if challenged { &counts.challenged } else { &counts.otherwise };
        count.fetch_add(1, Ordering::Relaxed);
        if !challenged {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    counts.connected.fetch_sub(1, Ordering::Relaxed);
}

/// The status of one reply, read to its end.
async fn ask(stream: &mut TcpStream, request: &[u8]) -> Option<String> {
    stream.write_all(request).await.ok()?;
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head.lines().find_map(|it| it.strip_prefix("content-length: "))?;
        if bytes.len() >= end + 4 + length.parse::<usize>().ok()? {
            return Some(head[9..12].to_owned());
        }
    }
}
