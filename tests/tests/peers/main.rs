//! Other teams' payers, sellers and facilitators, as they are published, in business with ours over a
//! real chain. What comes of each pair is a cell of `docs/interop.md`, which holds or the test fails.

#![expect(clippy::unwrap_used, reason = "tests")]

mod chain;
mod facilitators;
mod hire;
mod installed;
#[path = "../crash/process.rs"]
mod process;
mod purchase;
#[path = "../storage/relay.rs"]
mod relay;
mod street;
mod table;
mod tap;
mod worker;

use street::{Guests, hires, purchases};

/// The rows that every run of the tests plays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_payer_and_every_seller_does_business_as_the_document_says() {
    if !installed::install(&["node", "python", "rust"]) {
        return;
    }
    let (payers, sellers) = tokio::join!(purchases(Guests::Current), hires(Guests::Current));
    let missing = payers.missing_in_document() + &sellers.missing_in_document();
    assert!(
        missing.is_empty(),
        "docs/interop.md does not say so (scripts/interop --write does):\n{missing}"
    );
}

/// All rows, with the libraries of version 1, for `scripts/interop`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "installs 800 MB of other teams' software; scripts/interop runs it"]
async fn all_rows_are_printed() {
    for table in all().await {
        show(&table);
    }
}

/// The same into the document, for `scripts/interop --write`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes docs/interop.md; scripts/interop --write runs it"]
async fn all_rows_are_written() {
    for table in all().await {
        show(&table);
        table.write();
    }
}

async fn all() -> [table::Table; 2] {
    assert!(installed::install(&["node", "python", "rust", "legacy"]), "something is missing");
    let (payers, sellers) = tokio::join!(purchases(Guests::All), hires(Guests::All));
    [payers, sellers]
}

#[expect(clippy::print_stdout, reason = "it is what the script is run for")]
fn show(table: &table::Table) {
    println!("{}", table.text());
}
