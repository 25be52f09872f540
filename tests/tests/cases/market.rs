//! A merchant among watched neighbours, and the sandbox that it is paid through.

use std::net::SocketAddr;
use std::path::Path as Folder;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{FutureExt, TryStreamExt};
use merchant::adapters::content::StoreContent;
use merchant::adapters::ledger::StoreLedger;
use merchant::server::access_log::AccessLog;
use merchant::server::{run, serve};
use merchant::settings::Settings;
use merchant::walk::Merchant;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use sandbox::facilitator::Dialect;
use sandbox::faults::Endpoint;
use sandbox::world::{Options, Sandbox};
use serde_json::Value;
use tokio::net::TcpListener;
use wire::Address;

use crate::stub::Stub;
use crate::watch::{Asking, Calls, Facilitating, HeldClock, Remembering, Stocked};

/// When every case begins: unix seconds on the chain and at the merchant.
pub(crate) const NOW: u64 = 1_800_000_000;
/// What every object holds at first.
pub(crate) const GOODS: &[u8] = b"{\"answer\":42}";
/// The price under `/premium/`, in atomic units.
pub(crate) const PRICE: u64 = 1000;
/// Where payers believe that the merchant is.
pub(crate) const ORIGIN: &str = "https://files.example.com";
/// The header in which the CDN in front would write the payer's address.
pub(crate) const VIEWER: &str = "x-viewer";

/// What differs from the usual merchant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shop {
    /// When the chain is asked.
    pub(crate) onchain: &'static str,
    /// Further lines at the configuration's begin.
    pub(crate) lines: &'static str,
    /// Further sections at its end.
    pub(crate) sections: &'static str,
    /// See [`Facilitating::hasty`].
    pub(crate) hasty: bool,
    /// The facilitator is a [`Stub`], not the sandbox's.
    pub(crate) stubbed: bool,
    /// Whose words the sandbox's facilitator uses.
    pub(crate) dialect: Dialect,
}

impl Default for Shop {
    fn default() -> Self {
        let (lines, sections, dialect) = ("", "", Dialect::Ts);
        Self { onchain: "doubt", lines, sections, hasty: false, stubbed: false, dialect }
    }
}

/// The market: its sandbox, its stores, one merchant.
pub(crate) struct Market {
    pub(crate) sandbox: Sandbox,
    pub(crate) stub: Option<Stub>,
    pub(crate) address: SocketAddr,
    pub(crate) calls: Calls,
    /// The bodies that the facilitator was sent, in order.
    pub(crate) asked: Arc<Mutex<Vec<Bytes>>>,
    content: Arc<dyn ObjectStore>,
    ledger: Arc<dyn ObjectStore>,
}

/// Who is paid.
pub(crate) fn payee() -> Address {
    sandbox::accounts::testers()[3].address().into()
}

