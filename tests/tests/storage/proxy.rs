//! What a storage service does on its bad days, in front of one that has none: conflicts, errors,
//! delays and answers that are cut off.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::relay::{pass_on, read_request};

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing.
    None,
    /// It is not passed on, and answered with this status.
    Refuse(u16),
    /// It is passed on, and its answer is replaced by this status: what was written stays written.
    Forget(u16),
    /// It is passed on after this long.
    Slow(Duration),
    /// Only this many bytes of the answer come through.
    Cut(usize),
    /// Only the answer's head comes through.
    HeadOnly,
    /// The connection is closed before anything is passed on.
    Close,
}

/// A proxy.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) address: String,
    shared: Arc<Shared>,
}

struct Shared {
    behind: String,
    /// Trouble for the next requests whose head holds this text.
    planned: Mutex<VecDeque<(String, Trouble)>>,
    /// Trouble for all the others.
    always: Mutex<Trouble>,
    /// Request lines, in order.
    seen: Mutex<Vec<String>>,
}

impl Proxy {
    /// Listens in front of this server.
    pub(crate) async fn before(behind: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            behind: behind.to_owned(),
            planned: Mutex::default(),
            always: Mutex::new(Trouble::None),
            seen: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                tokio::spawn(async move { shared.serve(stream).await });
            }
        });
        Self { address, shared }
    }

    /// Troubles the next request whose head holds this text, such as `"PUT /ledger"`.
    pub(crate) fn plan(&self, text: &str, trouble: Trouble) {
        self.shared.planned.lock().unwrap().push_back((text.to_owned(), trouble));
    }

    /// Troubles every request that nothing is planned for.
    pub(crate) fn always(&self, trouble: Trouble) {
        *self.shared.always.lock().unwrap() = trouble;
    }

    /// The request lines that came.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.shared.seen.lock().unwrap().clone()
    }
}

impl Shared {
    /// One request for each connection: simple, and no client can tell.
    async fn serve(&self, mut client: TcpStream) {
        let Some(request) = read_request(&mut client).await else { return };
        let head = String::from_utf8_lossy(&request).into_owned();
        self.seen.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
        let trouble = self.trouble(&head);
        let refusal = |status: u16| {
            format!("HTTP/1.1 {status} Trouble\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        };
        match trouble {
            Trouble::Close => {}
            Trouble::Refuse(status) => {
                let _ = client.write_all(refusal(status).as_bytes()).await;
            }
            Trouble::Forget(status) => {
                pass_on(&request, &self.behind).await;
                let _ = client.write_all(refusal(status).as_bytes()).await;
            }
            Trouble::Slow(span) => {
                tokio::time::sleep(span).await;
                let _ = client.write_all(&pass_on(&request, &self.behind).await).await;
            }
            Trouble::Cut(bytes) => {
                let answer = pass_on(&request, &self.behind).await;
                let _ = client.write_all(&answer[..bytes.min(answer.len())]).await;
            }
            Trouble::HeadOnly => {
                let answer = pass_on(&request, &self.behind).await;
                let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap_or_default();
                let _ = client.write_all(&answer[..end + 4]).await;
            }
            Trouble::None => {
                let _ = client.write_all(&pass_on(&request, &self.behind).await).await;
            }
        }
        let _ = client.shutdown().await;
    }

    fn trouble(&self, head: &str) -> Trouble {
        let mut planned = self.planned.lock().unwrap();
        match planned.iter().position(|(text, _)| head.contains(text.as_str())) {
            Some(index) => planned.remove(index).unwrap().1,
            None => *self.always.lock().unwrap(),
        }
    }
}
