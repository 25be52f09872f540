//! Group D: headers that are no payment, and the spellings of one that is.

use serde_json::{Value, json};
use wire::header::{PAYMENT_JSON_BYTES_MAX, encode_json};

use crate::case::{AGAIN, Ask, Case, SALE, SERVED, SOLD, buy, get, play, sold};
use crate::market::{PRICE, Shop};
use crate::pay::{Pay, pay, set};

const BAD: &str = "400 invalid_payload";
const VERSION: &str = "400 invalid_x402_version";
const LARGE: &str = "431 header_too_large";

/// A header that never was a payment.
fn junk(value: impl Into<String>) -> Ask {
    get("/premium/a").header("payment-signature", value)
}

fn text(bend: impl Fn(String) -> String + Send + Sync + 'static) -> Ask {
    buy(pay(1).text(move |it| bend(it).into_bytes()))
}

fn with(pointer: &'static str, value: impl Into<Value>) -> Ask {
    buy(pay(1).with(pointer, value))
}

#[tokio::test]
async fn what_is_no_payment_costs_nobody_a_call() {
    let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let padded = |size: usize| move |it: String| format!("{it}{}", " ".repeat(size - it.len()));
    play([
        Case::new("D01").ask(junk("!!!"), BAD, ""),
        Case::new("D02")
            .ask(junk(encode_json(b"not json")), BAD, "")
            .ask(junk(encode_json(b"{\"x402Version\":\"\xff\xfe\"}")), BAD, "")
            .ask(text(|it| it + "x"), BAD, "")
            .ask(text(|it| format!("{it}{it}")), BAD, ""),
        Case::new("D03")
            .ask(text(padded(PAYMENT_JSON_BYTES_MAX + 1)), LARGE, "")
            .ask(junk("A".repeat(20 * 1024)), LARGE, "")
            .ask(text(padded(PAYMENT_JSON_BYTES_MAX)), SERVED, SALE)
            .leaves(SOLD, PRICE),
        Case::new("D04").ask(
            text(move |it| it.replacen('{', &format!("{{\"deep\":{},", deep(129)), 1)),
            BAD,
            "",
        ),
        Case::new("D05")
            .ask(buy(pay(1)).header("payment-signature", "e30="), BAD, "")
            .ask(buy(pay(1).in_headers(&["payment-signature", "payment-signature"])), BAD, "")
            .ask(buy(pay(1).base64(|it| format!("{it},{it}"))), BAD, "")
            .ask(buy(pay(1).base64(|it| format!("{it}, e30="))), BAD, ""),
        Case::new("D06").ask(buy(pay(1).in_headers(&["payment-signature", "x-payment"])), BAD, ""),
        Case::new("D07")
            .differs("payers of version 1 are served in version 1, unless it is turned off")
            .ask(buy(pay(1).in_headers(&["x-payment"])), VERSION, "")
            .ask(buy(in_v1(pay(1)).in_headers(&["payment-signature"])), VERSION, "")
            .ask(buy(in_v1(pay(1)).in_headers(&["x-payment"])), SERVED, SALE)
            .then(|_, got| {
                let receipt = got.message("x-payment-response").expect("a receipt in version 1");
                assert_eq!(receipt["success"], true);
            })
            .leaves(SOLD, PRICE)
            .at(Shop { lines: "v1 = false", ..Shop::default() })
            .ask(buy(in_v1(pay(1)).in_headers(&["x-payment"])), "402 payment_required", ""),
        Case::new("D08")
            .ask(with("/x402Version", 1), VERSION, "")
            .ask(with("/x402Version", "2"), VERSION, "")
            .ask(with("/x402Version", 2.0), VERSION, "")
            .ask(with("/x402Version", 3), VERSION, "")
            .ask(
                buy(pay(1).json(|it| drop(it.as_object_mut().unwrap().remove("x402Version")))),
                VERSION,
                "",
            ),
        Case::new("D09")
            .ask(
                text(|it| it.replacen("\"accepted\":", "\"accepted\":{},\"accepted\":", 1)),
                BAD,
                "",
            )
            .ask(
                text(|it| {
                    it.replacen("\"authorization\":", "\"authorization\":{},\"authorization\":", 1)
                }),
                BAD,
                "",
            )
            .ask(text(|it| it.replacen("\"value\":", "\"value\":\"1\",\"value\":", 1)), BAD, ""),
        amounts(),
        Case::new("D11")
            .ask(with("/payload/authorization/nonce", hex("01", 31)), BAD, "")
            .ask(with("/payload/authorization/nonce", hex("01", 33)), BAD, "")
            .ask(with("/payload/authorization/nonce", "01".repeat(32)), BAD, "")
            .ask(with("/payload/authorization/nonce", hex("0g", 32)), BAD, ""),
    ])
    .await;
}

