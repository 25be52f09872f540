//! One merchant: a process of the released binary.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running merchant.
pub(crate) struct Shop {
    pub(crate) address: SocketAddr,
    process: Child,
}

impl Shop {
    /// Starts it with this configuration and returns when it listens.
    pub(crate) fn open(config: &Path) -> Self {
        let mut process = Command::new(binary())
            .args(["serve", "--config"])
            .arg(config)
            .env_clear()
            .env("AWS_ACCESS_KEY_ID", "a")
            .env("AWS_SECRET_ACCESS_KEY", "b")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let address = line.trim_end().rsplit_once("listening on ").map(|(_, it)| it.parse());
        let address = address.unwrap_or_else(|| panic!("it does not open: {line}")).unwrap();
        let mut log = std::fs::File::create(config.with_extension("log")).unwrap();
        std::thread::spawn(move || std::io::copy(&mut said, &mut log));
        Self { address, process }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The build puts it beside the folder of the tests.
fn binary() -> std::path::PathBuf {
    let here = std::env::current_exe().unwrap();
    let built = here.parent().and_then(Path::parent).unwrap().join("x402-merchant");
    assert!(built.exists(), "x402-merchant is not built: run cargo build -p merchant first");
    built
}
