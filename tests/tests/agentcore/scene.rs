//! A payer whose wallet is at AgentCore, a merchant, and a clock that does not wait.

use std::io;
use std::sync::Mutex;
use std::time::Duration;

use agent::agentcore::account::Keep;
use agent::agentcore::outcome::{Outcome, SetupError, Step, Wish};
use agent::agentcore::removal::Removal;
use agent::agentcore::setup::Setup;
use agent::agentcore::{Account, AgentCoreWallet, Control, Payments};
use agent::agentcore::{CONTROL, PAYMENTS, SIGNING_NAME, control::ProviderSecrets};
use agent::aws::{Credentials, Service};
use agent::decisions::budget::{Micros, Policy};
use agent::transport::Patience;
use agent::world::{Clock, NoRandomness, Randomness, System};
use agent::{Agent, Ledger, PayError, Purse, Signer, Terms};
use sandbox::world::Options;
use tempfile::TempDir;
use wire::{Nonce, UnixTime};

use crate::amazon::{ACCESS_KEY, Amazon, REGION, SECRET, TOKEN};
use crate::market::Market;

/// The machine's clock, of which nobody waits for more than a moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Brisk;

impl Clock for Brisk {
    fn now(&self) -> UnixTime {
        System.now()
    }

    async fn sleep(&self, _: Duration) {
        tokio::task::yield_now().await;
    }
}

impl Randomness for Brisk {
    fn nonce(&self) -> Result<Nonce, NoRandomness> {
        System.nonce()
    }
}

/// An account in memory.
#[derive(Default)]
pub(crate) struct Drawer(pub(crate) Mutex<Option<String>>);

impl Keep for Drawer {
    fn keep(&self, account: &Account) -> io::Result<()> {
        *self.0.lock().unwrap() = Some(account.written());
        Ok(())
    }

    fn forget(&self) -> io::Result<()> {
        *self.0.lock().unwrap() = None;
        Ok(())
    }
}

impl Drawer {
    /// What a later process finds.
    pub(crate) fn account(&self) -> Account {
        let text = self.0.lock().unwrap().clone();
        let new = || Account::new(REGION, "x402agent", "me", "CoinbaseCDP");
        text.map_or_else(new, |it| Account::read(&it).unwrap())
    }
}

/// Nobody here is far away.
const NEAR: Patience = Patience {
    connect: Duration::from_secs(5),
    answer: Duration::from_secs(20),
    silence: Duration::from_secs(20),
    content: Duration::from_secs(20),
};

fn service(amazon: &Amazon, name: &str) -> Service {
    let credentials = Credentials::new(ACCESS_KEY, SECRET, Some(TOKEN)).unwrap();
    let service = Service::new(name, SIGNING_NAME, REGION, Some(&amazon.url()), credentials);
    service.unwrap().patience(NEAR).unwrap()
}

pub(crate) fn payments(amazon: &Amazon, account: &Account) -> Option<Payments> {
    let arn = account.manager.as_ref()?.arn.clone();
    Some(Payments::new(service(amazon, PAYMENTS), account.user.clone(), arn))
}

/// With Coinbase's secrets, a dollar for an hour.
pub(crate) fn wish() -> Wish {
    Wish {
        role_arn: Some("arn:aws:iam::123456789012:role/payments".into()),
        secrets: Some(ProviderSecrets::CoinbaseCdp {
            api_key_id: "key-1".into(),
            api_key_secret: "hush-api".to_owned().into(),
            wallet_secret: "hush-wallet".to_owned().into(),
        }),
        quick: false,
        email: Some("me@example.com".into()),
        dollars: "1.00".into(),
        life: Duration::from_hours(1),
        new_session: false,
    }
}

