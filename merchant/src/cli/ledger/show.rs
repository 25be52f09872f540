//! One payment, with all of its records.

use std::fmt::Write;

use futures_util::StreamExt;
use serde_json::{Value, json};
use wire::{Message, Nonce, PaymentKey, TxHash};

use super::row::{Row, time};
use crate::adapters::ledger::StoreLedger;
use crate::adapters::system_clock::SystemClock;
use crate::cli::{Exit, Output};
use crate::decisions::faults::LedgerFault;
use crate::ports::{Clock, Ledger};
use crate::settings::Settings;

pub(super) async fn run(
    ledger: &StoreLedger,
    settings: &Settings,
    name: &str,
    as_json: bool,
) -> Result<Exit, String> {
    let fault = |fault| match fault {
        LedgerFault::Unreadable(problem) => problem,
        LedgerFault::Unavailable(problem) => format!("the ledger cannot be read: {problem}"),
    };
    let key = find(ledger, settings, name).await.map_err(fault)?;
    let entry = match &key {
        Some(key) => ledger.recall(key).await.map_err(fault)?,
        None => None,
    };
    let Some((key, entry)) = key.zip(entry) else {
        Output::tell(&format!("no payment {name} in {}", settings.ledger.location));
        return Ok(Exit::NoSuchPayment);
    };
    let row = Row::new(key, entry, SystemClock::start().now());
    if as_json {
        Output::say(&format!("{:#}", json(&row)));
    } else {
        Output::say(&text(&row));
    }
    Ok(Exit::Done)
}

/// By its whole name, by its transaction, or by its nonce. The last is looked for in the whole
/// ledger.
async fn find(
    ledger: &StoreLedger,
    settings: &Settings,
    name: &str,
) -> Result<Option<PaymentKey>, LedgerFault> {
    if let Ok(key) = name.parse() {
        return Ok(Some(key));
    }
    if let Ok(transaction) = name.parse::<TxHash>() {
        let offers = settings.routes.iter().flat_map(|it| &it.offers);
        let mut chains: Vec<_> = offers.map(|it| it.offer.chain_id()).collect();
        chains.sort_unstable();
        chains.dedup();
        for chain_id in chains {
            if let Some(key) = ledger.settled_by(chain_id, transaction).await? {
                return Ok(Some(key));
            }
        }
    }
    let Ok(nonce) = name.parse::<Nonce>() else { return Ok(None) };
    let mut payments = ledger.payments();
    while let Some(key) = payments.next().await {
        match key {
            Ok(key) if key.nonce == nonce => return Ok(Some(key)),
            Ok(_) | Err(LedgerFault::Unreadable(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(None)
}

fn json(row: &Row) -> Value {
    let mut shown = row.json();
    shown["claim"] = row.entry.claim.to_value();
    shown["settled"] = row.entry.settled.map_or(Value::Null, |it| it.to_value());
    shown["void"] = row.entry.void.map_or(Value::Null, |it| it.to_value());
    shown["attempts"] = json!(row.entry.attempts);
    shown
}

fn text(row: &Row) -> String {
    let claim = &row.entry.claim;
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<12} {value}");
    };
    line("payment", &row.key.to_string());
    line("state", row.standing.word());
    line("resource", &claim.resource);
    line("price", &format!("{} on {}", row.price(), row.network()));
    line("payer", &row.key.payer.to_string());
    line("paid to", &claim.requirements.pay_to.to_string());
    line("object", &format!("{} ({} bytes)", claim.object.key, claim.object.size));
    line("claimed", &time(claim.claimed_at));
    line("valid before", &time(claim.valid_before));
    line("taken over", &format!("{} times", row.entry.attempts));
    if let Some(until) = row.entry.lease_until {
        line("lease until", &time(until));
    }
    if let Some(settled) = row.entry.settled {
        line("transaction", &settled.transaction.to_string());
        line("settled", &time(settled.settled_at));
        let how = if settled.seen { "the chain" } else { "the facilitator" };
        line("known from", how);
    }
    if let Some(void) = row.entry.void {
        line("void", &format!("{} ({})", time(void.found_at), void.cause.reason()));
    }
    text
}
