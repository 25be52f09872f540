//! Streamable HTTP: who is let in, and that a model buys there as it does elsewhere.

use std::process::Command;

use sandbox::world::Options;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::market::{GOODS, Market, key};
use crate::process::Process;
use crate::python::{Client, is_there, program};
use crate::{code, holds_no_key};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn agent(market: &Market, more: &[&str]) -> Command {
    let mut command = Command::new(program("x402-agent"));
    command.env_clear().env("X402_PRIVATE_KEY", key()).current_dir(market.folder.path());
    command.args(market.arguments(more));
    command
}

/// The status of a bare request.
async fn knock(address: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        for part in [name, ": ", value, "\r\n"] {
            request.push_str(part);
        }
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer)[9..12].parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_only_those_with_the_token_are_served_and_no_web_page() {
    if !is_there() {
        return;
    }
    let market = Market::open(Options::instant()).await;
    let mut command = agent(&market, &["--http", "127.0.0.1:0"]);
    let server = Process::start(command.env("X402_MCP_TOKEN", TOKEN));
    let url = server.says("listening on ").await;
    let address = url.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
    let bearer = format!("Bearer {TOKEN}");
    let (host, token) = (("Host", address.as_str()), ("Authorization", bearer.as_str()));
    #[rustfmt::skip]
    let rows = [
        ("/mcp", vec![host],                                                401),
        ("/mcp", vec![host, ("Authorization", "Bearer 0000000000000000")],  401),
        ("/mcp", vec![host, ("Authorization", TOKEN)],                      401),
        ("/mcp", vec![("Host", "evil.example"), token],                     403),
        ("/mcp", vec![("Host", "localhost.evil.example"), token],           403),
        ("/mcp", vec![host, token, ("Origin", "https://evil.example")],     403),
        ("/mcp", vec![host, token, ("Origin", "null")],                     403),
        ("/",    vec![host, token],                                         404),
    ];
    for (path, headers, status) in rows {
        assert_eq!(knock(&address, path, &headers).await, status, "{path} {headers:?}");
    }

    for (mode, file) in [("auto", "a"), ("legacy", "b")] {
        let client = Client::connect(&json!({ "url": url, "token": TOKEN, "mode": mode })).await;
        let wanted = market.url(&format!("/premium/{file}.json"));
        let bought = client.call("fetch_url", json!({ "url": wanted })).await;
        assert_eq!((code(&bought), &bought["structuredContent"]["body"]), ("none", &json!(GOODS)));
        holds_no_key(&client);
    }
    assert_eq!(market.sold(), 2);
    // What one client bought, the run has bought.
    let client = Client::connect(&json!({ "url": url, "token": TOKEN, "mode": "auto" })).await;
    let again = client.call("fetch_url", json!({ "url": market.url("/premium/a.json") })).await;
    assert_eq!(again["structuredContent"]["boughtBefore"], true);
    assert_eq!(market.sold(), 2);
    let said = server.all();
    assert!(!said.contains(key().trim_start_matches("0x")) && !said.contains(TOKEN), "{said}");
}

#[tokio::test]
async fn a_server_that_anybody_could_use_does_not_start() {
    let market = Market::open(Options::instant()).await;
    #[rustfmt::skip]
    let rows: [(&[&str], &str); 4] = [
        (&["--http", "0.0.0.0:0"],                           "needs a token"),
        (&["--http", "[::]:0", "--token-file", "short"],     "at least 32 characters"),
        (&["--http", "127.0.0.1:0", "--allow-private", "/"], "not a host"),
        (&["--tool", "send_money"],                          "no such tool"),
    ];
    std::fs::write(market.folder.path().join("short"), "abc").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(market.folder.path().join("short"), mode).unwrap();
    }
    for (arguments, why) in rows {
        let output = agent(&market, arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {said}");
        assert!(said.contains(why), "{arguments:?} {said}");
    }
}
