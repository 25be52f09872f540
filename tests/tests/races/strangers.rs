//! R05: whoever reads the chain can rebuild the payment from the transaction's calldata. It buys
//! nothing, at no door, before or after the buyer has the file.

use std::net::SocketAddr;

use alloy_sol_types::SolCall;
use sandbox::token::FiatToken;
use sandbox::world::Options;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::header::encode_json;
use wire::{
    AtomicAmount, Authorization, Eip3009Payload, Message, Nonce, SignatureBytes, UnixTime, v2,
};

use crate::http::{Reply, ask};
use crate::street::{GOODS, ONE_HOST, Street, Who, insist, named, present};

const PATH: &str = "/premium/a.json";
const USED: &str = "409 payment_already_used";
const BUYER: Who<'_> = Who { viewer: 1, name: Some("what-only-the-buyer-knows") };
const STRANGER: u8 = 66;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_read_from_the_chain_buys_nothing() {
    let street = Street::open(Options::instant(), &ONE_HOST[..2]).await;
    let payment = street.sign(1);
    let sold = street.buy(0, PATH, &payment, BUYER).await;
    assert_eq!(sold.ending(), "200 object");
    let payload = newest_payment(&street).await;
    let challenge = ask(street.door(0), "GET", PATH, &[]).await;
    let rebuilt = in_version_2(&challenge, &payload);
    #[rustfmt::skip]
    let rows = [
        // door  path               name
        (0,      PATH,              None),
        (1,      PATH,              None),
        (1,      PATH,              Some("something-that-is-guessed")),
        (1,      "/premium/b.json", None),
    ];
    for (door, path, name) in rows {
        let got = present(street.door(door), path, &named(&rebuilt, name), STRANGER).await;
        assert_eq!(got.ending(), USED, "{door} {path} {name:?}");
    }
    let address = format!("198.51.100.{STRANGER}");
    let in_version_1 = [("x-payment", &*in_version_1(&payload)), ("x-viewer", &*address)];
    let got = ask(street.door(1), "GET", PATH, &in_version_1).await;
    assert_eq!((got.ending().as_str(), got.invites_payment()), (USED, false));
    let buyer = Who { viewer: 2, ..BUYER };
    let again = street.buy(1, PATH, &payment, buyer).await;
    assert_eq!((again.ending().as_str(), &again.body[..]), ("200 object", GOODS));
    assert_eq!((street.settles(), street.transfers()), (1, 1));
}

/// The money is on the chain, and the facilitator has not said so yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_while_the_buyer_still_waits() {
    let options = Options::instant().fault("settle:delay-after-settling=2000*1").unwrap();
    let street = Street::open(options, &ONE_HOST[..2]).await;
    let challenge = ask(street.door(0), "GET", PATH, &[]).await;
    let before = street.sandbox.chain().head().number;
    let payment = named(&street.sign(1).header(&challenge), BUYER.name);
    let door = street.door(0);
    let buying = tokio::spawn(async move { present(door, PATH, &payment, BUYER.viewer).await });
    street.sandbox.chain().wait_for_block(before + 1).await.unwrap();
    let rebuilt = in_version_2(&challenge, &newest_payment(&street).await);
    let early = present(street.door(1), PATH, &rebuilt, STRANGER).await;
    assert_eq!(early.ending(), "503 settlement_in_progress");
    let late = insist(street.door(1), PATH, &rebuilt, STRANGER).await;
    assert_eq!(late.ending(), USED);
    assert_eq!(buying.await.unwrap().ending(), "200 object");
    assert_eq!((street.settles(), street.transfers()), (1, 1));
}

/// The payment in the newest block, as any node shows it.
async fn newest_payment(street: &Street) -> Eip3009Payload {
    let block = rpc(street, "eth_getBlockByNumber", json!(["latest", true])).await;
    let input = block["transactions"][0]["input"].as_str().unwrap();
    let input = hex(input);
    let call = FiatToken::transferWithAuthorization_0Call::abi_decode(&input).unwrap();
    let signature = [&call.r[..], &call.s[..], &[call.v]].concat();
    let seconds = |it| UnixTime::from_seconds(u64::try_from(it).unwrap());
    let authorization = Authorization {
        from: call.from.into(),
        to: call.to.into(),
        value: AtomicAmount::new(call.value),
        valid_after: seconds(call.validAfter),
        valid_before: seconds(call.validBefore),
        nonce: Nonce::new(call.nonce.0),
    };
    let signature: SignatureBytes = to_hex(&signature).parse().unwrap();
    Eip3009Payload { signature, authorization, unknown: Map::new() }
}

fn in_version_2(challenge: &Reply, payload: &Eip3009Payload) -> String {
    let challenge = challenge.message("payment-required").unwrap();
    let payment = v2::PaymentPayload::echoing(&challenge, 0, payload).unwrap();
    encode_json(payment.to_string().as_bytes())
}

fn in_version_1(payload: &Eip3009Payload) -> String {
    let payment = json!({
        "x402Version": 1, "scheme": "exact", "network": "base-sepolia",
        "payload": payload.to_value(),
    });
    encode_json(payment.to_string().as_bytes())
}

async fn rpc(street: &Street, method: &str, params: Value) -> Value {
    let url = street.sandbox.rpc_url();
    let address: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let reply = Reply::parse(&answer);
    serde_json::from_slice::<Value>(&reply.body).unwrap()["result"].take()
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix("0x").unwrap();
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}
