//! A program of ours as a process that can be killed like any other, and what it says.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Longest wait for a process to say something: two CPUs may be shared by many.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running program.
pub(crate) struct Process {
    pub(crate) child: Child,
    said: watch::Receiver<String>,
}

impl Process {
    /// Starts it.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, said) = watch::channel(String::new());
        let tell = Arc::new(tell);
        listen(child.stdout.take().unwrap(), Arc::clone(&tell));
        listen(child.stderr.take().unwrap(), tell);
        Self { child, said }
    }

    /// Waits until it says this, and returns what comes after on the same line.
    pub(crate) async fn says(&self, text: &str) -> String {
        let mut said = self.said.clone();
        let there = tokio::time::timeout(PATIENCE, said.wait_for(|it| it.contains(text))).await;
        let Ok(Ok(said)) = there else { panic!("it never said {text:?}, but:\n{}", self.all()) };
        let rest = said.split_once(text).map(|(_, rest)| rest).unwrap();
        rest.lines().next().unwrap_or_default().to_owned()
    }

    /// Everything that it said.
    pub(crate) fn all(&self) -> String {
        self.said.borrow().clone()
    }

    /// SIGKILL: nothing is tidied up.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn listen(stream: impl Read + Send + 'static, tell: Arc<watch::Sender<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            tell.send_modify(|said| said.extend([line.as_str(), "\n"]));
        }
    });
}

/// The merchant's own binary: this one, or the one that the build puts beside the folder of the tests.
pub(crate) fn merchant(program: Option<PathBuf>, config: &Path) -> Command {
    let program = program.unwrap_or_else(|| {
        let here = std::env::current_exe().unwrap();
        here.parent().and_then(Path::parent).unwrap().join("x402-merchant")
    });
    assert!(program.exists(), "x402-merchant is not built: run cargo build -p merchant first");
    let mut command = Command::new(program);
    command.args(["serve", "--config"]).arg(config);
    command.env_clear().env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "b");
    command
}
