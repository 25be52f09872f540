//! Runs the built command line, as a shell would, against a scripted server.

use std::path::Path;
use std::process::{Output, Stdio};

use tokio::process::Command;

use crate::scene::PATH;
use crate::server::{Act, Server};
use crate::wares::KEY;

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) exit: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.text()).unwrap()
    }
}

/// Runs `x402-agent` in this folder with the test key in the environment.
pub(crate) async fn run(folder: &Path, arguments: &[&str]) -> Ran {
    run_with(folder, arguments, &[("X402_PRIVATE_KEY", KEY)]).await
}

/// Runs `x402-agent` in this folder with exactly these variables.
pub(crate) async fn run_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    ran(command(folder, arguments, variables).output().await.unwrap())
}

/// Runs `x402-agent` with the test key and asks it to end as soon as `moment` has come.
pub(crate) async fn interrupt(
    folder: &Path,
    arguments: &[&str],
    moment: impl Future<Output = ()>,
) -> Ran {
    let mut command = command(folder, arguments, &[("X402_PRIVATE_KEY", KEY)]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id().unwrap().to_string();
    moment.await;
    let kill = Command::new("kill").args(["-INT", &id]).status().await.unwrap();
    assert!(kill.success());
    ran(child.wait_with_output().await.unwrap())
}

/// The command, to be started.
pub(crate) fn command(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_x402-agent"));
    command.args(arguments).current_dir(folder).env_clear().envs(variables.iter().copied());
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// What it left.
pub(crate) fn ran(output: Output) -> Ran {
    Ran {
        exit: output.status.code().unwrap(),
        out: output.stdout,
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A server with this script, and the URL to ask.
pub(crate) async fn shop(script: impl FnOnce(&str) -> Vec<Act>) -> (Server, String) {
    let server = Server::start().await;
    let url = server.url(PATH);
    server.script(script(&url));
    (server, url)
}

/// The names in a folder, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
