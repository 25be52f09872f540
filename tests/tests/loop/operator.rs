//! The operator's commands: the built binary beside a running market.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::market::Market;

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The members of this name, of an array of objects, sorted.
    pub(crate) fn column(&self, name: &str) -> Vec<String> {
        let rows = self.json().as_array().unwrap().clone();
        let text = |row: &Value| row[name].as_str().unwrap_or("none").to_owned();
        let mut column: Vec<_> = rows.iter().map(text).collect();
        column.sort();
        column
    }
}

impl Market {
    /// Runs `x402-merchant` with the market's own configuration.
    pub(crate) async fn operator(&self, arguments: &[&str]) -> Said {
        run(&self.folder.path().join("merchant.toml"), arguments).await
    }
}

/// Runs `x402-merchant` with this configuration, while the sandbox goes on answering.
pub(crate) async fn run(config: &Path, arguments: &[&str]) -> Said {
    // The build puts it beside the folder of the tests.
    let here = std::env::current_exe().unwrap();
    let built: PathBuf = here.parent().and_then(Path::parent).unwrap().join("x402-merchant");
    assert!(built.exists(), "x402-merchant is not built: run cargo build -p merchant first");
    let mut command = Command::new(built);
    command.env_clear().args(arguments).arg("--config").arg(config);
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await;
    let Output { status, stdout, stderr } = ended.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}
