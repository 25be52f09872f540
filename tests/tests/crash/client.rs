//! A client whose connection may die at any byte.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::http::{Reply, request};

/// A request under way.
pub(crate) struct Asking {
    task: JoinHandle<Vec<u8>>,
    got: watch::Receiver<usize>,
}

impl Asking {
    /// Sends it on a connection of its own, with this payment.
    pub(crate) fn begin(to: SocketAddr, path: &str, payment: Option<&str>) -> Self {
        let payment: Vec<_> = payment.map(|it| ("payment-signature", it)).into_iter().collect();
        let request = request("GET", path, &payment);
        let (tell, got) = watch::channel(0);
        let task = tokio::spawn(async move {
            let mut bytes = Vec::new();
            let Ok(mut stream) = TcpStream::connect(to).await else { return bytes };
            let _ = stream.write_all(&request).await;
            while stream.read_buf(&mut bytes).await.is_ok_and(|it| it > 0) {
                tell.send_replace(bytes.len());
            }
            bytes
        });
        Self { task, got }
    }

    /// Returns when at least this much of the answer is here.
    pub(crate) async fn has_got(&mut self, bytes: usize) {
        self.got.wait_for(|it| *it >= bytes).await.expect("more of the answer");
    }

    /// The answer, if as much as a whole head of it came.
    pub(crate) async fn end(self) -> Option<Reply> {
        let bytes = self.task.await.unwrap();
        bytes.windows(4).any(|it| it == b"\r\n\r\n").then(|| Reply::parse(&bytes))
    }
}
