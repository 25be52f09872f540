//! Other teams' paywalls, where `scripts/bench --peers` has installed them.

use std::path::Path;

use crate::Failure;
use crate::servers::{Bench, Subject};

/// Every peer with the command that starts it, below the folder that they are installed in.
const PEERS: [(&str, &[&str]); 3] = [
    ("x402-axum", &["axum/target/release/peer-axum"]),
    ("@x402/hono", &["node", "node/hono.mjs"]),
    ("@x402/express", &["node", "node/express.mjs"]),
];

/// The peers of a folder.
pub(crate) fn all(bench: &Bench, folder: &Path) -> Result<Vec<Subject>, Failure> {
    let mut subjects = Vec::new();
    for (name, command) in PEERS {
        let (file, interpreter) = command.split_last().unwrap_or((&"", &[]));
        let file = folder.join(file);
        if !file.exists() {
            return Err(Failure(format!("{name} is not installed; use scripts/bench --peers")));
        }
        let mut words: Vec<_> = interpreter.iter().map(Into::into).collect();
        words.push(file.into());
        subjects.push(bench.peer(name, words)?);
    }
    Ok(subjects)
}
