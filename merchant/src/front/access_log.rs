//! One line of JSON for each request. Never in it: query strings, signatures, bodies, keys; and of
//! a payment only its nonce and its transaction, which say nothing before the chain does.

use std::io::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::front::json_line::{Calendar, JsonLine};

/// Lines are written together, at the latest when this many bytes have gathered…
const BUFFER_BYTES: usize = 16 * 1024;
/// Room for the line that fills the buffer; longer ones are rare, and make it grow.
const LINE_BYTES: usize = 1024;
/// …or this much time has passed. Lines about money do not wait.
const FLUSH_EVERY: Duration = Duration::from_millis(200);
/// Longest path that is logged.
const PATH_BYTES_MAX: usize = 256;

/// Where the lines go. Clones write to the same place.
#[derive(Clone)]
pub struct AccessLog(Option<Arc<Mutex<Buffer>>>);

struct Buffer {
    lines: Vec<u8>,
    calendar: Calendar,
    out: Box<dyn Write + Send>,
    /// What a front adds to every line, which then does not wait for others.
    extra: Option<Extra>,
}

/// Makes further members for a line that is about to be written.
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
        let buffer = Arc::new(Mutex::new(Buffer::new(out, None)));
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
        Self(Some(Arc::new(Mutex::new(Buffer::new(out, Some(Box::new(extra)))))))
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
            path: path[..path.floor_char_boundary(PATH_BYTES_MAX)].to_owned(),
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
    fn new(out: impl Write + Send + 'static, extra: Option<Extra>) -> Self {
        let lines = Vec::with_capacity(BUFFER_BYTES + LINE_BYTES);
        Self { lines, calendar: Calendar::default(), out: Box::new(out), extra }
    }

    fn flush(&mut self) {
        // A log that cannot be written must not stop sales.
        let _ = self.out.write_all(&self.lines).and_then(|()| self.out.flush());
        self.lines.clear();
    }
}

impl Line {
    fn write(&self, Buffer { lines, calendar, extra, .. }: &mut Buffer) {
        let mut line = JsonLine::begin(lines, self.time, calendar);
        line.word("method", self.method);
        line.text("path", &self.path);
        line.number("status", self.status.into());
        line.word("code", self.code);
        line.number("bytes", self.sent);
        line.number("duration_us", u64::try_from(self.started.elapsed().as_micros()).unwrap_or(0));
        line.address("client", self.client);
        if let Some(trace) = &self.trace {
            line.text("trace", trace);
        }
        if !self.complete {
            line.flag("complete", false);
        }
        if let Some(nonce) = &self.nonce {
            line.text("payment.nonce", nonce);
            line.flag("waited", self.waited);
        }
        if let Some(transaction) = &self.transaction {
            line.text("settlement.transaction", transaction);
        }
        if let Some(extra) = extra {
            let mut members = Map::new();
            extra(self, &mut members);
            line.members(&members);
        }
        line.end();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let Some(buffer) = &self.log.0 else { return };
        let Ok(mut buffer) = buffer.lock() else { return };
        self.write(&mut buffer);
        let at_once = buffer.extra.is_some() || self.nonce.is_some();
        if at_once || buffer.lines.len() >= BUFFER_BYTES {
            buffer.flush();
        }
    }
}
