//! Limits of the plain server, each with its reason. Nothing that a stranger sends may grow without
//! one.

use std::time::Duration;

/// What a server accepts before it says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; further ones wait in the kernel's queue.
    pub connections: usize,
    /// Bytes of a request's line and headers together.
    pub header_bytes: usize,
    /// How long a client may take to send a request's headers, idle time before them included.
    pub header_time: Duration,
    /// How long a shutdown waits for requests that are under way. Longer than the walk's budget, so
    /// that no settlement is cut off.
    pub shutdown_time: Duration,
}

impl Limits {
    /// `header_bytes` cannot be less: hyper reads at least this much (hyper, `max_buf_size`).
    pub const HEADER_BYTES_MIN: usize = 8192;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Half of Linux's usual 8,192 pending connections, some 20 KiB each.
            connections: 4096,
            // CloudFront passes 20,480 bytes (AWS documentation, CloudFront quotas).
            header_bytes: 32 * 1024,
            // nginx's client_header_timeout is 60 s; an honest client needs one round trip.
            header_time: Duration::from_secs(20),
            shutdown_time: Duration::from_secs(30),
        }
    }
}
