//! The parameters of a call, from JSON to nouns. What does not fit is refused with the place where
//! it stands, in the words of geth.

use super::error::RpcError;
use crate::chain::{BlockId, CHAIN_ID, CallRequest, LogFilter, TOPICS_MAX};
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use serde_json::{Map, Value};
use std::fmt::Display;
use std::str::FromStr;

/// Parameters by position. JSON `null` is the same as nothing.
#[derive(Debug)]
pub(super) struct Params(Vec<Value>);

/// The blocks that a log filter covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Blocks(BlockId, BlockId),
    Block(B256),
}

type Parsed<T> = Result<T, String>;

impl Params {
    pub(super) fn new(params: Option<Value>) -> Result<Self, RpcError> {
        match params {
            None | Some(Value::Null) => Ok(Self(Vec::new())),
            Some(Value::Array(list)) => Ok(Self(list)),
            Some(_) => Err(RpcError::InvalidParams("non-array args".to_owned())),
        }
    }

    pub(super) fn address(&self, place: usize) -> Result<Address, RpcError> {
        self.required(place, hexadecimal)
    }

    pub(super) fn hash(&self, place: usize) -> Result<B256, RpcError> {
        self.required(place, hexadecimal)
    }

    pub(super) fn bytes(&self, place: usize) -> Result<Bytes, RpcError> {
        self.required(place, bytes)
    }

    /// A slot of storage: a quantity of up to 32 bytes, with or without leading zeros.
    pub(super) fn slot(&self, place: usize) -> Result<U256, RpcError> {
        self.required(place, |it| {
            let digits = it.as_str().and_then(|it| it.strip_prefix("0x"));
            let digits = digits.filter(|it| !it.is_empty() && it.len() <= 64);
            let slot = digits.and_then(|it| U256::from_str_radix(it, 16).ok());
            slot.ok_or_else(|| "not a storage slot of up to 32 bytes in hex".to_owned())
        })
    }

    /// As hex, or as a JSON number, which developer tools send.
    pub(super) fn number(&self, place: usize) -> Result<u64, RpcError> {
        self.required(place, number)
    }

    pub(super) fn optional_number(&self, place: usize) -> Result<Option<u64>, RpcError> {
        self.optional(place, number)
    }

    pub(super) fn optional_quantity(&self, place: usize) -> Result<Option<U256>, RpcError> {
        self.optional(place, quantity)
    }

    pub(super) fn flag(&self, place: usize) -> Result<bool, RpcError> {
        let flag = |it: &Value| it.as_bool().ok_or_else(|| "not a boolean".to_owned());
        Ok(self.optional(place, flag)?.unwrap_or(false))
    }

    /// The block at this place, or `otherwise` where none is named.
    pub(super) fn block(&self, place: usize, otherwise: BlockId) -> Result<BlockId, RpcError> {
        Ok(self.optional(place, block_id)?.unwrap_or(otherwise))
    }

    pub(super) fn call(&self, place: usize) -> Result<CallRequest, RpcError> {
        self.required(place, call_request)
    }

    pub(super) fn log_filter(&self, place: usize) -> Result<(LogFilter, Span), RpcError> {
        self.required(place, log_filter)
    }

    /// How many numbers a list at this place has; none when there is no list.
    pub(super) fn list_length(&self, place: usize) -> Result<usize, RpcError> {
        let length = |it: &Value| it.as_array().map(Vec::len).ok_or("not a list".to_owned());
        Ok(self.optional(place, length)?.unwrap_or(0))
    }

    /// Refuses what would change the answer if it were understood.
    pub(super) fn nothing_at(&self, place: usize, what: &str) -> Result<(), RpcError> {
        let absent = |it: &Value| it.as_object().is_some_and(Map::is_empty);
        self.optional(place, |it| {
            if absent(it) { Ok(()) } else { Err(format!("{what} are not supported")) }
        })?;
        Ok(())
    }

    fn required<'a, T>(
        &'a self,
        place: usize,
        parse: impl Fn(&'a Value) -> Parsed<T>,
    ) -> Result<T, RpcError> {
        self.optional(place, parse)?.ok_or_else(|| {
            RpcError::InvalidParams(format!("missing value for required argument {place}"))
        })
    }

    fn optional<'a, T>(
        &'a self,
        place: usize,
        parse: impl Fn(&'a Value) -> Parsed<T>,
    ) -> Result<Option<T>, RpcError> {
        let value = self.0.get(place).filter(|it| !it.is_null());
        value
            .map(parse)
            .transpose()
            .map_err(|why| RpcError::InvalidParams(format!("invalid argument {place}: {why}")))
    }
}

