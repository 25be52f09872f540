//! Ends doubt about open payments: asks the chain about each, one after the other, and says what was
//! found.

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::array::Array;
use super::filter::Filter;
use super::row::Row;
use crate::adapters::ledger::StoreLedger;
use crate::adapters::system_clock::SystemClock;
use crate::assembly;
use crate::cli::{Exit, Output};
use crate::decisions::faults::LedgerFault;
use crate::decisions::standing::{Finding, Standing};
use crate::front::events;
use crate::settings::Settings;
use crate::walk::reconcile::{Resolved, reconcile};

/// How it is done.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// Is what is proven recorded?
    pub(super) write: bool,
    /// Is JSON printed?
    pub(super) json: bool,
}

pub(super) async fn run(
    ledger: &StoreLedger,
    settings: &Settings,
    filter: &Filter,
    how: How,
    output: Output,
) -> Result<Exit, String> {
    // An endpoint that fails says why only there.
    events::to_standard_error();
    let chain = assembly::chain(settings).map_err(|error| error.to_string())?;
    let clock = SystemClock::start();
    let mut array = Array::new();
    let (mut looked_at, mut resolved, mut left) = (0_u64, 0_u64, 0_u64);
    let mut exit = Exit::Done;
    let mut rows = std::pin::pin!(filter.rows(ledger));
    while let Some(row) = rows.next().await {
        let row = match row {
            Ok(row) => row,
            Err(LedgerFault::Unreadable(problem)) => {
                output.complain(&problem);
                exit = Exit::Failed;
                continue;
            }
            Err(LedgerFault::Unavailable(problem)) => {
                return Err(format!("the ledger cannot be read: {problem}"));
            }
        };
        let said = match row.standing {
            Standing::Settled | Standing::Void => continue,
            // Whoever works on it finds out by itself.
            Standing::Working => Said::working(),
            Standing::Open => {
                let neighbours = (ledger, &chain, &clock);
                Said::of(&reconcile(neighbours, &row.key, &row.entry, how.write).await, how.write)
            }
        };
        looked_at += 1;
        resolved += u64::from(said.resolved);
        left += u64::from(said.problem);
        if how.json {
            array.push(&said.json(&row));
        } else {
            Output::say(&format!("{}\n  {}", row.line(), said.words));
        }
    }
    if how.json {
        array.end();
    } else {
        let verb = if how.write { "resolved" } else { "could be resolved" };
        Output::say(&format!("{looked_at} open, {resolved} {verb}, {left} to be looked at"));
    }
    Ok(if left > 0 && exit == Exit::Done { Exit::Problems } else { exit })
}

/// What is said of one payment.
struct Said {
    word: &'static str,
    words: String,
    transaction: Option<String>,
    resolved: bool,
    problem: bool,
}

impl Said {
    fn new(word: &'static str, words: impl Into<String>) -> Self {
        Self { word, words: words.into(), transaction: None, resolved: false, problem: false }
    }

    fn working() -> Self {
        Self::new("working", "a request works on it; look again in a minute")
    }

    fn problem(self) -> Self {
        Self { problem: true, ..self }
    }

    fn of(resolved: &Resolved, write: bool) -> Self {
        let recorded = if write { "recorded" } else { "not recorded: dry run" };
        match resolved {
            Resolved::Found(finding) => match finding {
                Finding::Settled(record) => Self {
                    transaction: Some(record.transaction.to_string()),
                    resolved: true,
                    ..Self::new("settled", format!("paid in {} ({recorded})", record.transaction))
                },
                Finding::Void(cause) => Self {
                    resolved: true,
                    ..Self::new("void", format!("never charged, {} ({recorded})", cause.reason()))
                },
                Finding::Pending => {
                    Self::new("pending", "not charged so far; it ends with its window")
                }
                Finding::Unknown => Self::new(
                    "unknown",
                    "the endpoints of its chain fail or disagree; see onchain.rpc and run it again",
                )
                .problem(),
                Finding::Unasked => {
                    Self::new("unasked", "no endpoint for its chain; add one to onchain.rpc")
                        .problem()
                }
            },
            Resolved::Disputed(finding) => Self {
                transaction: transaction(finding),
                ..Self::new("disputed", "its transaction is on record for another payment")
            }
            .problem(),
            Resolved::NotWritten(finding, fault) => Self {
                transaction: transaction(finding),
                ..Self::new("unwritten", format!("found, but not recorded: {}", cause(fault)))
            }
            .problem(),
        }
    }

    fn json(&self, row: &Row) -> Value {
        let mut shown = row.json();
        shown["found"] = json!(self.word);
        if let Some(transaction) = &self.transaction {
            shown["transaction"] = json!(transaction);
        }
        shown
    }
}

fn transaction(finding: &Finding) -> Option<String> {
    match finding {
        Finding::Settled(record) => Some(record.transaction.to_string()),
        Finding::Void(_) | Finding::Pending | Finding::Unknown | Finding::Unasked => None,
    }
}

fn cause(fault: &LedgerFault) -> &str {
    match fault {
        LedgerFault::Unavailable(problem) | LedgerFault::Unreadable(problem) => problem,
    }
}
