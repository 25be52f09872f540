//! The built binary: it says where it is in one line of JSON, takes orders, and ends when told to.

use crate::call::send;
use crate::payment::{Payment, payee};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const BINARY: &str = env!("CARGO_BIN_EXE_x402-sandbox");

/// A running `serve` on free ports; killed when dropped.
struct Served {
    child: Child,
    ready: Value,
}

async fn served(arguments: &[&str]) -> Served {
    let mut child = Command::new(BINARY)
        .args(["serve", "--json", "--port", "0", "--rpc-port", "0"])
        .args(arguments)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    Served { child, ready: serde_json::from_str(&line).unwrap() }
}

impl Served {
    fn url(&self) -> &str {
        self.ready["facilitator"].as_str().unwrap()
    }

    /// Runs a command against it: exit code, stdout, stderr.
    async fn told(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(BINARY);
        let output = command.args(arguments).args(["--url", self.url()]).output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap().trim_end().to_owned();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

#[tokio::test]
async fn the_first_line_says_where_it_is_and_everything_answers_there() {
    let payee = payee().to_checksum(None);
    let fund = "0x00000000000000000000000000000000000000aa=12.5";
    let served = served(&["--block-time", "auto", "--fund", fund, "--fault", "verify:5xx*1"]).await;
    assert_eq!(served.ready["network"], json!("eip155:84532"));
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] });
    let rpc = served.ready["rpc"].as_str().unwrap();
    let chain_id = send(rpc, "POST", "/", &call.to_string()).await.answer().json();
    assert_eq!(chain_id["result"], json!("0x14a34"));

    let mut payment = Payment::new("by command line");
    payment.valid_before = u64::MAX >> 1;
    let body = payment.v2().to_string();
    let statuses = [503, 200];
    for expected in statuses {
        let answer = send(served.url(), "POST", "/verify", &body).await.answer();
        assert_eq!(answer.status, expected);
    }
    let settled = send(served.url(), "POST", "/settle", &body).await.answer().json();
    assert_eq!(settled["success"], json!(true), "{settled}");

    let (_, balance, _) = served.told(&["balance", &payee]).await;
    assert!(balance.starts_with("1000000.001 USDC"), "{balance}");
    let (_, balance, _) = served.told(&["balance", fund.split_once('=').unwrap().0]).await;
    assert!(balance.starts_with("12.5 USDC"), "{balance}");
    let (_, journal, _) = served.told(&["journal"]).await;
    assert!(journal.ends_with("2 verify, 1 settle, 0 supported"), "{journal}");
}

#[tokio::test]
async fn faults_money_and_blocks_are_ordered_from_the_command_line() {
    let served = served(&["--block-time", "manual"]).await;
    let nobody = "0x00000000000000000000000000000000000000AA";
    #[rustfmt::skip]
    let rows: [(&[&str], &str); 10] = [
        (&["fault", "list"],                                     "No faults."),
        (&["fault", "set", "settle:5xx*2", "verify:hang"],       "settle:5xx=503*2\nverify:hang"),
        (&["fault", "clear", "verify"],                          "settle:5xx=503*2"),
        (&["fault", "list", "--json"],                           r#"{"faults":["settle:5xx=503*2"]}"#),
        (&["fault", "clear"],                                    "No faults."),
        (&["balance", nobody],                                   "0 USDC, 0 wei"),
        (&["faucet", nobody, "0.25"],                            "On its way"),
        (&["balance", nobody],                                   "0 USDC, 0 wei"),
        (&["mine"],                                              "Block 1 at "),
        (&["balance", nobody],                                   "0.25 USDC, 0 wei"),
    ];
    for (arguments, expected) in rows {
        let (code, told, problem) = served.told(arguments).await;
        assert_eq!((code, problem.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(told.starts_with(expected), "{arguments:?}: {told}");
    }
    let (code, _, problem) = served.told(&["mine", "100000"]).await;
    assert_eq!(code, Some(1));
    assert_eq!(problem, "x402-sandbox: blocks must be from 1 to 1000");
}

#[tokio::test]
async fn a_wrong_word_or_a_missing_sandbox_is_one_sentence_with_the_remedy() {
    let rows: [(&[&str], i32, &str); 4] = [
        (&["fault", "set", "settle:sulk"], 2, "there is no fault of this name"),
        (&["serve", "--fund", "0x12=1"], 2, "an address must be 0x and 40 hexadecimal digits"),
        (
            &["fault", "list", "--url", "http://127.0.0.1:1"],
            1,
            "start one with: x402-sandbox serve",
        ),
        (&["mine", "--url", "https://127.0.0.1"], 1, "--url must begin with http://"),
    ];
    for (arguments, code, words) in rows {
        let output = Command::new(BINARY).args(arguments).output().await.unwrap();
        let problem = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{problem}");
        assert!(problem.contains(words), "{problem}");
    }
}

#[tokio::test]
async fn accounts_are_listed_without_a_sandbox_and_called_worthless() {
    let output = Command::new(BINARY).arg("accounts").output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("These keys are public."), "{text}");
    assert!(
        text.contains("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266  0xac0974bec39a17e3"),
        "{text}"
    );
}

#[tokio::test]
async fn sigterm_ends_it_with_success() {
    let mut served = served(&[]).await;
    let id = served.child.id().unwrap().to_string();
    Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
    assert_eq!(served.child.wait().await.unwrap().code(), Some(0));
}
