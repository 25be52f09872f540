//! A facilitator for the exact scheme on the sandbox's chain, behaving like the TypeScript one:
//! verify asks the newest block, settle estimates on the block to come, submits and waits. It holds
//! no money but its own gas, and no state but transactions whose block it has not seen.

mod ask;
mod case;
mod desk;
mod dialect;
mod distort;
mod journal;
mod judge;
mod verdict;

pub use case::{Case, Offer, Version};
pub use desk::Desk;
pub use dialect::{Dialect, Spoken, UnknownDialect};
pub use journal::{ENTRIES_KEPT, Entry, Journal, Said};
pub use judge::{
    EXPIRY_MARGIN_SECONDS, NOT_YET_VALID, Payer, Rules, TokenState, check_block_to_come, diagnose,
    digest, interpret, judge,
};
pub use verdict::{Outcome, Reason, Refusal};

use crate::accounts::Account;
use crate::chain::{BlockId, CHAIN_ID, CallRequest, Chain};
use alloy_primitives::{Address, B256, keccak256};
use serde_json::{Map, json};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;
use wire::facilitator::{SupportedKind, SupportedResponse};

/// How long to wait for a block. Source: x402-rs, whose receipt timeout is 30 s.
pub const RECEIPT_PATIENCE: Duration = Duration::from_secs(30);

/// How long a transaction whose block was not seen is remembered. Source: `@x402/core` 2.27.0,
/// `PENDING_SETTLEMENT_TTL_MS`.
pub const PENDING_SECONDS: u64 = 5 * 60;

/// How many such transactions are remembered at once.
pub const PENDING_MAX: usize = 10_000;

static ACCOUNT: LazyLock<Account> = LazyLock::new(|| {
    let secret = keccak256("x402-sandbox facilitator");
    Account::from_secret(secret).expect("this hash is a key")
});

/// How a facilitator behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    /// Whose words it uses.
    pub dialect: Dialect,
    /// How long it waits for a block.
    pub receipt_patience: Duration,
}

impl Default for Manners {
    fn default() -> Self {
        Self { dialect: Dialect::Ts, receipt_patience: RECEIPT_PATIENCE }
    }
}

/// The facilitator, without HTTP; [`Desk`] is where callers come.
#[derive(Debug)]
pub struct Facilitator {
    chain: Chain,
    manners: Manners,
    /// Transactions by the signature that they carry, with the time until which to remember them.
    unseen: Mutex<HashMap<Vec<u8>, (B256, u64)>>,
}

impl Facilitator {
    /// A facilitator on this chain. Its account needs ether there.
    #[must_use]
    pub fn new(chain: Chain, manners: Manners) -> Self {
        Self { chain, manners, unseen: Mutex::default() }
    }

    /// The account that it submits from. Its key is public, like all keys here.
    #[must_use]
    pub fn account() -> &'static Account {
        &ACCOUNT
    }

    /// How it behaves.
    #[must_use]
    pub fn manners(&self) -> Manners {
        self.manners
    }

    /// The chain that it settles on.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// What it settles.
    #[must_use]
    pub fn supported(&self) -> SupportedResponse {
        let kind = |version: Version| SupportedKind {
            x402_version: version.number(),
            scheme: wire::exact::EXACT.to_owned(),
            network: version.network_name(CHAIN_ID),
            extra: Map::new(),
            unknown: Map::new(),
        };
        let family = self.manners.dialect.signer_family();
        let signers = [(family.to_owned(), json!([Self::account().address().to_checksum(None)]))];
        SupportedResponse {
            kinds: vec![kind(Version::V2), kind(Version::V1)],
            signers: signers.into_iter().collect(),
            ..SupportedResponse::default()
        }
    }

    /// Would this payment settle? Looks at the newest block, so a payment that is valid from now on
    /// fails until there is a block after now. Changes nothing.
    pub fn verify(&self, case: &Case) -> Result<(), Refusal> {
        self.judge(case)?;
        let Err(error) = self.chain.call(&ask::transfer(case), BlockId::Latest) else {
            return Ok(());
        };
        Err(diagnose(case, ask::words(&error), &ask::token_state(&self.chain, case)))
    }

    fn judge(&self, case: &Case) -> Result<(), Refusal> {
        let chain = &self.chain;
        let rules =
            Rules { chain_id: CHAIN_ID, overpayment: self.manners.dialect.takes_overpayment() };
        let payer = match digest(case) {
            Ok(digest) => ask::payer(chain, case, digest),
            Err(_) => Payer::Person,
        };
        judge(case, chain.now(), payer, rules)?;
        // The TypeScript facilitator asks this for version 2 only.
        if case.version == Version::V2 && !ask::is_contract(chain, case.offer.asset) {
            return Err(Reason::NoContract.into());
        }
        Ok(())
    }

    /// Moves the money and waits for the block. The chain sees to it that a repetition moves it no
    /// second time: it is refused, or its transaction fails.
    pub async fn settle(&self, case: &Case) -> Outcome {
        let seen_before = self.recall(case);
        let hash = match seen_before.map_or_else(|| self.submit(case), Ok) {
            Ok(hash) => hash,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        let receipt = self.chain.wait_for_receipt(hash);
        let Ok(Some(receipt)) = tokio::time::timeout(self.manners.receipt_patience, receipt).await
        else {
            self.remember(case, hash);
            return Outcome::Pending(hash);
        };
        if !receipt.success {
            Outcome::Reverted(hash)
        } else if ask::transferred(&receipt, case) {
            Outcome::Settled(hash)
        } else {
            Outcome::NoSuchTransfer(hash)
        }
    }

    /// Sends the transaction and does not wait for it. Before that, everything is checked but the
    /// simulation: the estimate on the block to come takes its place.
    pub fn submit(&self, case: &Case) -> Result<B256, Refusal> {
        self.judge(case)?;
        check_block_to_come(case, self.chain.now())?;
        let request = ask::transfer(case).from(Self::account().address());
        let gas = self.chain.estimate_gas(&request, BlockId::Pending).map_err(|error| {
            let words = ask::words(&error);
            Refusal::saying(interpret(&words), words)
        })?;
        let request = CallRequest { gas: Some(gas), ..request };
        let sent = self.chain.send(Self::account(), &request);
        sent.map_err(|error| Refusal::saying(Reason::Transaction, error.to_string()))
    }

    /// Keeps a transaction for the next call with the same payment, which then waits for it
    /// instead of sending another one.
    pub(crate) fn remember(&self, case: &Case, hash: B256) {
        let now = self.chain.now();
        let mut unseen = self.unseen.lock().unwrap_or_else(PoisonError::into_inner);
        unseen.retain(|_, (_, until)| *until > now);
        if unseen.len() < PENDING_MAX {
            let signature = case.payment.signature.bytes().to_vec();
            unseen.insert(signature, (hash, now + PENDING_SECONDS));
        }
    }

    /// Version 1 settlements have no such memory.
    fn recall(&self, case: &Case) -> Option<B256> {
        if case.version == Version::V1 {
            return None;
        }
        let now = self.chain.now();
        let mut unseen = self.unseen.lock().unwrap_or_else(PoisonError::into_inner);
        let (hash, until) = unseen.remove(case.payment.signature.bytes())?;
        (until > now).then_some(hash)
    }

    /// Where it submits from.
    #[must_use]
    pub fn address() -> Address {
        Self::account().address()
    }
}
