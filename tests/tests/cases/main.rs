//! The merchant's cases by their ids, as `docs/cases.md` lists them: what is sent, what must come
//! back, and every call that was made on the way. The merchant over real HTTP and the sandbox's
//! chain, facilitator and JSON-RPC; only time is held, and storage counts.

#![expect(clippy::unwrap_used, reason = "tests")]

mod alarms;
mod case;
mod decode;
mod delivery;
mod hands;
mod hangs_up;
#[path = "../loop/http.rs"]
mod http;
mod http2;
mod market;
mod matching;
mod pay;
mod quote;
mod replays;
mod settle;
mod settle_lies;
mod stub;
mod verify;
mod watch;
