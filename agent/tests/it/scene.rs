//! One purchase with everything around it: a scripted server, a wallet that counts its signatures,
//! a clock that does not wait.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agent::decisions::draft::Draft;
use agent::signer::SignerError;
use agent::transport::Patience;
use agent::world::{Clock, NoRandomness, Randomness};
use agent::{Agent, AgentBuilder, LocalKey, PayError, Receipt, Signer, Terms};
use serde_json::Value;
use wire::{Address, Eip3009Payload, Nonce, UnixTime};

use crate::server::{Act, Server};
use crate::wares::{KEY, challenge, delivery, demand, offer, settlement};

/// The scene's path, on a server of its own.
pub(crate) const PATH: &str = "/report.txt";

/// When every scene begins.
pub(crate) const NOW: u64 = 1_795_222_131;

/// A wallet that counts.
#[derive(Debug, Clone)]
pub(crate) struct CountingWallet {
    key: LocalKey,
    pub(crate) signatures: Arc<AtomicU32>,
}

impl Default for CountingWallet {
    fn default() -> Self {
        Self { key: LocalKey::from_hex(KEY).unwrap(), signatures: Arc::default() }
    }
}

impl CountingWallet {
    pub(crate) fn of(key: LocalKey) -> Self {
        Self { key, signatures: Arc::default() }
    }
}

impl Signer for CountingWallet {
    fn address(&self) -> Address {
        self.key.address()
    }

    async fn sign(&self, draft: &Draft) -> Result<Eip3009Payload, SignerError> {
        self.signatures.fetch_add(1, Ordering::Relaxed);
        self.key.sign(draft).await
    }
}

/// Time that passes only by sleeping, and nonces that can be told apart.
#[derive(Debug, Clone, Default)]
pub(crate) struct StillWorld {
    pub(crate) pauses: Arc<Mutex<Vec<u64>>>,
    /// How far the payer's clock is from everybody else's, in seconds.
    shifted: i64,
    nonces: Arc<AtomicU64>,
}

impl StillWorld {
    /// With a clock that is so many seconds off.
    pub(crate) fn shifted(shifted: i64) -> Self {
        Self { shifted, ..Self::default() }
    }
}

impl Clock for StillWorld {
    fn now(&self) -> UnixTime {
        let here = NOW.saturating_add_signed(self.shifted);
        UnixTime::from_seconds(here + self.pauses.lock().unwrap().iter().sum::<u64>())
    }

    async fn sleep(&self, span: Duration) {
        self.pauses.lock().unwrap().push(span.as_secs());
    }
}

impl Randomness for StillWorld {
    fn nonce(&self) -> Result<Nonce, NoRandomness> {
        let count = self.nonces.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Nonce::new([u8::try_from(count).unwrap(); 32]))
    }
}

/// Servers in tests are near.
pub(crate) const SHORT: Patience = Patience {
    connect: Duration::from_millis(500),
    answer: Duration::from_millis(300),
    silence: Duration::from_millis(300),
    content: Duration::from_secs(20),
};

/// What one purchase came to.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) outcome: Result<(Vec<u8>, Option<Receipt>), PayError>,
    pub(crate) signatures: u32,
    pub(crate) payments: Vec<String>,
    pub(crate) requests: usize,
    pub(crate) pauses: Vec<u64>,
}

impl Ending {
    /// `paid`, `free`, or the error's code.
    pub(crate) fn word(&self) -> &'static str {
        match &self.outcome {
            Ok((_, Some(_))) => "paid",
            Ok((_, None)) => "free",
            Err(why) => why.code(),
        }
    }
}

/// Up to ten cents, anywhere, to anyone.
pub(crate) fn terms() -> Terms {
    Terms::up_to("$0.10".parse().unwrap()).unwrap()
}

/// An agent in a still world.
pub(crate) fn agent(
    wallet: &CountingWallet,
    world: &StillWorld,
    terms: Terms,
) -> AgentBuilder<CountingWallet, StillWorld> {
    Agent::builder(wallet.clone(), terms).world(world.clone()).patience(SHORT)
}

/// One purchase from a server with this script.
pub(crate) async fn play(terms: Terms, script: impl FnOnce(&str) -> Vec<Act>) -> Ending {
    let server = Server::start().await;
    server.script(script(&server.url(PATH)));
    buy(&server, terms).await
}

/// One purchase from this server.
pub(crate) async fn buy(server: &Server, terms: Terms) -> Ending {
    let (wallet, world) = (CountingWallet::default(), StillWorld::default());
    let agent = agent(&wallet, &world, terms).build().unwrap();
    let outcome = match agent.fetch(&server.url(PATH)).await {
        Ok(mut response) => {
            let receipt = response.receipt().cloned();
            response.bytes().await.map(|body| (body, receipt))
        }
        Err(why) => Err(why),
    };
    let pauses = world.pauses.lock().unwrap().clone();
    Ending {
        outcome,
        signatures: wallet.signatures.load(Ordering::Relaxed),
        payments: server.payments(),
        requests: server.requests().len(),
        pauses,
    }
}

/// A server that demands these offers and then delivers.
pub(crate) fn honest(url: &str, accepts: Vec<Value>) -> Vec<Act> {
    vec![demand(&challenge(url, accepts)).into(), delivery(&settlement()).into()]
}

/// A demand for the usual offer, and then these acts.
pub(crate) fn after_demand(url: &str, acts: impl IntoIterator<Item = Act>) -> Vec<Act> {
    let mut script = vec![demand(&challenge(url, vec![offer()])).into()];
    script.extend(acts);
    script
}
