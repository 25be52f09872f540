//! Payments in a row: a table with sums, CSV, or JSON. Nothing is held but the sums.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use wire::{AtomicAmount, U256};

use super::array::Array;
use super::filter::Filter;
use super::row::{COLUMNS, Row};
use crate::adapters::ledger::StoreLedger;
use crate::cli::{Exit, Output};
use crate::decisions::faults::LedgerFault;
use crate::decisions::standing::Standing;

pub(super) async fn table(
    ledger: &StoreLedger,
    filter: &Filter,
    output: Output,
) -> Result<Exit, String> {
    let mut sums = Sums::default();
    let exit = each(ledger, filter, output, |row| {
        Output::say(&row.line());
        sums.add(row);
    })
    .await?;
    Output::say(&sums.text());
    Ok(exit)
}

pub(super) async fn csv(
    ledger: &StoreLedger,
    filter: &Filter,
    output: Output,
) -> Result<Exit, String> {
    Output::say(&COLUMNS.join(","));
    each(ledger, filter, output, |row| Output::say(&row.csv())).await
}

pub(super) async fn json(
    ledger: &StoreLedger,
    filter: &Filter,
    output: Output,
) -> Result<Exit, String> {
    let mut array = Array::new();
    let exit = each(ledger, filter, output, |row| array.push(&row.json())).await?;
    array.end();
    Ok(exit)
}

/// Hands over each payment. A record that cannot be read is told and passed over; a storage that
/// does not answer ends it.
async fn each(
    ledger: &StoreLedger,
    filter: &Filter,
    output: Output,
    mut take: impl FnMut(&Row),
) -> Result<Exit, String> {
    let mut exit = Exit::Done;
    let mut rows = std::pin::pin!(filter.rows(ledger));
    while let Some(row) = rows.next().await {
        match row {
            Ok(row) => take(&row),
            Err(LedgerFault::Unreadable(problem)) => {
                output.complain(&problem);
                exit = Exit::Failed;
            }
            Err(LedgerFault::Unavailable(problem)) => {
                return Err(format!("the ledger cannot be read: {problem}"));
            }
        }
    }
    Ok(exit)
}

/// What was sold, by token; and how many payments stand how.
#[derive(Default)]
struct Sums {
    count: u64,
    standings: BTreeMap<&'static str, u64>,
    sold: BTreeMap<String, (u64, U256, String)>,
}

impl Sums {
    fn add(&mut self, row: &Row) {
        self.count += 1;
        *self.standings.entry(row.standing.word()).or_default() += 1;
        if row.standing != Standing::Settled {
            return;
        }
        let token = format!("{}/{}", row.key.chain_id, row.key.asset);
        let sum = self.sold.entry(token).or_default();
        sum.0 += 1;
        sum.1 = sum.1.saturating_add(row.entry.claim.requirements.amount.units());
        let amount = AtomicAmount::new(sum.1);
        sum.2 = match row.token() {
            Some(it) => format!("{} {}", amount.to_decimal(it.decimals), it.symbol),
            None => format!("{amount} units of {}", row.key.asset),
        };
        sum.2.push_str(" on ");
        sum.2.push_str(&row.network());
    }

    fn text(&self) -> String {
        let payments = if self.count == 1 { "payment" } else { "payments" };
        let mut parts = vec![format!("{} {payments}", self.count)];
        parts.extend(self.standings.iter().map(|(word, count)| format!("{count} {word}")));
        parts.extend(self.sold.values().map(|(_, _, text)| format!("sold for {text}")));
        parts.join(", ")
    }
}
