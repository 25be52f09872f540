//! Merchants side by side, with one ledger, one shelf of goods and one sandbox.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use sandbox::faults::Endpoint;
use sandbox::world::{Options, Sandbox};
use serde_json::{Value, json};
use tempfile::TempDir;
use wire::header::{PAYMENT_HEADER_BYTES_MAX, decode_json, encode_json};
use wire::{Address, U256};

use crate::http::{Reply, ask};
use crate::payer::{Signed, sign};
use crate::process::{self, Process};
use crate::queue;
use crate::s3::{S3, url_at};

/// What every object holds.
pub(crate) const GOODS: &[u8] = b"{\"answer\":42}";
/// The price of everything, in atomic units.
pub(crate) const PRICE: u64 = 1000;
/// The same public URL at every door.
pub(crate) const ONE_HOST: [&str; 3] = ["https://files.example.com"; 3];
/// Between two tries of a client that is told to come again.
const PAUSE: Duration = Duration::from_millis(100);
/// Tries before a test fails: a minute.
const TRIES_MAX: usize = 600;

/// Merchants over one ledger.
pub(crate) struct Street {
    pub(crate) sandbox: Sandbox,
    shops: Vec<Shop>,
    _folder: TempDir,
    _s3: Option<S3>,
}

/// A merchant.
struct Shop {
    address: SocketAddr,
    process: Process,
}

/// Who asks: the address that the CDN would write, and the name of the purchase.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who<'a> {
    pub(crate) viewer: u8,
    pub(crate) name: Option<&'a str>,
}

/// Who is paid.
pub(crate) fn payee() -> Address {
    sandbox::accounts::testers()[3].address().into()
}

impl Street {
    /// Merchants with these public URLs over a ledger in a folder.
    pub(crate) async fn open(options: Options, hosts: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = format!("file:{}/ledger", folder.path().display());
        Self::with_ledger(options, hosts, folder, &ledger, None).await
    }

    /// The same over a ledger in a bucket. Nothing, and loudly so, where Python is missing.
    pub(crate) async fn over_s3(options: Options, hosts: &[&str]) -> Option<Self> {
        let s3 = S3::start(&["ledger"]).await?;
        let ledger = url_at("ledger", &queue::before(&s3.address).await);
        let folder = tempfile::tempdir().unwrap();
        Some(Self::with_ledger(options, hosts, folder, &ledger, Some(s3)).await)
    }

    async fn with_ledger(
        options: Options,
        hosts: &[&str],
        folder: TempDir,
        ledger: &str,
        s3: Option<S3>,
    ) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        for name in ["premium/a.json", "premium/b.json"] {
            let file = folder.path().join("content").join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, GOODS).unwrap();
        }
        let mut shops = Vec::new();
        for (number, host) in hosts.iter().enumerate() {
            let file = folder.path().join(format!("shop-{number}.toml"));
            std::fs::write(&file, config(host, folder.path(), ledger, &sandbox)).unwrap();
            let process = Process::start(&mut process::merchant(None, &file));
            let address = process.says("listening on ").await.parse().unwrap();
            shops.push(Shop { address, process });
        }
        Self { sandbox, shops, _folder: folder, _s3: s3 }
    }

    /// The door of one of the merchants; any number stands for one.
    pub(crate) fn door(&self, number: usize) -> SocketAddr {
        self.shops[number % self.shops.len()].address
    }

    /// A payment with this nonce, valid since ever.
    pub(crate) fn sign(&self, nonce: u8) -> Signed {
        sign(nonce, 0, self.sandbox.chain().now())
    }

    /// Asks at a door for an object, with a payment.
    pub(crate) async fn buy(
        &self,
        door: usize,
        path: &str,
        payment: &Signed,
        who: Who<'_>,
    ) -> Reply {
        let challenge = ask(self.door(door), "GET", path, &[]).await;
        let payment = named(&payment.header(&challenge), who.name);
        present(self.door(door), path, &payment, who.viewer).await
    }

    /// How often the price has been paid.
    pub(crate) fn transfers(&self) -> u64 {
        let balance = |of| self.sandbox.chain().usdc_balance(of);
        // The payee is one of the test accounts, all of which begin with the same.
        let income = balance(payee().evm()) - balance(sandbox::accounts::testers()[9].address());
        u64::try_from(income / U256::from(PRICE)).unwrap()
    }

    /// How often the facilitator was asked to settle.
    pub(crate) fn settles(&self) -> u64 {
        self.sandbox.journal().count(Endpoint::Settle)
    }

    /// What the merchants said, for whoever looks into a failure.
    pub(crate) fn log(&self) -> String {
        self.shops.iter().map(|it| it.process.all()).collect()
    }
}

/// Presents a payment header from an address.
pub(crate) async fn present(door: SocketAddr, path: &str, payment: &str, viewer: u8) -> Reply {
    let viewer = format!("198.51.100.{viewer}");
    let headers = [("payment-signature", payment), ("x-viewer", viewer.as_str())];
    let reply = ask(door, "GET", path, &headers).await;
    // Whatever comes: a new payment is invited by no reply to this one, and nothing but a delivery
    // holds a byte of the object.
    assert!(!reply.invites_payment(), "{}", reply.ending());
    assert!(reply.status == 200 || !shows_goods(&reply), "{}", reply.ending());
    assert!(reply.status != 200 || reply.body == GOODS);
    assert_eq!(reply.status == 503, reply.header("retry-after").is_some(), "{}", reply.ending());
    reply
}

/// Presents it until something else than "come again" is said.
pub(crate) async fn insist(door: SocketAddr, path: &str, payment: &str, viewer: u8) -> Reply {
    for _ in 0..TRIES_MAX {
        let reply = present(door, path, payment, viewer).await;
        if reply.status != 503 {
            return reply;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("told to come again for ever");
}

fn shows_goods(reply: &Reply) -> bool {
    reply.body.windows(6).any(|it| it == &GOODS[2..8])
}

/// The payment under the payer's own name for the purchase.
pub(crate) fn named(header: &str, name: Option<&str>) -> String {
    let Some(name) = name else { return header.to_owned() };
    let json = decode_json(header.as_bytes(), PAYMENT_HEADER_BYTES_MAX).unwrap();
    let mut payment: Value = serde_json::from_slice(&json).unwrap();
    payment["extensions"] = json!({ "payment-identifier": { "info": { "id": name } } });
    encode_json(payment.to_string().as_bytes())
}

fn config(host: &str, folder: &Path, ledger: &str, sandbox: &Sandbox) -> String {
    let (facilitator, rpc) = (sandbox.facilitator_url(), sandbox.rpc_url());
    format!(
        r#"
        public_url = "{host}"
        pay_to = "{}"
        networks = ["base-sepolia"]
        client.address = "header:x-viewer"
        [content]
        url = "file:{}/content"
        [ledger]
        url = "{ledger}"
        [facilitator]
        url = "{facilitator}"
        [onchain]
        rpc = ["base-sepolia={rpc}"]
        [server]
        listen = "127.0.0.1:0"
        [[routes]]
        path = "/premium/"
        price = "$0.001"
        "#,
        payee(),
        folder.display(),
    )
}
