//! `serve` and `challenge` show a payer the same.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::shop::{Shop, config};

/// A server that is killed when the test ends early.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_challenge_shown_is_the_challenge_sent() {
    let shop = Shop::with(&config("http://127.0.0.1:9"));
    shop.stock("content/premium/a.json");
    let mut server = shop.command();
    server.arg("serve").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = Running(server.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(server.0.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let (said, address) = line.trim_end().rsplit_once(' ').unwrap();
    assert_eq!(said, "x402-merchant sells at http://localhost:4021, listening on");

    let sent = get(address, "/premium/a.json");
    let said = shop.run(&["challenge", "/premium/a.json", "--json"]);
    let shown: Value = serde_json::from_str(&said.stdout).unwrap();
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 402 "), "{head}");
    for (name, value) in shown["headers"].as_object().unwrap() {
        let line = format!("{name}: {}", value.as_str().unwrap());
        assert!(head.lines().any(|it| it == line), "{line}\n{head}");
    }
    assert_eq!(shown["body"], serde_json::from_str::<Value>(body).unwrap());

    let stopped = Command::new("kill").arg(server.0.id().to_string()).status().unwrap();
    assert!(stopped.success());
    assert_eq!(server.0.wait().unwrap().code(), Some(0), "SIGTERM ends it in order");
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_taken_address_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let shop = Shop::with(&config("http://127.0.0.1:9").replace("127.0.0.1:0", &address));
    shop.stock("content/premium/a.json");
    let said = shop.run(&["serve"]);
    assert_eq!(said.code, Some(1));
    let told = format!("error: cannot listen on {address}: ");
    assert!(said.stderr.starts_with(&told), "{}", said.stderr);
    assert!(said.stderr.ends_with("; change server.listen\n"), "{}", said.stderr);
}