/// Exactly as many bytes as the noun has, with the prefix.
fn hexadecimal<T: FromStr<Err: Display>>(value: &Value) -> Parsed<T> {
    let text = value.as_str().ok_or("not a string")?;
    if !text.starts_with("0x") {
        return Err("hex string without 0x prefix".to_owned());
    }
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn bytes(value: &Value) -> Parsed<Bytes> {
    let text = value.as_str().ok_or("not a string")?;
    let digits = text.strip_prefix("0x").ok_or("hex string without 0x prefix")?;
    hex::decode(digits).map(Bytes::from).map_err(|error| error.to_string())
}

fn quantity(value: &Value) -> Parsed<U256> {
    let text = value.as_str().ok_or("not a string")?;
    let digits = text.strip_prefix("0x").ok_or("hex string without 0x prefix")?;
    match digits {
        "" => Err("empty hex string".to_owned()),
        "0" => Ok(U256::ZERO),
        _ if digits.starts_with('0') => Err("hex number with leading zero digits".to_owned()),
        _ => U256::from_str_radix(digits, 16).map_err(|_| "hex number > 256 bits".to_owned()),
    }
}

fn number(value: &Value) -> Parsed<u64> {
    if let Some(number) = value.as_u64() {
        return Ok(number);
    }
    quantity(value)?.try_into().map_err(|_| "hex number > 64 bits".to_owned())
}

/// A tag, a number, or an object that names one of both (EIP-1898).
fn block_id(value: &Value) -> Parsed<BlockId> {
    if let Some(object) = value.as_object() {
        return match (object.get("blockHash"), object.get("blockNumber")) {
            (Some(hash), None) => hexadecimal(hash).map(BlockId::Hash),
            (None, Some(number)) => block_id(number),
            _ => Err("exactly one of blockHash and blockNumber is needed".to_owned()),
        };
    }
    Ok(match value.as_str() {
        Some("latest") => BlockId::Latest,
        Some("pending") => BlockId::Pending,
        Some("safe") => BlockId::Safe,
        Some("finalized") => BlockId::Finalized,
        Some("earliest") => BlockId::Earliest,
        _ => BlockId::Number(number(value)?),
    })
}

/// Fees, nonce and access list are of no consequence to a question, so they are not read.
fn call_request(value: &Value) -> Parsed<CallRequest> {
    let call = value.as_object().ok_or("not an object")?;
    if member(call, "chainId", number)?.is_some_and(|it| it != CHAIN_ID) {
        return Err(format!("chainId does not match node's (want {CHAIN_ID})"));
    }
    let (input, data) = (member(call, "input", bytes)?, member(call, "data", bytes)?);
    if input.is_some() && data.is_some() && input != data {
        return Err("both \"data\" and \"input\" are set and not equal".to_owned());
    }
    Ok(CallRequest {
        from: member(call, "from", hexadecimal)?,
        to: member(call, "to", hexadecimal)?,
        value: member(call, "value", quantity)?.unwrap_or_default(),
        data: input.or(data).unwrap_or_default(),
        gas: member(call, "gas", number)?,
    })
}

fn log_filter(value: &Value) -> Parsed<(LogFilter, Span)> {
    let filter = value.as_object().ok_or("not an object")?;
    let from = member(filter, "fromBlock", block_id)?;
    let to = member(filter, "toBlock", block_id)?;
    let span = match member(filter, "blockHash", hexadecimal)? {
        Some(hash) if from.is_none() && to.is_none() => Span::Block(hash),
        Some(_) => {
            return Err(
                "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other"
                    .to_owned(),
            );
        }
        None => Span::Blocks(from.unwrap_or(BlockId::Latest), to.unwrap_or(BlockId::Latest)),
    };
    let addresses = member(filter, "address", one_or_more)?.unwrap_or_default();
    let topics = match filter.get("topics").filter(|it| !it.is_null()) {
        None => Vec::new(),
        Some(topics) => {
            let places = topics.as_array().ok_or("topics are not a list")?;
            places.iter().map(one_or_more).collect::<Parsed<Vec<_>>>()?
        }
    };
    if topics.len() > TOPICS_MAX {
        return Err("exceed max topics".to_owned());
    }
    Ok((LogFilter { addresses, topics }, span))
}

/// `null` and an empty list stand for anything.
fn one_or_more<T: FromStr<Err: Display>>(value: &Value) -> Parsed<Vec<T>> {
    if value.is_null() {
        return Ok(Vec::new());
    }
    match value.as_array() {
        Some(list) => list.iter().map(hexadecimal).collect(),
        None => Ok(vec![hexadecimal(value)?]),
    }
}

fn member<T>(
    object: &Map<String, Value>,
    name: &str,
    parse: impl Fn(&Value) -> Parsed<T>,
) -> Parsed<Option<T>> {
    let value = object.get(name).filter(|it| !it.is_null());
    value.map(parse).transpose().map_err(|why| format!("{name}: {why}"))
}
