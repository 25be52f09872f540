//! The same payers and the same faults at other teams' sellers. Not part of the gate:
//! `scripts/compare` installs them, runs this, and the tables of `docs/comparison.md` are what came
//! of it. It measures and asserts nothing about them.

use std::fmt::Write;
use std::process::Command;

use futures_util::StreamExt;
use serde_json::Value;

use crate::node::{Node, Payer};
use crate::seller::{Outcome, PEERS, Seller, trial};
use crate::{AFTER_SETTLING, BEFORE_SETTLING};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/comparison.md");
/// What stands between the marks is this program's.
const MARKS: (&str, &str) = ("<!-- measured: begin -->\n", "<!-- measured: end -->");

const SELLERS: [Seller; 4] =
    [Seller::Ours, Seller::OursWithoutChain, Seller::Express, Seller::Axum];
const PAYERS: [(&str, Payer); 2] = [
    ("`@x402/fetch`, called once", Payer::Once),
    ("The naive client over `@x402/fetch`", Payer::Naive),
];
/// How many purchases go on at a time: a Node.js server needs its share of the machine to be on time.
const AT_A_TIME: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes and other teams' software, which scripts/compare installs"]
async fn the_same_faults_are_measured_at_other_teams_sellers() {
    let node = Node::start().expect("Node.js");
    let faults: Vec<&str> =
        AFTER_SETTLING.into_iter().chain(BEFORE_SETTLING.map(|(fault, _)| fault)).collect();
    let mut tables = String::new();
    for (title, payer) in PAYERS {
        let all = faults.iter().flat_map(|fault| SELLERS.map(|seller| (*fault, seller)));
        let trials = all.map(|(fault, seller)| trial(&node, seller, payer, fault));
        let outcomes: Vec<Outcome> =
            futures_util::stream::iter(trials).buffered(AT_A_TIME).collect().await;
        tables += &table(title, &faults, &outcomes);
    }
    let text = std::fs::read_to_string(DOCUMENT).unwrap();
    let (before, rest) = text.split_once(MARKS.0).unwrap();
    let (_, after) = rest.split_once(MARKS.1).unwrap();
    let text = [before, MARKS.0, &facts(), &tables, MARKS.1, after].concat();
    std::fs::write(DOCUMENT, text).unwrap();
}

/// Who was measured, and when.
fn facts() -> String {
    let ours = env!("CARGO_PKG_VERSION");
    let version = |file: String| {
        let json: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        json["version"].as_str().unwrap().to_owned()
    };
    let express = version(format!("{PEERS}/node/node_modules/@x402/express/package.json"));
    let fetch = version(format!("{ROOT}/.tools/payers/node_modules/@x402/fetch/package.json"));
    let axum = std::fs::read_to_string(format!("{PEERS}/axum/Cargo.toml")).unwrap();
    let axum = axum.split("x402-axum = \"=").nth(1).unwrap().split('"').next().unwrap();
    format!(
        "{}; x402-merchant {ours}, `@x402/express` {express}, `x402-axum` {axum}; paid by \
         `@x402/fetch` {fetch} on Node.js {}.\n",
        said("date", &["-u", "+%F"]),
        said("node", &["--version"]),
    )
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(ROOT).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn table(title: &str, faults: &[&str], outcomes: &[Outcome]) -> String {
    let columns = SELLERS.len();
    let mut text = format!(
        "\n### {title}\n\n| the facilitator | x402-merchant | x402-merchant, `onchain.verify = \"off\"` \
         | `@x402/express` | `x402-axum` |\n|{}\n",
        "---|".repeat(columns + 1)
    );
    for (fault, row) in faults.iter().zip(outcomes.chunks(columns)) {
        let cells: Vec<String> = row.iter().map(Outcome::told).collect();
        writeln!(text, "| `{fault}` | {} |", cells.join(" | ")).unwrap();
    }
    let mut sum = |words: &str, counts: fn(&Outcome) -> bool| {
        let counted = (0..columns).map(|column| {
            let of_one = outcomes.iter().skip(column).step_by(columns);
            of_one.filter(|it| counts(it)).count().to_string()
        });
        let counted: Vec<String> = counted.collect();
        writeln!(text, "| **{words}** | {} |", counted.join(" | ")).unwrap();
    };
    sum("charged more than once", |it| it.transfers > 1);
    sum("charged, and no file", |it| it.transfers > 0 && !it.ending.file);
    sum("a file, and nothing charged", |it| it.transfers == 0 && it.ending.file);
    text
}
