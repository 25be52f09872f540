//! A seller as a process, ours or another team's, that is paid through a sandbox of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use sandbox::world::{Options, Sandbox};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpStream;
use wire::{Address, U256};

use crate::node::{Ending, Node, Payer};
use crate::process::{self, Process};

/// Where `scripts/compare` installs the others.
pub(crate) const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/compare-peers");
/// The built peer, below it.
pub(crate) const AXUM: &str = "axum/target/debug/peer-axum";
/// Who is paid: the peers have it compiled in.
pub(crate) const PAYEE: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";
const PATH: &str = "/premium/a.json";
pub(crate) const PRICE: u64 = 1000;

/// Who sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seller {
    /// The merchant with a chain endpoint, as it comes for Base.
    Ours,
    /// The merchant that is told not to ask the chain.
    OursWithoutChain,
    /// `@x402/express`.
    Express,
    /// `x402-axum`.
    Axum,
    /// `x402-axum`, asking in version 1.
    AxumInVersion1,
}

/// What became of one purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) ending: Ending,
    /// How often the price left the payer's account, as the chain has it.
    pub(crate) transfers: u64,
}

impl Outcome {
    /// For tables: the status, the file, the transfers.
    pub(crate) fn told(&self) -> String {
        let Ending { status, code, file, .. } = &self.ending;
        let is_code = |it: &str| {
            it.bytes().all(|it| it.is_ascii_lowercase() || it == b'_' || it.is_ascii_digit())
        };
        let what = match (file, code.as_str()) {
            (true, _) => "file",
            (false, code) if code != "none" && is_code(code) => code,
            (false, _) => "no file",
        };
        format!("{status} {what}, charged {}", self.transfers)
    }
}

/// Has one thing bought while this goes wrong.
pub(crate) async fn trial(node: &Node, seller: Seller, payer: Payer, fault: &str) -> Outcome {
    let sandbox = Sandbox::start(Options::instant().fault(fault).unwrap()).await.unwrap();
    let paid: Address = PAYEE.parse().unwrap();
    let income = || sandbox.chain().usdc_balance(paid.evm());
    let before = income();
    let (_running, url) = seller.open(&sandbox).await;
    let ending = node.buy(&url, payer).await;
    let transfers = (income() - before) / U256::from(PRICE);
    Outcome { ending, transfers: u64::try_from(transfers).unwrap() }
}

/// What the agent's rules for sellers find at this one; it is paid for one purchase by each version.
pub(crate) async fn judged(seller: Seller) -> Value {
    let sandbox = Sandbox::start(Options::instant()).await.unwrap();
    let (running, url) = seller.open(&sandbox).await;
    let here = std::env::current_exe().unwrap();
    let agent = here.parent().and_then(Path::parent).unwrap().join("x402-agent");
    assert!(agent.exists(), "x402-agent is not built: run cargo build -p agent first");
    let mut command = Command::new(agent);
    command
        .env_clear()
        .env("X402_PRIVATE_KEY", sandbox::accounts::testers()[1].secret().to_string());
    command.args(["conformance", &url, "--pay", "--json", "--ledger"]);
    command.arg(running.folder.path().join("purchases"));
    // The sandbox goes on in other threads.
    let output = tokio::task::block_in_place(|| command.output().unwrap());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

impl Seller {
    /// Starts it; what it sells is at the URL.
    pub(crate) async fn open(self, sandbox: &Sandbox) -> (Running, String) {
        let folder = tempfile::tempdir().unwrap();
        let facilitator = sandbox.facilitator_url();
        let (process, address) = match self {
            Self::Ours | Self::OursWithoutChain => {
                let file = folder.path().join("content").join(&PATH[1..]);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, "{\"answer\":42}").unwrap();
                let config = folder.path().join("merchant.toml");
                let chain = if self == Self::Ours { "doubt" } else { "off" };
                std::fs::write(&config, configuration(sandbox, &facilitator, chain)).unwrap();
                let process = Process::start(&mut process::merchant(None, &config));
                let address = process.says("listening on ").await;
                (process, address)
            }
            Self::Express => peer(&["node", "node/express.mjs"], &facilitator, "2").await,
            Self::Axum => peer(&[AXUM], &facilitator, "2").await,
            Self::AxumInVersion1 => peer(&[AXUM], &facilitator, "1").await,
        };
        (Running { _process: process, folder }, format!("http://{address}{PATH}"))
    }
}

/// What ends when it is dropped.
pub(crate) struct Running {
    _process: Process,
    folder: TempDir,
}

async fn peer(command: &[&str], facilitator: &str, version: &str) -> (Process, String) {
    let free = SocketAddr::from(([127, 0, 0, 1], tests::free_port()));
    let (file, interpreter) = command.split_last().unwrap();
    let file = format!("{PEERS}/{file}");
    let mut command = match interpreter.first() {
        Some(interpreter) => Command::new(interpreter),
        None => Command::new(&file),
    };
    if !interpreter.is_empty() {
        command.arg(&file);
    }
    command.env("PORT", free.port().to_string());
    command.env("FACILITATOR_URL", facilitator).env("RESOURCE_PATH", PATH);
    command.env("PROTOCOL_VERSION", version);
    let process = Process::start(&mut command);
    for _ in 0..600 {
        if TcpStream::connect(free).await.is_ok() {
            return (process, free.to_string());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{file} does not listen: {}", process.all())
}

fn configuration(sandbox: &Sandbox, facilitator: &str, chain: &str) -> String {
    format!(
        r#"
        public_url = "http://localhost"
        pay_to = "{PAYEE}"
        networks = ["base-sepolia"]
        [content]
        url = "file:./content"
        [ledger]
        url = "file:./ledger"
        fsync = false
        [facilitator]
        url = "{facilitator}"
        [onchain]
        verify = "{chain}"
        rpc = ["base-sepolia={}"]
        [server]
        listen = "127.0.0.1:0"
        [[routes]]
        path = "/premium/"
        price = "$0.001"
        "#,
        sandbox.rpc_url()
    )
}
