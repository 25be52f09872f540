//! A merchant with limits of a test's choice.

use std::net::SocketAddr;

use merchant::server::access_log::AccessLog;
use merchant::server::{run, serve};
use merchant::settings::Settings;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use wire::Address;

use crate::http::{Reply, ask};
use crate::payer::sign;

/// What every object holds.
pub(crate) const GOODS: &[u8] = b"{\"answer\":42}";
/// The price of everything under `/premium/`, in atomic units.
pub(crate) const PRICE: u64 = 1000;

/// A merchant's server.
pub(crate) struct Market {
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
}

/// Who is paid.
pub(crate) fn payee() -> Address {
    sandbox::accounts::testers()[3].address().into()
}

impl Market {
    /// Opens one with these lines under `[limits]`, which asks this facilitator.
    pub(crate) async fn open(limits: &str, facilitator: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["premium/a.json", "free/a.txt"] {
            let file = folder.path().join("content").join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, GOODS).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = configuration(limits, facilitator);
        let settings = Settings::load(&config, folder.path(), std::iter::empty()).unwrap();
        let limits = settings.limits;
        let merchant = run::merchant(settings).unwrap();
        let log = AccessLog::to(std::fs::File::create(folder.path().join("access.log")).unwrap());
        tokio::spawn(serve(listener, merchant, limits, log, std::future::pending()));
        Self { address, folder }
    }

    /// One that nobody pays.
    pub(crate) async fn unpaid(limits: &str) -> Self {
        Self::open(limits, "http://127.0.0.1:9").await
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        ask(self.address, "GET", path, headers).await
    }

    /// A well-formed payment for `/premium/a.json`.
    pub(crate) async fn payment(&self, nonce: u8) -> Value {
        let challenge = self.get("/premium/a.json", &[]).await;
        let header = sign(nonce, 0, now()).header(&challenge);
        let json = wire::header::decode_json(header.as_bytes(), header.len()).unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    /// Is nothing in the ledger?
    pub(crate) fn is_untouched(&self) -> bool {
        !self.folder.path().join("ledger/payments").exists()
    }
}

/// Every refusal of the kind "come back later".
#[track_caller]
pub(crate) fn assert_comes_back_later(reply: &Reply, words: &str) {
    assert_eq!(reply.ending(), "503 facilitator_unavailable");
    assert!(!reply.invites_payment());
    assert_eq!(reply.header("retry-after"), Some("2"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    let told = body["message"].as_str().unwrap();
    assert!(told.contains(words) && told.contains("nothing was charged by this request"), "{told}");
}

#[expect(clippy::disallowed_methods, reason = "the merchant's clock is this machine's")]
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn configuration(limits: &str, facilitator: &str) -> String {
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
        [limits]
        {limits}
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
