//! The shapes of answers and errors, and what a node says that sees badly. viem checks the rest.

use crate::world::{Authorization, START, attempt, chain, payer, relayer};
use alloy_primitives::hex;
use alloy_sol_types::SolCall;
use sandbox::chain::{Chain, ChainConfig};
use sandbox::rpc::{BATCH_CALLS_MAX, Node, Sight, answer};
use sandbox::server::{Call, Server};
use sandbox::token::{FiatToken, USDC};
use serde_json::{Value, json};
use std::sync::Arc;

fn ask_with(chain: &Chain, sight: Sight, method: &str, params: &Value) -> Value {
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    answer(chain, sight, call.to_string().as_bytes()).expect("a call with an id is answered")
}

fn ask(chain: &Chain, method: &str, params: &Value) -> Value {
    ask_with(chain, Sight::default(), method, params)
}

fn result(chain: &Chain, method: &str, params: &Value) -> Value {
    let mut answer = ask(chain, method, params);
    assert_eq!(answer.get("error"), None, "{method} {params}");
    answer["result"].take()
}

#[test]
fn errors_have_the_codes_and_words_of_nodes() {
    let chain = chain();
    let address = payer().address().to_string();
    let hash = "0x".to_owned() + &"11".repeat(32);
    #[rustfmt::skip]
    let cases = [
        ("eth_nothing",               json!([]),                          -32601, "the method eth_nothing does not exist/is not available"),
        ("eth_getBalance",            json!([]),                          -32602, "missing value for required argument 0"),
        ("eth_getBalance",            json!({}),                          -32602, "non-array args"),
        ("eth_getBalance",            json!(["f39F", "latest"]),          -32602, "invalid argument 0: hex string without 0x prefix"),
        ("eth_getBalance",            json!([7]),                         -32602, "invalid argument 0: not a string"),
        ("eth_getBalance",            json!([address, "0x01"]),           -32602, "invalid argument 1: hex number with leading zero digits"),
        ("eth_getBalance",            json!([address, "0x"]),             -32602, "invalid argument 1: empty hex string"),
        ("eth_getBalance",            json!([address, "0x9"]),            -32000, "header not found"),
        ("eth_getBalance",            json!([address, { "blockHash": hash }]), -32000, "header not found"),
        ("eth_call",                  json!([{ "to": address, "chainId": "0x1" }]), -32602, "invalid argument 0: chainId does not match node's (want 84532)"),
        ("eth_call",                  json!([{ "data": "0x1", "to": address }]), -32602, "invalid argument 0: data: odd number of digits"),
        ("eth_call",                  json!([{ "to": address }, "latest", { "0x1": {} }]), -32602, "invalid argument 2: state overrides are not supported"),
        ("eth_getLogs",               json!([{ "blockHash": hash, "fromBlock": "0x0" }]), -32602, "invalid argument 0: cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other"),
        ("eth_getLogs",               json!([{ "fromBlock": "0x1", "toBlock": "0x0" }]), -32602, "invalid block range params"),
        ("eth_getLogs",               json!([{ "fromBlock": "0x5", "toBlock": "0x6" }]), -32602, "block range extends beyond current head block"),
        ("eth_getLogs",               json!([{ "fromBlock": "0x0", "toBlock": "0x2710" }]), -32602, "query exceeds max block range 10000"),
        ("eth_getLogs",               json!([{ "topics": [1] }]),         -32602, "invalid argument 0: not a string"),
        ("eth_getLogs",               json!([{ "topics": [null, null, null, null, null] }]), -32602, "invalid argument 0: exceed max topics"),
        ("eth_sendRawTransaction",    json!(["0x02"]),                    -32000, "input too short"),
        ("evm_setNextBlockTimestamp", json!([5]),                         -32000, "the next block must be later than 1700000000"),
    ];
    for (method, params, code, message) in cases {
        let answer = ask(&chain, method, &params);
        assert_eq!(
            answer["error"],
            json!({ "code": code, "message": message }),
            "{method} {params}"
        );
        assert_eq!(answer.get("result"), None);
    }
}

