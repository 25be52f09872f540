//! What one client, or a crowd of them, may take: every limit of the server at the last value that is
//! served and at the first one that is not, and what others get meanwhile. `docs/limits.md` lists them.

#![expect(clippy::unwrap_used, reason = "tests")]

mod connections;
mod desk;
#[path = "../loop/http.rs"]
mod http;
mod market;
#[expect(dead_code, reason = "the loop's tests look at what was signed, too")]
#[path = "../loop/payer.rs"]
mod payer;
mod requests;
mod sales;
