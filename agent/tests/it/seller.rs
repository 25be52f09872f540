//! A seller that keeps every rule, or breaks exactly one: the one that its flaw is named after.
//! Believes signatures, and has no chain.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use wire::eip712::TokenDomain;
use wire::header::{decode_json, encode_json};
use wire::{Eip3009Payload, Message, v1, v2};

use crate::server::Reply;
use crate::wares::{BASE_SEPOLIA_USDC, HASH, PAYER, challenge, challenge_v1, offer};

/// Longest header that is read.
const HEADER_BYTES_MAX: usize = 16 * 1024;

/// A running seller; it ends with the runtime of its test.
#[derive(Debug, Clone)]
pub(crate) struct Seller {
    pub(crate) url: String,
    flaw: &'static str,
    /// What every nonce has bought.
    sold: Arc<Mutex<HashMap<String, String>>>,
}

struct Asked {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
}

impl Asked {
    fn values(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(it, _)| it == name).map(|(_, it)| it.as_str()).collect()
    }
}

impl Seller {
    /// Opens a seller with this flaw; `""` is none.
    pub(crate) async fn open(flaw: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seller = Self { url, flaw, sold: Arc::default() };
        let it = seller.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(it.clone().serve(stream));
            }
        });
        seller
    }

    /// How many payments it has taken.
    pub(crate) fn sales(&self) -> usize {
        self.sold.lock().unwrap().len()
    }

    async fn serve(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(asked) = read(&mut stream).await {
            let mut bytes = self.answer(&asked).bytes();
            if asked.method == "HEAD" {
                let end = bytes.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
                bytes.truncate(end);
            }
            if stream.get_mut().write_all(&bytes).await.is_err() {
                return;
            }
        }
    }

    fn has(&self, flaw: &str) -> bool {
        self.flaw == flaw
    }

    fn answer(&self, asked: &Asked) -> Reply {
        let (new, old) = (asked.values("payment-signature"), asked.values("x-payment"));
        if self.has("head") && asked.method == "HEAD" {
            return Reply::new(200);
        }
        if [&new, &old].into_iter().flatten().any(|it| it.len() > HEADER_BYTES_MAX) {
            return Reply::new(if self.has("oversize-payment") { 500 } else { 431 });
        }
        match (&new[..], &old[..]) {
            ([], []) => self.demand(asked, None),
            ([payment], []) => self.sell(asked, payment, false),
            ([], [payment]) => self.sell(asked, payment, true),
            _ if self.has("two-payments") => Reply::new(200).body("the report\n"),
            _ => refusal(400, "invalid_payload"),
        }
    }

    fn demand(&self, asked: &Asked, reason: Option<&str>) -> Reply {
        let url = format!("{}{}", self.url, asked.path);
        let (mut new, mut old) = (challenge(&url, vec![offer()]), challenge_v1(&url));
        new["extensions"] =
            json!({ "payment-identifier": { "info": { "required": false }, "schema": {} } });
        if let Some(reason) = reason {
            new["error"] = reason.into();
            old["error"] = reason.into();
        }
        let offer = &mut new["accepts"][0];
        match self.flaw {
            "challenge-version" => new["x402Version"] = 3.into(),
            "challenge-accepts" => {
                new["accepts"] = json!([]);
                old["accepts"] = json!([]);
            }
            "offer-members" => drop(offer.as_object_mut().unwrap().remove("maxTimeoutSeconds")),
            "offer-forms" => offer["amount"] = "0x2710".into(),
            "offer-domain" => offer["extra"]["name"] = "USD Coin".into(),
            "resource-url" => new["resource"]["url"] = "https://victim.example/".into(),
            "extensions" => new["extensions"]["payment-identifier"] = "yes".into(),
            "challenge-size" => {
                new["extensions"]["filler"] = json!({ "info": { "text": "x".repeat(5_900) } });
            }
            "challenge-stable" if !asked.values("origin").is_empty() => {
                offer["amount"] = "10001".into();
            }
            "v1-body" => old["accepts"][0]["maxAmountRequired"] = "1".into(),
            _ => {}
        }
        let mut json = new.to_string();
        while self.has("challenge-base64") && json.len().is_multiple_of(3) {
            json.push(' ');
        }
        let mut header = encode_json(json.as_bytes());
        if self.has("challenge-base64") {
            header.truncate(header.trim_end_matches('=').len());
        }
        let status = if self.has("status-402") { 403 } else { 402 };
        let mut reply = Reply::new(status)
            .header("PAYMENT-REQUIRED", header.clone())
            .header("Access-Control-Allow-Origin", "*")
            .body(if self.has("body") { "payment required".to_owned() } else { old.to_string() });
        if self.has("challenge-header") {
            reply = reply.header("PAYMENT-REQUIRED", header);
        }
        if !self.has("no-store") {
            reply = reply.header("Cache-Control", "no-store");
        }
        if !self.has("cors") {
            let exposed = "PAYMENT-REQUIRED, PAYMENT-RESPONSE";
            reply = reply.header("Access-Control-Expose-Headers", exposed);
        }
        reply
    }

    fn sell(&self, asked: &Asked, payment: &str, legacy: bool) -> Reply {
        let unpadded = !payment.len().is_multiple_of(4);
        if self.has("lenient-payment") && unpadded {
            return refusal(400, "invalid_payload");
        }
        let Ok(json) = decode_json(payment.as_bytes(), HEADER_BYTES_MAX) else {
            let flaw = if legacy { "garbage-v1-payment" } else { "garbage-payment" };
            return refusal(if self.has(flaw) { 500 } else { 400 }, "invalid_payload");
        };
        let Some(payload) = payload(&json, legacy) else {
            let served = self.has("hollow-payment") && json == b"{}";
            return if served { Reply::new(200) } else { refusal(400, "invalid_payload") };
        };
        if legacy && self.has("v1-payment") {
            return refusal(400, "invalid_x402_version");
        }
        let it = &payload.authorization;
        if !is_signed(&payload) {
            let believed =
                if it.from.to_string() == PAYER { "tampered-payment" } else { "forged-payment" };
            if !self.has(believed) {
                return self.demand(asked, Some("invalid_exact_evm_payload_signature"));
            }
            return Reply::new(200).body("the report\n");
        }
        if it.value != 10_000.into() && !self.has("wrong-amount") {
            return self
                .demand(asked, Some("invalid_exact_evm_payload_authorization_value_mismatch"));
        }
        if self.has("paid-200") {
            return refusal(403, "payment_blocked");
        }
        let known = self.sold.lock().unwrap().insert(it.nonce.to_string(), asked.path.clone());
        match &known {
            Some(path) if *path != asked.path && !self.has("elsewhere") => {
                return refusal(409, "payment_already_used");
            }
            Some(_) if self.has("replay") => return self.delivery(&payload, legacy, "another\n"),
            Some(_) | None => {}
        }
        self.delivery(&payload, legacy, "the report\n")
    }

    fn delivery(&self, payload: &Eip3009Payload, legacy: bool, body: &str) -> Reply {
        let cache = if self.has("paid-private") { "public, max-age=60" } else { "private" };
        let reply = Reply::new(200).header("Cache-Control", cache).body(body);
        let (name, network) = if legacy {
            ("X-PAYMENT-RESPONSE", "base-sepolia")
        } else {
            ("PAYMENT-RESPONSE", "eip155:84532")
        };
        if self.has("payment-response") && !legacy {
            return reply;
        }
        let receipt = json!({
            "success": true, "transaction": HASH, "network": network,
            "payer": payload.authorization.from.to_string(),
        });
        reply.header(name, encode_json(receipt.to_string().as_bytes()))
    }
}

fn refusal(status: u16, error: &str) -> Reply {
    Reply::new(status).body(json!({ "error": error }).to_string())
}

fn payload(json: &[u8], legacy: bool) -> Option<Eip3009Payload> {
    if legacy {
        v1::PaymentPayload::from_json(json).ok().map(|it| it.payload)
    } else {
        v2::PaymentPayload::from_json(json).ok().map(|it| it.payload)
    }
}

fn is_signed(it: &Eip3009Payload) -> bool {
    let domain = TokenDomain {
        name: "USDC".into(),
        version: "2".into(),
        chain_id: 84532,
        asset: BASE_SEPOLIA_USDC.parse().unwrap(),
    };
    let signer = wire::signature::recover(domain.digest(&it.authorization), &it.signature);
    signer == Some(it.authorization.from)
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut words = lines.first()?.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let header = |line: &String| {
        line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()))
    };
    Some(Asked { method, path, headers: lines[1..].iter().filter_map(header).collect() })
}

/// A rule's verdict in a report.
pub(crate) fn verdict<'a>(report: &'a Value, rule: &str) -> &'a str {
    let rules = report["rules"].as_array().unwrap();
    rules.iter().find(|it| it["rule"] == rule).unwrap()["verdict"].as_str().unwrap()
}
