//! The model chain: a block every two seconds, and a token that spends each authorization once.

use std::collections::BTreeMap;

use merchant::decisions::evidence::{NonceEvent, Question, Sighting};
use wire::{Address, Authorization, Nonce, TxHash, UnixTime};

use crate::world::{EPOCH, World};

/// Base and Base Sepolia make a block every two seconds, in ms.
pub(crate) const BLOCK: u64 = 2_000;

/// What a transaction does.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// `transferWithAuthorization`, for each of these.
    Transfers(Vec<Authorization>),
    /// `cancelAuthorization`.
    Cancel(Address, Nonce),
}

struct Sent {
    hash: TxHash,
    /// The block that takes it.
    block: u64,
    deed: Deed,
}

/// A nonce that can never be used again.
#[derive(Debug, Clone)]
pub(crate) struct Spent {
    pub(crate) block: u64,
    pub(crate) by: Option<(TxHash, Authorization)>,
}

/// Blocks, balances, nonces and receipts.
#[derive(Default)]
pub(crate) struct Chain {
    pub(crate) head: u64,
    hashes: u64,
    sent: Vec<Sent>,
    pub(crate) spent: BTreeMap<(Address, Nonce), Spent>,
    /// Did a mined transaction succeed?
    pub(crate) receipts: BTreeMap<TxHash, bool>,
    pub(crate) balances: BTreeMap<Address, u64>,
}

impl Chain {
    /// A block's time.
    pub(crate) fn time(block: u64) -> UnixTime {
        UnixTime::from_seconds(EPOCH + block * BLOCK / 1000)
    }

    pub(crate) fn fresh_hash(&mut self) -> TxHash {
        self.hashes += 1;
        let mut bytes = [0x77; 32];
        bytes[24..].copy_from_slice(&self.hashes.to_be_bytes());
        TxHash::new(bytes)
    }

    pub(crate) fn balance(&self, of: Address) -> u64 {
        self.balances.get(&of).copied().unwrap_or(0)
    }

    pub(crate) fn is_spent(&self, authorization: &Authorization) -> Option<&Spent> {
        self.spent.get(&(authorization.from, authorization.nonce))
    }

    /// The transaction that is under way with this authorization, if any.
    pub(crate) fn under_way(&self, authorization: &Authorization) -> Option<TxHash> {
        let holds = |it: &&Sent| match &it.deed {
            Deed::Transfers(all) => all.contains(authorization),
            Deed::Cancel(..) => false,
        };
        self.sent.iter().find(holds).map(|it| it.hash)
    }

    /// A transaction that waits for this block, to be joined by others.
    pub(crate) fn join(&mut self, block: u64, authorization: Authorization) -> Option<TxHash> {
        let joins = |it: &&mut Sent| it.block == block && matches!(it.deed, Deed::Transfers(_));
        let sent = self.sent.iter_mut().find(joins)?;
        if let Deed::Transfers(all) = &mut sent.deed {
            all.push(authorization);
        }
        Some(sent.hash)
    }

    pub(crate) fn send(&mut self, block: u64, deed: Deed) -> TxHash {
        let hash = self.fresh_hash();
        self.sent.push(Sent { hash, block, deed });
        hash
    }

    /// What an endpoint says that has seen the blocks up to this one.
    pub(crate) fn sighting(&self, question: &Question, block: u64) -> Sighting {
        let spent = self.spent.get(&(question.key.payer, question.key.nonce));
        let spent = spent.filter(|it| it.block <= block);
        let events = spent.map(|spent| match &spent.by {
            None => NonceEvent::Canceled,
            Some((transaction, authorization)) => {
                let paid =
                    authorization.to == question.payee && authorization.value == question.amount;
                NonceEvent::Used { transaction: *transaction, paid }
            }
        });
        Sighting {
            block_time: Self::time(block),
            used: spent.is_some(),
            events: events.into_iter().collect(),
        }
    }
}

/// Seals the next block, and goes on doing so.
pub(crate) fn seal(world: &mut World) {
    world.chain.head += 1;
    let head = world.chain.head;
    let due = |it: &mut Sent| it.block <= head;
    let due: Vec<Sent> = world.chain.sent.extract_if(.., due).collect();
    for Sent { hash, deed, .. } in due {
        let succeeded = match deed {
            Deed::Transfers(all) => {
                let mut succeeded = true;
                for authorization in all {
                    succeeded &= transfer(world, hash, authorization);
                }
                succeeded
            }
            Deed::Cancel(payer, nonce) => cancel(world, payer, nonce),
        };
        world.note(|| format!("block {head}: {hash} {succeeded}"));
        world.chain.receipts.insert(hash, succeeded);
    }
    world.after(BLOCK, seal);
}

/// EIP-3009 as USDC implements it: once, strictly between the two times, and never overdrawn.
fn transfer(world: &mut World, hash: TxHash, authorization: Authorization) -> bool {
    let chain = &mut world.chain;
    let now = Chain::time(chain.head);
    let amount = amount(&authorization);
    let open = now > authorization.valid_after && now < authorization.valid_before;
    if chain.is_spent(&authorization).is_some()
        || !open
        || chain.balance(authorization.from) < amount
    {
        return false;
    }
    *chain.balances.entry(authorization.from).or_default() -= amount;
    *chain.balances.entry(authorization.to).or_default() += amount;
    let spent = Spent { block: chain.head, by: Some((hash, authorization)) };
    chain.spent.insert((authorization.from, authorization.nonce), spent);
    world.transferred(&authorization, hash);
    true
}

fn cancel(world: &mut World, payer: Address, nonce: Nonce) -> bool {
    let chain = &mut world.chain;
    let spent = Spent { block: chain.head, by: None };
    if chain.spent.contains_key(&(payer, nonce)) {
        return false;
    }
    chain.spent.insert((payer, nonce), spent);
    true
}

/// The model's amounts are small.
pub(crate) fn amount(authorization: &Authorization) -> u64 {
    authorization.value.units().saturating_to()
}
