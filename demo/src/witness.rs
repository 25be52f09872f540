//! Watches the merchant's neighbours during a purchase, from outside: the facilitator's journal and
//! the ledger's folder. Tells what it sees when it sees it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sandbox::facilitator::Journal;
use sandbox::faults::Endpoint;
use tokio::task::JoinHandle;

use crate::teller::{Teller, milliseconds};

/// How closely it looks. The steps take milliseconds.
const LOOK_EVERY: Duration = Duration::from_micros(500);

/// A watch that ends when it is asked for what it saw.
pub(crate) struct Witness {
    task: JoinHandle<()>,
}

struct Watch {
    journal: Journal,
    ledger: PathBuf,
    teller: Arc<Teller>,
    since: Instant,
    claims_before: usize,
    told: [bool; 4],
}

impl Witness {
    /// Begins to watch for the calls and records of one payment.
    #[expect(clippy::disallowed_methods, reason = "the story tells when each step happened")]
    pub(crate) fn watch(journal: &Journal, ledger: &Path, teller: &Arc<Teller>) -> Self {
        journal.clear();
        let mut watch = Watch {
            journal: journal.clone(),
            ledger: ledger.to_owned(),
            teller: Arc::clone(teller),
            since: Instant::now(),
            claims_before: claims(ledger),
            told: [false; 4],
        };
        let task = tokio::spawn(async move {
            while !watch.look() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
        Self { task }
    }

    /// Waits until the last step was seen.
    pub(crate) async fn done(self) -> Result<(), String> {
        let seen = tokio::time::timeout(Duration::from_secs(5), self.task).await;
        seen.map_err(|_| "the facilitator's journal does not show the settlement".to_owned())?
            .map_err(|error| error.to_string())
    }
}

impl Watch {
    /// Tells what is new. True when there is nothing more to come.
    fn look(&mut self) -> bool {
        let answered = |endpoint| {
            let entries = self.journal.entries();
            entries.iter().any(|it| it.endpoint == endpoint && it.said.is_some())
        };
        let verified = answered(Endpoint::Verify);
        let claimed = self.told[1] || claims(&self.ledger) > self.claims_before;
        let sent = self.journal.count(Endpoint::Settle) > 0;
        let settled = answered(Endpoint::Settle);
        self.tell(
            0,
            verified,
            "verify",
            "the facilitator checks signature, balance and time: valid",
        );
        self.tell(1, claimed, "claim", "the merchant binds the payment to this file, on disk");
        self.tell(2, sent, "settle", "the facilitator submits transferWithAuthorization…");
        self.tell(3, settled, "settled", "…and the next block has it");
        self.told == [true; 4]
    }

    fn tell(&mut self, step: usize, happened: bool, name: &str, what: &str) {
        if happened && !self.told[step] {
            self.told[step] = true;
            let after = milliseconds(self.since.elapsed());
            self.teller.fact(name, &format!("{after:>7}  {what}"));
        }
    }
}

/// How many claims the ledger holds.
fn claims(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let paths = entries.filter_map(Result::ok).map(|it| it.path());
    paths
        .map(|it| if it.is_dir() { claims(&it) } else { usize::from(it.ends_with("claim.json")) })
        .sum()
}
