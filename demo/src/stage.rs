//! The stage: a sandbox in this process, the merchant's real binary beside it, and files for sale.
//! All of it is gone when the stage is.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sandbox::accounts::{Account, testers};
use sandbox::world::{Options, Sandbox};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use wire::{Address, U256};

use crate::teller::{Teller, thousands};

/// Ports that the documentation names; others are taken when these are in use.
const MERCHANT_PORT: u16 = 4021;
const FACILITATOR_PORT: u16 = 4022;
const RPC_PORT: u16 = 8545;
/// Size of the larger file: enough to see it stream, small enough to write in a blink.
const ARCHIVE_BYTES: usize = 8 * 1024 * 1024;

/// Everything that runs.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) merchant: SocketAddr,
    pub(crate) folder: TempDir,
    /// Ends with the stage.
    _server: Child,
}

impl Stage {
    /// Starts everything and returns when it can be called.
    pub(crate) async fn set(teller: &Teller) -> Result<Self, String> {
        teller.scene("The stage");
        let options = Options {
            facilitator_address: free(FACILITATOR_PORT).await?,
            rpc_address: free(RPC_PORT).await?,
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.map_err(|error| error.to_string())?;
        teller.fact("chain", "an EVM in this process: chain id 84532, a block every 2 seconds");
        teller.fact("token", "a USDC look-alike at Base Sepolia's address, with EIP-3009");
        teller.fact("RPC", &sandbox.rpc_url());
        teller.fact("facilitator", &sandbox.facilitator_url());

        let folder =
            tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        write_goods(folder.path()).map_err(|error| format!("cannot write the files: {error}"))?;
        let merchant = free(MERCHANT_PORT).await?;
        let config = config(merchant, &sandbox.facilitator_url());
        std::fs::write(folder.path().join("merchant.toml"), config)
            .map_err(|error| format!("cannot write merchant.toml: {error}"))?;
        let server = start_merchant(folder.path()).await?;
        teller.fact("merchant", &format!("http://{merchant}  (x402-merchant serve)"));
        teller.fact("files", "/free/ for nothing, /premium/ for $0.001, /archive/ for $0.01");
        Ok(Self { sandbox, merchant, folder, _server: server })
    }

    /// The URL of something that the merchant has.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.merchant)
    }

    /// A file as the merchant has it.
    pub(crate) fn original(&self, path: &str) -> Result<Vec<u8>, String> {
        let file = self.folder.path().join("content").join(path.trim_start_matches('/'));
        std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// The merchant's ledger.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    /// What an address owns on the chain, in atomic units.
    pub(crate) fn balance(&self, of: Address) -> U256 {
        self.sandbox.chain().usdc_balance(of.evm())
    }
}

/// The account that buys. A public test key, worthless elsewhere.
pub(crate) fn buyer() -> &'static Account {
    &testers()[1]
}

/// The account that is paid.
pub(crate) fn payee() -> Address {
    testers()[3].address().into()
}

/// The wished port on loopback, or a free one.
async fn free(port: u16) -> Result<SocketAddr, String> {
    for port in [port, 0] {
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            return listener.local_addr().map_err(|error| error.to_string());
        }
    }
    Err("there is no free port on 127.0.0.1".into())
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

fn config(merchant: SocketAddr, facilitator: &str) -> String {
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
"#,
        payee = payee()
    )
}

/// The merchant's binary stands beside this one: the build puts them there.
async fn start_merchant(folder: &Path) -> Result<Child, String> {
    let here = std::env::current_exe().map_err(|error| error.to_string())?;
    let binary = here.with_file_name("x402-merchant");
    let log = std::fs::File::create(folder.join("requests.log")).map_err(|it| it.to_string())?;
    let mut child = Command::new(&binary)
        .args(["serve", "--config"])
        .arg(folder.join("merchant.toml"))
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cannot start {}: {error}", binary.display()))?;
    let stderr = child.stderr.take().ok_or("the merchant has no output")?;
    let mut lines = BufReader::new(stderr).lines();
    // Its first words are where it sells, or why it does not.
    let words = lines.next_line().await.map_err(|error| error.to_string())?.unwrap_or_default();
    if !words.contains(" sells at ") {
        return Err(format!("the merchant did not start: {words}"));
    }
    // An unread pipe would stop it when full; what it has to complain of is for the user to see.
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            Teller::aside(&line);
        }
    });
    Ok(child)
}

/// An amount of USDC as people write it.
pub(crate) fn usdc(units: U256) -> String {
    let text = wire::AtomicAmount::new(units).to_decimal(6);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), thousands);
    format!("{whole}.{fraction:0<6} USDC")
}
