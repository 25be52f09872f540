//! The merchant's shop: files for sale in a temporary folder, a configuration, and the merchant's
//! real binary. Folder and process are gone when the shop is.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use wire::Address;

use crate::stage::free;
use crate::teller::Teller;

/// The merchant's own default.
const PORT: u16 = 4021;
/// Size of the larger file: enough to see it stream, small enough to write in a blink.
const ARCHIVE_BYTES: usize = 8 * 1024 * 1024;
/// A start takes some 10 ms. Only a broken one takes this long, on any machine.
const START_MAX: Duration = Duration::from_secs(30);

/// An open shop.
pub(crate) struct Shop {
    // Dropped in this order: a merchant that still ran could write into the folder.
    server: Child,
    folder: TempDir,
    address: SocketAddr,
}

impl Shop {
    /// Puts the files up for sale, and returns when the merchant can be called.
    pub(crate) async fn open(facilitator: &str, rpc: &str, payee: Address) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|it| format!("no temporary folder: {it}"))?;
        write_goods(folder.path()).map_err(|it| format!("cannot write the files: {it}"))?;
        let mut why = String::new();
        // More than once, because a port that was free may be taken before the merchant takes it.
        for port in [PORT, 0, 0, 0] {
            let address = free(port).await?;
            std::fs::write(config_file(&folder), config(address, facilitator, rpc, payee))
                .map_err(|error| format!("cannot write merchant.toml: {error}"))?;
            match start(&folder).await {
                Ok(server) => return Ok(Self { server, folder, address }),
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    /// Closes, and returns when nobody is in it.
    pub(crate) async fn close(&mut self) {
        // It has ended when this fails.
        let _ = self.server.kill().await;
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn original(&self, path: &str) -> Result<Vec<u8>, String> {
        let file = self.folder.path().join("content").join(path.trim_start_matches('/'));
        std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }
}

fn config_file(folder: &TempDir) -> PathBuf {
    folder.path().join("merchant.toml")
}

fn config(merchant: SocketAddr, facilitator: &str, rpc: &str, payee: Address) -> String {
    format!(
        r#"public_url = "http://{merchant}"
pay_to = "{payee}"
networks = ["base-sepolia"]

[server]
listen = "{merchant}"

[content]
url = "file:./content"

[ledger]
url = "file:./ledger"

[facilitator]
url = "{facilitator}"

[onchain]
rpc = ["base-sepolia={rpc}"]

[[routes]]
path = "/free/"
free = true

[[routes]]
path = "/premium/"
price = "$0.001"
description = "Wind figures"

[[routes]]
path = "/archive/"
price = "$0.01"
description = "Raw samples"
"#
    )
}

fn write_goods(folder: &Path) -> std::io::Result<()> {
    let content = folder.join("content");
    for name in ["free", "premium", "archive"] {
        std::fs::create_dir_all(content.join(name))?;
    }
    let files: [(&str, &[u8]); 4] = [
        ("free/welcome.txt", include_bytes!("../content/free/welcome.txt")),
        ("premium/wind.json", include_bytes!("../content/premium/wind.json")),
        ("premium/report.txt", include_bytes!("../content/premium/report.txt")),
        ("premium/chart.png", include_bytes!("../content/premium/chart.png")),
    ];
    for (name, bytes) in files {
        std::fs::write(content.join(name), bytes)?;
    }
    // A xorshift sequence: incompressible, and the same everywhere.
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut archive = Vec::with_capacity(ARCHIVE_BYTES);
    while archive.len() < ARCHIVE_BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        archive.extend_from_slice(&state.to_le_bytes());
    }
    std::fs::write(content.join("archive/samples.bin"), archive)
}

/// The merchant's binary stands beside this one: the build puts them there.
async fn start(folder: &TempDir) -> Result<Child, String> {
    let here = std::env::current_exe().map_err(|error| error.to_string())?;
    let binary = here.with_file_name("x402-merchant");
    let log = folder.path().join("requests.log");
    let log = std::fs::File::create(log).map_err(|error| error.to_string())?;
    let mut child = Command::new(&binary)
        .args(["serve", "--config"])
        .arg(config_file(folder))
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cannot start {}: {error}", binary.display()))?;
    let stderr = child.stderr.take().ok_or("the merchant has no output")?;
    heed(stderr).await?;
    Ok(child)
}

/// Waits for the merchant's first words, and tells what it has to say after them.
async fn heed(stderr: ChildStderr) -> Result<(), String> {
    let mut lines = BufReader::new(stderr).lines();
    let words = tokio::time::timeout(START_MAX, lines.next_line()).await;
    let words = words.map_err(|_| "the merchant did not start in time")?;
    let words = words.map_err(|error| error.to_string())?.unwrap_or_default();
    if !words.contains(" sells at ") {
        return Err(format!("the merchant did not start: {words}"));
    }
    // An unread pipe would stop it when full.
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            Teller::log(&gist(&line));
        }
    });
    Ok(())
}

/// What the merchant's log says, without the particulars.
fn gist(line: &str) -> String {
    let entry: Value = serde_json::from_str(line).unwrap_or_default();
    entry["message"].as_str().unwrap_or(line).to_owned()
}
