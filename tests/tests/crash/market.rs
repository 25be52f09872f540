//! A shop that outlives its process: the chain, the facilitator, the ledger and the files stay, and
//! the merchant comes and goes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use sandbox::faults::Endpoint;
use sandbox::world::{Options, Sandbox};
use tempfile::TempDir;
use wire::{Address, U256};

use crate::client::Asking;
use crate::gate::Gate;
use crate::http::ask;
use crate::payer::sign;
use crate::process::{self, Process};
use crate::s3::{self, S3};

/// The price of everything under `/premium/`, in atomic units.
pub(crate) const PRICE: u64 = 1000;
/// What is bought.
pub(crate) const PATH: &str = "/premium/large.bin";
/// Size of what is bought.
pub(crate) const GOODS_BYTES: usize = 1_000_000;
/// How often, and how many times, the ledger is looked into for records that are to come.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS_MAX: usize = 1500;
/// How long a payment stays valid beyond the minute that it is signed for: doubt that ends because
/// the payment is over is not what is tested here, however slow the machine.
const VALID_BEYOND: u64 = 120;

/// Where ledger and files are.
pub(crate) enum Place {
    Disk,
    /// A bucket for the files, and this part of one for the ledger.
    Bucket(Arc<S3>, String),
}

/// A shop.
pub(crate) struct Market {
    pub(crate) sandbox: Sandbox,
    /// In front of the facilitator.
    pub(crate) facilitator: Gate,
    /// In front of the bucket, where there is one.
    pub(crate) storage: Option<Gate>,
    place: Place,
    folder: TempDir,
    merchant: Option<Process>,
    address: Option<SocketAddr>,
}

/// Who is paid.
pub(crate) fn payee() -> Address {
    sandbox::accounts::testers()[3].address().into()
}

/// What is sold: many chunks.
pub(crate) fn goods() -> Vec<u8> {
    let bytes = (0_u32..).map(|it| it.wrapping_mul(2_654_435_761).to_be_bytes()[0]);
    bytes.take(GOODS_BYTES).collect()
}

impl Market {
    /// A shop without a merchant.
    pub(crate) async fn new(place: Place) -> Self {
        let sandbox = Sandbox::start(Options::instant()).await.unwrap();
        let behind = sandbox.facilitator_url();
        let facilitator = Gate::before(behind.strip_prefix("http://").unwrap()).await;
        let folder = tempfile::tempdir().unwrap();
        let (storage, content, ledger) = match &place {
            Place::Disk => {
                let file = folder.path().join("content").join(&PATH[1..]);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, goods()).unwrap();
                (None, "file:./content".to_owned(), "file:./ledger".to_owned())
            }
            Place::Bucket(s3, part) => {
                let gate = Gate::before(&s3.address).await;
                let url = |place: &str| s3::url_at(place, &gate.address);
                let (files, ledger) = (url("files"), url(&format!("ledger/{part}")));
                (Some(gate), files, ledger)
            }
        };
        let config = config(&sandbox, &facilitator, &content, &ledger);
        std::fs::write(folder.path().join("merchant.toml"), config).unwrap();
        Self { sandbox, facilitator, storage, place, folder, merchant: None, address: None }
    }

    /// Opens it with the merchant's own binary.
    pub(crate) async fn open(&mut self) {
        self.start(&mut process::merchant(None, &self.config())).await;
    }

    /// Opens it with the merchant that stops at this moment.
    pub(crate) async fn open_until(&mut self, moment: &str) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stopping-merchant"));
        self.start(command.arg(self.config()).arg(moment)).await;
    }

    async fn start(&mut self, command: &mut Command) {
        let merchant = Process::start(command);
        self.address = Some(merchant.says("listening on ").await.parse().unwrap());
        self.merchant = Some(merchant);
    }

    /// Returns when the merchant has stopped at its moment.
    pub(crate) async fn stopped(&self) {
        self.merchant.as_ref().unwrap().says("stopped").await;
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.merchant.as_mut().unwrap().kill();
    }

    /// A payment for what is sold, with this nonce.
    pub(crate) async fn payment(&self, nonce: u8) -> String {
        let challenge = ask(self.address.unwrap(), "GET", PATH, &[]).await;
        sign(nonce, 0, self.sandbox.chain().now() + VALID_BEYOND).header(&challenge)
    }

    /// Presents a payment.
    pub(crate) fn buy(&self, payment: &str) -> Asking {
        Asking::begin(self.address.unwrap(), PATH, Some(payment))
    }

    /// How often the price has been paid, as the chain has it.
    pub(crate) fn transfers(&self) -> u64 {
        let chain = self.sandbox.chain();
        let [payee, other] = [payee().evm(), sandbox::accounts::testers()[9].address()];
        let income = chain.usdc_balance(payee) - chain.usdc_balance(other);
        u64::try_from(income / U256::from(PRICE)).unwrap()
    }

    /// How often the facilitator was asked to settle.
    pub(crate) fn settles(&self) -> u64 {
        self.sandbox.journal().count(Endpoint::Settle)
    }

    /// The names of the ledger's records, sorted. The one that binds a transaction has its hash for a
    /// name.
    pub(crate) async fn records(&self) -> Vec<String> {
        let places = match &self.place {
            Place::Disk => files(self.folder.path().join("ledger")),
            Place::Bucket(s3, part) => keys(s3, part).await,
        };
        let places = places.into_iter().filter(|it| !it.contains("/journal/"));
        let name = |place: String| place.rsplit('/').next().unwrap().to_owned();
        let plain = |name: String| if name.starts_with("0x") { "transaction".into() } else { name };
        let mut names: Vec<String> = places.map(name).map(plain).collect();
        names.sort();
        names
    }

    /// What a power cut may do to a ledger in a folder whose merchant is gone: of all that was not
    /// forced, nothing is left.
    pub(crate) fn lose_what_was_not_forced(&self) {
        for part in ["payments", "transactions"] {
            let _ = std::fs::remove_dir_all(self.folder.path().join("ledger").join(part));
        }
    }

    /// Returns when the ledger has these records.
    pub(crate) async fn has_recorded(&self, records: &[&str]) {
        for _ in 0..LOOKS_MAX {
            if self.records().await == records {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!(
            "{records:?} is not what the ledger has: {:?}\n{}",
            self.records().await,
            self.log()
        );
    }

    /// Everything that the merchant said, for whoever looks into a failure.
    pub(crate) fn log(&self) -> String {
        self.merchant.as_ref().map(Process::all).unwrap_or_default()
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("merchant.toml")
    }
}

fn files(folder: PathBuf) -> Vec<String> {
    let (mut found, mut folders) = (Vec::new(), vec![folder]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path.display().to_string()) }
        }
    }
    found
}

async fn keys(s3: &S3, part: &str) -> Vec<String> {
    let target = format!("/ledger?list-type=2&prefix={part}/");
    let (status, list) = s3::ask(&s3.address, "GET", &target, &[], b"").await;
    assert_eq!(status, 200);
    let list = String::from_utf8(list).unwrap();
    let keys = list.split("<Key>").skip(1).map(|it| it.split('<').next().unwrap().to_owned());
    keys.collect()
}

fn config(sandbox: &Sandbox, facilitator: &Gate, content: &str, ledger: &str) -> String {
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
        url = "http://{}"
        [onchain]
        rpc = ["base-sepolia={}"]
        [server]
        listen = "127.0.0.1:0"
        [limits]
        max_timeout_seconds = 240
        [[routes]]
        path = "/premium/"
        price = "$0.001"
        "#,
        payee(),
        facilitator.address,
        sandbox.rpc_url()
    )
}
