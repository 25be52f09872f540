//! The built agent, as somebody would start it, and its ledger.

use std::path::Path;
use std::process::{Output, Stdio};

use sandbox::accounts::{Account, testers};
use serde_json::Value;
use tokio::process::Command;

/// The ledger's name in the agent's folder.
const LEDGER: &str = "purchases";

/// Who pays: the sandbox's second test account.
pub(crate) fn payer() -> &'static Account {
    &testers()[1]
}

async fn run(folder: &Path, arguments: &[&str]) -> Output {
    let here = std::env::current_exe().unwrap();
    let program = here.parent().and_then(Path::parent).unwrap().join("x402-agent");
    assert!(program.exists(), "x402-agent is not built: run cargo build --workspace first");
    let mut command = Command::new(program);
    command.env_clear().env("X402_PRIVATE_KEY", payer().secret().to_string());
    command.current_dir(folder).args(arguments).args(["--ledger", LEDGER]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command.output().await.unwrap()
}

/// What a purchase left.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bought {
    pub(crate) exit: i32,
    /// The code of what went wrong; empty if nothing did.
    pub(crate) code: String,
    pub(crate) content: Option<Vec<u8>>,
}

/// Buys what is at this URL, on Base Sepolia, for at most a cent in all.
pub(crate) async fn buy(folder: &Path, url: &str) -> Bought {
    let terms = ["--network", "base-sepolia", "--budget", "$0.01"];
    let output = run(folder, &[&["get", url, "-o", "file", "--json"], &terms[..]].concat()).await;
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let code = told["error"]["code"].as_str().unwrap_or_default().to_owned();
    let exit = output.status.code().unwrap_or(-1);
    let content = std::fs::read(folder.join("file")).ok();
    Bought { exit, code, content }
}

/// Asks the chain about what is in doubt; the exit code.
pub(crate) async fn reconcile(folder: &Path, rpc: &str) -> i32 {
    run(folder, &["reconcile", "--rpc", rpc]).await.status.code().unwrap_or(-1)
}

/// The stages of all purchases, the oldest first.
pub(crate) fn stages(folder: &Path) -> String {
    let ledger = ::agent::Ledger::open(&folder.join(LEDGER)).unwrap();
    let all = ledger.all().unwrap();
    all.iter().map(|it| it.stage.word()).collect::<Vec<_>>().join(" ")
}
