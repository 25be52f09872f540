//! Blocks, transactions, receipts and logs as nodes print them: quantities in the shortest hex,
//! everything else in full.

use crate::chain::{BASE_FEE, Block, LogEntry, Receipt, Transaction};
use alloy_consensus::{Transaction as _, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bloom, U256, hex};
use alloy_rlp::Encodable;
use serde_json::{Value, json};

/// `0x` and no leading zeros.
pub(super) fn quantity(number: impl TryInto<U256>) -> Value {
    json!(format!("{:#x}", number.try_into().unwrap_or_default()))
}

/// All bytes, in lower case.
pub(super) fn data(bytes: impl AsRef<[u8]>) -> Value {
    json!(hex::encode_prefixed(bytes))
}

/// A block with the hashes of its transactions, or with `transactions` in their place.
pub(super) fn block(block: &Block, transactions: Option<Vec<Value>>, bytes: usize) -> Value {
    let header = block.header();
    let hashes = || block.transactions().iter().map(data).collect();
    json!({
        "number": quantity(header.number),
        "hash": data(block.hash),
        "parentHash": data(header.parent_hash),
        "nonce": data(header.nonce),
        "sha3Uncles": data(header.ommers_hash),
        "logsBloom": data(header.logs_bloom),
        "transactionsRoot": data(header.transactions_root),
        "stateRoot": data(header.state_root),
        "receiptsRoot": data(header.receipts_root),
        "miner": data(header.beneficiary),
        "difficulty": quantity(header.difficulty),
        "totalDifficulty": "0x0",
        "extraData": data(&header.extra_data),
        "size": quantity(header.length() + bytes),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "timestamp": quantity(header.timestamp),
        "mixHash": data(header.mix_hash),
        "baseFeePerGas": quantity(BASE_FEE),
        "withdrawalsRoot": header.withdrawals_root.map(data),
        "withdrawals": [],
        "blobGasUsed": "0x0",
        "excessBlobGas": "0x0",
        "parentBeaconBlockRoot": header.parent_beacon_block_root.map(data),
        "requestsHash": header.requests_hash.map(data),
        "uncles": [],
        "transactions": transactions.unwrap_or_else(hashes),
    })
}

/// The bytes that a transaction takes in its block.
pub(super) fn transaction_bytes(transaction: &Transaction) -> usize {
    transaction.envelope.encode_2718_len()
}

/// A transaction that waits for its block.
pub(super) fn pending_transaction(transaction: &Transaction) -> Value {
    let price = transaction.envelope.max_fee_per_gas();
    transaction_json(transaction, [Value::Null, Value::Null, Value::Null], price)
}

/// A transaction in its block.
pub(super) fn mined_transaction(receipt: &Receipt) -> Value {
    let place = [data(receipt.block_hash), quantity(receipt.block_number), quantity(receipt.index)];
    transaction_json(&receipt.transaction, place, receipt.effective_gas_price)
}

fn transaction_json(transaction: &Transaction, place: [Value; 3], gas_price: u128) -> Value {
    let envelope = &transaction.envelope;
    let [block_hash, block_number, index] = place;
    let mut rendered = json!({
        "blockHash": block_hash,
        "blockNumber": block_number,
        "transactionIndex": index,
        "hash": data(transaction.hash()),
        "from": data(transaction.from),
        "to": envelope.to().map(data),
        "nonce": quantity(envelope.nonce()),
        "value": quantity(envelope.value()),
        "input": data(envelope.input()),
        "gas": quantity(envelope.gas_limit()),
        "gasPrice": quantity(gas_price),
        "type": quantity(envelope.tx_type() as u8),
        "chainId": envelope.chain_id().map(quantity),
    });
    if envelope.is_dynamic_fee() {
        rendered["maxFeePerGas"] = quantity(envelope.max_fee_per_gas());
        rendered["maxPriorityFeePerGas"] =
            quantity(envelope.max_priority_fee_per_gas().unwrap_or_default());
    }
    add_lists(&mut rendered, envelope);
    add_signature(&mut rendered, envelope);
    rendered
}

fn add_lists(rendered: &mut Value, envelope: &TxEnvelope) {
    if let Some(list) = envelope.access_list() {
        let items = list.0.iter();
        let keys = |it: &[B256]| it.iter().map(data).collect::<Vec<_>>();
        let items = items.map(
            |it| json!({ "address": data(it.address), "storageKeys": keys(&it.storage_keys) }),
        );
        rendered["accessList"] = items.collect();
    }
    if let Some(list) = envelope.authorization_list() {
        let items = list.iter().map(|it| {
            json!({
                "chainId": quantity(it.chain_id),
                "address": data(it.address),
                "nonce": quantity(it.nonce),
                "yParity": quantity(it.y_parity()),
                "r": quantity(it.r()),
                "s": quantity(it.s()),
            })
        });
        rendered["authorizationList"] = items.collect();
    }
}

/// EIP-155 puts the chain into `v` of legacy transactions; the others have a parity.
fn add_signature(rendered: &mut Value, envelope: &TxEnvelope) {
    let signature = envelope.signature();
    let parity = u64::from(signature.v());
    if envelope.is_legacy() {
        rendered["v"] = quantity(envelope.chain_id().map_or(27, |it| 2 * it + 35) + parity);
    } else {
        rendered["v"] = quantity(parity);
        rendered["yParity"] = quantity(parity);
    }
    rendered["r"] = quantity(signature.r());
    rendered["s"] = quantity(signature.s());
}

pub(super) fn receipt(receipt: &Receipt) -> Value {
    let transaction = &receipt.transaction;
    let bloom: Bloom = receipt.logs.iter().collect();
    json!({
        "transactionHash": data(transaction.hash()),
        "transactionIndex": quantity(receipt.index),
        "blockHash": data(receipt.block_hash),
        "blockNumber": quantity(receipt.block_number),
        "from": data(transaction.from),
        "to": transaction.envelope.to().map(data),
        "contractAddress": receipt.contract_address.map(data),
        "status": quantity(u8::from(receipt.success)),
        "type": quantity(transaction.envelope.tx_type() as u8),
        "gasUsed": quantity(receipt.gas_used),
        "cumulativeGasUsed": quantity(receipt.cumulative_gas_used),
        "effectiveGasPrice": quantity(receipt.effective_gas_price),
        "logsBloom": data(bloom),
        "logs": receipt.entries().map(|it| log(&it)).collect::<Vec<_>>(),
    })
}

pub(super) fn log(entry: &LogEntry) -> Value {
    json!({
        "address": data(entry.log.address),
        "topics": entry.log.topics().iter().map(data).collect::<Vec<_>>(),
        "data": data(&entry.log.data.data),
        "blockNumber": quantity(entry.block_number),
        "blockHash": data(entry.block_hash),
        "blockTimestamp": quantity(entry.block_timestamp),
        "transactionHash": data(entry.transaction_hash),
        "transactionIndex": quantity(entry.transaction_index),
        "logIndex": quantity(entry.log_index),
        "removed": false,
    })
}
