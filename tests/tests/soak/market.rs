//! The shop under load: the merchant's binary, a sandbox with as many funded payers as there are,
//! and a ledger in a folder or behind a proxy that can make it slow.

use std::net::SocketAddr;
use std::path::PathBuf;

use sandbox::world::{Options, Sandbox};
use tempfile::TempDir;
use wire::{Address, U256};

use crate::process::{self, Process};
use crate::proxy::Proxy;
use crate::s3::{S3, url_at};
use crate::{Load, payer};

/// The price in atomic units.
pub(crate) const PRICE: u64 = 1000;
/// What is bought.
pub(crate) const PATH: &str = "/premium/a.json";
pub(crate) const GOODS: &[u8] = b"{\"answer\":42}";

/// What each payer begins with: a thousand dollars.
const PURSE: u64 = 1_000_000_000;

/// The shop.
pub(crate) struct Market {
    pub(crate) sandbox: Sandbox,
    pub(crate) address: SocketAddr,
    pub(crate) merchant: Process,
    /// In front of the bucket, where there is one.
    pub(crate) storage: Option<Proxy>,
    before: U256,
    _s3: Option<S3>,
    _folder: TempDir,
}

/// Who is paid.
pub(crate) fn payee() -> Address {
    sandbox::accounts::testers()[3].address().into()
}

impl Market {
    /// Opens it, over a folder or over this server's buckets.
    pub(crate) async fn open(s3: Option<S3>, load: Load) -> Self {
        // Blocks as on Base: one for each transaction would run ahead of the clock.
        let mut options = Options::default();
        let funded = (0..load.payers).map(|it| (payer::key(it).address().evm(), U256::from(PURSE)));
        options.funds = funded.collect();
        let sandbox = Sandbox::start(options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("content").join(&PATH[1..]);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, GOODS).unwrap();
        let storage = match &s3 {
            None => None,
            Some(s3) => {
                s3.object("files", &PATH[1..], &[], GOODS).await;
                Some(Proxy::before(&s3.address).await)
            }
        };
        let at = |place| storage.as_ref().map(|it| url_at(place, &it.address));
        let content = at("files").unwrap_or_else(|| "file:./content".into());
        let ledger = at("ledger").unwrap_or_else(|| "file:./ledger".into());
        let config = folder.path().join("merchant.toml");
        std::fs::write(&config, configuration(&sandbox, load, &content, &ledger)).unwrap();
        let merchant = Process::start(&mut process::merchant(released(), &config));
        let address = merchant.says("listening on ").await.parse().unwrap();
        let before = sandbox.chain().usdc_balance(payee().evm());
        Self { sandbox, address, merchant, storage, before, _s3: s3, _folder: folder }
    }

    /// How often the price was paid, as the chain has it.
    pub(crate) fn transfers(&self) -> u64 {
        let income = self.sandbox.chain().usdc_balance(payee().evm()) - self.before;
        assert_eq!(income % U256::from(PRICE), U256::ZERO, "only whole prices");
        u64::try_from(income / U256::from(PRICE)).unwrap()
    }
}

/// The binary that the script has built, where it was the script that began this.
#[expect(clippy::disallowed_methods, reason = "the script says so by the environment alone")]
fn released() -> Option<PathBuf> {
    std::env::var_os("SOAK_MERCHANT").map(PathBuf::from)
}

fn configuration(sandbox: &Sandbox, load: Load, content: &str, ledger: &str) -> String {
    format!(
        r#"
        public_url = "https://files.example.com"
        pay_to = "{}"
        networks = ["base-sepolia"]
        [content]
        url = "{content}"
        [ledger]
        url = "{ledger}"
        [facilitator]
        url = "{}"
        [onchain]
        rpc = ["base-sepolia={}"]
        [server]
        listen = "127.0.0.1:0"
        [limits]
        max_timeout_seconds = 240
        connections = {}
        [[routes]]
        path = "/premium/"
        price = "$0.001"
        "#,
        payee(),
        sandbox.facilitator_url(),
        sandbox.rpc_url(),
        load.connections + 1000,
    )
}
