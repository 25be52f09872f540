//! Transactions that wait for a block: in the order in which they came, as far as their nonces
//! allow. It knows nonces and arrival, and leaves money to whoever mines.

use super::block::Transaction;
use super::submit::{Admissible, SubmitError};
use alloy_primitives::{Address, B256};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

/// How many transactions may wait. Source: geth, `txpool.globalslots` (5120).
pub const POOL_TRANSACTIONS_MAX: usize = 5_120;

/// How much more a replacement must offer, in percent. Source: geth, `txpool.pricebump`.
pub const REPLACEMENT_BUMP_PERCENT: u128 = 10;

#[derive(Debug, Default)]
pub(super) struct Pool {
    waiting: HashMap<Address, BTreeMap<u64, Waiting>>,
    places: HashMap<B256, (Address, u64)>,
    arrivals: u64,
}

#[derive(Debug)]
struct Waiting {
    arrival: u64,
    admissible: Admissible,
}

impl Pool {
    /// Takes a transaction, in place of another one if it offers enough more.
    pub(super) fn add(&mut self, admissible: Admissible) -> Result<B256, SubmitError> {
        let hash = admissible.transaction.hash();
        let (from, nonce) = (admissible.transaction.from, admissible.environment.nonce);
        if self.places.contains_key(&hash) {
            return Err(SubmitError::AlreadyKnown);
        }
        let replaced = self.waiting.get(&from).and_then(|it| it.get(&nonce));
        match replaced.map(|it| &it.admissible) {
            Some(other) if !outbids(&admissible, other) => return Err(SubmitError::Underpriced),
            Some(other) => drop(self.places.remove(&other.transaction.hash())),
            None if self.places.len() >= POOL_TRANSACTIONS_MAX => {
                return Err(SubmitError::PoolFull);
            }
            None => {}
        }
        self.arrivals += 1;
        let waiting = Waiting { arrival: self.arrivals, admissible };
        self.waiting.entry(from).or_default().insert(nonce, waiting);
        self.places.insert(hash, (from, nonce));
        Ok(hash)
    }

    pub(super) fn find(&self, hash: B256) -> Option<&Arc<Transaction>> {
        let (from, nonce) = self.places.get(&hash)?;
        let waiting = self.waiting.get(from)?.get(nonce)?;
        Some(&waiting.admissible.transaction)
    }

    /// The nonce after all those that follow one another without a gap.
    pub(super) fn next_nonce(&self, account: Address, mined: u64) -> u64 {
        let Some(waiting) = self.waiting.get(&account) else { return mined };
        waiting.range(mined..).zip(mined..).take_while(|((have, _), want)| *have == want).count()
            as u64
            + mined
    }

    /// Empties the pool, in the order in which a block takes transactions: by arrival, and those
    /// of one account by nonce. Gaps are for the taker to find.
    pub(super) fn drain(&mut self) -> Vec<Admissible> {
        self.places.clear();
        let mut accounts: Vec<_> =
            self.waiting.drain().map(|(_, it)| it.into_values().peekable()).collect();
        let mut first: BinaryHeap<_> = accounts
            .iter_mut()
            .enumerate()
            .filter_map(|(index, it)| Some(Reverse((it.peek()?.arrival, index))))
            .collect();
        let mut ordered = Vec::new();
        while let Some(Reverse((_, index))) = first.pop() {
            ordered.extend(accounts[index].next().map(|it| it.admissible));
            first.extend(accounts[index].peek().map(|it| Reverse((it.arrival, index))));
        }
        ordered
    }
}

fn outbids(new: &Admissible, old: &Admissible) -> bool {
    let (new, old) = (&new.environment, &old.environment);
    let enough = |new: u128, old: u128| {
        new.saturating_mul(100) >= old.saturating_mul(100 + REPLACEMENT_BUMP_PERCENT)
    };
    let tip = |it: &revm::context::TxEnv| it.gas_priority_fee.unwrap_or(it.gas_price);
    enough(new.gas_price, old.gas_price) && enough(tip(new), tip(old))
}
