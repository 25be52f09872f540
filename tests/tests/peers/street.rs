//! All pairs: a lane for each facilitator, in which one purchase follows the other, because not every
//! facilitator's account can submit two transactions at once. The lanes run side by side.

use std::process::Command;

use futures_util::future::join_all;

use crate::chain::{Anvil, payer};
use crate::facilitators::{Facilitator, Kind};
use crate::hire::hire;
use crate::installed::{self, version};
use crate::process::Process;
use crate::purchase::{payee, purchase};
use crate::stall::Stall;
use crate::table::{Table, titles};
use crate::tap::Tap;
use crate::worker::Worker;

/// Whose software is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guests {
    /// Of today.
    Current,
    /// With the libraries of protocol version 1, which bring half of npm with them.
    All,
}

/// A language's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Home {
    Node,
    Python,
    Rust,
    Legacy,
}

const NODE: &str = "node/package.json";
const PYTHON: &str = "python/requirements.txt";
const RUST: &str = "rust/Cargo.toml";
const LEGACY: &str = "../../scripts/golden/package.json";

/// Where somebody lives, what it is called there, what people call it, and which package's version counts.
type Row = (Home, &'static str, &'static str, Option<(&'static str, &'static str)>);

#[rustfmt::skip]
const PAYERS: [Row; 11] = [
    (Home::Node,   "fetch",      "`@x402/fetch`",                              Some((NODE, "@x402/fetch"))),
    (Home::Node,   "fetch-v1",   "`@x402/fetch` with version 1 alone",         Some((NODE, "@x402/fetch"))),
    (Home::Node,   "axios",      "`@x402/axios`",                              Some((NODE, "@x402/axios"))),
    (Home::Node,   "plain",      "written by hand after version 2",            None),
    (Home::Node,   "plain-v1",   "written by hand after version 1",            None),
    (Home::Legacy, "x402-fetch", "`x402-fetch`, version 1",                    Some((LEGACY, "x402-fetch"))),
    (Home::Python, "httpx",      "`x402` (PyPI) with httpx",                   Some((PYTHON, "x402"))),
    (Home::Python, "requests",   "`x402` (PyPI) with requests",                Some((PYTHON, "x402"))),
    (Home::Python, "bedrock",    "`bedrock-agentcore` over a local signer",    Some((PYTHON, "bedrock-agentcore"))),
    (Home::Rust,   "reqwest",    "`x402-reqwest`",                             Some((RUST, "x402-reqwest"))),
    (Home::Rust,   "reqwest-v1", "`x402-reqwest` with version 1 alone",        Some((RUST, "x402-reqwest"))),
];

#[rustfmt::skip]
const SELLERS: [Row; 6] = [
    (Home::Node,   "express",      "`@x402/express`",            Some((NODE, "@x402/express"))),
    (Home::Node,   "hono",         "`@x402/hono`",               Some((NODE, "@x402/hono"))),
    (Home::Legacy, "x402-express", "`x402-express`, version 1",  Some((LEGACY, "x402-express"))),
    (Home::Python, "fastapi",      "`x402` (PyPI) with FastAPI", Some((PYTHON, "x402"))),
    (Home::Rust,   "axum",         "`x402-axum`",                Some((RUST, "x402-axum"))),
    (Home::Rust,   "axum-v1",      "`x402-axum`, version 1",     Some((RUST, "x402-axum"))),
];

/// How many payers' accounts a lane has.
const LANE: usize = 20;

fn guests(rows: &'static [Row], guests: Guests) -> Vec<Row> {
    let invited = |it: &&Row| guests == Guests::All || it.0 != Home::Legacy;
    rows.iter().filter(invited).copied().collect()
}

fn label((_, _, title, pinned): &Row) -> String {
    match pinned {
        // After the package's name, which stands in backticks.
        Some((manifest, package)) => {
            let (name, rest) = title[1..].split_once('`').unwrap();
            format!("`{name}` {}{rest}", version(manifest, package))
        }
        None => (*title).to_owned(),
    }
}

fn command(home: Home, role: &str) -> Command {
    match home {
        Home::Node => installed::node(role),
        Home::Python => installed::python(role),
        Home::Rust => installed::rust(role),
        Home::Legacy => installed::legacy(&format!("legacy-{role}")),
    }
}

/// The account of a row in a lane: one purchase each.
fn account(lane: usize, row: usize) -> sandbox::accounts::Account {
    payer(u8::try_from(1 + lane * LANE + row).unwrap())
}

async fn facilitators(anvil: &Anvil, first_account: usize) -> Vec<Facilitator> {
    let start = |(lane, kind)| Facilitator::start(kind, anvil, first_account + lane);
    join_all(Kind::ALL.into_iter().enumerate().map(start)).await
}

/// Every payer at our merchant.
pub(crate) async fn purchases(invited: Guests) -> Table {
    let rows = guests(&PAYERS, invited);
    let anvil = Anvil::start(&installed::anvil().unwrap()).await;
    let facilitators = facilitators(&anvil, 0).await;
    let start = |home: Home| (home, Worker::start(&mut command(home, "payers")));
    let mut homes: Vec<Home> = rows.iter().map(|it| it.0).collect();
    homes.sort_by_key(|it| *it as u8);
    homes.dedup();
    let workers: Vec<_> = homes.into_iter().map(start).collect();
    let lanes = facilitators.iter().enumerate().map(async |(lane, facilitator)| {
        let stall = Stall::open(facilitator, "off").await;
        let mut cells = Vec::new();
        for (number, (home, name, ..)) in rows.iter().enumerate() {
            let (_, worker) = workers.iter().find(|it| it.0 == *home).unwrap();
            cells.push(purchase(worker, name, &account(lane, number), &stall).await);
        }
        cells
    });
    let lanes = join_all(lanes).await;
    table("payers", "payer at our merchant", &rows, &lanes)
}

/// Our agent at every seller.
pub(crate) async fn hires(invited: Guests) -> Table {
    let rows = guests(&SELLERS, invited);
    let anvil = Anvil::start(&installed::anvil().unwrap()).await;
    let facilitators = facilitators(&anvil, 4).await;
    let urls: Vec<String> = facilitators.iter().map(|it| it.tap.url()).collect();
    let mut homes: Vec<Home> = rows.iter().map(|it| it.0).collect();
    homes.dedup();
    let processes: Vec<(Home, Process)> = homes
        .into_iter()
        .map(|home| {
            let mut command = command(home, "sellers");
            command.env("FACILITATORS", urls.join(",")).env("PAYEE", payee().to_string());
            (home, Process::start(&mut command))
        })
        .collect();
    let lanes = facilitators.iter().enumerate().map(async |(lane, facilitator)| {
        let mut cells = Vec::new();
        for (number, (home, name, ..)) in rows.iter().enumerate() {
            let (_, process) = processes.iter().find(|it| it.0 == *home).unwrap();
            let address = process.says(&format!("{name} {lane} listening on ")).await;
            let front = Tap::before(&address).await;
            cells.push(hire(&front, facilitator, &account(lane, number)).await);
        }
        cells
    });
    let lanes = join_all(lanes).await;
    table("sellers", "our agent at", &rows, &lanes)
}

fn table(name: &'static str, heading: &str, rows: &[Row], lanes: &[Vec<String>]) -> Table {
    let head = std::iter::once(heading.to_owned()).chain(titles()).collect();
    let cells = |number: usize| lanes.iter().map(move |it| it[number].clone());
    let row =
        |(number, row): (usize, &Row)| std::iter::once(label(row)).chain(cells(number)).collect();
    Table { name, head, rows: rows.iter().enumerate().map(row).collect() }
}
