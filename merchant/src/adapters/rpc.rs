//! The chain over JSON-RPC. Each endpoint is asked by itself, everything at one sealed block; what
//! it cannot answer whole counts as not seen.

pub mod survey;

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::{Value, json};
use wire::{Address, AtomicAmount, B256, Nonce, TxHash, U256, UnixTime};

use crate::adapters::tls;
use crate::decisions::budget;
use crate::decisions::evidence::{
    Evidence, NonceEvent, Question, Sighting, TokenEvent, judge, paid,
};
use crate::ports::Chain;
use crate::settings::host;

/// keccak256 of `AuthorizationUsed(address,bytes32)` (EIP-3009).
const USED: &str = "0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5";
/// keccak256 of `AuthorizationCanceled(address,bytes32)` (EIP-3009).
const CANCELED: &str = "0x1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d81";
/// keccak256 of `Transfer(address,address,uint256)` (EIP-20).
const TRANSFER: &str = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
/// Selector of `authorizationState(address,bytes32)` (EIP-3009).
const STATE: &str = "0xe94a0102";

/// Longest answer that is read: a receipt of a transaction with many logs.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// A payment may have been submitted by others before we claimed it, by clocks that differ.
const EARLIER: Duration = Duration::from_mins(2);
/// Logs are asked for in at most this many blocks at a time; public endpoints refuse more.
const LOG_BLOCKS_MAX: u64 = 2_000;
/// The fastest chain that we know (Arbitrum) makes four blocks a second.
const BLOCKS_A_SECOND_MAX: u64 = 4;
/// Steps of the search for a block by its time: 2^40 blocks are more than any chain has.
const SEARCH_STEPS_MAX: u32 = 40;

/// The chains that we have endpoints for.
#[derive(Debug, Clone)]
pub struct HttpChain {
    client: Client,
    endpoints: HashMap<u64, Vec<Url>>,
}

impl HttpChain {
    /// Endpoints by chain id. A chain without any is never asked.
    pub fn new(endpoints: HashMap<u64, Vec<Url>>) -> Result<Self, String> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls::config()?)
            .redirect(Policy::none())
            .no_proxy()
            .timeout(budget::EVIDENCE)
            .user_agent(concat!("x402-merchant/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("cannot set up the HTTP client: {error}"))?;
        Ok(Self { client, endpoints })
    }

    async fn see(&self, endpoint: &Url, question: &Question) -> Option<Sighting> {
        let node = Node { client: &self.client, url: endpoint };
        let head = node.block("latest").await?;
        let used = node.authorization_state(question, head.number).await?;
        let events = if used { node.events(question, head).await? } else { Vec::new() };
        Some(Sighting { block_time: head.time, used, events })
    }
}

impl Chain for HttpChain {
    async fn evidence(&self, question: &Question) -> Option<Evidence> {
        let endpoints = self.endpoints.get(&question.key.chain_id).filter(|it| !it.is_empty())?;
        let sightings = join_all(endpoints.iter().map(|it| self.see(it, question))).await;
        Some(judge(&sightings, question.valid_before))
    }
}

/// One endpoint.
struct Node<'a> {
    client: &'a Client,
    url: &'a Url,
}

#[derive(Clone, Copy)]
struct Block {
    number: u64,
    time: UnixTime,
}