#[test]
fn a_revert_carries_its_words_and_its_bytes() {
    let chain = chain();
    let authorization = Authorization { valid_after: START, ..Authorization::new("early") };
    let data = hex::encode_prefixed(authorization.call(authorization.signed().as_bytes()));
    let call = json!([{ "to": USDC.to_string(), "data": data }]);
    let words = "FiatTokenV2: authorization is not yet valid";
    let error = ask(&chain, "eth_call", &call)["error"].take();
    assert_eq!(error["code"], 3);
    assert_eq!(error["message"], format!("execution reverted: {words}"));
    let bytes = hex::decode(error["data"].as_str().unwrap()).unwrap();
    assert_eq!(bytes[..4], hex!("08c379a0"), "Error(string)");
    assert!(String::from_utf8_lossy(&bytes).contains(words));
    // The same question about the block to come, which is where gas is estimated.
    assert!(result(&chain, "eth_estimateGas", &call).is_string());
    let at_latest = json!([call[0], "latest"]);
    assert_eq!(ask(&chain, "eth_estimateGas", &at_latest)["error"]["code"], 3);
}

#[test]
fn requests_come_alone_in_batches_or_not_at_all() {
    let chain = chain();
    let one = json!({ "jsonrpc": "2.0", "id": "a", "method": "eth_chainId" });
    let silent = json!({ "jsonrpc": "2.0", "method": "eth_chainId" });
    let good = json!({ "jsonrpc": "2.0", "id": "a", "result": "0x14a34" });
    let bad = |code: i64, message: &str| json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": message } });
    let too_many = json!(vec![one.clone(); BATCH_CALLS_MAX + 1]);
    #[rustfmt::skip]
    let cases = [
        (one.to_string(),                       Some(good.clone())),
        (json!([one, silent, 7]).to_string(),   Some(json!([good, bad(-32600, "invalid request")]))),
        (silent.to_string(),                    None),
        (json!([silent]).to_string(),           None),
        ("[]".to_owned(),                       Some(bad(-32600, "empty batch"))),
        ("{".to_owned(),                        Some(bad(-32700, "parse error"))),
        (String::new(),                         Some(bad(-32700, "parse error"))),
        ("7".to_owned(),                        Some(bad(-32600, "invalid request"))),
        (json!({ "id": 1, "method": "x" }).to_string(), Some(bad(-32600, "invalid request"))),
        (too_many.to_string(),                  Some(bad(-32600, "batch too large"))),
    ];
    for (body, expected) in cases {
        assert_eq!(answer(&chain, Sight::default(), body.as_bytes()), expected, "{body:.100}");
    }
}

#[test]
fn what_is_unknown_is_null() {
    let chain = chain();
    let hash = "0x".to_owned() + &"11".repeat(32);
    for (method, params) in [
        ("eth_getBlockByNumber", json!(["0x9", false])),
        ("eth_getBlockByHash", json!([hash, false])),
        ("eth_getBlockReceipts", json!(["0x9"])),
        ("eth_getTransactionByHash", json!([hash])),
        ("eth_getTransactionReceipt", json!([hash])),
    ] {
        assert_eq!(result(&chain, method, &params), Value::Null, "{method}");
    }
}

#[test]
fn developers_move_time_and_make_blocks() {
    let chain = chain();
    let newest = |chain: &Chain| {
        let block = result(chain, "eth_getBlockByNumber", &json!(["latest", false]));
        let hex = block["timestamp"].as_str().unwrap().trim_start_matches("0x").to_owned();
        u64::from_str_radix(&hex, 16).unwrap() - START
    };
    result(&chain, "evm_mine", &json!([]));
    assert_eq!(newest(&chain), 2);
    result(&chain, "evm_mine", &json!([START + 9]));
    assert_eq!(newest(&chain), 9);
    assert_eq!(result(&chain, "evm_increaseTime", &json!([6])), 15);
    assert_eq!(newest(&chain), 15);
    result(&chain, "evm_setNextBlockTimestamp", &json!(["0x65540000"]));
    result(&chain, "evm_mine", &json!([]));
    assert_eq!(newest(&chain), 0x6554_0000 - START);
}

