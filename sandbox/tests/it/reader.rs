//! The node as clients of other teams see it.

use sandbox::chain::{Chain, ChainConfig};
use sandbox::rpc::Node;
use sandbox::server::Server;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

/// Whether Node.js is here. In CI it has to be.
#[expect(clippy::disallowed_methods, reason = "CI is asked for by name")]
pub(crate) fn has_node(what: &str) -> bool {
    let found = Command::new("node").arg("--version").output().is_ok_and(|it| it.status.success());
    let in_ci = std::env::var("CI").is_ok_and(|it| it == "true");
    assert!(found || !in_ci, "Node.js is missing in CI: {what}");
    if !found {
        // Past the capture of the test runner, which would hide it.
        drop(writeln!(std::io::stderr(), "SKIPPED for want of Node.js: {what}"));
    }
    found
}

fn installed_readers() -> PathBuf {
    let installed =
        Command::new(format!("{TESTS}/install")).status().expect("tests/install starts");
    assert!(installed.success(), "tests/install failed");
    Path::new(TESTS).join("../../.tools/readers")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn viem_reads_pays_and_finds_its_receipt() {
    if !has_node("reading the sandbox with viem") {
        return;
    }
    let readers = installed_readers();
    let chain = Chain::new(&ChainConfig::default());
    let anywhere = "127.0.0.1:0".parse().unwrap();
    let server = Server::start(anywhere, Arc::new(Node::new(chain))).await.unwrap();
    let mut viem = Command::new("node");
    viem.arg(format!("{TESTS}/viem_reader.mjs")).arg(server.url()).arg(readers);
    let output = tokio::task::spawn_blocking(move || viem.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
