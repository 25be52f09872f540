//! Bounds on what one client may take, each with its range and the reason for it.

use std::time::Duration;

use wire::header::PAYMENT_HEADER_BYTES_MAX;

use super::SettingsError;
use super::document;
use crate::decisions::budget::{CALLER_PATIENCE, WINDOW_LEFT_MIN};
use crate::decisions::path::KEY_BYTES_MAX;

/// Bounds, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a payment may stay valid: `maxTimeoutSeconds` of every offer.
    pub max_timeout: Duration,
    /// Connections at once. What exceeds it is told to come back.
    pub connections: usize,
    /// Paid requests under way at a time. What exceeds it is told to come back.
    pub sales: usize,
    /// A request's line and headers together. More is answered with 431.
    pub header_bytes: usize,
    /// How long a request's headers may take to arrive, idle time before them included.
    pub header_timeout: Duration,
    /// How long a client may take nothing of an object that is being sent.
    pub send_timeout: Duration,
    /// How long running requests may take to end when the server is told to stop.
    pub shutdown: Duration,
}

/// A number's range and what it is when nothing is said.
pub(super) struct Range {
    pub(super) key: &'static str,
    pub(super) min: u32,
    pub(super) default: u32,
    pub(super) max: u32,
    pub(super) unit: &'static str,
}

/// At least twice what must be left of a payment when it arrives, or honest payers are refused; at
/// most five minutes, because doubt about a settlement lasts as long.
const MAX_TIMEOUT_SECONDS: Range =
    Range { key: "limits.max_timeout_seconds", min: 30, default: 60, max: 300, unit: "seconds" };
const _: () = assert!(MAX_TIMEOUT_SECONDS.min as u64 >= 2 * WINDOW_LEFT_MIN.as_secs());

/// By default half of the 8,192 connections that Linux usually lets wait, some 20 KiB each. A
/// process has file descriptors for about as many as a port number's 16 bits can count.
const CONNECTIONS: Range =
    Range { key: "limits.connections", min: 1, default: 4096, max: 65_535, unit: "connections" };

/// Each holds an open object, a call to the facilitator and its payment for up to half a minute. At
/// about three seconds a sale, the default is some 340 sales a second.
const SALES: Range =
    Range { key: "limits.sales", min: 1, default: 1024, max: 16_384, unit: "sales" };

/// At least the longest payment, the longest path and room for the rest; CloudFront passes 20,480
/// bytes (AWS documentation, CloudFront quotas).
const HEADER_BYTES: Range =
    Range { key: "limits.header_bytes", min: 16_384, default: 32_768, max: 65_536, unit: "bytes" };
const _: () = assert!(
    HEADER_BYTES.min as usize >= PAYMENT_HEADER_BYTES_MAX + 3 * KEY_BYTES_MAX + REST_BYTES_MIN
);
/// Room for the headers that are not a payment: host, user agent, forwarding.
const REST_BYTES_MIN: usize = 2 * 1024;

/// An honest client needs one round trip. The time between two requests of a connection counts,
/// too, so it is no shorter than CDNs keep connections to an origin (CloudFront: 5 s by default).
const HEADER_TIMEOUT_SECONDS: Range =
    Range { key: "limits.header_timeout_seconds", min: 1, default: 20, max: 60, unit: "seconds" };

/// By default twice what nginx waits (its documentation, `send_timeout`), because a socket that has
/// buffered megabytes asks for more only when a third of them is gone.
const SEND_TIMEOUT_SECONDS: Range =
    Range { key: "limits.send_timeout_seconds", min: 1, default: 120, max: 600, unit: "seconds" };

/// By default as long as a caller waits for a settlement, so that a restart cuts no sale in two.
const SHUTDOWN_SECONDS: Range =
    Range { key: "limits.shutdown_seconds", min: 1, default: 30, max: 300, unit: "seconds" };
const _: () = assert!(SHUTDOWN_SECONDS.default as u64 >= CALLER_PATIENCE.as_secs());

/// Every limit, for the documentation's test.
#[cfg(test)]
pub(super) const RANGES: [Range; 7] = [
    MAX_TIMEOUT_SECONDS,
    CONNECTIONS,
    SALES,
    HEADER_BYTES,
    HEADER_TIMEOUT_SECONDS,
    SEND_TIMEOUT_SECONDS,
    SHUTDOWN_SECONDS,
];

impl Limits {
    pub(super) fn of_document(written: &document::Limits) -> Result<Self, SettingsError> {
        let seconds = |range: &Range, value| range.read(value).map(Duration::from_secs);
        let count = |range: &Range, value| {
            range.read(value).map(|it| usize::try_from(it).unwrap_or(usize::MAX))
        };
        Ok(Self {
            max_timeout: seconds(&MAX_TIMEOUT_SECONDS, written.max_timeout_seconds)?,
            connections: count(&CONNECTIONS, written.connections)?,
            sales: count(&SALES, written.sales)?,
            header_bytes: count(&HEADER_BYTES, written.header_bytes)?,
            header_timeout: seconds(&HEADER_TIMEOUT_SECONDS, written.header_timeout_seconds)?,
            send_timeout: seconds(&SEND_TIMEOUT_SECONDS, written.send_timeout_seconds)?,
            shutdown: seconds(&SHUTDOWN_SECONDS, written.shutdown_seconds)?,
        })
    }
}

impl Range {
    pub(super) fn read(&self, written: Option<i64>) -> Result<u64, SettingsError> {
        let value = written.unwrap_or(i64::from(self.default));
        let inside = (i64::from(self.min)..=i64::from(self.max)).contains(&value);
        u64::try_from(value).ok().filter(|_| inside).ok_or_else(|| {
            SettingsError::new(
                self.key,
                format!("is {value}"),
                format!("write {} to {} {}", self.min, self.max, self.unit),
            )
        })
    }
}