/// A payment in block 1, then nine empty blocks.
fn paid() -> (Chain, Authorization, String) {
    let chain = chain();
    let authorization = Authorization::new("seen");
    let call = authorization.call(authorization.signed().as_bytes());
    let receipt = attempt(&chain, relayer(), call).expect("the payment is good");
    chain.advance(std::time::Duration::from_secs(18));
    (chain, authorization, receipt.transaction.hash().to_string())
}

fn state_question(authorization: &Authorization) -> Value {
    let (authorizer, nonce) = (authorization.from, authorization.nonce);
    let call = FiatToken::authorizationStateCall { authorizer, nonce };
    json!([{ "to": USDC.to_string(), "input": hex::encode_prefixed(call.abi_encode()) }, "latest"])
}

#[test]
fn a_node_that_lags_knows_nothing_of_newer_blocks() {
    let (chain, authorization, hash) = paid();
    let boolean = |it: bool| json!(format!("0x{:064x}", u8::from(it)));
    for (lag_blocks, number, sees_payment) in [
        (0, "0xa", true),
        (3, "0x7", true),
        (9, "0x1", true),
        (10, "0x0", false),
        (99, "0x0", false),
    ] {
        let sight = Sight { lag_blocks, ..Sight::default() };
        let ask = |method, params: &Value| ask_with(&chain, sight, method, params)["result"].take();
        assert_eq!(ask("eth_blockNumber", &json!([])), number);
        assert_eq!(ask("eth_getBlockByNumber", &json!(["latest", false]))["number"], number);
        assert_eq!(ask("eth_getBlockByNumber", &json!(["finalized", false]))["number"], number);
        assert_eq!(ask("eth_call", &state_question(&authorization)), boolean(sees_payment));
        let receipt = ask("eth_getTransactionReceipt", &json!([hash]));
        assert_eq!(receipt.is_object(), sees_payment);
        assert_eq!(ask("eth_getTransactionByHash", &json!([hash])).is_object(), sees_payment);
        let logs = ask("eth_getLogs", &json!([{ "fromBlock": "0x0", "toBlock": "latest" }]));
        assert_eq!(logs.as_array().unwrap().len(), if sees_payment { 2 } else { 0 });
        assert_eq!(
            ask("eth_getBlockByNumber", &json!(["0xa", false])).is_object(),
            lag_blocks == 0
        );
    }
}

#[test]
fn a_contrary_node_tells_of_another_chain() {
    let (chain, authorization, hash) = paid();
    let contrary = Sight { contrary: true, ..Sight::default() };
    let ask = |method, params: &Value| ask_with(&chain, contrary, method, params)["result"].take();
    let unused = state_question(&Authorization::new("other"));
    assert_eq!(ask("eth_call", &state_question(&authorization)), format!("0x{:064x}", 0));
    assert_eq!(ask("eth_call", &unused), format!("0x{:064x}", 1));
    assert_eq!(ask("eth_getTransactionReceipt", &json!([hash])), Value::Null);
    assert_eq!(ask("eth_getLogs", &json!([{ "fromBlock": "0x0" }])), json!([]));
    assert_eq!(ask("eth_blockNumber", &json!([])), "0xa");
}

#[tokio::test]
async fn the_node_answers_posts_and_pages_from_anywhere() {
    let node = Node::new(Chain::new(&ChainConfig::by_hand(START)));
    for (method, body, status) in [
        ("POST", r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#, 200),
        ("POST", "{", 200),
        ("OPTIONS", "", 204),
        ("GET", "", 405),
    ] {
        let call = Call {
            method: method.parse().unwrap(),
            uri: "/".parse().unwrap(),
            headers: hyper::HeaderMap::new(),
            body: body.into(),
        };
        assert_eq!(node.reply(&call, Sight::default()).status, status, "{method} {body}");
    }
    let server = Server::start("127.0.0.1:0".parse().unwrap(), Arc::new(node)).await.unwrap();
    assert!(server.url().starts_with("http://127.0.0.1:"));
}
