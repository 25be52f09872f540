//! One table of paths, asked through every door there is: the server's socket, the Lambda's event, and
//! nginx as `docs/deploy.md` sets it up. And what caches and impatient proxies make of the replies.

#![expect(clippy::unwrap_used, reason = "tests")]

mod caching;
mod door;
#[expect(dead_code, reason = "the Lambda's tests ask for more")]
#[path = "../lambda/events.rs"]
mod events;
#[expect(dead_code, reason = "the Lambda's tests look at more")]
#[path = "../lambda/function.rs"]
mod function;
#[expect(dead_code, reason = "the loop's tests look at more")]
#[path = "../loop/http.rs"]
mod http;
mod market;
mod nginx;
#[expect(dead_code, reason = "the loop's tests look at what was signed, too")]
#[path = "../loop/payer.rs"]
mod payer;
#[expect(dead_code, reason = "the Lambda's tests look at more")]
#[path = "../lambda/runtime_api.rs"]
mod runtime_api;
mod table;
