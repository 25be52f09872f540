//! How soon a server answers after it was started, and how much memory it holds after many answers.

use std::time::Instant;

use crate::Failure;
use crate::challenges::{CONNECTIONS, PATH};
use crate::load::{self, Until};
use crate::reply::{Caller, get};
use crate::servers::Subject;
use crate::statistics::Spread;

/// After so many challenges memory is read.
const CHALLENGES: u64 = 100_000;

/// A server's start and size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Footprint {
    /// Milliseconds from starting the process to the first whole 402.
    pub(crate) first_reply_ms: Spread,
    /// MB resident after the first reply.
    pub(crate) memory_fresh: f64,
    /// MB resident after [`CHALLENGES`].
    pub(crate) memory_used: f64,
}

/// Starts the server so many times, and once more for its memory.
pub(crate) fn measure(subject: &Subject, starts: usize) -> Result<Footprint, Failure> {
    let mut times = Vec::with_capacity(starts);
    let request = get(PATH, "");
    for _ in 0..starts {
        let begin = Instant::now();
        let mut process = subject.start.spawn(&subject.output)?;
        drop(process.accepts(subject.start.address)?);
        let reply = Caller::connect(subject.start.address)?.call(&request)?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
        if reply.layout.status != 402 {
            return Err(Failure(format!("{}: status {}", subject.name, reply.layout.status)));
        }
    }
    let process = subject.start.up(&subject.output)?;
    Caller::connect(subject.start.address)?.call(&request)?;
    let memory_fresh = process.resident()?;
    load::run(subject.start.address, CONNECTIONS[1], Until::Replies(CHALLENGES), 402, |out| {
        out.extend_from_slice(&request);
    })?;
    let memory_used = process.resident()?;
    Ok(Footprint { first_reply_ms: Spread::of(&times), memory_fresh, memory_used })
}
