//! The chain over JSON-RPC, asked about one payment or one account. Reads only; what it cannot read whole is an
//! error, never an answer.

mod settlement;

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};
use wire::networks::KnownNetwork;
use wire::{Address, AtomicAmount, B256, TxHash, U256, UnixTime};

use crate::decisions::draft::Exposure;
use crate::decisions::proof::{Sighting, Trace};
use crate::decisions::settlement::paid;
use crate::decisions::target::Target;
use crate::transport::Transport;

/// keccak256 of `AuthorizationUsed(address,bytes32)` (EIP-3009).
const USED: &str = "0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5";
/// keccak256 of `AuthorizationCanceled(address,bytes32)` (EIP-3009).
const CANCELED: &str = "0x1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d81";
/// keccak256 of `Transfer(address,address,uint256)` (EIP-20).
const TRANSFER: &str = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
/// Selector of `authorizationState(address,bytes32)` (EIP-3009).
const STATE: &str = "0xe94a0102";
/// Selector of `balanceOf(address)` (EIP-20).
const BALANCE: &str = "0x70a08231";

const RECEIPT: &str = "eth_getTransactionReceipt";

/// Longest answer that is read: a receipt of a transaction with many logs.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// How far our clock may have been from the chain's when the payment was reserved.
const SKEW_MAX: Duration = Duration::from_mins(10);
/// Logs are asked for in at most this many blocks at a time; public endpoints refuse more.
const LOG_BLOCKS_MAX: u64 = 2_000;
/// How many times: 40,000 blocks hold half an hour of the fastest chain that we know (4 a second).
const LOG_PAGES_MAX: u64 = 20;

/// One endpoint of one chain.
#[derive(Debug)]
pub struct Node<'a> {
    transport: &'a Transport,
    url: Target,
}

/// The chain was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainError {
    /// The endpoint's URL cannot be used: not `https`, nor `http` on this machine.
    Url,
    /// The endpoint did not answer this method as it should.
    Method(&'static str),
    /// The endpoint is one of another chain.
    OtherChain,
}

impl<'a> Node<'a> {
    /// The endpoint at this URL.
    pub fn new(transport: &'a Transport, url: &str) -> Result<Self, ChainError> {
        let url = Target::parse(url).ok().filter(Target::is_confidential);
        url.map(|url| Self { transport, url }).ok_or(ChainError::Url)
    }

    /// What the chain knows of a payment that was reserved at this time. Safe to repeat.
    pub async fn look(&self, it: &Exposure, since: UnixTime) -> Result<Sighting, ChainError> {
        self.expect_chain(it.key.chain_id).await?;
        let (head, block_time) = self.block("latest".into()).await?;
        let used = self.state(it, head).await?;
        let trace = if used { self.trace(it, since, head).await? } else { None };
        Ok(Sighting { block_time, used, trace })
    }

    /// How much of a network's own dollar token an account has. Safe to repeat.
    pub async fn balance(
        &self,
        network: &KnownNetwork,
        account: Address,
    ) -> Result<AtomicAmount, ChainError> {
        self.expect_chain(network.chain_id).await?;
        let data = [BALANCE, &word(&account.lower_hex())].concat();
        let call = json!({ "to": network.asset.address.to_string(), "data": data });
        let answer = self.call("eth_call", json!([call, "latest"])).await?;
        let units = answer.as_str().and_then(|it| it.parse::<B256>().ok());
        let units = units.ok_or(ChainError::Method("eth_call"))?;
        Ok(AtomicAmount::new(U256::from_be_bytes(units.0)))
    }

    async fn expect_chain(&self, chain_id: u64) -> Result<(), ChainError> {
        let chain = self.call("eth_chainId", json!([])).await?;
        let same = quantity(&chain) == Some(chain_id);
        if same { Ok(()) } else { Err(ChainError::OtherChain) }
    }

    async fn state(&self, it: &Exposure, at: u64) -> Result<bool, ChainError> {
        let data = [STATE, &word(&it.key.payer.lower_hex()), &word(&it.key.nonce.to_string())];
        let call = json!({ "to": it.key.asset.to_string(), "data": data.concat() });
        let answer = self.call("eth_call", json!([call, hex(at)])).await?;
        match answer.as_str().and_then(|it| it.parse::<B256>().ok()) {
            Some(answer) if answer == B256::ZERO => Ok(false),
            Some(answer) if answer == B256::with_last_byte(1) => Ok(true),
            Some(_) | None => Err(ChainError::Method("eth_call")),
        }
    }

