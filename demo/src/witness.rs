//! Watches the merchant's neighbours during a purchase, from outside: the facilitator's journal and
//! the ledger's folder. Tells what it sees when it sees it, also when it is not what was hoped for.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sandbox::facilitator::{Entry, Journal, Said};
use sandbox::faults::Endpoint;
use tokio::task::JoinHandle;

use crate::teller::{Teller, span};

/// How closely it looks. The steps take milliseconds.
const LOOK_EVERY: Duration = Duration::from_micros(500);
/// How long the journal may lag behind what the merchant says.
const LAG_MAX: Duration = Duration::from_secs(5);

/// A watch that ends when it is asked for what it saw.
pub(crate) struct Witness {
    task: JoinHandle<()>,
}

struct Watch {
    journal: Journal,
    ledger: PathBuf,
    teller: Arc<Teller>,
    since: Instant,
    claims: usize,
    /// Calls of which the beginning, and of which the end was told.
    begun: HashSet<u64>,
    ended: HashSet<u64>,
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
            claims: claims(ledger),
            begun: HashSet::new(),
            ended: HashSet::new(),
        };
        let task = tokio::spawn(async move {
            while !watch.look() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
        Self { task }
    }

    /// Waits until the settlement was seen.
    pub(crate) async fn done(mut self) -> Result<(), String> {
        let seen = tokio::time::timeout(LAG_MAX, &mut self.task).await;
        seen.map_err(|_| "the facilitator's journal does not show the settlement".to_owned())?
            .map_err(|error| error.to_string())
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watch {
    /// Tells what is new. True when the payment is settled.
    fn look(&mut self) -> bool {
        let entries = self.journal.entries();
        let (verifying, settling): (Vec<_>, Vec<_>) = entries
            .iter()
            .filter(|it| matches!(it.endpoint, Endpoint::Verify | Endpoint::Settle))
            .partition(|it| it.endpoint == Endpoint::Verify);
        for entry in verifying {
            self.tell_end(
                entry,
                "verify",
                "valid",
                "the facilitator checks signature, balance and time: valid",
            );
        }
        let claims = claims(&self.ledger);
        if claims > self.claims {
            self.claims = claims;
            self.tell("claim", "the merchant binds the payment to this file, on disk");
        }
        let mut settled = false;
        for entry in settling {
            if self.begun.insert(entry.number) {
                self.tell("settle", "the facilitator submits transferWithAuthorization…");
            }
            settled |= self.tell_end(entry, "settled", "settled", "…and the next block has it");
        }
        settled
    }

    /// Tells how a call ended, once. True when it came to what was hoped for, said or not.
    fn tell_end(&mut self, entry: &Entry, name: &str, hoped: &str, words: &str) -> bool {
        let Some(said) = &entry.said else { return false };
        if self.ended.insert(entry.number) {
            if said.finding == hoped && said.status == Some(200) {
                self.tell(name, words);
            } else {
                self.tell("trouble", &trouble(entry, said));
            }
        }
        said.finding == hoped
    }

    fn tell(&self, name: &str, what: &str) {
        let after = span(self.since.elapsed());
        self.teller.fact(name, &format!("{after:>7}  {what}"));
    }
}

/// What went wrong with a call.
fn trouble(entry: &Entry, said: &Said) -> String {
    let status = said.status.map_or_else(|| "nothing".to_owned(), |it| it.to_string());
    let (endpoint, finding) = (entry.endpoint, &said.finding);
    format!("{endpoint} was answered {status}; in truth: {finding}")
}

/// How many claims the ledger holds.
fn claims(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let paths = entries.filter_map(Result::ok).map(|it| it.path());
    paths
        .map(|it| if it.is_dir() { claims(&it) } else { usize::from(it.ends_with("claim.json")) })
        .sum()
}
