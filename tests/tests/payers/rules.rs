//! The agent's rules for sellers at other teams' sellers. Not part of the gate: `scripts/compare`
//! installs them and runs this, and the table of `docs/comparison.md` is what came of it.

use std::fmt::Write;

use serde_json::Value;

use crate::seller::{Seller, judged};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/comparison.md");
/// What stands between the marks is this program's.
const MARKS: (&str, &str) = ("<!-- rules: begin -->\n", "<!-- rules: end -->");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes other teams' software, which scripts/compare installs"]
async fn the_rules_for_sellers_are_tried() {
    let reports = [judged(Seller::Express).await, judged(Seller::Axum).await];
    let rules = reports[0]["rules"].as_array().unwrap();
    let mut table =
        "| Rule | What must hold | `@x402/express` | `x402-axum` |\n|---|---|---|---|\n".to_owned();
    let mut kept = [0; 2];
    for (index, rule) in rules.iter().enumerate() {
        let found = [0, 1].map(|it| &reports[it]["rules"][index]);
        for (count, it) in kept.iter_mut().zip(found) {
            *count += usize::from(it["verdict"] == "holds");
        }
        // What both keep, or nobody tried, fills no row.
        if found.iter().any(|it| it["verdict"] == "broken") {
            let (id, claim) = (rule["rule"].as_str().unwrap(), rule["claim"].as_str().unwrap());
            let level = if rule["level"] == "required" { "" } else { " (advised)" };
            let cells = found.map(cell);
            writeln!(table, "| `{id}`{level} | {claim} | {} | {} |", cells[0], cells[1]).unwrap();
        }
    }
    writeln!(table, "| **kept, of {}** | | {} | {} |", rules.len(), kept[0], kept[1]).unwrap();
    let text = std::fs::read_to_string(DOCUMENT).unwrap();
    let (before, rest) = text.split_once(MARKS.0).unwrap();
    let (_, after) = rest.split_once(MARKS.1).unwrap();
    std::fs::write(DOCUMENT, [before, MARKS.0, &table, MARKS.1, after].concat()).unwrap();
}

fn cell(it: &Value) -> String {
    match it["verdict"].as_str().unwrap() {
        "holds" => "holds".into(),
        "broken" => format!("**broken**: {}", it["seen"].as_str().unwrap().replace('|', "/")),
        "unknown" => format!("not seen: {}", it["seen"].as_str().unwrap().replace('|', "/")),
        _ => "nothing to try".into(),
    }
}
