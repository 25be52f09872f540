//! What the operator's commands want to know of an endpoint. Nothing here is part of a sale.

use std::time::Duration;

use serde_json::json;
use wire::{Address, B256, PaymentKey, TxHash, UnixTime};

use super::{HttpChain, LOG_BLOCKS_MAX, Node, TRANSFER, hex, quantity, token_event, topic};
use crate::decisions::evidence::TokenEvent;

/// Selector of `DOMAIN_SEPARATOR()` (EIP-5267's predecessor, in every FiatToken).
const DOMAIN_SEPARATOR: &str = "0x3644e515";
/// How far back payments to us are looked for.
const RECENT: Duration = Duration::from_hours(1);
/// Transactions that are looked into: enough to find a stranger among our own.
const RECEIPTS_MAX: usize = 50;

/// An endpoint at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The chain that it says it is of.
    pub chain_id: u64,
    /// Its newest block.
    pub number: u64,
    /// That block's time.
    pub time: UnixTime,
}

/// A payment that somebody made to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payment {
    /// Its key, as our ledger would name it.
    pub key: PaymentKey,
    /// The transaction.
    pub transaction: TxHash,
}

impl HttpChain {
    /// Where an endpoint is. Nothing if it does not answer. Safe to repeat.
    pub async fn head(&self, endpoint: &reqwest::Url) -> Option<Head> {
        let node = Node { client: &self.client, url: endpoint };
        let chain_id = quantity(&node.call("eth_chainId", json!([])).await?)?;
        let block = node.block("latest").await?;
        Some(Head { chain_id, number: block.number, time: block.time })
    }

    /// The token's own EIP-712 domain separator. Safe to repeat.
    pub async fn domain_separator(&self, endpoint: &reqwest::Url, asset: Address) -> Option<B256> {
        let node = Node { client: &self.client, url: endpoint };
        let call = json!({ "to": asset.to_string(), "data": DOMAIN_SEPARATOR });
        node.call("eth_call", json!([call, "latest"])).await?.as_str()?.parse().ok()
    }

    /// Payments by authorization to this address in the last hour, as far as an endpoint shows
    /// them: the newest first, and not all where there are many. Safe to repeat.
    pub async fn recent_payments(
        &self,
        endpoint: &reqwest::Url,
        (chain_id, asset, shop): (u64, Address, Address),
    ) -> Option<Vec<Payment>> {
        let node = Node { client: &self.client, url: endpoint };
        let head = node.block("latest").await?;
        // Two seconds a block, as on Base. Fewer where the endpoint refuses more.
        let span = (RECENT.as_secs() / 2).min(LOG_BLOCKS_MAX - 1);
        let filter = json!({
            "address": asset.to_string(),
            "topics": [TRANSFER, null_topic(), topic(shop)],
            "fromBlock": hex(head.number.saturating_sub(span)),
            "toBlock": hex(head.number),
        });
        let logs = node.call("eth_getLogs", json!([filter])).await?;
        let mut transactions: Vec<TxHash> = Vec::new();
        for log in logs.as_array()?.iter().rev() {
            let transaction = log["transactionHash"].as_str()?.parse().ok()?;
            if !transactions.contains(&transaction) && transactions.len() < RECEIPTS_MAX {
                transactions.push(transaction);
            }
        }
        let mut payments = Vec::new();
        for transaction in transactions {
            let receipt =
                node.call("eth_getTransactionReceipt", json!([transaction.to_string()])).await?;
            let ours = |log: &&serde_json::Value| {
                log["address"].as_str().and_then(|it| it.parse().ok()) == Some(asset)
            };
            let events: Vec<_> =
                receipt["logs"].as_array()?.iter().filter(ours).map(token_event).collect();
            for event in &events {
                let TokenEvent::Used(payer, nonce) = *event else { continue };
                let paid = |it: &TokenEvent| matches!(it, TokenEvent::Transfer(from, to, _) if (*from, *to) == (payer, shop));
                if events.iter().any(paid) {
                    let key = PaymentKey { chain_id, asset, payer, nonce };
                    payments.push(Payment { key, transaction });
                }
            }
        }
        Some(payments)
    }
}

/// Any value of an indexed argument.
fn null_topic() -> serde_json::Value {
    serde_json::Value::Null
}
