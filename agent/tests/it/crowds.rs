//! Many purchases at once, in one process and in several, the library and the command line: one
//! budget, never exceeded at any instant, by the ledger's word and by the chain's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use agent::book::{Book, BookError, Entry, Errand, Judgement, OpenPurchase, PurchaseId, Reserved};
use agent::decisions::budget::{Facts, Micros, Policy};
use agent::decisions::draft::Payment;
use agent::decisions::purchase::{Fate, Stage};
use agent::transport::Patience;
use agent::{Agent, Ledger, LocalKey, Purse, Quoted, Signer};
use sandbox::hostile::Hostile;
use sandbox::world::{Options, Sandbox};
use tempfile::tempdir;
use tokio::sync::Barrier;
use wire::{Address, U256, UnixTime};

use crate::command::run;
use crate::scene::terms;
use crate::wares::{KEY, PAYEE};

/// The shop's price, and how many of it the budget holds.
const PRICE: u64 = 1_000;
const AFFORDED: u64 = 10;

const AGENTS: usize = 6;
const TASKS: usize = 60;
const PROCESSES: usize = 40;

/// AG05 and AG06.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_purchases_in_many_processes_never_exceed_the_budget_at_any_instant() {
    let key = LocalKey::from_hex(KEY).unwrap();
    let owner = key.address().evm();
    let funds = vec![(owner, U256::from(1_000 * PRICE))];
    let sandbox = Sandbox::start(Options { funds, ..Options::instant() }).await.unwrap();
    let payee = PAYEE.parse::<Address>().unwrap().evm();
    let chain = sandbox.chain().clone();
    let shop = Hostile::start(chain.clone(), "127.0.0.1:0".parse().unwrap(), payee).await.unwrap();
    let folder = tempdir().unwrap();
    let path = folder.path().join("ledger");
    let budget = Micros::new(AFFORDED * PRICE);
    let purse = || {
        let policy = Policy { total: Some(budget), ..Policy::default() };
        Purse::new(Ledger::open(&path).unwrap(), policy)
    };

    // Looks at the ledger and at the chain all the while.
    let (watched, over) = (Ledger::open(&path).unwrap(), Arc::new(AtomicBool::new(false)));
    let (is_over, seen_by) = (Arc::clone(&over), chain.clone());
    let watch = tokio::spawn(async move {
        let (mut looks, mut most) = (0_u64, 0);
        while !is_over.load(Ordering::Relaxed) {
            // First what moved, then what was counted: it is counted before it moves.
            let moved = u64::try_from(seen_by.usdc_balance(payee)).unwrap();
            let all = watched.all().unwrap();
            let counted = all.iter().filter(|it| it.stage != Stage::Released);
            let sum: u64 = counted.map(|it| it.price.count()).sum();
            assert!(sum <= AFFORDED * PRICE && moved <= sum, "{moved} moved, {sum} counted");
            (looks, most) = (looks + 1, most.max(sum));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        (looks, most)
    });

    let mut crowd = Vec::new();
    for number in 0..PROCESSES {
        let (folder, url) = (folder.path().to_owned(), shop.url_of(&format!("honest/p{number}")));
        crowd.push(tokio::spawn(async move {
            let arguments = ["get", &url, "--ledger", "ledger", "--budget", "$0.01", "-q"];
            let ran = run(&folder, &arguments).await;
            match ran.exit {
                0 => "paid".to_owned(),
                5 => "refused".to_owned(),
                other => format!("{other}: {}", ran.err),
            }
        }));
    }
    let start = Arc::new(Barrier::new(TASKS));
    let agents: Vec<_> = (0..AGENTS)
        .map(|_| {
            let agent = Agent::builder(key.clone(), terms()).patience(Patience::default());
            Arc::new(agent.purse(purse()).build().unwrap())
        })
        .collect();
    for number in 0..TASKS {
        let agent = Arc::clone(&agents[number % AGENTS]);
        let url = shop.url_of(&format!("honest/t{number}"));
        let start = Arc::clone(&start);
        crowd.push(tokio::spawn(async move {
            let Quoted::Priced(quote) = agent.quote(&url).await.unwrap() else { panic!() };
            // Everybody has a price, and nobody has reserved anything.
            start.wait().await;
            match agent.buy(quote).await {
                Ok(_) => "paid".to_owned(),
                Err(why) if why.code() == "budget_exceeded" => "refused".to_owned(),
                Err(why) => why.to_string(),
            }
        }));
    }
    let mut words = Vec::new();
    for one in crowd {
        words.push(one.await.unwrap());
    }
    over.store(true, Ordering::Relaxed);
    let (looks, most) = watch.await.unwrap();
    let count = |word: &str| u64::try_from(words.iter().filter(|it| *it == word).count()).unwrap();
    let refused = u64::try_from(TASKS + PROCESSES).unwrap() - AFFORDED;
    assert_eq!((count("paid"), count("refused")), (AFFORDED, refused), "{words:?}");
    assert!(looks > 0 && most == AFFORDED * PRICE, "{looks} looks, at most {most}");
    assert_eq!(chain.usdc_balance(payee), U256::from(AFFORDED * PRICE));
    let visits = shop.visits();
    let mut payments: Vec<_> = visits.into_iter().filter_map(|it| it.payment).collect();
    payments.sort_unstable();
    payments.dedup();
    assert_eq!(u64::try_from(payments.len()).unwrap(), AFFORDED, "signatures that left");
}

