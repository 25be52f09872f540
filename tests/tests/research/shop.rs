//! A merchant with texts for sale at $0.001 each, and the sandbox that it is paid through.

use std::net::SocketAddr;

use merchant::server::access_log::AccessLog;
use merchant::server::{run, serve};
use merchant::settings::Settings;
use sandbox::world::{Options, Sandbox};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;
use wire::U256;

/// The price of a text, in atomic units.
const PRICE: u64 = 1000;

/// An open shop.
pub(crate) struct Shop {
    pub(crate) folder: TempDir,
    sandbox: Sandbox,
    address: SocketAddr,
}

impl Shop {
    pub(crate) async fn open(goods: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::start(Options::instant()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let content = folder.path().join("content/premium");
        std::fs::create_dir_all(&content).unwrap();
        for (name, text) in goods {
            std::fs::write(content.join(name), text).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = config(address, &sandbox);
        let settings = Settings::load(&config, folder.path(), std::iter::empty()).unwrap();
        let limits = settings.limits;
        let merchant = run::merchant(settings).unwrap();
        let log = AccessLog::to(std::fs::File::create(folder.path().join("access.log")).unwrap());
        tokio::spawn(serve(listener, merchant, limits, log, std::future::pending()));
        Self { folder, sandbox, address }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many texts the merchant has been paid for.
    pub(crate) fn sold(&self) -> u64 {
        let balance = |index: usize| {
            self.sandbox.chain().usdc_balance(sandbox::accounts::testers()[index].address())
        };
        // All test accounts begin with the same.
        u64::try_from((balance(3) - balance(9)) / U256::from(PRICE)).unwrap()
    }
}

fn config(address: SocketAddr, sandbox: &Sandbox) -> String {
    format!(
        r#"
        public_url = "http://{address}"
        pay_to = "{}"
        networks = ["base-sepolia"]
        [content]
        url = "file:./content"
        [ledger]
        url = "file:./ledger"
        fsync = false
        [facilitator]
        url = "{}"
        [onchain]
        rpc = ["base-sepolia={}"]
        [[routes]]
        path = "/premium/"
        price = "$0.001"
        "#,
        sandbox::accounts::testers()[3].address(),
        sandbox.facilitator_url(),
        sandbox.rpc_url(),
    )
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |hex, it| format!("{hex}{it:02x}"))
}
