//! A server that does what a script says, one act for each request, and remembers every request.
//! Written on the bare socket: it must be able to lie about lengths, hang and break off.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What to do with one request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answer like an honest server.
    Reply(Reply),
    /// Send exactly these bytes, then close.
    Raw(Vec<u8>),
    /// Send these bytes, then pieces of `x` for as long as anyone reads.
    Endless(Vec<u8>),
    /// Send these bytes, then one byte a while.
    Drip(Vec<u8>),
    /// Send these bytes, then nothing, with the connection open.
    Stall(Vec<u8>),
    /// Read the request, never answer.
    Hang,
    /// Read the request, close without an answer.
    Close,
}

/// An honest answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// A script, made for the URL that it will be asked at.
pub(crate) type Script = Box<dyn FnOnce(&str) -> Vec<Act>>;

/// A running server; it ends with the runtime of its test.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    script: Arc<Mutex<VecDeque<Act>>>,
    requests: Arc<Mutex<Vec<Request>>>,
    connections: Arc<AtomicUsize>,
    ending: Arc<Notify>,
}

impl Reply {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The answer as it travels.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let line = |(name, value): &(String, String)| format!("{name}: {value}\r\n");
        let headers: Vec<_> = self.headers.iter().map(line).collect();
        let (status, length) = (self.status, self.body.len());
        let head = format!(
            "HTTP/1.1 {status} Scripted\r\n{}content-length: {length}\r\n\r\n",
            headers.concat()
        );
        [head.as_bytes(), &self.body].concat()
    }
}

impl From<Reply> for Act {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// The payment, in either version's header.
    pub(crate) fn payment(&self) -> Option<&str> {
        self.header("payment-signature").or_else(|| self.header("x-payment"))
    }
}

impl Server {
    /// A server without a script: every request is answered 418.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            script: Arc::default(),
            requests: Arc::default(),
            connections: Arc::default(),
            ending: Arc::default(),
        };
        let it = server.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    Ok((stream, _)) = listener.accept() => {
                        it.connections.fetch_add(1, Ordering::SeqCst);
                        tokio::spawn(it.clone().serve(stream))
                    }
                    () = it.ending.notified() => break,
                };
            }
        });
        server
    }

    /// Takes no connection any more, and gives its port back. Those that stand go on.
    pub(crate) async fn stop(&self) {
        self.ending.notify_one();
        while TcpStream::connect(self.address).await.is_ok() {}
    }

    pub(crate) fn script(&self, acts: impl IntoIterator<Item = Act>) {
        self.script.lock().unwrap().extend(acts);
    }

    /// Forgets what is left of the script.
    pub(crate) fn clear(&self) {
        self.script.lock().unwrap().clear();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Every payment that arrived, in order.
    pub(crate) fn payments(&self) -> Vec<String> {
        self.requests().iter().filter_map(|it| it.payment().map(str::to_owned)).collect()
    }

    async fn serve(self, mut stream: TcpStream) {
        while let Some(request) = read(&mut stream).await {
            self.requests.lock().unwrap().push(request);
            let act = self.script.lock().unwrap().pop_front();
            let act = act.unwrap_or_else(|| Reply::new(418).into());
            let Act::Reply(reply) = act else { return play(act, stream).await };
            if stream.write_all(&reply.bytes()).await.is_err() {
                return;
            }
        }
    }
}

async fn play(act: Act, mut stream: TcpStream) {
    match act {
        Act::Reply(_) | Act::Close => {}
        Act::Raw(bytes) => {
            let _ = stream.write_all(&bytes).await;
        }
        Act::Stall(bytes) => {
            let _ = stream.write_all(&bytes).await;
            tokio::time::sleep(Duration::from_hours(1)).await;
        }
        Act::Hang => tokio::time::sleep(Duration::from_hours(1)).await,
        Act::Endless(bytes) => {
            let _ = stream.write_all(&bytes).await;
            while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
        }
        Act::Drip(bytes) => {
            let _ = stream.write_all(&bytes).await;
            while stream.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let header = |line: &str| {
        line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()))
    };
    Some(Request { path, headers: lines.filter_map(header).collect() })
}
