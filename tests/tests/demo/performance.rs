//! One run of the demo's binary: what it says, line by line, and what it leaves on the machine.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::spawn;
use std::time::Duration;

use tempfile::TempDir;

/// Longest silence of a demo that works: twice what its merchant may take for one answer.
const SILENCE_MAX: Duration = Duration::from_mins(1);

/// A demo under way.
pub(crate) struct Performance {
    process: Child,
    lines: Receiver<String>,
    told: String,
    /// Where it puts its temporary files.
    folder: TempDir,
    children: Vec<u32>,
}

impl Performance {
    pub(crate) fn begin(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut process = Command::new(binary())
            .args(arguments)
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the demo starts");
        let output = BufReader::new(process.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        spawn(move || output.lines().map_while(Result::ok).try_for_each(|it| sender.send(it)));
        Self { process, lines, told: String::new(), folder, children: Vec::new() }
    }

    /// Returns when a line begins like this.
    pub(crate) fn wait_for(&mut self, start: &str) {
        while let Some(line) = self.next() {
            if line.starts_with(start) {
                self.children = children(self.process.id());
                return;
            }
        }
        panic!("the demo never said {start:?}:\n{}", self.told);
    }

    fn next(&mut self) -> Option<String> {
        let line = self.lines.recv_timeout(SILENCE_MAX);
        match line {
            Ok(line) => {
                self.told.push_str(&line);
                self.told.push('\n');
                Some(line)
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                panic!("the demo is silent, after:\n{}", self.told)
            }
        }
    }

    /// Where it said that something listens, until now.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let stage = self.told.split("\n2. ").next().unwrap_or_default();
        let after = stage.split("http://").skip(1);
        after.filter_map(|it| it.split_whitespace().next()?.parse().ok()).collect()
    }

    /// Is it there still, with its merchant?
    pub(crate) fn is_running(&self) -> bool {
        !cfg!(target_os = "linux") || children(self.process.id()) == self.children
    }

    /// Ctrl-C, as a terminal sends it.
    pub(crate) fn interrupt(&self) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Its exit code and all that it said. Whatever it started must have ended, too.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        while self.next().is_some() {}
        let status = self.process.wait().expect("it ends");
        let left: Vec<_> = std::fs::read_dir(self.folder.path()).expect("a folder").collect();
        assert!(left.is_empty(), "it left {left:?} behind, after:\n{}", self.told);
        let alive = |pid: &&u32| PathBuf::from(format!("/proc/{pid}")).exists();
        let orphans: Vec<_> = self.children.iter().filter(alive).collect();
        assert!(orphans.is_empty(), "it left {orphans:?} running, after:\n{}", self.told);
        (status.code(), std::mem::take(&mut self.told))
    }
}

/// A demo of a failed test is told to stop, so that its merchant ends as well.
impl Drop for Performance {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            self.interrupt();
            let _ = self.process.wait();
        }
    }
}

pub(crate) fn listens(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}

/// The processes that this one started. None where there is no `/proc`.
fn children(of: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let is_child = |pid: &u32| {
        let facts = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // After the name, which may hold anything, come the state and the parent.
        let after_name = facts.rsplit(')').next().unwrap_or_default();
        after_name.split_whitespace().nth(1) == Some(of.to_string().as_str())
    };
    let pids = processes.filter_map(|it| it.file_name().to_str()?.parse().ok());
    let mut children: Vec<u32> = pids.filter(is_child).collect();
    children.sort_unstable();
    children
}

/// The demo stands beside the folder of the tests: the build puts it there.
fn binary() -> PathBuf {
    let here = std::env::current_exe().expect("this test has a path");
    let built = here.parent().and_then(|it| it.parent()).expect("target/debug/deps");
    for name in ["x402-demo", "x402-merchant"] {
        let path = built.join(name);
        assert!(path.exists(), "{name} is not built: run cargo build -p demo -p merchant first");
    }
    built.join("x402-demo")
}
