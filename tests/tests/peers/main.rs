//! Other teams' payers, sellers and facilitators, as they are published, in business with ours over a
//! real chain. What comes of each pair is a cell of `docs/interop.md`, which holds or the test fails.

#![expect(clippy::unwrap_used, reason = "tests")]

mod chain;
mod facilitators;
mod flaws;
mod hire;
mod installed;
#[path = "../crash/process.rs"]
mod process;
mod purchase;
#[path = "../storage/relay.rs"]
mod relay;
mod stall;
mod street;
mod table;
mod tap;
mod verdicts;
mod worker;

use street::{Guests, hires, purchases};
use table::Table;
use verdicts::verdicts;

/// The rows that every run of the tests plays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_payer_and_every_seller_does_business_as_the_document_says() {
    if !installed::install(&["node", "python", "rust"]) {
        return;
    }
    let (payers, sellers) = tokio::join!(purchases(Guests::Current), hires(Guests::Current));
    let missing = payers.missing_in_document() + &sellers.missing_in_document();
    assert!(missing.is_empty(), "{UNSAID}\n{missing}");
}

const UNSAID: &str = "docs/interop.md does not say so (scripts/interop --write does):";

/// Some forty payments, each with one thing about it, and forty more with several.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_judge_says_of_every_payment_what_the_document_says() {
    if !installed::install(&["node", "python", "rust"]) {
        return;
    }
    let (table, broken) = verdicts().await;
    assert!(broken.is_empty(), "judged otherwise with more than one flaw: {broken:#?}");
    let missing = table.missing_in_document();
    assert!(missing.is_empty(), "{UNSAID}\n{missing}");
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

async fn all() -> [Table; 3] {
    assert!(installed::install(&["node", "python", "rust", "legacy"]), "something is missing");
    let (payers, sellers) = tokio::join!(purchases(Guests::All), hires(Guests::All));
    let (verdicts, broken) = verdicts().await;
    assert!(broken.is_empty(), "{broken:#?}");
    [payers, sellers, verdicts]
}

#[expect(clippy::print_stdout, reason = "it is what the script is run for")]
fn show(table: &Table) {
    println!("{}", table.text());
}
