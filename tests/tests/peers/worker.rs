//! Other teams' payers: a process for each language, which buys what it is told to.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sandbox::accounts::Account;
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// The slowest facilitator takes 7 s, and machines are slow at times.
const PATIENCE: Duration = Duration::from_mins(2);

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>;

/// A process of payers.
pub(crate) struct Worker {
    child: Child,
    waiting: Waiting,
    orders: AtomicU64,
}

/// What a payer got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// A last response.
    Answered { status: u64, body: String },
    /// The library gave up, and said this.
    Thrown(String),
}

impl Worker {
    /// Starts it.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
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
        Self { child, waiting, orders: AtomicU64::new(0) }
    }

    /// Has the object at this URL bought by this payer from this account.
    pub(crate) async fn buy(&self, payer: &str, url: &str, account: &Account) -> Ending {
        let id = self.orders.fetch_add(1, Ordering::Relaxed);
        let (tell, answer) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id, tell);
        let key = account.secret().to_string();
        let order = json!({ "id": id, "payer": payer, "url": url, "key": key });
        writeln!(self.child.stdin.as_ref().unwrap(), "{order}").unwrap();
        let answer = tokio::time::timeout(PATIENCE, answer).await.expect("an ending in time");
        let answer = answer.expect("the payers go on");
        match answer["thrown"].as_str() {
            Some(error) => Ending::Thrown(error.to_owned()),
            None => Ending::Answered {
                status: answer["status"].as_u64().unwrap(),
                body: answer["body"].as_str().unwrap().to_owned(),
            },
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
