//! AWS KMS as far as a wallet sees it: one key, two operations, and whatever a test says instead.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use k256::ecdsa::signature::hazmat::PrehashSigner;
use k256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What stands before the point in a secp256k1 key's DER.
pub(crate) const SPKI_PREFIX: [u8; 23] = [
    0x30, 0x56, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
    0x81, 0x04, 0x00, 0x0a, 0x03, 0x42, 0x00,
];

/// One call as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// What is answered instead of the truth.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Raw(u16, String),
    SignedBy(String),
    Cut,
}

#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    address: SocketAddr,
    key: String,
    calls: Arc<Mutex<Vec<Call>>>,
    answers: Arc<Mutex<HashMap<&'static str, (Answer, bool)>>>,
    high_s: Arc<Mutex<bool>>,
}

impl Answer {
    pub(crate) fn raw(status: u16, body: &str) -> Self {
        Self::Raw(status, body.to_owned())
    }

    pub(crate) fn error(status: u16, code: &str) -> Self {
        Self::Raw(status, json!({ "__type": code, "message": "words of the service" }).to_string())
    }

    pub(crate) fn public_key(spec: &str, usage: &str, der: &[u8]) -> Self {
        let body = json!({
            "KeyId": "arn:aws:kms:eu-west-1:111122223333:key/x", "PublicKey": wire::header::encode_json(der),
            "KeySpec": spec, "CustomerMasterKeySpec": spec, "KeyUsage": usage,
            "SigningAlgorithms": ["ECDSA_SHA_256"],
        });
        Self::Raw(200, body.to_string())
    }

    pub(crate) fn signed_by(key: &str) -> Self {
        Self::SignedBy(key.to_owned())
    }

    pub(crate) fn cut() -> Self {
        Self::Cut
    }
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> &str {
        let line =
            |line: &str| line.split_once(": ").is_some_and(|(it, _)| it.eq_ignore_ascii_case(name));
        let found = self.head.lines().find(|it| line(it)).unwrap_or_default();
        found.split_once(": ").map_or("", |(_, value)| value)
    }
}

impl Endpoint {
    pub(crate) async fn start(key: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let it = Self {
            address: listener.local_addr().unwrap(),
            key: key.to_owned(),
            calls: Arc::default(),
            answers: Arc::default(),
            high_s: Arc::default(),
        };
        let endpoint = it.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(endpoint.clone().serve(stream));
            }
        });
        it
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Signs with the other s, as KMS does half of the time.
    pub(crate) fn high_s(&self, high: bool) {
        *self.high_s.lock().unwrap() = high;
    }

    pub(crate) fn answer(&self, operation: &'static str, answer: Answer) {
        self.answers.lock().unwrap().insert(operation, (answer, true));
    }

    pub(crate) fn answer_once(&self, operation: &'static str, answer: Answer) {
        self.answers.lock().unwrap().insert(operation, (answer, false));
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    async fn serve(self, mut stream: TcpStream) {
        while let Some(call) = read(&mut stream).await {
            let operation = call.header("x-amz-target").rsplit('.').next().unwrap().to_owned();
            self.calls.lock().unwrap().push(call.clone());
            let Some((status, body)) = self.reply(&operation, &call.body) else { return };
            let head = format!(
                "HTTP/1.1 {status} Said\r\ncontent-type: application/x-amz-json-1.1\r\n\
                 content-length: {}\r\n\r\n",
                body.len()
            );
            if stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await.is_err() {
                return;
            }
        }
    }

    fn reply(&self, operation: &str, body: &Value) -> Option<(u16, String)> {
        let mut answers = self.answers.lock().unwrap();
        let said = answers.get(operation).cloned();
        if said.as_ref().is_some_and(|(_, for_ever)| !for_ever) {
            answers.remove(operation);
        }
        let key = match said {
            Some((Answer::Raw(status, body), _)) => return Some((status, body)),
            Some((Answer::Cut, _)) => return None,
            Some((Answer::SignedBy(key), _)) => key,
            None => self.key.clone(),
        };
        if operation == "GetPublicKey" {
            let der = [&SPKI_PREFIX[..], &point(&key)].concat();
            let Answer::Raw(status, body) =
                Answer::public_key("ECC_SECG_P256K1", "SIGN_VERIFY", &der)
            else {
                return None;
            };
            return Some((status, body));
        }
        let digest = body["Message"].as_str().unwrap().as_bytes();
        let digest = wire::header::decode_json(digest, 64).unwrap();
        let low: Signature = signing(&key).sign_prehash(&digest).unwrap();
        let high = Signature::from_scalars(low.r(), -low.s()).unwrap();
        let signature = if *self.high_s.lock().unwrap() { high } else { low };
        let der = wire::header::encode_json(signature.to_der().as_bytes());
        Some((200, json!({ "Signature": der, "SigningAlgorithm": "ECDSA_SHA_256" }).to_string()))
    }
}

/// A key's public point, uncompressed.
pub(crate) fn point(key: &str) -> Vec<u8> {
    signing(key).verifying_key().to_encoded_point(false).as_bytes().to_vec()
}

fn signing(key: &str) -> SigningKey {
    let digits = key.trim_start_matches("0x");
    let byte = |at: usize| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap();
    SigningKey::from_slice(&(0..32).map(byte).collect::<Vec<_>>()).unwrap()
}

async fn read(stream: &mut TcpStream) -> Option<Call> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let mut call = Call { head: String::from_utf8(head).unwrap(), body: Value::Null };
    let mut body = vec![0; call.header("content-length").parse().unwrap_or_default()];
    stream.read_exact(&mut body).await.ok()?;
    call.body = serde_json::from_slice(&body).unwrap();
    Some(call)
}