fn amounts() -> Case {
    let two_to_the_256 =
        "115792089237316195423570985008687907853269984665640564039457584007913129639936";
    let bad = [
        json!(10000),
        json!(1e4),
        json!("0x2710"),
        json!(""),
        json!(" 10000"),
        json!("010000"),
        json!("-1"),
        json!(two_to_the_256),
    ];
    bad.into_iter().fold(Case::new("D10"), |case, value| {
        case.ask(with("/payload/authorization/value", value.clone()), BAD, "").ask(
            with("/accepted/amount", value),
            BAD,
            "",
        )
    })
}

#[tokio::test]
async fn one_payment_has_one_key_however_it_is_spelled() {
    let upper = |pointer| move |it: &mut Value| change(it, pointer, upper_case);
    let sign = |bend: fn(&str) -> String| {
        buy(pay(1).json(move |it| change(it, "/payload/signature", bend)))
    };
    play([
        Case::new("D12")
            .ask(buy(pay(1)), SERVED, SALE)
            .ask(buy(pay(1).json(upper("/payload/authorization/nonce"))), SERVED, AGAIN)
            .ask(buy(pay(1).json(upper("/payload/authorization/from"))), SERVED, AGAIN)
            .ask(buy(pay(1).json(upper("/accepted/asset"))), SERVED, AGAIN)
            .ask(text(reordered), SERVED, AGAIN)
            .ask(text(|it| it.replace("\":", "\" : ").replace(',', ",\n")), SERVED, AGAIN)
            .ask(buy(pay(1).base64(|it| it.trim_end_matches('=').to_owned())), SERVED, AGAIN)
            .leaves(SOLD, PRICE),
        Case::new("D13")
            .ask(buy(pay(1)), SERVED, SALE)
            .ask(sign(compact), SERVED, AGAIN)
            .ask(sign(high_s), SERVED, AGAIN)
            .ask(sign(|it| format!("{}{:02x}", &it[..130], v(it) - 27)), SERVED, AGAIN)
            .ask(sign(|it| format!("{it}{}", "6492".repeat(16))), SERVED, AGAIN)
            .leaves(SOLD, PRICE),
        Case::new("D14")
            .ask(buy(pay(1)), SERVED, SALE)
            .ask(buy(pay(2).in_headers(&["PAYMENT-SIGNATURE"])), SERVED, SALE)
            .ask(buy(pay(3)).over_http2(), SERVED, SALE)
            .leaves(sold(3), 3 * PRICE),
    ])
    .await;
}

/// The same payment as version 1 writes it.
fn in_v1(payment: Pay) -> Pay {
    payment.json(|it| {
        let payload = it["payload"].clone();
        *it = json!({
            "x402Version": 1, "scheme": "exact", "network": "base-sepolia", "payload": payload,
        });
    })
}

fn hex(byte: &str, times: usize) -> String {
    format!("0x{}", byte.repeat(times))
}

fn change(json: &mut Value, pointer: &str, bend: impl Fn(&str) -> String) {
    let text = bend(json.pointer(pointer).unwrap().as_str().unwrap());
    set(json, pointer, text.into());
}

fn upper_case(hex: &str) -> String {
    format!("0x{}", hex[2..].to_uppercase())
}

/// The members in the opposite order, at every level.
fn reordered(json: String) -> String {
    fn write(it: &Value) -> String {
        let Some(members) = it.as_object() else { return it.to_string() };
        let members = members.iter().rev();
        let members = members.map(|(name, it)| format!("{}:{}", json!(name), write(it)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
    write(&serde_json::from_str(&json).unwrap())
}

fn v(signature: &str) -> u8 {
    u8::from_str_radix(&signature[130..], 16).unwrap()
}

/// The signature in 64 bytes (EIP-2098): v in the highest bit of s.
fn compact(signature: &str) -> String {
    let first = u8::from_str_radix(&signature[66..68], 16).unwrap();
    let first = first | ((v(signature) - 27) << 7);
    format!("{}{first:02x}{}", &signature[..66], &signature[68..130])
}

/// The other signature of the same key and text: n - s, and the other v.
fn high_s(signature: &str) -> String {
    let order = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141";
    let order = wire::U256::from_str_radix(order, 16).unwrap();
    let s = wire::U256::from_str_radix(&signature[66..130], 16).unwrap();
    format!("{}{:064x}{:02x}", &signature[..66], order - s, 55 - v(signature))
}
