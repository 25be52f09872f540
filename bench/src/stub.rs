//! A facilitator that believes every payment, after a while. One thread for each connection, which
//! sleeps for exactly as long as it is told: the timers of async runtimes are coarser than what is
//! measured here.

use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::incoming::Incoming;

/// What it answers to `/supported`.
pub(crate) const SUPPORTED: &str = r#"{"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:84532"},{"x402Version":1,"scheme":"exact","network":"base-sepolia"}],"extensions":[],"signers":{"eip155:*":[]}}"#;

/// Serves until the process is ended.
pub(crate) fn serve(listen: SocketAddr, delay: Duration) -> Result<(), Failure> {
    let listener = TcpListener::bind(listen)?;
    loop {
        let (stream, _) = listener.accept()?;
        // A connection that breaks is the merchant's affair.
        std::thread::spawn(move || converse(&stream, delay));
    }
}

fn converse(stream: &TcpStream, delay: Duration) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(16 * 1024, stream);
    let mut writer = stream;
    while let Some(request) = Incoming::read(&mut reader)? {
        let arrived = Instant::now();
        let answer = answer(&request.line, &String::from_utf8_lossy(&request.body));
        if request.line.starts_with("POST") {
            std::thread::sleep(delay.saturating_sub(arrived.elapsed()));
        }
        let length = answer.len();
        let reply = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{answer}"
        );
        writer.write_all(reply.as_bytes())?;
    }
    Ok(())
}

/// Names the payer and, for a transaction, the authorization's nonce: as distinct as the payments.
pub(crate) fn answer(line: &str, body: &str) -> String {
    let payer = member(body, "from").unwrap_or_default();
    if line.contains("/verify ") {
        format!(r#"{{"isValid":true,"payer":"{payer}"}}"#)
    } else if line.contains("/settle ") {
        let transaction = member(body, "nonce").unwrap_or_default();
        format!(
            r#"{{"success":true,"payer":"{payer}","transaction":"{transaction}","network":"eip155:84532"}}"#
        )
    } else {
        SUPPORTED.to_owned()
    }
}

/// The text of the first member of that name, wherever it stands.
fn member<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = json.split_once(&format!("\"{name}\":\""))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settlement_names_the_payer_and_the_nonce() {
        let body = r#"{"paymentPayload":{"authorization":{"from":"0xa","nonce":"0xb"}}}"#;
        let settled = answer("POST /settle HTTP/1.1", body);
        assert!(settled.contains(r#""payer":"0xa","transaction":"0xb""#), "{settled}");
        assert_eq!(answer("POST /verify HTTP/1.1", body), r#"{"isValid":true,"payer":"0xa"}"#);
    }
}
