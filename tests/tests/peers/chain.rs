//! A real chain as a process: anvil, which thinks that it is Base Sepolia, with a block every two
//! seconds and our look-alike of USDC where USDC is. And any chain's word on who was paid, by JSON-RPC.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;
use sandbox::accounts::{self, Account};
use sandbox::token::{ONE_USDC, USDC};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::process::Process;
use crate::purchase::payee;
use crate::relay::pass_on;

const TOKEN_CODE: &str = include_str!("../../../sandbox/contracts/FiatTokenSandbox.bin-runtime");
const MULTICALL_CODE: &str =
    include_str!("../../../sandbox/contracts/MulticallSandbox.bin-runtime");
/// Source: viem 2.57.1, `baseSepolia.contracts.multicall3`.
const MULTICALL: &str = "0xcA11bde05977b3631167028862bE2a173976CA11";
/// What x402-rs 2.0.2 wants to see before it starts: the validator of EIP-6492 signatures, Permit2 and
/// its proxy. No payment of a plain account calls them.
const WANTED: [&str; 3] = [
    "0xdAcD51A54883eb67D95FAEb2BBfdC4a9a6BD2a3B",
    "0x000000000022D473030F116dDEE9F6B43aC78BA3",
    "0x402085c248EeA27D92E8b30b2C58ed07f9E20001",
];
/// PUSH0 PUSH0 REVERT.
const REFUSAL: &str = "0x5f5ffd";

/// How many payers there are, each with one USDC: one for every purchase, so that whatever leaves an
/// account was paid for it.
pub(crate) const PAYERS: u8 = 200;

/// The payer of one purchase.
pub(crate) fn payer(number: u8) -> Account {
    assert!((1..=PAYERS).contains(&number), "no payer {number}");
    Account::from_secret(B256::repeat_byte(number)).unwrap()
}

/// Where a chain answers.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    /// Host and port.
    pub(crate) rpc: String,
}

/// What left an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) to: Address,
    pub(crate) units: U256,
    pub(crate) transaction: String,
}

/// A running anvil.
pub(crate) struct Anvil {
    pub(crate) chain: Chain,
    _process: Process,
    _folder: TempDir,
}

impl Anvil {
    /// Starts it; its blocks come every two seconds.
    pub(crate) async fn start(program: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let genesis = folder.path().join("genesis.json");
        std::fs::write(&genesis, genesis_of_payers().to_string()).unwrap();
        let mut command = Command::new(program);
        command.args(["--port", "0", "--chain-id", "84532", "--block-time", "2", "--init"]);
        let process = Process::start(command.arg(&genesis));
        let chain = Chain { rpc: process.says("Listening on ").await };
        // It began with the genesis's time, which was the machine's a moment ago. Of a second's parts it
        // knows nothing, and a chain that is late by them would find payments of "now" too early.
        chain.ask("evm_setTime", &json!([now() + 1])).await;
        chain.next_block().await;
        Self { chain, _process: process, _folder: folder }
    }
}

#[expect(clippy::disallowed_methods, reason = "the chain's clock is the machine's")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn genesis_of_payers() -> Value {
    let ether = || json!("0x3635c9adc5dea00000"); // a thousand
    let mut alloc: Map<String, Value> = accounts::testers()
        .iter()
        .map(|it| (it.address().to_string(), json!({ "balance": ether() })))
        .collect();
    let supply = U256::from(ONE_USDC) * U256::from(u16::from(PAYERS) + 1);
    // The first variables of the token's source: its supply, and who has how much of it.
    let mut storage = Map::from_iter([(word(U256::ZERO), json!(word(supply)))]);
    // The payee, too: the first transfer to an empty account needs more gas than the others, and an
    // estimate that already counts on another's transfer in the same block comes out too low.
    let owners = (1..=PAYERS).map(|it| payer(it).address()).chain([payee()]);
    for owner in owners {
        let slot = keccak256((owner, U256::ONE).abi_encode());
        storage.insert(slot.to_string(), json!(word(U256::from(ONE_USDC))));
    }
    let code = |code: &str| format!("0x{}", code.trim().trim_start_matches("0x"));
    let token = json!({ "balance": "0x0", "code": code(TOKEN_CODE), "storage": storage });
    alloc.insert(USDC.to_string(), token);
    alloc.insert(MULTICALL.into(), json!({ "balance": "0x0", "code": code(MULTICALL_CODE) }));
    for address in WANTED {
        alloc.insert(address.into(), json!({ "balance": "0x0", "code": REFUSAL }));
    }
    json!({
        "config": { "chainId": 84532 },
        "timestamp": format!("{:#x}", now()),
        "gasLimit": "0x3938700",
        "difficulty": "0x0",
        "alloc": alloc,
    })
}

fn word(number: U256) -> String {
    format!("{number:#066x}")
}

impl Chain {
    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.rpc)
    }

    /// What ever left this account, in order.
    pub(crate) async fn transfers_of(&self, payer: Address) -> Vec<Transfer> {
        let transfer = keccak256("Transfer(address,address,uint256)");
        let filter = json!({
            "fromBlock": "0x0",
            "toBlock": "latest",
            "address": USDC.to_string(),
            "topics": [transfer.to_string(), payer.into_word().to_string()],
        });
        let logs = self.ask("eth_getLogs", &json!([filter])).await;
        let text =
            |log: &Value, pointer: &str| log.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let read = |log: &Value| Transfer {
            to: Address::from_word(text(log, "/topics/2").parse().unwrap()),
            units: text(log, "/data").parse().unwrap(),
            transaction: text(log, "/transactionHash"),
        };
        logs.as_array().unwrap().iter().map(read).collect()
    }

    /// How many units of USDC this account has.
    pub(crate) async fn balance_of(&self, owner: Address) -> U256 {
        let selector = &keccak256("balanceOf(address)")[..4];
        let data = [selector, owner.into_word().as_slice()].concat();
        let data = alloy_primitives::hex::encode_prefixed(data);
        let asked = json!([{ "to": USDC.to_string(), "data": data }, "latest"]);
        self.ask("eth_call", &asked).await.as_str().unwrap().parse().unwrap()
    }

    /// The time of the newest block, in Unix seconds.
    pub(crate) async fn now(&self) -> u64 {
        let block = self.ask("eth_getBlockByNumber", &json!(["latest", false])).await;
        let time: U256 = block["timestamp"].as_str().unwrap().parse().unwrap();
        time.to()
    }

    /// Returns right after a new block.
    pub(crate) async fn next_block(&self) {
        let none = json!([]);
        let newest = self.ask("eth_blockNumber", &none).await;
        while self.ask("eth_blockNumber", &none).await == newest {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn ask(&self, method: &str, params: &Value) -> Value {
        let body =
            json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let request = format!(
            "POST / HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.rpc,
            body.len()
        );
        let answer = pass_on(request.as_bytes(), &self.rpc).await;
        let start = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
        let mut answer: Value = serde_json::from_slice(&answer[start..]).unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }
}
