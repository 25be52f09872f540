//! A client of another team, as a process, and what it is told.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mcp");
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/mcp/venv/bin/python");

/// Longest wait for an answer: two CPUs may be shared by many.
const PATIENCE: Duration = Duration::from_mins(3);

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>;

/// The process.
pub(crate) struct Client {
    child: Child,
    waiting: Waiting,
    orders: AtomicU64,
    said: Arc<Mutex<String>>,
}

/// Is everything there that these tests need? If not, says so, and fails where everything must be.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
#[expect(clippy::disallowed_methods, reason = "CI is told by the environment alone")]
pub(crate) fn is_there() -> bool {
    let script = "import sys, venv; sys.exit(sys.version_info < (3, 10))";
    let python = Command::new("python3").args(["-c", script]).output();
    if python.is_ok_and(|it| it.status.success()) {
        let installed = Command::new(format!("{SUITE}/install")).status().unwrap();
        assert!(installed.success(), "mcp/install failed");
        return true;
    }
    let mandatory = std::env::var_os("CI").is_some_and(|it| it == "true");
    assert!(!mandatory, "the MCP clients: Python 3.10 with venv is missing");
    eprintln!("SKIPPED: the MCP clients: Python 3.10 with venv is missing");
    false
}

/// A script of this suite under the Python that has what it needs.
pub(crate) fn script(name: &str) -> Command {
    let mut command = Command::new(PYTHON);
    command.arg(format!("{SUITE}/{name}")).env_clear().env("PYTHONUNBUFFERED", "1");
    command
}

impl Client {
    /// Connects: to a program that it starts itself, or to a URL.
    pub(crate) async fn connect(how: &Value) -> Self {
        let mut child = script("client.py")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (waiting, said) = (Waiting::default(), Arc::<Mutex<String>>::default());
        let (answers, waits) = (child.stdout.take().unwrap(), Arc::clone(&waiting));
        let everything = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in BufReader::new(answers).lines().map_while(Result::ok) {
                everything.lock().unwrap().push_str(&line);
                let answer: Value = serde_json::from_str(&line).unwrap();
                let waiter = waits.lock().unwrap().remove(&answer["id"].as_u64().unwrap());
                let _ = waiter.unwrap().send(answer);
            }
            // Whoever waits for more waits in vain.
            waits.lock().unwrap().clear();
        });
        // What the client and the program that it started say on the side.
        let (errors, everything) = (child.stderr.take().unwrap(), Arc::clone(&said));
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                everything.lock().unwrap().push_str(&line);
            }
        });
        let client = Self { child, waiting, orders: AtomicU64::new(0), said };
        let connected = client.order(how.clone()).await;
        assert_eq!(connected["result"], "connected", "{connected} {}", client.said());
        client
    }

    /// Carries an order out.
    pub(crate) async fn order(&self, mut order: Value) -> Value {
        let id = self.orders.fetch_add(1, Ordering::Relaxed);
        order["id"] = json!(id);
        let (tell, answer) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id, tell);
        writeln!(self.child.stdin.as_ref().unwrap(), "{order}").unwrap();
        let answer = tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time");
        answer.unwrap_or_else(|_| panic!("the client ended: {}", self.said()))
    }

    /// Calls a tool. Errors of the tool are results.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Value {
        let order = json!({ "do": "call", "tool": tool, "arguments": arguments });
        let answer = self.order(order).await;
        assert!(answer["error"].is_null(), "{tool}: {answer}");
        answer["result"].clone()
    }

    /// Calls a tool and gives it so many seconds.
    pub(crate) async fn call_briefly(&self, tool: &str, arguments: Value, seconds: f64) -> Value {
        let order =
            json!({ "do": "call", "tool": tool, "arguments": arguments, "patience": seconds });
        self.order(order).await
    }

    /// Everything that it was told, and everything said on the side.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program of ours: the build puts it beside the folder of the tests.
pub(crate) fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let program = here.parent().and_then(Path::parent).unwrap().join(name);
    assert!(program.exists(), "{name} is not built: run cargo build --workspace first");
    program
}
