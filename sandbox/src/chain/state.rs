//! Accounts as they are now, and how they were: every block leaves a note of what it overwrote, so
//! that the state at an older block can be read without keeping copies. It executes nothing.

use alloy_primitives::{Address, B256, U256};
use revm::DatabaseRef;
use revm::bytecode::Bytecode;
use revm::state::{AccountInfo, EvmState};
use std::collections::HashMap;
use std::convert::Infallible;

/// All accounts after the latest transaction.
#[derive(Debug, Default)]
pub(super) struct State {
    accounts: HashMap<Address, Stored>,
}

#[derive(Debug, Default)]
struct Stored {
    info: AccountInfo,
    storage: HashMap<U256, U256>,
}

/// What was there before a block: enough to read the state of its parent.
#[derive(Debug, Default)]
pub(super) struct Undo {
    /// `None`: there was no such account.
    infos: HashMap<Address, Option<AccountInfo>>,
    slots: HashMap<(Address, U256), U256>,
}

impl State {
    /// Puts an account into the first block.
    pub(super) fn place(&mut self, address: Address, info: AccountInfo, storage: &[(U256, U256)]) {
        let storage = storage.iter().copied().collect();
        self.accounts.insert(address, Stored { info, storage });
    }

    /// Takes over what a transaction changed and notes what was there before, unless the same block
    /// has noted it already.
    pub(super) fn commit(&mut self, changes: EvmState, undo: &mut Undo) {
        for (address, account) in changes {
            if !account.is_touched() {
                continue;
            }
            let before = self.accounts.get(&address).map(|it| it.info.clone());
            undo.infos.entry(address).or_insert(before);
            // An account with nothing in it is no account (EIP-161).
            if account.is_selfdestructed() || account.is_empty() {
                self.remove(address, undo);
                continue;
            }
            let stored = self.accounts.entry(address).or_default();
            stored.info = account.info;
            for (slot, value) in account.storage {
                if value.is_changed() {
                    let old = stored.storage.insert(slot, value.present_value).unwrap_or_default();
                    undo.slots.entry((address, slot)).or_insert(old);
                }
            }
        }
    }

    fn remove(&mut self, address: Address, undo: &mut Undo) {
        let Some(removed) = self.accounts.remove(&address) else { return };
        for (slot, old) in removed.storage {
            undo.slots.entry((address, slot)).or_insert(old);
        }
    }
}

impl Undo {
    /// Adds an older block's note: the older value is the one to go back to.
    pub(super) fn overlay(&mut self, older: &Self) {
        self.infos.extend(older.infos.iter().map(|(address, info)| (*address, info.clone())));
        self.slots.extend(older.slots.iter().map(|(place, value)| (*place, *value)));
    }
}

/// Block hashes for the BLOCKHASH instruction.
pub(super) trait BlockHashes {
    fn block_hash(&self, number: u64) -> B256;
}

/// The state at one block: as it is now, except where `past` says how it was.
pub(super) struct StateView<'a, H> {
    pub(super) state: &'a State,
    pub(super) past: Undo,
    pub(super) hashes: &'a H,
}

impl<H> StateView<'_, H> {
    /// The account, empty if there is none.
    pub(super) fn account(&self, address: Address) -> AccountInfo {
        self.find(address).unwrap_or_default()
    }

    pub(super) fn slot(&self, address: Address, slot: U256) -> U256 {
        if let Some(old) = self.past.slots.get(&(address, slot)) {
            return *old;
        }
        let stored = self.state.accounts.get(&address);
        stored.and_then(|it| it.storage.get(&slot)).copied().unwrap_or_default()
    }

    fn find(&self, address: Address) -> Option<AccountInfo> {
        match self.past.infos.get(&address) {
            Some(old) => old.clone(),
            None => self.state.accounts.get(&address).map(|it| it.info.clone()),
        }
    }
}

impl<H: BlockHashes> DatabaseRef for StateView<'_, H> {
    type Error = Infallible;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.find(address))
    }

    /// Never asked: every account carries its code.
    fn code_by_hash_ref(&self, _code_hash: B256) -> Result<Bytecode, Infallible> {
        Ok(Bytecode::default())
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.slot(address, slot))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        Ok(self.hashes.block_hash(number))
    }
}
