//! Payments with something about them: wrong, odd, or merely spelled otherwise than most would.

use alloy_primitives::U256;
use sandbox::accounts::testers;
use serde_json::{Value, json};
use wire::eip712::TokenDomain;
use wire::signature::SecretKey;
use wire::{Address, Authorization, Nonce, UnixTime};

use crate::chain::payer;
use crate::purchase::PRICE;

/// Who pays for what is judged and never settled.
const PAYER: u8 = 190;
/// The order of secp256k1's group.
const GROUP_ORDER: &str = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

/// What is signed, by whom, and what is made of the signature.
pub(crate) struct Draft {
    authorization: Authorization,
    domain: TokenDomain,
    signer: SecretKey,
    now: u64,
}

/// One thing about a payment.
#[derive(Clone, Copy)]
pub(crate) struct Flaw {
    pub(crate) name: &'static str,
    /// Of two flaws in one place, only one can be in a payment.
    pub(crate) place: Place,
    sign: fn(&mut Draft),
    edit: fn(&mut Value),
    /// Why judges differ about it; empty where they must not.
    pub(crate) why: &'static str,
}

/// Where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Nowhere,
    Amount,
    Payee,
    Payer,
    Start,
    End,
    Domain,
    Signature,
    Nonce,
    Accepted,
    Members,
    Version,
}

const fn signed(name: &'static str, place: Place, sign: fn(&mut Draft), why: &'static str) -> Flaw {
    Flaw { name, place, sign, edit: |_| (), why }
}

const fn edited(name: &'static str, place: Place, edit: fn(&mut Value), why: &'static str) -> Flaw {
    Flaw { name, place, sign: |_| (), edit, why }
}

const EIP55: &str =
    "its library wants EIP-55's letter case, in which our merchant sends addresses on";
const SPELLING: &str = "a number has one spelling here, so that no two readers differ about it";
const OFFER: &str =
    "what is accepted must be our offer, member for member; others look at what was signed";

/// All of them.
#[rustfmt::skip]
pub(crate) const FLAWS: &[Flaw] = &[
    edited("nothing", Place::Nowhere, |_| (), ""),

    signed("one unit less than the price", Place::Amount, |it| it.authorization.value = (PRICE - 1).into(), ""),
    signed("one unit more than the price", Place::Amount, |it| it.authorization.value = (PRICE + 1).into(),
        "version 2 says equal; x402-rs takes more, too. We refuse before anybody is asked"),
    signed("paid to another", Place::Payee, |it| it.authorization.to = testers()[8].address().into(), ""),
    signed("valid in half a minute", Place::Start, |it| it.authorization.valid_after = at(it.now + 30), ""),
    signed("expires in 3 s", Place::End, |it| it.authorization.valid_before = at(it.now + 3), ""),
    signed("expired", Place::End, |it| it.authorization.valid_before = at(it.now - 60), ""),
    signed("valid for an hour", Place::End, |it| it.authorization.valid_before = at(it.now + 3600),
        "we refuse windows far beyond `maxTimeoutSeconds`, for as long as which doubt would last"),
    signed("signed by a stranger", Place::Payer, |it| it.signer = key_of(191), ""),
    signed("more than the payer has", Place::Payer, poor, ""),
    signed("another token's name", Place::Domain, |it| it.domain.name = "USD Coin".into(), ""),
    signed("another token's version", Place::Domain, |it| it.domain.version = "1".into(), ""),
    signed("signed for another chain", Place::Domain, |it| it.domain.chain_id = 8453, ""),
    signed("signed for another token", Place::Domain, |it| it.domain.asset = testers()[7].address().into(), ""),

    edited("compact signature", Place::Signature, |it| sign(it, compact),
        "ERC-2098; x402-rs unfolds it before the call"),
    edited("signature with v = 0 or 1", Place::Signature, |it| sign(it, |s| with_v(s, v(s) - 27)), 
        "the token wants 27 or 28; who takes it puts it right before the call"),
    edited("signature with v = 29", Place::Signature, |it| sign(it, |s| with_v(s, 29)), ""),
    edited("signature with high s", Place::Signature, |it| sign(it, high_s), 
        "the token wants the low one; x402-rs puts it right before the call"),
    edited("empty signature", Place::Signature, |it| sign(it, |_| "0x".into()), ""),
    edited("signature in capitals", Place::Signature, |it| sign(it, |s| format!("0x{}", s[2..].to_uppercase())), ""),

    edited("nonce in capitals", Place::Nonce, |it| authorization(it, "nonce", |s| format!("0x{}", s[2..].to_uppercase())), ""),
    edited("nonce of 31 bytes", Place::Nonce, |it| authorization(it, "nonce", |s| s[..64].into()), ""),
    edited("payer in lower case", Place::Payer, |it| authorization(it, "from", str::to_lowercase), EIP55),
    edited("payer in capitals", Place::Payer, |it| authorization(it, "from", |s| format!("0x{}", s[2..].to_uppercase())), EIP55),
    edited("amount with a leading zero", Place::Amount, |it| authorization(it, "value", |s| format!("0{s}")), SPELLING),
    edited("amount in hexadecimal", Place::Amount, |it| authorization(it, "value", |_| "0x3e8".into()), SPELLING),
    edited("amount as a number", Place::Amount, |it| it["payload"]["authorization"]["value"] = json!(PRICE), SPELLING),
    edited("times as numbers", Place::Start, |it| it["payload"]["authorization"]["validAfter"] = json!(0), SPELLING),

    edited("accepted on another network", Place::Accepted, |it| it["accepted"]["network"] = json!("eip155:8453"), ""),
    edited("accepted in another scheme", Place::Accepted, |it| it["accepted"]["scheme"] = json!("upto"), ""),
    edited("accepted for less", Place::Accepted, |it| it["accepted"]["amount"] = json!("999"), OFFER),
    edited("accepted as a number", Place::Accepted, |it| it["accepted"]["amount"] = json!(PRICE), SPELLING),
    edited("accepted another payee", Place::Accepted, |it| it["accepted"]["payTo"] = json!(testers()[8].address().to_string()), OFFER),
    edited("accepted the payee in lower case", Place::Accepted, |it| lower(&mut it["accepted"]["payTo"]), ""),
    edited("accepted another timeout", Place::Accepted, |it| it["accepted"]["maxTimeoutSeconds"] = json!(61), OFFER),
    edited("accepted without the token's name", Place::Accepted, |it| { it["accepted"].as_object_mut().unwrap().shift_remove("extra"); }, OFFER),
    edited("accepted with a further member", Place::Accepted, |it| it["accepted"]["colour"] = json!("blue"), ""),
    edited("further members beside the payload", Place::Members, further, ""),
    edited("a seventh member in the authorization", Place::Nonce, |it| it["payload"]["authorization"]["colour"] = json!("blue"),
        "six are signed; a seventh would only look so"),
    edited("members in another order", Place::Members, reverse, ""),
    edited("unknown extensions", Place::Members, |it| it["extensions"] = json!({ "colour": { "info": {} } }), ""),
    edited("version as text", Place::Version, |it| it["x402Version"] = json!("2"), ""),
    edited("version 3", Place::Version, |it| it["x402Version"] = json!(3), ""),
];

