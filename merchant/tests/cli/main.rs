//! The operator's commands as an operator runs them: the built binary, a folder, and a facilitator
//! on a loopback port. What it prints is compared word by word.

#![expect(clippy::unwrap_used, reason = "tests")]

mod boots;
mod check;
mod config;
mod serve;
mod shop;
