//! Keeps a number of connections busy, one request at a time on each, from one thread. Every
//! reply's status and length are checked; one that differs from the first ends the measurement.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::Failure;
use crate::reply::Layout;

/// More than any reply that is measured, so that one read takes all of it.
const CHUNK_BYTES: usize = 16 * 1024;
/// A server that says nothing for this long has failed.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// When a load ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// After this long.
    Elapsed(Duration),
    /// After this many replies, or a few more.
    Replies(u64),
}

/// What came of a load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// Replies in a second: what each connection did between its first reply and its last, added
    /// up. Counting replies in a span of time would count bursts at its ends, or miss them.
    pub(crate) rate: f64,
    /// All of them.
    pub(crate) replies: u64,
    pub(crate) elapsed: Duration,
}

struct Line {
    stream: TcpStream,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    /// When the first reply came and the last, and how many after the first.
    replied: Option<(Instant, Instant, u32)>,
}

/// Sends what `write` puts into its buffer, which is empty at each call, and expects the status.
pub(crate) fn run(
    address: SocketAddr,
    connections: usize,
    until: Until,
    status: u16,
    mut write: impl FnMut(&mut Vec<u8>),
) -> Result<Outcome, Failure> {
    let mut poll = Poll::new()?;
    let mut lines = connect(address, connections, &poll)?;
    let mut events = Events::with_capacity(connections);
    let mut layout = None;
    let mut replies = 0;
    let begin = Instant::now();
    for line in &mut lines {
        line.send(&mut write)?;
    }
    loop {
        poll.poll(&mut events, Some(SILENCE_MAX))?;
        if events.is_empty() {
            return Err(Failure(format!("no reply for {SILENCE_MAX:?}")));
        }
        let now = Instant::now();
        for event in &events {
            let line = &mut lines[event.token().0];
            if line.receive(&mut layout, status)? {
                replies += 1;
                line.note(now);
                line.send(&mut write)?;
            }
        }
        let elapsed = begin.elapsed();
        let done = match until {
            Until::Elapsed(span) => elapsed >= span,
            Until::Replies(count) => replies >= count,
        };
        if done {
            return Ok(Outcome { rate: lines.iter().map(Line::rate).sum(), replies, elapsed });
        }
    }
}

fn connect(address: SocketAddr, count: usize, poll: &Poll) -> Result<Vec<Line>, Failure> {
    let mut lines = Vec::with_capacity(count);
    for number in 0..count {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(number), Interest::READABLE)?;
        let incoming = Vec::with_capacity(CHUNK_BYTES);
        lines.push(Line { stream, incoming, outgoing: vec![], replied: None });
    }
    Ok(lines)
}

impl Line {
    fn note(&mut self, now: Instant) {
        self.replied = match self.replied {
            None => Some((now, now, 0)),
            Some((first, _, count)) => Some((first, now, count + 1)),
        };
    }

    fn rate(&self) -> f64 {
        match self.replied {
            Some((first, last, count)) if last > first => {
                f64::from(count) / (last - first).as_secs_f64()
            }
            Some(_) | None => 0.0,
        }
    }

    /// With one request on the way, the socket's buffer has room for all of it.
    fn send(&mut self, write: &mut impl FnMut(&mut Vec<u8>)) -> Result<(), Failure> {
        self.outgoing.clear();
        write(&mut self.outgoing);
        let count = self.stream.write(&self.outgoing)?;
        if count == self.outgoing.len() { Ok(()) } else { Err(Failure("a short write".into())) }
    }

    /// Reads what is there. True when that completes a reply.
    fn receive(&mut self, layout: &mut Option<Layout>, status: u16) -> Result<bool, Failure> {
        let mut chunk = [0; CHUNK_BYTES];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(Failure("a server closed the connection".into())),
                Ok(count) => {
                    self.incoming.extend_from_slice(&chunk[..count]);
                    if count < CHUNK_BYTES {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        let known = match *layout {
            Some(known) => known,
            None => match Layout::read(&self.incoming)? {
                Some(read) => *layout.insert(read),
                None => return Ok(false),
            },
        };
        if known.status != status {
            let text = String::from_utf8_lossy(&self.incoming);
            return Err(Failure(format!("expected status {status}, got: {text}")));
        }
        if self.incoming.len() < known.whole {
            return Ok(false);
        }
        if !known.fits(&self.incoming) {
            let text = String::from_utf8_lossy(&self.incoming);
            return Err(Failure(format!("a reply unlike the first: {text}")));
        }
        self.incoming.clear();
        Ok(true)
    }
}
