//! The function's neighbours, in this process: a facilitator that believes everything and a bucket,
//! each as late as it is told. They write down when they were asked and when they had answered.

use std::collections::HashMap;
use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::incoming::Incoming;
use crate::stub;

/// What each call of the facilitator takes.
pub(crate) const FACILITATOR: Duration = Duration::from_millis(100);
/// What each operation of the bucket takes.
pub(crate) const STORAGE: Duration = Duration::from_millis(20);

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) step: &'static str,
    pub(crate) begun: Instant,
    pub(crate) ended: Instant,
}

/// Both, on one address.
#[derive(Debug, Clone)]
pub(crate) struct Neighbours {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    objects: Mutex<HashMap<String, Vec<u8>>>,
    calls: Mutex<Vec<Call>>,
}

impl Neighbours {
    /// Listens, with this object in the bucket.
    pub(crate) fn start(key: &str, bytes: &[u8]) -> Result<Self, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        if let Ok(mut objects) = shared.objects.lock() {
            objects.insert(key.to_owned(), bytes.to_vec());
        }
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let shared = Arc::clone(&serving);
                std::thread::spawn(move || shared.converse(&stream));
            }
        });
        Ok(Self { address, shared })
    }

    /// The calls since the last time.
    pub(crate) fn take(&self) -> Vec<Call> {
        self.shared.calls.lock().map(|mut it| std::mem::take(&mut *it)).unwrap_or_default()
    }
}

impl Shared {
    fn converse(&self, stream: &TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::with_capacity(16 * 1024, stream);
        let mut writer = stream;
        while let Some(request) = Incoming::read(&mut reader)? {
            let begun = Instant::now();
            let (step, delay) = step(&request);
            let reply = self.reply(&request);
            std::thread::sleep(delay.saturating_sub(begun.elapsed()));
            writer.write_all(&reply)?;
            if let Ok(mut calls) = self.calls.lock() {
                calls.push(Call { step, begun, ended: Instant::now() });
            }
        }
        Ok(())
    }

    fn reply(&self, request: &Incoming) -> Vec<u8> {
        let (method, target) = request.asked();
        let key = target.split('?').next().unwrap_or_default();
        if !is_bucket(key) {
            let body = String::from_utf8_lossy(&request.body);
            return reply(
                "200 OK",
                "application/json",
                stub::answer(&request.line, &body).as_bytes(),
            );
        }
        let Ok(mut objects) = self.objects.lock() else { return vec![] };
        match method {
            "PUT" if objects.contains_key(key) => reply("412 Precondition Failed", "text/xml", b""),
            "PUT" => {
                objects.insert(key.to_owned(), request.body.clone());
                reply("200 OK", "text/xml", b"")
            }
            _ => match objects.get(key) {
                Some(bytes) => reply("200 OK", "application/json", bytes),
                None => {
                    reply("404 Not Found", "text/xml", b"<Error><Code>NoSuchKey</Code></Error>")
                }
            },
        }
    }
}

/// Every object is new, and of no interest but for its bytes.
fn reply(status: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nETag: \"0\"\r\n\
         Last-Modified: Sat, 21 Nov 2026 12:00:00 GMT\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn is_bucket(key: &str) -> bool {
    key.starts_with("/files/") || key.starts_with("/ledger/")
}

/// What a call is for, in the words of the walk, and how long it takes.
fn step(request: &Incoming) -> (&'static str, Duration) {
    match request.asked() {
        (_, target) if target.starts_with("/files/") => ("open", STORAGE),
        ("GET", target) if target.starts_with("/ledger/") => ("recall", STORAGE),
        (_, target) if target.ends_with("/claim.json") => ("claim", STORAGE),
        (_, target) if target.ends_with("/settled.json") => ("record: settled", STORAGE),
        (_, target) if target.contains("/transactions/") => ("record: transaction", STORAGE),
        (_, target) if target.starts_with("/ledger/") => ("record", STORAGE),
        (_, "/verify") => ("verify", FACILITATOR),
        (_, "/settle") => ("settle", FACILITATOR),
        _ => ("supported", Duration::ZERO),
    }
}