impl Node<'_> {
    /// Nothing where the endpoint brings no result; why, is told to the log.
    async fn call(&self, method: &str, params: Value) -> Option<Value> {
        match self.try_call(method, params).await {
            Ok(result) => Some(result),
            Err(cause) => {
                // The host only: a path or a query may hold a key.
                let endpoint = host(self.url);
                tracing::warn!(endpoint, method, cause, "an RPC endpoint brought no answer");
                None
            }
        }
    }

    async fn try_call(&self, method: &str, params: Value) -> Result<Value, String> {
        let cause = |error: reqwest::Error| {
            let error = error.without_url();
            let source = std::error::Error::source(&error).map(|it| format!(": {it}"));
            format!("{error}{}", source.unwrap_or_default())
        };
        let text = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = self.client.post(self.url.clone()).header("content-type", "application/json");
        let mut response = request.body(text.to_string()).send().await.map_err(cause)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(cause)? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(format!("its answer has more than {ANSWER_BYTES_MAX} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        let unreadable = |_| format!("its answer is not JSON (status {status})");
        let mut answer = wire::json::parse(&body).map_err(unreadable)?;
        let code = answer["error"]["code"].as_i64();
        match answer.get_mut("result").map(Value::take).filter(|it| !it.is_null()) {
            Some(result) => Ok(result),
            None => Err(match code {
                Some(code) => format!("it refuses (JSON-RPC error {code})"),
                None => format!("its answer has no result (status {status})"),
            }),
        }
    }

    async fn block(&self, tag: &str) -> Option<Block> {
        let block = self.call("eth_getBlockByNumber", json!([tag, false])).await?;
        let time = UnixTime::from_seconds(quantity(&block["timestamp"])?);
        Some(Block { number: quantity(&block["number"])?, time })
    }

    async fn authorization_state(&self, question: &Question, at: u64) -> Option<bool> {
        let key = &question.key;
        let word = |hex: String| format!("{:0>64}", hex.trim_start_matches("0x"));
        let data =
            [STATE.to_owned(), word(key.payer.lower_hex()), word(key.nonce.to_string())].concat();
        let call = json!({ "to": key.asset.to_string(), "data": data });
        let word = self.call("eth_call", json!([call, hex(at)])).await?;
        match word.as_str()?.parse::<B256>().ok()? {
            word if word == B256::ZERO => Some(false),
            word if word == B256::with_last_byte(1) => Some(true),
            _ => None,
        }
    }

    /// The events of payer and nonce, from shortly before the payment was claimed on.
    async fn events(&self, question: &Question, head: Block) -> Option<Vec<NonceEvent>> {
        let since = question.since.before(EARLIER);
        let span = head.time.since(since).as_secs() * BLOCKS_A_SECOND_MAX;
        let mut from = head.number.saturating_sub(span);
        if span > LOG_BLOCKS_MAX {
            from = self.first_block_since(since, head).await?;
        }
        let end = question.valid_before.after(EARLIER);
        let span = end.since(since).as_secs() * BLOCKS_A_SECOND_MAX;
        let last = head.number.min(from + span.max(LOG_BLOCKS_MAX));
        let mut events = Vec::new();
        while from <= last && events.is_empty() {
            let to = last.min(from + LOG_BLOCKS_MAX - 1);
            events = self.events_between(question, from, to).await?;
            from = to + 1;
        }
        Some(events)
    }

    async fn events_between(
        &self,
        question: &Question,
        from: u64,
        to: u64,
    ) -> Option<Vec<NonceEvent>> {
        let key = &question.key;
        let filter = json!({
            "address": key.asset.to_string(),
            "topics": [[USED, CANCELED], topic(key.payer), key.nonce.to_string()],
            "fromBlock": hex(from),
            "toBlock": hex(to),
        });
        let logs = self.call("eth_getLogs", json!([filter])).await?;
        let mut events = Vec::new();
        for log in logs.as_array()? {
            events.push(match log["topics"][0].as_str()? {
                CANCELED => NonceEvent::Canceled,
                USED => {
                    let transaction = log["transactionHash"].as_str()?.parse().ok()?;
                    let paid = self.paid(question, transaction).await?;
                    NonceEvent::Used { transaction, paid }
                }
                _ => return None,
            });
        }
        Some(events)
    }

    /// Did this transaction succeed, and move the amount from the payer to the payee for this nonce?
    async fn paid(&self, question: &Question, transaction: TxHash) -> Option<bool> {
        let receipt =
            self.call("eth_getTransactionReceipt", json!([transaction.to_string()])).await?;
        if quantity(&receipt["status"])? != 1 {
            return Some(false);
        }
        let asset = Some(question.key.asset);
        let mut logs = Vec::new();
        for log in receipt["logs"].as_array()? {
            if log["address"].as_str().and_then(|it| it.parse().ok()) == asset {
                logs.push((quantity(&log["logIndex"])?, token_event(log)));
            }
        }
        logs.sort_by_key(|(index, _)| *index);
        let events: Vec<_> = logs.into_iter().map(|(_, event)| event).collect();
        paid(question, &events)
    }

    /// The first block that is not older than this, by halving.
    async fn first_block_since(&self, since: UnixTime, head: Block) -> Option<u64> {
        let (mut low, mut high) = (0, head.number);
        for _ in 0..SEARCH_STEPS_MAX {
            if low >= high {
                break;
            }
            let middle = low + (high - low) / 2;
            if self.block(&hex(middle)).await?.time < since {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Some(low)
    }
}

/// What a log of the token says.
fn token_event(log: &Value) -> TokenEvent {
    let word = |value: &Value| value.as_str().and_then(|it| it.parse::<B256>().ok());
    let topic = |at: usize| word(&log["topics"][at]);
    let address = |at: usize| topic(at)?.0.last_chunk().copied().map(Address::new);
    let event = match log["topics"][0].as_str() {
        Some(USED) => address(1)
            .zip(topic(2))
            .map(|(payer, nonce)| TokenEvent::Used(payer, Nonce::new(nonce.0))),
        Some(TRANSFER) => {
            address(1).zip(address(2)).zip(word(&log["data"])).map(|((from, to), amount)| {
                TokenEvent::Transfer(from, to, AtomicAmount::new(U256::from_be_bytes(amount.0)))
            })
        }
        Some(_) | None => None,
    };
    event.unwrap_or(TokenEvent::Other)
}

/// An address as an indexed event argument.
fn topic(address: Address) -> String {
    format!("0x{:0>64}", address.lower_hex().trim_start_matches("0x"))
}

fn hex(number: u64) -> String {
    format!("{number:#x}")
}

/// A JSON-RPC quantity.
fn quantity(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}
