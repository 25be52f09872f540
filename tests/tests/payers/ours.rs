//! Our agent as the payer, at other teams' sellers: bought, its receipt verified against the chain,
//! its ledger settled, and bought a second time. And where their facilitator fails: charged at most
//! once, whatever the seller asks for.

use std::path::Path;
use std::process::Stdio;

use futures_util::StreamExt;
use sandbox::world::{Options, Sandbox};
use serde_json::Value;
use tokio::process::Command;
use wire::{Address, U256};

use crate::node::{is_there, skip};
use crate::seller::{AXUM, PAYEE, PEERS, PRICE, Seller};

const INSTALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/payers/sellers");

const AT_A_TIME: usize = 4;

/// Who can be tried here. Not our own merchant: it has a matrix of its own.
fn sellers() -> Vec<Seller> {
    let mut sellers = Vec::new();
    if is_there() {
        install("node");
        sellers.push(Seller::Express);
    } else {
        skip("@x402/express as a seller", "Node.js is missing");
    }
    if Path::new(PEERS).join(AXUM).exists() {
        install("axum");
        sellers.extend([Seller::Axum, Seller::AxumInVersion1]);
    } else {
        not_built();
    }
    sellers
}

/// It takes a quarter of an hour to compile, which no run of all tests should: not even in CI is it a
/// failure that it is not there.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
fn not_built() {
    eprintln!("SKIPPED: x402-axum as a seller: tests/tests/payers/sellers axum builds it");
}

fn install(part: &str) {
    let installed = std::process::Command::new(INSTALL).arg(part).status().unwrap();
    assert!(installed.success(), "payers/sellers {part} failed");
}

/// A sandbox with a seller, and the folder that the agent works in.
struct Trip {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    before: U256,
}

impl Trip {
    async fn begin(options: Options) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let before = income(&sandbox);
        Self { sandbox, folder: tempfile::tempdir().unwrap(), before }
    }

    /// Runs the built agent: exit code, and what it told in JSON.
    async fn agent(&self, arguments: &[&str]) -> (i32, Value) {
        let here = std::env::current_exe().unwrap();
        let program = here.parent().and_then(Path::parent).unwrap().join("x402-agent");
        assert!(program.exists(), "x402-agent is not built: run cargo build --workspace first");
        let mut command = Command::new(program);
        let key = sandbox::accounts::testers()[1].secret().to_string();
        command.env_clear().env("X402_PRIVATE_KEY", key).env("X402_LEDGER", "purchases");
        command.current_dir(self.folder.path()).args(arguments).arg("--json");
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
        let told = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code().unwrap_or(-1), told)
    }

    async fn get(&self, url: &str) -> (i32, Value) {
        self.agent(&["get", url, "-o", "file", "--network", "base-sepolia"]).await
    }

    async fn reconcile(&self) -> i32 {
        self.agent(&["reconcile", "--rpc", &self.sandbox.rpc_url()]).await.0
    }

    fn charged(&self) -> u64 {
        u64::try_from((income(&self.sandbox) - self.before) / U256::from(PRICE)).unwrap()
    }

    fn stages(&self) -> String {
        let ledger = agent::Ledger::open(&self.folder.path().join("purchases")).unwrap();
        let all = ledger.all().unwrap();
        all.iter().map(|it| it.stage.word()).collect::<Vec<_>>().join(" ")
    }
}

fn income(sandbox: &Sandbox) -> U256 {
    sandbox.chain().usdc_balance(PAYEE.parse::<Address>().unwrap().evm())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_agent_buys_from_other_teams_sellers() {
    for seller in sellers() {
        let trip = Trip::begin(Options::instant()).await;
        let (_running, url) = seller.open(&trip.sandbox).await;
        for count in 1..=2 {
            let (exit, told) = trip.get(&url).await;
            assert_eq!(exit, 0, "{seller:?}, purchase {count}: {told}");
            assert_eq!(told["receipt"]["settled"], true, "{seller:?}: {told}");
            let hash = told["receipt"]["transaction"].as_str().unwrap().to_owned();
            let rpc = trip.sandbox.rpc_url();
            let (exit, told) = trip.agent(&["settlement", &hash, "--rpc", &rpc]).await;
            assert_eq!(exit, 0, "{seller:?}: the chain knows of the transaction: {told}");
            assert!(told.to_string().contains(PAYEE), "{seller:?}: {told}");
            assert_eq!(trip.charged(), count, "{seller:?}");
            assert!(
                std::fs::read_to_string(trip.folder.path().join("file")).unwrap().contains("42")
            );
        }
        assert_eq!(trip.stages(), "settled settled", "{seller:?}");
    }
}

/// How often it is charged is the agent's doing as much as the seller's: it signs once, whatever it is
/// asked. What the seller keeps to itself, the chain tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_agent_is_charged_at_most_once_wherever_a_facilitator_fails() {
    #[rustfmt::skip]
    let faults = [
        "settle:reset-after-settling*1", "settle:5xx-after-settling=500*1",
        "settle:garbage-after-settling*1", "settle:failure-after-settling*1",
        "settle:wrong-payer*1", "settle:empty-hash*1", "settle:reset*1", "settle:5xx=502*1",
        "settle:refuse=insufficient_funds*1", "verify:5xx=500*1",
    ];
    let all = sellers().into_iter().flat_map(|seller| faults.map(|fault| (seller, fault)));
    let trips = all.map(|(seller, fault)| async move {
        let trip = Trip::begin(Options::instant().fault(fault).unwrap()).await;
        let (_running, url) = seller.open(&trip.sandbox).await;
        let (exit, told) = trip.get(&url).await;
        let charged = trip.charged();
        assert!(charged <= 1, "{seller:?} {fault}: charged {charged} times: {told}");
        assert!([0, 6, 7, 11].contains(&exit), "{seller:?} {fault}: {exit} {told}");
        trip.sandbox.faults().clear(None);
        trip.sandbox.chain().advance(std::time::Duration::from_mins(10));
        trip.sandbox.chain().mine();
        assert_eq!(trip.reconcile().await, 0, "{seller:?} {fault}");
        let stages = trip.stages();
        let settled = u64::try_from(stages.matches("settled").count()).unwrap();
        assert_eq!((settled, trip.charged()), (charged, charged), "{seller:?} {fault}: {stages}");
    });
    futures_util::stream::iter(trips).buffer_unordered(AT_A_TIME).collect::<Vec<()>>().await;
}