    /// What used the authorization, if it is found around the time of the payment.
    async fn trace(
        &self,
        it: &Exposure,
        since: UnixTime,
        head: u64,
    ) -> Result<Option<Trace>, ChainError> {
        let mut from = self.first_block_at(since.before(SKEW_MAX), head).await?;
        let topics = json!([
            [USED, CANCELED],
            topic(&it.key.payer.lower_hex()),
            topic(&it.key.nonce.to_string())
        ]);
        for _ in 0..LOG_PAGES_MAX {
            let to = head.min(from + LOG_BLOCKS_MAX - 1);
            let asset = it.key.asset.to_string();
            let filter = json!({
                "address": asset, "fromBlock": hex(from), "toBlock": hex(to), "topics": topics,
            });
            let logs = self.call("eth_getLogs", json!([filter])).await?;
            let logs = logs.as_array().ok_or(ChainError::Method("eth_getLogs"))?;
            if let Some(log) = logs.first() {
                return self.read_trace(it, log).await.map(Some);
            }
            if to == head {
                break;
            }
            from = to + 1;
        }
        Ok(None)
    }

    async fn read_trace(&self, it: &Exposure, log: &Value) -> Result<Trace, ChainError> {
        if log["topics"][0] == CANCELED {
            return Ok(Trace::Cancelled);
        }
        let hash = log["transactionHash"].as_str().and_then(|it| it.parse::<TxHash>().ok());
        let hash = hash.ok_or(ChainError::Method("eth_getLogs"))?;
        let receipt = self.call(RECEIPT, json!([hash.to_string()])).await?;
        let logs = receipt["logs"].as_array().ok_or(ChainError::Method(RECEIPT))?;
        let moved = receipt["status"] == "0x1" && paid(&settlement::events(logs), it);
        Ok(if moved { Trace::Moved(hash) } else { Trace::Other(hash) })
    }

    /// The first block of this time or later, by halving.
    async fn first_block_at(&self, time: UnixTime, head: u64) -> Result<u64, ChainError> {
        let (mut low, mut high) = (0, head);
        while low < high {
            let middle = low + (high - low) / 2;
            let (_, at) = self.block(hex(middle)).await?;
            if at < time { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    async fn block(&self, tag: String) -> Result<(u64, UnixTime), ChainError> {
        let block = self.call("eth_getBlockByNumber", json!([tag, false])).await?;
        let both = quantity(&block["number"]).zip(quantity(&block["timestamp"]));
        let both = both.map(|(number, time)| (number, UnixTime::from_seconds(time)));
        both.ok_or(ChainError::Method("eth_getBlockByNumber"))
    }

    /// The answer, which must say something.
    async fn call(&self, method: &'static str, params: Value) -> Result<Value, ChainError> {
        let answer = self.ask(method, params).await?;
        if answer.is_null() { Err(ChainError::Method(method)) } else { Ok(answer) }
    }

    /// The answer, which is null where the endpoint knows of nothing.
    async fn ask(&self, method: &'static str, params: Value) -> Result<Value, ChainError> {
        let text = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let failed = ChainError::Method(method);
        let reply = self.transport.post_json(&self.url, text.to_string()).await;
        let Ok(mut reply) = reply else { return Err(failed) };
        let Ok(body) = self.transport.read_small(&mut reply, ANSWER_BYTES_MAX).await else {
            return Err(failed);
        };
        let mut answer = wire::json::parse(&body).unwrap_or_default();
        let result = answer.get_mut("result").map(Value::take);
        result.ok_or(failed)
    }
}

/// 32 bytes in hexadecimal, without `0x`.
fn word(hex: &str) -> String {
    format!("{:0>64}", hex.trim_start_matches("0x"))
}

fn topic(hex: &str) -> String {
    format!("0x{}", word(hex))
}

fn hex(number: u64) -> String {
    format!("{number:#x}")
}

fn quantity(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("the RPC endpoint must be https, or http on this machine"),
            Self::Method(name) => write!(f, "the RPC endpoint did not answer {name}"),
            Self::OtherChain => f.write_str("the RPC endpoint is one of another chain"),
        }
    }
}

impl std::error::Error for ChainError {}