/// A payment for these requirements with all of these flaws.
pub(crate) fn payment(flaws: &[Flaw], requirements: &Value, now: u64) -> Value {
    let to: Address = requirements["payTo"].as_str().unwrap().parse().unwrap();
    let asset = requirements["asset"].as_str().unwrap().parse().unwrap();
    let authorization = Authorization {
        from: payer(PAYER).address().into(),
        to,
        value: PRICE.into(),
        valid_after: at(0),
        valid_before: at(now + 60),
        // Never settled, so it is never used.
        nonce: Nonce::new([0xab; 32]),
    };
    let domain = TokenDomain { name: "USDC".into(), version: "2".into(), chain_id: 84532, asset };
    let mut draft = Draft { authorization, domain, signer: key_of(PAYER), now };
    for flaw in flaws {
        (flaw.sign)(&mut draft);
    }
    let it = &draft.authorization;
    let signature = draft.signer.sign(draft.domain.digest(it));
    let mut payment = json!({
        "x402Version": 2,
        "accepted": requirements,
        "payload": {
            "signature": alloy_primitives::hex::encode_prefixed(signature.bytes()),
            "authorization": {
                "from": it.from.to_string(),
                "to": it.to.to_string(),
                "value": it.value.to_string(),
                "validAfter": it.valid_after.seconds().to_string(),
                "validBefore": it.valid_before.seconds().to_string(),
                "nonce": it.nonce.to_string(),
            },
        },
    });
    for flaw in flaws {
        (flaw.edit)(&mut payment);
    }
    payment
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::from_seconds(seconds)
}

fn key_of(number: u8) -> SecretKey {
    SecretKey::from_bytes(&payer(number).secret()).unwrap()
}

/// One who has nothing: its key is nobody's in the genesis.
fn poor(draft: &mut Draft) {
    draft.signer = SecretKey::from_bytes(&[251; 32]).unwrap();
    draft.authorization.from = draft.signer.address();
}

fn sign(payment: &mut Value, change: impl Fn(&str) -> String) {
    let signature = &mut payment["payload"]["signature"];
    *signature = json!(change(signature.as_str().unwrap()));
}

fn authorization(payment: &mut Value, member: &str, change: impl Fn(&str) -> String) {
    let member = &mut payment["payload"]["authorization"][member];
    *member = json!(change(member.as_str().unwrap()));
}

fn v(signature: &str) -> u8 {
    u8::from_str_radix(&signature[130..], 16).unwrap()
}

fn with_v(signature: &str, v: u8) -> String {
    format!("{}{v:02x}", &signature[..130])
}

/// The 64 bytes of ERC-2098: whether v is 28 stands in the highest bit of s.
fn compact(signature: &str) -> String {
    let s = U256::from_str_radix(&signature[66..130], 16).unwrap();
    let parity = U256::from(v(signature) - 27) << 255;
    format!("{}{:064x}", &signature[..66], s | parity)
}

/// The other signature of the same message by the same key.
fn high_s(signature: &str) -> String {
    let order: U256 = GROUP_ORDER.parse().unwrap();
    let s = U256::from_str_radix(&signature[66..130], 16).unwrap();
    with_v(
        &format!("{}{:064x}{}", &signature[..66], order - s, &signature[130..]),
        55 - v(signature),
    )
}

fn lower(text: &mut Value) {
    *text = json!(text.as_str().unwrap().to_lowercase());
}

fn further(payment: &mut Value) {
    for pointer in ["", "/payload"] {
        payment.pointer_mut(pointer).unwrap()["colour"] = json!({ "deep": [1, null, "blue"] });
    }
}

fn reverse(value: &mut Value) {
    if let Value::Object(members) = value {
        let mut turned: Vec<_> = std::mem::take(members).into_iter().collect();
        turned.reverse();
        members.extend(turned);
        members.values_mut().for_each(reverse);
    }
}
