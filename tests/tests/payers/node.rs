//! One Node.js process that buys whatever it is told to.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/payers");
const PACKAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/payers");

/// Longest purchase: three of the naive client's, each with every patience used up, end before.
const PATIENCE: Duration = Duration::from_mins(10);

/// How a client goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payer {
    /// Calls `@x402/fetch` once and takes what comes.
    Once,
    /// Sends requests again after every 5xx, timeout and broken connection, and pays whenever asked.
    Naive,
}

/// What a client got in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) status: u64,
    pub(crate) code: String,
    pub(crate) file: bool,
    pub(crate) signatures: u64,
    /// Every status, in order; 0 where there was no answer.
    pub(crate) statuses: Vec<u64>,
}

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>;

/// The process.
pub(crate) struct Node {
    child: Child,
    waiting: Waiting,
    orders: AtomicU64,
}

impl Node {
    /// Starts it. Nothing, and loudly so, where Node.js is missing.
    pub(crate) fn start() -> Option<Self> {
        if !is_there() {
            skip("the generic payers", "Node.js is missing");
            return None;
        }
        let installed = Command::new(format!("{SUITE}/install")).status().unwrap();
        assert!(installed.success(), "payers/install failed");
        let secret = sandbox::accounts::testers()[1].secret().to_string();
        let mut child = Command::new("node")
            .args([&format!("{SUITE}/client.mjs"), PACKAGES, &secret])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let waiting = Waiting::default();
        let (answers, waits) = (child.stdout.take().unwrap(), Arc::clone(&waiting));
        std::thread::spawn(move || {
            for line in BufReader::new(answers).lines().map_while(Result::ok) {
                let answer: Value = serde_json::from_str(&line).unwrap();
                let waiter = waits.lock().unwrap().remove(&answer["id"].as_u64().unwrap());
                let _ = waiter.unwrap().send(answer);
            }
            // Whoever waits for more waits in vain.
            waits.lock().unwrap().clear();
        });
        Some(Self { child, waiting, orders: AtomicU64::new(0) })
    }

    /// Has the file at this URL bought.
    pub(crate) async fn buy(&self, url: &str, payer: Payer) -> Ending {
        let payer = match payer {
            Payer::Once => "once",
            Payer::Naive => "naive",
        };
        let id = self.orders.fetch_add(1, Ordering::Relaxed);
        let (tell, answer) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id, tell);
        let order = json!({ "id": id, "url": url, "payer": payer });
        writeln!(self.child.stdin.as_ref().unwrap(), "{order}").unwrap();
        let answer = tokio::time::timeout(PATIENCE, answer).await.expect("an ending in time");
        let answer = answer.expect("the client goes on");
        let statuses = answer["statuses"].as_array().unwrap().iter();
        Ending {
            status: answer["status"].as_u64().unwrap(),
            code: answer["code"].as_str().unwrap_or("none").to_owned(),
            file: answer["file"].as_bool().unwrap(),
            signatures: answer["signatures"].as_u64().unwrap(),
            statuses: statuses.map(|it| it.as_u64().unwrap()).collect(),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Is Node.js installed?
pub(crate) fn is_there() -> bool {
    Command::new("node").arg("--version").output().is_ok_and(|it| it.status.success())
}

/// Says what is not tested here, and fails where everything must be.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
#[expect(clippy::disallowed_methods, reason = "CI is told by the environment alone")]
pub(crate) fn skip(what: &str, why: &str) {
    let mandatory = std::env::var_os("CI").is_some_and(|it| it == "true");
    assert!(!mandatory, "{what}: {why}");
    eprintln!("SKIPPED: {what}: {why}");
}
