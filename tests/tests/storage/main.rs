//! Ledger and content on every storage that there is: memory, a folder, and an S3 server over HTTP,
//! with the bad days of the latter. One suite for each port; every storage must pass it whole.

#![expect(clippy::unwrap_used, reason = "tests")]

mod cloud;
mod clouds;
mod content;
mod ledger;
mod payments;
mod places;
mod proxy;
mod queue;
mod relay;
mod s3;
mod trouble;
