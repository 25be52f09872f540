//! One payment in a line: for people, for spreadsheets and for programs.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};
use wire::{Address, PaymentKey, UnixTime};

use crate::decisions::records::Entry;
use crate::decisions::standing::Standing;

/// The columns of the CSV.
pub(super) const COLUMNS: [&str; 8] =
    ["time", "path", "payer", "amount", "asset", "network", "transaction", "state"];

/// A payment, as the ledger holds it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) key: PaymentKey,
    pub(super) entry: Entry,
    pub(super) standing: Standing,
}

/// Seconds as people and programs read them, in UTC.
pub(super) fn time(time: UnixTime) -> String {
    let seconds = i64::try_from(time.seconds()).unwrap_or(i64::MAX);
    let moment = DateTime::from_timestamp(seconds, 0);
    moment.map_or_else(String::new, |it| it.to_rfc3339_opts(SecondsFormat::Secs, true))
}

impl Row {
    pub(super) fn new(key: PaymentKey, entry: Entry, now: UnixTime) -> Self {
        let standing = Standing::of(&entry, now);
        Self { key, entry, standing }
    }

    /// The path of what was bought.
    pub(super) fn path(&self) -> &str {
        let resource = self.entry.claim.resource.as_str();
        let past_scheme = resource.find("://").map_or(0, |at| at + 3);
        let rest = resource.get(past_scheme..).unwrap_or_default();
        rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
    }

    /// When the money is known to have moved; before that, when the payment was claimed.
    fn time(&self) -> String {
        time(self.entry.settled.map_or(self.entry.claim.claimed_at, |it| it.settled_at))
    }

    fn transaction(&self) -> String {
        self.entry.settled.map_or_else(String::new, |it| it.transaction.to_string())
    }

    /// The amount in whole tokens where the token is known, else in its smallest units.
    pub(super) fn price(&self) -> String {
        let amount = self.entry.claim.requirements.amount;
        match self.token() {
            Some(token) => format!("{} {}", amount.to_decimal(token.decimals), token.symbol),
            None => format!("{amount} units of {}", self.key.asset),
        }
    }

    /// The network's name, if it has one.
    pub(super) fn network(&self) -> String {
        let network = &self.entry.claim.requirements.network;
        let legacy = network.known().and_then(|it| it.legacy_name);
        legacy.map_or_else(|| network.to_string(), str::to_owned)
    }

    /// The token, if we know it.
    pub(super) fn token(&self) -> Option<&'static wire::networks::KnownAsset> {
        let network = wire::networks::by_chain_id(self.key.chain_id)?;
        network.assets().find(|it| Address::from(it.address) == self.key.asset)
    }

    fn cells(&self) -> [String; COLUMNS.len()] {
        let requirements = &self.entry.claim.requirements;
        [
            self.time(),
            self.path().to_owned(),
            self.key.payer.to_string(),
            requirements.amount.to_string(),
            requirements.asset.to_string(),
            requirements.network.to_string(),
            self.transaction(),
            self.standing.word().to_owned(),
        ]
    }

    /// A line of CSV (RFC 4180), without its end.
    pub(super) fn csv(&self) -> String {
        self.cells().map(|it| quoted(&it)).join(",")
    }

    /// A JSON object with the columns of the CSV, and the payment's name.
    pub(super) fn json(&self) -> Value {
        let columns = COLUMNS.into_iter().zip(self.cells());
        let mut object: serde_json::Map<_, _> =
            columns.map(|(name, cell)| (name.to_owned(), Value::from(cell))).collect();
        if self.entry.settled.is_none() {
            object.insert("transaction".into(), Value::Null);
        }
        object.insert("payment".into(), json!(self.key.to_string()));
        object.insert("price".into(), json!(self.price()));
        object.into()
    }

    /// A line for people.
    pub(super) fn line(&self) -> String {
        let (time, state, price) = (self.time(), self.standing.word(), self.price());
        let (network, payer, path) = (self.network(), self.key.payer, self.path());
        let transaction = self.transaction();
        format!("{time}  {state:<7}  {price:>14}  {network:<12}  {payer}  {path}  {transaction}")
            .trim_end()
            .to_owned()
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_commas_or_quotes_are_quoted() {
        #[rustfmt::skip]
        let rows = [
            ("/a",       "/a"),
            ("/a,b",     "\"/a,b\""),
            ("/a\"b",    "\"/a\"\"b\""),
            ("",         ""),
        ];
        for (cell, expected) in rows {
            assert_eq!(quoted(cell), expected);
        }
        assert_eq!(time(UnixTime::from_seconds(1_800_000_000)), "2027-01-15T08:00:00Z");
    }
}
