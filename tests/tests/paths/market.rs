//! A shop whose every object says which one it is, so that bytes tell what was given away.

use std::net::SocketAddr;
use std::path::Path;

use merchant::server::access_log::AccessLog;
use merchant::server::{run, serve};
use merchant::settings::Settings;
use sandbox::faults::Endpoint;
use sandbox::world::{Options, Sandbox};
use tempfile::TempDir;
use tokio::net::TcpListener;
use wire::{Address, U256};

/// The price of everything under `/premium/`, in atomic units.
pub(crate) const PRICE: u64 = 1000;

/// Keys of the objects. What stands beside `premium/` is not for sale, and not to be had.
#[rustfmt::skip]
const OBJECTS: &[&str] = &[
    "premium/a", "premium/b", "premium/a b", "premium/a+b", "premium/a;x=1", "premium/index.html",
    "premium/caf\u{e9}", "premium/cafe\u{301}", "free/a",
    "PREMIUM/a", "premiumfoo", "secret",
];

/// What an object holds.
pub(crate) fn goods(key: &str) -> String {
    format!("the object <{key}>")
}

/// A sandbox and a folder with goods and a configuration.
pub(crate) struct Market {
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: TempDir,
}

/// Who is paid.
pub(crate) fn payee() -> Address {
    sandbox::accounts::testers()[3].address().into()
}

impl Market {
    /// Prepares one that reads client addresses there.
    pub(crate) async fn prepare(options: Options, client: &str) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        for key in OBJECTS {
            write(&folder.path().join("content").join(key), &goods(key));
        }
        let text = configuration(&sandbox.facilitator_url(), client);
        write(&folder.path().join("merchant.toml"), &text);
        Self { sandbox, folder }
    }

    /// Opens the server's socket.
    pub(crate) async fn serve(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let text = std::fs::read_to_string(self.folder.path().join("merchant.toml")).unwrap();
        let settings = Settings::load(&text, self.folder.path(), std::iter::empty()).unwrap();
        let limits = settings.limits;
        let merchant = run::merchant(settings).unwrap();
        tokio::spawn(serve(listener, merchant, limits, AccessLog::off(), std::future::pending()));
        address
    }

    /// How many of the price the shop has been paid.
    pub(crate) fn sold(&self) -> u64 {
        let balance = |of: Address| self.sandbox.chain().usdc_balance(of.evm());
        // The payee is one of the test accounts, all of which begin with the same.
        let begin = balance(Address::from(sandbox::accounts::testers()[9].address()));
        u64::try_from((balance(payee()) - begin) / U256::from(PRICE)).unwrap()
    }

    /// How often the facilitator was asked to verify, and to settle.
    pub(crate) fn calls(&self) -> (u64, u64) {
        let journal = self.sandbox.journal();
        (journal.count(Endpoint::Verify), journal.count(Endpoint::Settle))
    }
}

fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

fn configuration(facilitator: &str, client: &str) -> String {
    format!(
        r#"
        public_url = "https://files.example.com"
        pay_to = "{}"
        networks = ["base-sepolia"]
        [content]
        url = "file:./content"
        [ledger]
        url = "file:./ledger"
        fsync = false
        [facilitator]
        url = "{facilitator}"
        [client]
        address = "{client}"
        [[routes]]
        path = "/premium/"
        price = "$0.001"
        [[routes]]
        path = "/free/"
        free = true
        "#,
        payee()
    )
}
