//! The built `bootstrap` as a process, with a package and the platform around it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::events::Ask;
use crate::http::Reply;
use crate::runtime_api::{Outcome, RuntimeApi};

/// What tells these tests about their own crate. Build scripts of dependencies that see it change
/// run again, and everything after them is built anew.
const OF_THESE_TESTS: &[&str] = &[
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
    "OUT_DIR",
];

/// The binary, built as the package has it: without server and command line.
pub(crate) fn bootstrap() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        for variable in OF_THESE_TESTS {
            cargo.env_remove(variable);
        }
        let output = cargo
            .args(["build", "--quiet", "--locked", "--package", "merchant", "--bin", "bootstrap"])
            .args(["--no-default-features", "--features", "lambda", "--message-format", "json"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "the function does not build");
        let messages = String::from_utf8(output.stdout).unwrap();
        let mut paths = messages.lines().filter_map(|line| {
            let message: Value = serde_json::from_str(line).ok()?;
            message["executable"].as_str().map(PathBuf::from)
        });
        paths.next_back().expect("an executable")
    })
}

/// A function: its package, its process and its platform.
pub(crate) struct Function {
    pub(crate) api: RuntimeApi,
    pub(crate) package: TempDir,
    started: Instant,
    child: Child,
}

impl Function {
    /// Starts it in a package with this configuration.
    pub(crate) async fn start(configuration: &str, environment: &[(&str, &str)]) -> Self {
        let package = tempfile::tempdir().unwrap();
        std::fs::write(package.path().join("merchant.toml"), configuration).unwrap();
        Self::start_in(package, environment).await
    }

    /// Starts it in a package that is there.
    pub(crate) async fn start_in(package: TempDir, environment: &[(&str, &str)]) -> Self {
        let api = RuntimeApi::start().await;
        let log = |name: &str| std::fs::File::create(package.path().join(name)).unwrap();
        let mut command = Command::new(bootstrap());
        command
            .env_clear()
            .env("LAMBDA_TASK_ROOT", package.path())
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "shop")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "hush-hush")
            .envs(environment.iter().copied())
            .current_dir(package.path())
            .stdout(log("stdout"))
            .stderr(log("stderr"));
        #[expect(clippy::disallowed_methods, reason = "the start is measured")]
        let started = Instant::now();
        let child = command.spawn().unwrap();
        Self { api, package, started, child }
    }

    /// Answers one request.
    pub(crate) async fn ask(&self, ask: &Ask) -> Reply {
        self.invoke(ask).await.whole()
    }

    pub(crate) async fn invoke(&self, ask: &Ask) -> Outcome {
        let event = serde_json::to_vec(&ask.event()).unwrap();
        self.api.invoke(event, Duration::from_millis(ask.patience_ms)).await
    }

    /// How long the function took from its start to asking for the first event.
    pub(crate) fn init(&self) -> Option<Duration> {
        self.api.first_next().map(|it| it - self.started)
    }

    /// Resident memory at its highest, in KiB, as Linux counts it.
    pub(crate) fn memory_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    }

    /// Waits for the process to end by itself. Nothing where a signal ended it.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        for _ in 0..1000 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the function goes on");
    }

    /// Everything that it wrote to its log.
    pub(crate) fn log(&self) -> String {
        let read = |name| std::fs::read_to_string(self.package.path().join(name)).unwrap();
        read("stdout") + &read("stderr")
    }

    /// The lines of requests.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.package.path().join("stdout")).unwrap();
        text.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
