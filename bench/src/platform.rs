//! AWS Lambda as a function sees it: the Runtime API on loopback, one event at a time. A thread for
//! each connection, so that no other work is between the function's bytes and the clock.

use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::incoming::Incoming;
use crate::reply::field;

/// Longer than any answer that is measured.
const PATIENCE: Duration = Duration::from_secs(10);
/// A time of day that no measurement outlives: the function believes it has that long.
const DEADLINE_MS: u64 = 4_102_444_800_000;

/// The platform of one function.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) address: SocketAddr,
    events: Sender<String>,
    /// When the function asked for an event.
    idle: Receiver<Instant>,
    answers: Receiver<Answer>,
}

/// What the function answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// When the event was handed over, and when the answer's last byte was there.
    pub(crate) asked: Instant,
    pub(crate) answered: Instant,
    /// Status and headers, as JSON.
    pub(crate) prelude: String,
    pub(crate) body: Vec<u8>,
}

/// What the connections have in common.
struct Shared {
    events: Mutex<Receiver<String>>,
    asked: Mutex<Option<Instant>>,
    idle: Sender<Instant>,
    answers: Sender<Answer>,
}

impl Platform {
    /// Listens.
    pub(crate) fn start() -> Result<Self, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let ((events, queue), (idle, asking), (answers, answered)) =
            (channel(), channel(), channel());
        let asked = Mutex::default();
        let shared = Arc::new(Shared { events: Mutex::new(queue), asked, idle, answers });
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let shared = Arc::clone(&shared);
                // A connection that breaks shows as an answer that does not come.
                std::thread::spawn(move || shared.converse(&stream));
            }
        });
        Ok(Self { address, events, idle: asking, answers: answered })
    }

    /// Waits until the function asks for an event.
    pub(crate) fn idle(&self) -> Result<Instant, Failure> {
        let asked = self.idle.recv_timeout(PATIENCE);
        asked.map_err(|_| Failure("the function does not ask for events".into()))
    }

    /// Hands over a request of this head, and waits for the answer. The function must be idle.
    pub(crate) fn invoke(&self, request: &[u8]) -> Result<Answer, Failure> {
        let gone = || Failure("the function does not answer".into());
        self.events.send(event(request)).map_err(|_| gone())?;
        self.answers.recv_timeout(PATIENCE).map_err(|_| gone())
    }
}

impl Answer {
    /// From the event's first byte to the answer's last.
    pub(crate) fn took(&self) -> Duration {
        self.answered - self.asked
    }
}

impl Shared {
    fn converse(&self, stream: &TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::with_capacity(64 * 1024, stream);
        let mut writer = stream;
        while let Some(request) = Incoming::read(&mut reader)? {
            let now = Instant::now();
            if request.asked().1.ends_with("/next") {
                let _ = self.idle.send(now);
                let Some(event) = self.next() else { return Ok(()) };
                // Before the bytes leave: on a busy machine the answer may be back sooner than this
                // thread.
                if let Ok(mut asked) = self.asked.lock() {
                    *asked = Some(Instant::now());
                }
                writer.write_all(event.as_bytes())?;
            } else {
                writer.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")?;
                let asked = self.asked.lock().ok().and_then(|it| *it).unwrap_or(now);
                let _ = self.answers.send(Answer::read(&request.body, asked, now));
            }
        }
        Ok(())
    }

    fn next(&self) -> Option<String> {
        let event = self.events.lock().ok()?.recv().ok()?;
        Some(format!(
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
             Lambda-Runtime-Deadline-Ms: {DEADLINE_MS}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{event}",
            event.len()
        ))
    }
}

impl Answer {
    /// Prelude and body stand apart by eight zeros.
    fn read(bytes: &[u8], asked: Instant, answered: Instant) -> Self {
        let end = bytes.windows(8).position(|it| it == [0; 8]).unwrap_or(bytes.len());
        let prelude = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let body = bytes.get(end + 8..).unwrap_or_default().to_vec();
        Self { asked, answered, prelude, body }
    }
}

/// The event of a request, in payload format 2.0 (AWS Lambda developer guide).
fn event(request: &[u8]) -> String {
    let text = String::from_utf8_lossy(request);
    let path = text.split(' ').nth(1).unwrap_or_default();
    let payment = field(&text, "payment-signature");
    let payment = payment.map(|it| format!(r#","payment-signature":"{it}""#)).unwrap_or_default();
    format!(
        r#"{{"version":"2.0","routeKey":"$default","rawPath":"{path}","rawQueryString":"",
        "headers":{{"host":"abcdefg.lambda-url.eu-central-1.on.aws","x-forwarded-for":"130.176.1.1",
        "x-amzn-trace-id":"Root=1-5759e988-bd862e3fe1be46a994272793","user-agent":"Amazon CloudFront",
        "via":"2.0 abc.cloudfront.net (CloudFront)","cloudfront-viewer-address":"198.51.100.7:4711"{payment}}},
        "requestContext":{{"accountId":"anonymous","apiId":"abcdefg",
        "domainName":"abcdefg.lambda-url.eu-central-1.on.aws","domainPrefix":"abcdefg",
        "http":{{"method":"GET","path":"{path}","protocol":"HTTP/1.1","sourceIp":"130.176.1.1",
        "userAgent":"Amazon CloudFront"}},"requestId":"1","routeKey":"$default","stage":"$default",
        "time":"12/Nov/2026:20:00:00 +0000","timeEpoch":1794513600000}},"isBase64Encoded":false}}"#
    )
}
