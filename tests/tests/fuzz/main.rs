//! What must hold for any input, tried with the seeds of the repository and some tens of thousands of
//! their mutations, always the same ones. `scripts/fuzz` looks further, guided by coverage.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../../../fuzz/properties/configuration.rs"]
mod configuration;
mod mutation;
#[path = "../../../fuzz/properties/path.rs"]
mod path;
#[path = "../../../fuzz/properties/payment.rs"]
mod payment;
#[path = "../../../fuzz/properties/settlement.rs"]
mod settlement;

use std::panic::{AssertUnwindSafe, catch_unwind};

use mutation::{Mutator, seeds};

/// Tries the seeds of these folders and so many mutations of them.
#[track_caller]
fn try_all(folders: &[&str], words: &[&str], count: usize, check: fn(&[u8])) {
    let seeds = seeds(folders);
    for (name, seed) in &seeds {
        attempt(name, seed, check);
    }
    let mut mutator = Mutator::new(seeds.into_iter().map(|(_, seed)| seed).collect(), words);
    for number in 0..count {
        let input = mutator.next();
        attempt(&format!("mutation {number}"), &input, check);
    }
}

#[track_caller]
fn attempt(name: &str, input: &[u8], check: fn(&[u8])) {
    if catch_unwind(AssertUnwindSafe(|| check(input))).is_err() {
        let text = String::from_utf8_lossy(input);
        panic!("{name}: keep this in fuzz/seeds, and mend it: {text:?}");
    }
}

/// P31 of the list of cases.
#[test]
fn a_path_is_protected_exactly_where_its_key_is_under_the_prefix() {
    let words = [
        "/",
        "//",
        "/./",
        "/../",
        "%2e",
        "%2E",
        "%2f",
        "%5c",
        "%25",
        "%00",
        "%0a",
        "%20",
        "%",
        "?",
        "#",
        "\\",
        "premium",
        "sample",
        "gold",
        "free",
        "PREMIUM",
        "caf%C3%A9",
        "caf\u{e9}",
        "%c0%ae",
        "%EF%BC%8F",
        "\u{ff0f}",
        ";",
        "+",
        "a b",
        "a%20b",
        ".",
        "..",
        "http://x",
    ];
    try_all(&["fuzz/seeds/path"], &words, 60_000, path::check);
}

#[test]
fn a_payment_says_the_same_again_or_is_refused_without_a_challenge() {
    let words = [
        "{",
        "}",
        "[",
        "]",
        "null",
        "true",
        "1",
        "2",
        "\"2\"",
        "1e4",
        "-1",
        "\"\"",
        "\"0x\"",
        ",",
        "\"x402Version\":2",
        "\"accepted\":",
        "\"payload\":",
        "\"authorization\":",
        "\"value\":",
        "\"extensions\":{\"payment-identifier\":{\"info\":{\"id\":\"pay_7d5d747be160e280504c099d984bcfe0\"}}}",
        "\\u0000",
        "\\ud800",
        "\u{e9}",
        "010000",
        "0x2710",
        "=",
        "-_",
        "115792089237316195423570985008687907853269984665640564039457584007913129639936",
    ];
    let folders = ["fuzz/seeds/payment", "wire/golden/messages"];
    try_all(&folders, &words, 6_000, payment::check);
}

#[test]
fn an_unknown_settlement_is_never_a_success_and_never_asks_for_a_new_payment() {
    let words = [
        "true",
        "false",
        "\"true\"",
        "1",
        "null",
        "{}",
        "[]",
        "\"success\":true",
        "\"success\":false",
        "\"errorReason\":\"insufficient_funds\"",
        "\"errorReason\":\"settlement_pending\"",
        "\"errorReason\":\"invalid_transaction_state\"",
        "\"error_reason\":\"expired\"",
        "\"transaction\":\"\"",
        "\"transaction\":\"0x8f9e5a1c3f4f0c4a2a6a1b0e9d7c6b5a4938271605f4e3d2c1b0a99887766554\"",
        "\"network\":\"eip155:84532\"",
        "\"network\":\"eip155:8453\"",
        "\"network\":\"base-sepolia\"",
        "\"payer\":\"0x857b06519E91e3A54538791bDbb0E22373e36b66\"",
        "\"amount\":\"1000\"",
        "\"amount\":\"01000\"",
        ",",
        "0x",
        "00",
    ];
    let folders = ["fuzz/seeds/settlement", "wire/golden/messages"];
    try_all(&folders, &words, 20_000, settlement::check);
}

#[test]
fn a_configuration_gives_nothing_away_that_it_does_not_say() {
    let words = [
        "free = true",
        "free = false",
        "price = \"$0\"",
        "price = \"$0.000000\"",
        "price = \"$0.001\"",
        "[[routes]]\n",
        "path = \"/\"\n",
        "path = \"/premium\"\n",
        "path = \"/%2e\"\n",
        "\"",
        "\n",
        "#",
        "'''",
        "[limits]\n",
        "sales = 0\n",
        "networks = []\n",
        "v1 = 1\n",
        "\u{1b}[31m",
        "\\u0007",
        "\\n",
        "-1",
        "99999999999999999999",
        "0.1",
        "[content]\n",
        "url = \"memory:\"\n",
        "s3://a/b?region=x",
    ];
    let folders = ["fuzz/seeds/configuration", "merchant/examples"];
    try_all(&folders, &words, 6_000, configuration::check);
}