impl Market {
    pub(crate) async fn open(shop: Shop) -> Self {
        let mut options = Options::by_hand(NOW);
        options.manners.dialect = shop.dialect;
        let sandbox = Sandbox::start(options).await.unwrap();
        let content: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let ledger: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let (calls, asked) = (Calls::new(), Arc::<Mutex<Vec<Bytes>>>::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stub = if shop.stubbed { Some(Stub::start().await) } else { None };
        let facilitator = stub.as_ref().map(|it| it.url.clone());
        let facilitator = facilitator.unwrap_or_else(|| sandbox.facilitator_url());
        let config = config(shop, &facilitator, &sandbox.rpc_url());
        let settings = Settings::load(&config, Folder::new("/"), std::iter::empty()).unwrap();
        let limits = settings.limits;
        let real = run::merchant(settings).unwrap();
        let chain = sandbox.chain().clone();
        let merchant = Merchant {
            policy: real.policy,
            rules: real.rules,
            facilitator: Facilitating {
                inner: real.facilitator,
                calls: calls.clone(),
                journal: sandbox.journal().clone(),
                chain: chain.clone(),
                hasty: shop.hasty,
                asked: Arc::clone(&asked),
            },
            content: Stocked {
                inner: StoreContent::new(Arc::clone(&content)),
                calls: calls.clone(),
            },
            ledger: Remembering {
                inner: StoreLedger::new(Arc::clone(&ledger)),
                calls: calls.clone(),
            },
            chain: Asking { inner: real.chain, calls: calls.clone() },
            clock: HeldClock { chain, calls: calls.clone() },
        };
        let log = AccessLog::to(std::io::sink());
        tokio::spawn(serve(listener, merchant, limits, log, std::future::pending()));
        let market = Self { sandbox, stub, address, calls, asked, content, ledger };
        for key in ["premium/a", "premium/b", "premium/gold/a", "free/a.txt"] {
            market.publish(key, GOODS);
        }
        market
    }

    /// Puts an object up, or another in its place.
    pub(crate) fn publish(&self, key: &str, bytes: impl Into<PutPayload>) {
        let put = self.content.put(&Path::parse(key).unwrap(), bytes.into()).now_or_never();
        put.expect("memory answers at once").unwrap();
    }

    /// What the payee has been paid, in atomic units.
    pub(crate) fn earned(&self) -> u64 {
        let balance = |of: Address| self.sandbox.chain().usdc_balance(of.evm());
        // The payee is one of the test accounts, all of which begin with the same.
        let first = balance(sandbox::accounts::testers()[9].address().into());
        (balance(payee()) - first).try_into().unwrap()
    }

    /// How often the facilitator was really called.
    pub(crate) fn facilitated(&self) -> Facilitated {
        let count = |endpoint| self.sandbox.journal().count(endpoint);
        let (verify, settle) = (count(Endpoint::Verify), count(Endpoint::Settle));
        let Some(stub) = &self.stub else { return Facilitated { verify, settle } };
        let settles = stub.settles.load(Ordering::Relaxed);
        let asked = stub.asked.lock().unwrap().len() as u64;
        Facilitated { verify: verify + asked - settles, settle: settle + settles }
    }

    /// The one record of this kind.
    pub(crate) fn record(&self, kind: &str) -> Value {
        let listing = self.ledger.list(None).try_collect::<Vec<_>>().now_or_never();
        let listing = listing.expect("memory answers at once").unwrap();
        let name = format!("{kind}.json");
        let found = listing.iter().find(|it| it.location.filename() == Some(&name)).unwrap();
        let reading = async { self.ledger.get(&found.location).await.unwrap().bytes().await };
        let json = reading.now_or_never().expect("memory answers at once").unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    /// The kinds of the ledger's records, sorted.
    pub(crate) fn records(&self) -> String {
        let listing = self.ledger.list(None).try_collect::<Vec<_>>().now_or_never();
        let mut kinds: Vec<_> = listing
            .expect("memory answers at once")
            .unwrap()
            .iter()
            .map(|it| kind(it.location.as_ref()))
            .collect();
        kinds.sort_unstable();
        kinds.join(" ")
    }
}

/// Requests that came to the facilitator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facilitated {
    verify: u64,
    settle: u64,
}

impl Facilitated {
    /// What a merchant calls once is asked once; but a broken connection is tried again, at verify.
    pub(crate) fn follow(self, before: Self, calls: &str, step: &str) {
        let made = |call| calls.split(", ").filter(|it| *it == call).count() as u64;
        let (verify, settle) = (self.verify - before.verify, self.settle - before.settle);
        assert_eq!(settle, made("settle"), "{step}: settled over the wire");
        let tries = made("verify")..=2 * made("verify");
        assert!(tries.contains(&verify), "{step}: verified over the wire, {verify} times");
    }
}

/// `payments/…/claim.json` is a claim, `transactions/….json` a transaction.
fn kind(path: &str) -> String {
    let (folder, name) = (path.split('/').next(), path.rsplit('/').next());
    match (folder, name) {
        (Some("payments"), Some(name)) => name.trim_end_matches(".json").to_owned(),
        (Some(folder), _) => folder.trim_end_matches('s').to_owned(),
        (None, _) => String::new(),
    }
}

fn config(shop: Shop, facilitator: &str, rpc: &str) -> String {
    let Shop { onchain, lines, sections, .. } = shop;
    let payee = payee();
    format!(
        r#"
        {lines}
        public_url = "{ORIGIN}"
        pay_to = "{payee}"
        networks = ["base-sepolia"]
        content.url = "memory:"
        ledger.url = "memory:"
        facilitator.url = "{facilitator}"
        client.address = "header:{VIEWER}"
        onchain.verify = "{onchain}"
        onchain.rpc = ["base-sepolia={rpc}"]
        [[routes]]
        path = "/premium/"
        price = "$0.001"
        [[routes]]
        path = "/premium/gold/"
        price = "$0.01"
        [[routes]]
        path = "/free/"
        free = true
        {sections}
        "#
    )
}
