//! The walk of a request on scripted neighbours: what each is asked, in which order, and what the
//! payer gets. No network, no sleeping: time moves only when the walk waits.

#![expect(clippy::unwrap_used, reason = "tests")]

mod doubt;
mod found;
mod handover;
mod names;
mod neighbours;
mod payments;
mod prices;
mod replays;
mod replies;
mod resume;
mod standby;
mod world;
