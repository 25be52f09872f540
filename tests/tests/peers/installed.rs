//! Where `tests/peers/install` puts other teams' software, and how it is run.

use std::path::{Path, PathBuf};
use std::process::Command;

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools");

/// Installs these parts. False, and loudly so, where something that they need is missing.
pub(crate) fn install(parts: &[&str]) -> bool {
    for (program, needed) in [("node", "Node.js"), ("python3", "Python 3")] {
        if !Command::new(program).arg("--version").output().is_ok_and(|it| it.status.success()) {
            skip(&format!("{needed} is missing"));
            return false;
        }
    }
    let installed = Command::new(format!("{HERE}/install")).args(parts).status().unwrap();
    assert!(installed.success(), "tests/peers/install failed");
    if anvil().is_none() {
        skip("npm has no anvil for this machine");
        return false;
    }
    true
}

/// The chain's program: npm's, which is there for Linux on x86-64.
pub(crate) fn anvil() -> Option<PathBuf> {
    let file = format!("{TOOLS}/peers/node/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil");
    Some(PathBuf::from(file)).filter(|it| it.exists())
}

/// A program of `tests/peers/node`.
pub(crate) fn node(program: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(format!("{HERE}/node/{program}.mjs"));
    command.env("PACKAGES", format!("{TOOLS}/peers/node"));
    command
}

/// A program of `tests/peers/node` that needs the libraries of version 1.
pub(crate) fn legacy(program: &str) -> Command {
    let mut command = node(program);
    command.env("PACKAGES", format!("{TOOLS}/golden"));
    command
}

/// A program of `tests/peers/python`.
pub(crate) fn python(program: &str) -> Command {
    let mut command = Command::new(format!("{TOOLS}/peers/python/bin/python"));
    command.arg(format!("{HERE}/python/{program}.py"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// A role of `tests/peers/rust`.
pub(crate) fn rust(role: &str) -> Command {
    let mut command = Command::new(Path::new(TOOLS).join("peers/rust/target/debug/peers"));
    command.arg(role);
    command
}

/// The version of a package that is pinned in a manifest under `tests/peers`.
pub(crate) fn version(manifest: &str, package: &str) -> String {
    let text = std::fs::read_to_string(format!("{HERE}/{manifest}")).unwrap();
    let line = |it: &&str| {
        let it = it.trim_start();
        it.trim_start_matches('"').strip_prefix(package).is_some_and(|rest| {
            rest.starts_with(['"', ' ', '=']) && rest.contains(|it: char| it.is_ascii_digit())
        })
    };
    let line = text.lines().find(line).unwrap_or_else(|| panic!("{manifest} pins no {package}"));
    let rest = &line[line.find(package).unwrap() + package.len()..];
    let rest = rest.split_once("version").map_or(rest, |(_, rest)| rest);
    let version = rest.trim_start_matches(|it: char| !it.is_ascii_digit());
    version.split(['"', ' ', ',']).next().unwrap().to_owned()
}

/// Says what is not tested here, and fails where everything must be.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
#[expect(clippy::disallowed_methods, reason = "CI is told by the environment alone")]
fn skip(why: &str) {
    let mandatory = std::env::var_os("CI").is_some_and(|it| it == "true");
    assert!(!mandatory, "other teams' software: {why}");
    eprintln!("SKIPPED: other teams' software: {why}");
}
