//! A shop in a folder of its own, and the binary run in it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

pub(crate) const PAYEE: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";

/// What a facilitator lists that settles on Base Sepolia.
pub(crate) const SUPPORTED: &str = r#"{"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:84532"}],"extensions":[],"signers":{}}"#;

pub(crate) struct Shop {
    home: TempDir,
}

/// How a command ended and what it said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Shop {
    /// A folder with this configuration.
    pub(crate) fn with(config: &str) -> Self {
        let shop = Self::empty();
        fs::write(shop.path("merchant.toml"), config).unwrap();
        shop
    }

    pub(crate) fn empty() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.home.path().join(name)
    }

    /// Puts a file into the shop.
    pub(crate) fn stock(&self, name: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "content").unwrap();
    }

    /// The binary, in the shop's folder and with nothing of our environment.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_x402-merchant"));
        command.current_dir(self.home.path()).env_clear();
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, &[])
    }

    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Said {
        let mut command = self.command();
        let ended = command.args(arguments).envs(environment.iter().copied()).output().unwrap();
        Said::of(&ended, self.home.path())
    }
}

impl Said {
    /// The temporary folder's name is replaced, wherever it stands.
    fn of(ended: &Output, home: &Path) -> Self {
        let home = home.to_str().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace(home, "/shop");
        Self { code: ended.status.code(), stdout: text(&ended.stdout), stderr: text(&ended.stderr) }
    }
}

/// A configuration of one priced and one free route, with this facilitator.
pub(crate) fn config(facilitator: &str) -> String {
    format!(
        r#"
public_url = "http://localhost:4021"
pay_to = "{PAYEE}"
networks = ["base-sepolia"]
[content]
url = "file:./content"
[ledger]
url = "file:./ledger"
[facilitator]
url = "{facilitator}"
[onchain]
verify = "off"
[server]
listen = "127.0.0.1:0"
[[routes]]
path = "/premium/"
price = "$0.001"
[[routes]]
path = "/free/"
free = true
"#
    )
}

/// A facilitator that gives each caller the same answer, for as long as the test runs.
pub(crate) fn facilitator(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                request.push(byte[0]);
            }
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}");
            let _ = write!(stream, "{head}\r\n\r\n{body}");
        }
    });
    url
}
