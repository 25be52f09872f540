//! Our merchant as a process, with a tap before it and one before its facilitator; or with nobody to
//! ask.

use tempfile::TempDir;

use crate::facilitators::Facilitator;
use crate::process::{self, Process};
use crate::purchase::{GOODS, OTHER, PATH, payee};
use crate::tap::Tap;

/// Our merchant, with a tap before it and one before its facilitator.
pub(crate) struct Stall<'a> {
    pub(crate) facilitator: &'a Facilitator,
    pub(crate) front: Tap,
    _process: Process,
    _folder: TempDir,
}

impl<'a> Stall<'a> {
    /// Opens. `onchain.verify` as in the configuration: with "off" it is the facilitator's word alone
    /// that counts, so that no row holds only because the chain was asked.
    pub(crate) async fn open(facilitator: &'a Facilitator, verify: &str) -> Self {
        let front = Tap::listen().await;
        let (url, rpc) = (facilitator.tap.url(), facilitator.chain.url());
        let (process, folder) = start(&configuration(&front.url(), &url, &rpc, verify));
        front.lead_to(&process.says("listening on ").await);
        Self { facilitator, front, _process: process, _folder: folder }
    }

    pub(crate) fn url(&self) -> String {
        self.front.url() + PATH
    }
}

/// A merchant whose facilitator is not there: it judges alone, and says 503 where it would ask.
pub(crate) struct Lonely {
    /// Host and port.
    pub(crate) address: String,
    _process: Process,
    _folder: TempDir,
}

impl Lonely {
    /// Opens.
    pub(crate) async fn open() -> Self {
        let nobody = format!("http://127.0.0.1:{}", tests::free_port());
        let (process, folder) = start(&configuration("http://localhost", &nobody, &nobody, "off"));
        let address = process.says("listening on ").await;
        Self { address, _process: process, _folder: folder }
    }
}

fn start(configuration: &str) -> (Process, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for path in [PATH, OTHER] {
        let file = folder.path().join("content").join(&path[1..]);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, GOODS).unwrap();
    }
    let config = folder.path().join("merchant.toml");
    std::fs::write(&config, configuration).unwrap();
    (Process::start(&mut process::merchant(None, &config)), folder)
}

fn configuration(public: &str, facilitator: &str, rpc: &str, verify: &str) -> String {
    format!(
        r#"
        public_url = "{public}"
        pay_to = "{}"
        networks = ["base-sepolia"]
        [content]
        url = "file:./content"
        [ledger]
        url = "file:./ledger"
        fsync = false
        [facilitator]
        url = "{facilitator}"
        [onchain]
        verify = "{verify}"
        rpc = ["base-sepolia={rpc}"]
        [server]
        listen = "127.0.0.1:0"
        [[routes]]
        path = "/premium/"
        price = "$0.001"
        mime_type = "application/json"
        description = "A small object, größer als nichts"
        "#,
        payee(),
    )
}
