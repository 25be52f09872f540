//! Other teams' libraries, asked through Node.js.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facilitators");
const PACKAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/facilitators");

/// What a script of this folder says to this. Nothing, and loudly so, where Node.js is missing.
pub(crate) fn run(script: &str, input: &Value) -> Option<String> {
    if !Command::new("node").arg("--version").output().is_ok_and(|it| it.status.success()) {
        skip(script, "Node.js is missing");
        return None;
    }
    let installed = Command::new(format!("{SUITE}/install")).status().unwrap();
    assert!(installed.success(), "facilitators/install failed");
    let mut judge = Command::new("node")
        .args([&format!("{SUITE}/{script}"), PACKAGES])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    judge.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = judge.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Says what is not tested here, and fails where everything must be.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
#[expect(clippy::disallowed_methods, reason = "CI is told by the environment alone")]
fn skip(what: &str, why: &str) {
    let mandatory = std::env::var_os("CI").is_some_and(|it| it == "true");
    assert!(!mandatory, "{what}: {why}");
    eprintln!("SKIPPED: {what}: {why}");
}
