//! Clocks that are not right: the agent's, seen from the merchant and from the chain, and the
//! chain's, seen from both. A few seconds do no harm; minutes are refused, and cost nothing.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use agent::decisions::budget::Policy;
use agent::decisions::draft::Draft;
use agent::signer::SignerError;
use agent::world::{Clock, NoRandomness, Randomness, System};
use agent::{Agent, Ledger, LocalKey, Purse, Signer, Terms};
use sandbox::world::Options;
use wire::{Address, Eip3009Payload, Nonce, UnixTime};

use crate::agent::{payer, reconcile};
use crate::market::Market;

/// A clock that is so many seconds off, and waits for nothing.
#[derive(Clone, Copy)]
struct Wrong(i64);

impl Clock for Wrong {
    #[expect(clippy::disallowed_methods, reason = "off from the real time by so much")]
    fn now(&self) -> UnixTime {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        UnixTime::from_seconds(real.saturating_add_signed(self.0))
    }

    async fn sleep(&self, _: Duration) {}
}

impl Randomness for Wrong {
    fn nonce(&self) -> Result<Nonce, NoRandomness> {
        System.nonce()
    }
}

struct Counting(LocalKey, AtomicU32);

impl Signer for Counting {
    fn address(&self) -> Address {
        self.0.address()
    }

    async fn sign(&self, draft: &Draft) -> Result<Eip3009Payload, SignerError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.sign(draft).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn seconds_do_no_harm_and_minutes_cost_nothing() {
    #[rustfmt::skip]
    let rows = [
        // the agent  the chain   ending                  signatures  charged  in the end
        (0,           0,          "paid",                 1,          1,       "settled"),
        (5,           0,          "paid",                 1,          1,       "settled"),
        (-5,          0,          "paid",                 1,          1,       "settled"),
        (20,          0,          "paid",                 1,          1,       "settled"),
        (-20,         0,          "paid",                 1,          1,       "settled"),
        (0,           20,         "paid",                 1,          1,       "settled"),
        (60,          0,          "clock_skew",           0,          0,       ""),
        (-60,         0,          "clock_skew",           0,          0,       ""),
        (600,         0,          "clock_skew",           0,          0,       ""),
        (-600,        0,          "clock_skew",           0,          0,       ""),
        // The chain is minutes ahead of both: signed, refused, and never taken.
        (0,           120,        "payment_rechallenged", 1,          0,       "released"),
    ];
    for (ours, chains, ending, signatures, charged, end) in rows {
        let market = Market::open(Options::instant()).await;
        market.sandbox.chain().advance(Duration::from_secs(chains));
        market.sandbox.chain().mine();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("purchases");
        let key = LocalKey::from_hex(&payer().secret().to_string()).unwrap();
        let terms = Terms::up_to("$0.01".parse().unwrap()).unwrap();
        let agent = Agent::builder(Counting(key, AtomicU32::new(0)), terms).world(Wrong(ours));
        let purse = Purse::new(Ledger::open(&path).unwrap(), Policy::default());
        let agent = agent.purse(purse).build().unwrap();
        let got = agent.fetch(&market.url("/premium/a.json")).await;
        let told = got.map_or_else(|why| why.code(), |_| "paid");
        let signed = agent.signer().1.load(Ordering::Relaxed);
        assert_eq!((told, signed, market.sold()), (ending, signatures, charged), "{ours} {chains}");

        market.sandbox.chain().advance(Duration::from_mins(30));
        market.sandbox.chain().mine();
        let proven = reconcile(folder.path(), &market.sandbox.rpc_url()).await;
        let stages = crate::agent::stages(folder.path());
        assert_eq!((proven, stages.as_str(), market.sold()), (0, end, charged), "{ours} {chains}");
    }
}
