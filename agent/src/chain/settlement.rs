//! One transaction, as one endpoint tells it.

use serde_json::{Value, json};
use wire::networks::KnownNetwork;
use wire::{Address, AtomicAmount, B256, Nonce, TxHash, U256};

use super::{ChainError, Node, RECEIPT, TRANSFER, USED, quantity};
use crate::decisions::settlement::{Finality, Settlement, TokenEvent, movements};

impl Node<'_> {
    /// What a transaction settled; nothing while it is in no block. Safe to repeat.
    pub async fn settlement(
        &self,
        network: &KnownNetwork,
        transaction: TxHash,
    ) -> Result<Option<Settlement>, ChainError> {
        self.expect_chain(network.chain_id).await?;
        let receipt = self.ask(RECEIPT, json!([transaction.to_string()])).await?;
        if receipt.is_null() {
            return Ok(None);
        }
        let malformed = ChainError::Method(RECEIPT);
        let block = quantity(&receipt["blockNumber"]).ok_or(malformed)?;
        let status = quantity(&receipt["status"]).ok_or(malformed)?;
        let logs = receipt["logs"].as_array().ok_or(malformed)?;
        let (_, time) = self.block(super::hex(block)).await?;
        let (head, head_time) = self.block("latest".into()).await?;
        Ok(Some(Settlement {
            transaction,
            succeeded: status == 1,
            block,
            time,
            head,
            head_time,
            finality: self.finality(block).await,
            movements: movements(&events(logs)),
        }))
    }

    /// Endpoints that do not know these tags say nothing about finality.
    async fn finality(&self, block: u64) -> Finality {
        for finality in [Finality::Finalized, Finality::Safe] {
            let reached = self.block(finality.word().into()).await;
            if reached.is_ok_and(|(number, _)| number >= block) {
                return finality;
            }
        }
        Finality::Latest
    }
}

/// The two events among a transaction's logs, in order.
pub(super) fn events(logs: &[Value]) -> Vec<TokenEvent> {
    logs.iter().filter_map(event).collect()
}

/// A log that is one of the two events. Anything else is of no interest here.
fn event(log: &Value) -> Option<TokenEvent> {
    let asset: Address = log["address"].as_str()?.parse().ok()?;
    let topics: Vec<B256> = log["topics"]
        .as_array()?
        .iter()
        .map(|it| it.as_str().and_then(|it| it.parse().ok()))
        .collect::<Option<_>>()?;
    let is = |name: &str| topics.first().is_some_and(|it| name.parse() == Ok(*it));
    match topics[..] {
        [_, payer, nonce] if is(USED) => {
            Some(TokenEvent::Used { asset, payer: address(payer)?, nonce: Nonce::new(nonce.0) })
        }
        [_, from, to] if is(TRANSFER) => {
            let amount: B256 = log["data"].as_str()?.parse().ok()?;
            let amount = AtomicAmount::new(U256::from_be_bytes(amount.0));
            Some(TokenEvent::Transfer { asset, from: address(from)?, to: address(to)?, amount })
        }
        _ => None,
    }
}

/// An indexed argument as an address: the last 20 of 32 bytes, behind zeros (ABI specification).
fn address(word: B256) -> Option<Address> {
    let (padding, address) = word.0.split_at(12);
    let address: [u8; 20] = address.try_into().ok()?;
    padding.iter().all(|it| *it == 0).then_some(Address::new(address))
}
