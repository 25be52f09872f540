//! Nothing but tests: the rules of the source tree (`tests/tidy`), and the built binaries driven from
//! outside, as people and peers drive them. The one binary here is the merchant with a ledger and a
//! storage that stop when they are told to, so that the product needs no such thing in it.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// A port on loopback for a program that cannot choose one for itself. It is below those that systems
/// hand out (Linux: from 32768, `ip_local_port_range`; RFC 6335: from 49152), so that no connection
/// and no listener of a test beside this one is given it before the program takes it.
///
/// # Panics
/// When a hundred ports are in use.
#[must_use]
pub fn free_port() -> u16 {
    // Another place for every call in every process.
    let draw = || RandomState::new().hash_one(()) % 20_000;
    let mut ports = std::iter::repeat_with(|| 10_000 + u16::try_from(draw()).unwrap_or_default());
    let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    ports.by_ref().take(100).find(free).expect("a free port among a hundred")
}