/// A ledger that shows everybody the same room before anybody can take some of it.
struct SlowEyes {
    ledger: Ledger,
    all_have_looked: Arc<std::sync::Barrier>,
}

impl Book for SlowEyes {
    fn facts(&self, entry: &Entry) -> Result<Facts, BookError> {
        let facts = self.ledger.facts(entry);
        self.all_have_looked.wait();
        facts
    }

    fn open(&self, errand: &Errand) -> Result<Option<OpenPurchase>, BookError> {
        self.ledger.open(errand)
    }

    fn reserve(&self, entry: &Entry, judge: Judgement<'_>) -> Result<Reserved, BookError> {
        self.ledger.reserve(entry, judge)
    }

    fn signed(&self, id: PurchaseId, payment: &Payment, now: UnixTime) -> Result<bool, BookError> {
        self.ledger.signed(id, payment, now)
    }

    fn sending_again(&self, id: PurchaseId) -> Result<bool, BookError> {
        self.ledger.sending_again(id)
    }

    fn drop_unsigned(&self, id: PurchaseId, now: UnixTime) -> Result<bool, BookError> {
        self.ledger.drop_unsigned(id, now)
    }

    fn conclude(&self, id: PurchaseId, fate: Fate, now: UnixTime) -> Result<(), BookError> {
        self.ledger.conclude(id, fate, now)
    }
}

/// AG05: that there was room when somebody looked buys nothing.
#[tokio::test(flavor = "multi_thread")]
async fn who_saw_room_still_has_to_find_some_when_reserving() {
    const BUYERS: usize = 20;
    let key = LocalKey::from_hex(KEY).unwrap();
    let funds = vec![(key.address().evm(), U256::from(1_000 * PRICE))];
    let sandbox = Sandbox::start(Options { funds, ..Options::instant() }).await.unwrap();
    let payee = PAYEE.parse::<Address>().unwrap().evm();
    let chain = sandbox.chain().clone();
    let shop = Hostile::start(chain.clone(), "127.0.0.1:0".parse().unwrap(), payee).await.unwrap();
    let folder = tempdir().unwrap();
    let all_have_looked = Arc::new(std::sync::Barrier::new(BUYERS));
    let buyers = (0..BUYERS).map(|number| {
        let book = SlowEyes {
            ledger: Ledger::open(&folder.path().join("ledger")).unwrap(),
            all_have_looked: Arc::clone(&all_have_looked),
        };
        let total = Some(Micros::new(AFFORDED * PRICE));
        let purse = Purse::new(book, Policy { total, ..Policy::default() });
        let (key, url) = (key.clone(), shop.url_of(&format!("honest/b{number}")));
        // A thread each: a ledger's steps block.
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let bought = runtime.block_on(async {
                let agent = Agent::builder(key, terms()).patience(Patience::default()).purse(purse);
                agent.build().unwrap().fetch(&url).await.map(|_| ())
            });
            bought.map_or_else(|why| why.code(), |()| "paid")
        })
    });
    let buyers: Vec<_> = buyers.collect();
    let words = tokio::task::spawn_blocking(move || {
        buyers.into_iter().map(|it| it.join().unwrap()).collect::<Vec<_>>()
    });
    let words = words.await.unwrap();
    let count = |word: &str| u64::try_from(words.iter().filter(|it| **it == word).count()).unwrap();
    assert_eq!((count("paid"), count("budget_exceeded")), (AFFORDED, 10), "{words:?}");
    assert_eq!(chain.usdc_balance(payee), U256::from(AFFORDED * PRICE));
}
