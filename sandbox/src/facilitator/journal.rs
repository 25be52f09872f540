//! What came to the facilitator and what it said, for tests to read. It records; nobody decides by
//! it.

use crate::faults::Endpoint;
use alloy_primitives::B256;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wire::PaymentKey;

/// How many calls are remembered; the counts go on.
pub const ENTRIES_KEPT: usize = 10_000;

/// The record of all calls. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    entries: VecDeque<Entry>,
    counts: [u64; Endpoint::ALL.len()],
    opened: u64,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counted from 1 over all calls.
    pub number: u64,
    /// The chain's unix time when it came.
    pub at: u64,
    /// Where it came.
    pub endpoint: Endpoint,
    /// The payment, if one could be read.
    pub key: Option<PaymentKey>,
    /// The fault that it met, in its spelling.
    pub fault: Option<String>,
    /// The end of it; nothing as long as it is worked on.
    pub said: Option<Said>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The status that the caller got; nothing when it got no answer.
    pub status: Option<u16>,
    /// What the facilitator came to in truth: `valid`, `settled`, `pending`, a reason, or `nothing`
    /// when a fault kept it from looking.
    pub finding: String,
    /// The transaction that was really sent.
    pub transaction: Option<B256>,
}

impl Journal {
    /// How many calls came to this endpoint, answered or not.
    #[must_use]
    pub fn count(&self, endpoint: Endpoint) -> u64 {
        self.record().counts[endpoint as usize]
    }

    /// All calls that are remembered, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.record().entries.iter().cloned().collect()
    }

    /// The calls about one payment, oldest first.
    #[must_use]
    pub fn of(&self, key: &PaymentKey) -> Vec<Entry> {
        let mut entries = self.entries();
        entries.retain(|it| it.key.as_ref() == Some(key));
        entries
    }

    /// Forgets calls and counts.
    pub fn clear(&self) {
        let mut record = self.record();
        record.entries.clear();
        record.counts = [0; Endpoint::ALL.len()];
    }

    /// Notes that a call has come. Returns its number.
    pub(super) fn open(&self, entry: Entry) -> u64 {
        let mut record = self.record();
        record.opened += 1;
        record.counts[entry.endpoint as usize] += 1;
        let number = record.opened;
        record.entries.push_back(Entry { number, ..entry });
        if record.entries.len() > ENTRIES_KEPT {
            record.entries.pop_front();
        }
        number
    }

    /// Notes how it ended.
    pub(super) fn close(&self, number: u64, said: Said) {
        let mut record = self.record();
        if let Some(entry) = record.entries.iter_mut().rev().find(|it| it.number == number) {
            entry.said = Some(said);
        }
    }

    /// The counts and the calls, for HTTP.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let counts = Endpoint::ALL.iter().filter(|it| **it != Endpoint::Rpc);
        let counts = counts.map(|it| (it.name().to_owned(), self.count(*it).into()));
        json!({
            "counts": Value::Object(counts.collect()),
            "calls": self.entries().iter().map(Entry::to_value).collect::<Vec<_>>(),
        })
    }

    /// Every change is one assignment or push, so a poisoned lock is as good as any.
    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn to_value(&self) -> Value {
        let said = self.said.as_ref();
        json!({
            "number": self.number,
            "at": self.at,
            "endpoint": self.endpoint.name(),
            "payment": self.key.map(|it| it.to_string()),
            "fault": self.fault,
            "answered": said.is_some(),
            "status": said.and_then(|it| it.status),
            "finding": said.map(|it| &it.finding),
            "transaction": said.and_then(|it| it.transaction).map(|it| it.to_string()),
        })
    }
}