/// One process that sets up, with what the one before it left in the drawer.
pub(crate) async fn set_up(
    amazon: &Amazon,
    drawer: &Drawer,
    wish: &Wish,
) -> (Result<Outcome, SetupError>, Vec<String>) {
    let (control, told) = (Control::new(service(amazon, CONTROL)), Mutex::new(Vec::new()));
    let mut account = drawer.account();
    let outcome = Setup {
        control: &control,
        payments: &|account| payments(amazon, account),
        keep: drawer,
        world: &Brisk,
        told: &|it: &Step| {
            let verb = if it.made { "made" } else { "found" };
            told.lock().unwrap().push(format!("{verb} {}", it.what));
        },
    }
    .run(&mut account, wish)
    .await;
    (outcome, told.into_inner().unwrap())
}

/// One process that removes.
pub(crate) async fn remove(amazon: &Amazon, drawer: &Drawer) -> Result<(), SetupError> {
    let control = Control::new(service(amazon, CONTROL));
    let mut account = drawer.account();
    let payments = payments(amazon, &account);
    let removal =
        Removal { control: &control, payments, keep: drawer, world: &Brisk, told: &|_| () };
    removal.run(&mut account).await
}

/// Everything in place.
pub(crate) struct Scene {
    pub(crate) amazon: Amazon,
    pub(crate) account: Account,
    pub(crate) market: Market,
    pub(crate) folder: TempDir,
}

/// What one purchase came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    /// `paid`, or the error's code.
    pub(crate) code: &'static str,
    /// The error's words.
    pub(crate) words: String,
}

impl Scene {
    pub(crate) async fn open() -> Self {
        Self::on(Options::instant()).await
    }

    /// The same on another chain.
    pub(crate) async fn on(options: Options) -> Self {
        let (amazon, drawer) = (Amazon::open().await, Drawer::default());
        let (outcome, _) = set_up(&amazon, &drawer, &wish()).await;
        assert!(matches!(outcome.unwrap(), Outcome::Ready { .. }));
        let market = Market::open(options).await;
        let folder = tempfile::tempdir().unwrap();
        Self { amazon, account: drawer.account(), market, folder }
    }

    pub(crate) fn wallet(&self) -> AgentCoreWallet<Brisk> {
        let (ids, address) = self.account.ids().unwrap();
        let payments = payments(&self.amazon, &self.account).unwrap();
        AgentCoreWallet::new(payments, ids, address).world(Brisk)
    }

    /// The same wallet, waiting as long as it does.
    pub(crate) fn patient_wallet(&self) -> AgentCoreWallet {
        self.wallet().world(System)
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::open(&self.folder.path().join("ledger")).unwrap()
    }

    /// A payer with an empty memory but for the ledger: a new process.
    pub(crate) fn agent(&self) -> Agent<AgentCoreWallet<Brisk>> {
        self.agent_with(self.wallet())
    }

    pub(crate) fn agent_with<S: Signer>(&self, wallet: S) -> Agent<S> {
        let policy = Policy { total: Some(Micros::new(1_000_000)), ..Policy::default() };
        let terms = Terms::up_to("$0.10".parse().unwrap()).unwrap();
        let agent = Agent::builder(wallet, terms).purse(Purse::new(self.ledger(), policy));
        agent.patience(NEAR).build().unwrap()
    }

    /// Buys from the merchant, or from somebody who stands before it.
    pub(crate) async fn buy_at(&self, url: &str) -> Ending {
        match self.agent().fetch(url).await {
            Ok(mut response) => {
                assert_eq!(response.bytes().await.unwrap(), crate::market::GOODS);
                assert!(response.receipt().unwrap().is_settled());
                Ending { code: "paid", words: String::new() }
            }
            Err(why) => Ending { code: why.code(), words: PayError::to_string(&why) },
        }
    }

    pub(crate) async fn buy(&self, path: &str) -> Ending {
        self.buy_at(&self.market.url(path)).await
    }

    /// The stages of all purchases, in order.
    pub(crate) fn stages(&self) -> Vec<&'static str> {
        self.ledger().all().unwrap().iter().map(|it| it.stage.word()).collect()
    }

    /// What the session has left, as the service tells it.
    pub(crate) async fn left(&self) -> String {
        self.wallet().session().await.unwrap().available.to_string()
    }
}

/// No byte of what is secret stands in a text.
pub(crate) fn holds_no_secret(text: &str) -> bool {
    !text.to_lowercase().contains("hush")
}
