//! One line of JSON for each request. Never in it: query strings, signatures, bodies, keys; and of
//! a payment only its nonce and its transaction, which say nothing before the chain does.

use std::io::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

/// Lines are written together, at the latest when this many bytes have gathered…
const BUFFER_BYTES: usize = 16 * 1024;
/// …or this much time has passed. Lines about money do not wait.
const FLUSH_EVERY: Duration = Duration::from_millis(200);
/// Longest path that is logged.
const PATH_CHARS_MAX: usize = 256;

/// Where the lines go. Clones write to the same place.
#[derive(Clone)]
pub struct AccessLog(Option<Arc<Mutex<Buffer>>>);

struct Buffer {
    lines: Vec<u8>,
    out: Box<dyn Write + Send>,
    /// Lines do not wait for others.
    at_once: bool,
    /// What a front adds to every line.
    extra: Extra,
}

/// Adds members to a line that is about to be written.
type Extra = Box<dyn Fn(&Line, &mut Map<String, Value>) + Send>;

/// What is known about a request; written when it is dropped, so that no path through the code
/// forgets it.
pub struct Line {
    log: AccessLog,
    started: Instant,
    /// When it came in.
    pub time: DateTime<Utc>,
    /// Method, or `?` for one that we do not serve.
    pub method: &'static str,
    /// Path without the query.
    pub path: String,
    /// Where it came from, as far as that is known.
    pub client: Option<IpAddr>,
    /// The trace that it belongs to.
    pub trace: Option<String>,
    /// Status of the reply.
    pub status: u16,
    /// Code or reason of the reply.
    pub code: &'static str,
    /// Bytes of the body that were handed to the connection.
    pub sent: u64,
    /// The whole body was handed to the connection.
    pub complete: bool,
    /// The payment's nonce.
    pub nonce: Option<String>,
    /// The transaction that paid.
    pub transaction: Option<String>,
    /// A wait for a block was spent.
    pub waited: bool,
}

impl AccessLog {
    /// A log that goes nowhere.
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// A log to this writer. Needs a tokio runtime, for the timer.
    #[must_use]
    pub fn to(out: impl Write + Send + 'static) -> Self {
        let lines = Vec::with_capacity(BUFFER_BYTES);
        let (out, extra): (_, Extra) = (Box::new(out), Box::new(|_, _| ()));
        let buffer = Arc::new(Mutex::new(Buffer { lines, out, at_once: false, extra }));
        let flushed = Arc::downgrade(&buffer);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(FLUSH_EVERY).await;
                let Some(buffer) = flushed.upgrade() else { break };
                if let Ok(mut buffer) = buffer.lock() {
                    buffer.flush();
                }
            }
        });
        Self(Some(buffer))
    }

    /// A log whose lines are written as they end, with what `extra` adds to them: for a process
    /// that may be frozen between two requests.
    #[must_use]
    pub fn at_once(
        out: impl Write + Send + 'static,
        extra: impl Fn(&Line, &mut Map<String, Value>) + Send + 'static,
    ) -> Self {
        let (out, extra): (_, Extra) = (Box::new(out), Box::new(extra));
        let buffer = Buffer { lines: Vec::new(), out, at_once: true, extra };
        Self(Some(Arc::new(Mutex::new(buffer))))
    }

    /// Writes what has gathered.
    pub fn flush(&self) {
        if let Some(Ok(mut buffer)) = self.0.as_ref().map(|it| it.lock()) {
            buffer.flush();
        }
    }

    /// The line of a request that begins now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "durations of requests are measured here")]
    pub fn line(&self, method: &http::Method, target: &str, client: Option<IpAddr>) -> Line {
        let path = target.split(['?', '#']).next().unwrap_or_default();
        Line {
            log: self.clone(),
            started: Instant::now(),
            time: Utc::now(),
            method: match *method {
                http::Method::GET => "GET",
                http::Method::HEAD => "HEAD",
                http::Method::OPTIONS => "OPTIONS",
                _ => "?",
            },
            path: path.chars().take(PATH_CHARS_MAX).collect(),
            client,
            trace: None,
            status: 0,
            code: "",
            sent: 0,
            complete: true,
            nonce: None,
            transaction: None,
            waited: false,
        }
    }
}

impl Buffer {
    fn flush(&mut self) {
        // A log that cannot be written must not stop sales.
        let _ = self.out.write_all(&self.lines).and_then(|()| self.out.flush());
        self.lines.clear();
    }
}

impl Line {
    fn to_json(&self) -> Map<String, Value> {
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
        put("time", self.time.to_rfc3339_opts(SecondsFormat::Millis, true).into());
        put("method", self.method.into());
        put("path", self.path.as_str().into());
        put("status", self.status.into());
        put("code", self.code.into());
        put("bytes", self.sent.into());
        put("duration_us", u64::try_from(self.started.elapsed().as_micros()).unwrap_or(0).into());
        put("client", self.client.map(|it| it.to_string()).into());
        if let Some(trace) = &self.trace {
            put("trace", trace.as_str().into());
        }
        if !self.complete {
            put("complete", false.into());
        }
        if let Some(nonce) = &self.nonce {
            put("payment.nonce", nonce.as_str().into());
            put("waited", self.waited.into());
        }
        if let Some(transaction) = &self.transaction {
            put("settlement.transaction", transaction.as_str().into());
        }
        map
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let Some(buffer) = &self.log.0 else { return };
        let mut members = self.to_json();
        let Ok(mut buffer) = buffer.lock() else { return };
        (buffer.extra)(self, &mut members);
        buffer.lines.extend_from_slice(&serde_json::to_vec(&members).unwrap_or_default());
        buffer.lines.push(b'\n');
        let now = buffer.at_once || self.nonce.is_some();
        if now || buffer.lines.len() >= BUFFER_BYTES {
            buffer.flush();
        }
    }
}
