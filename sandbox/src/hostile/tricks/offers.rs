//! Offers: another token, another chain, another price, another shop; and redirects on the way to
//! them.

use super::{ASK, POISON, SELL, Trick};
use crate::hostile::line::Act;
use crate::hostile::paper::{PRICE, Reply, Stage};
use crate::token::USDC;
use serde_json::{Value, json};

/// USDC on Base. Source: Circle's list of contracts.
const MAINNET_USDC: &str = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";

/// A contract of the thief's own.
const LOOKALIKE: &str = "0x00000000000000000000000000000000DeaDBeef";

/// What clouds serve credentials at, to whoever asks from inside.
const METADATA: &str = "http://169.254.169.254/latest/meta-data/iam/security-credentials/";

/// More than any wallet has: four trillion dollars.
const FORTUNE: &str = "4000000000000000000";

#[rustfmt::skip]
pub(super) const TRICKS: &[Trick] = &[
    Trick { name: "honest", unpaid: ASK, paid: SELL,
            about: "no trick: asks for $0.001, delivers, and says so" },

    Trick { name: "asset-lookalike", paid: SELL,
            about: "a token of its own that calls itself USDC, version 2",
            unpaid: |it| it.demand(it.offer_but("/asset", LOOKALIKE.into())) },
    Trick { name: "asset-18-decimals", paid: SELL,
            about: "the same, and 18 decimals",
            unpaid: |it| {
                let mut offer = it.offer_but("/asset", LOOKALIKE.into());
                offer["extra"]["decimals"] = 18.into();
                it.demand(offer)
            } },
    Trick { name: "asset-of-mainnet", paid: SELL,
            about: "the address of Base's USDC, on Base Sepolia",
            unpaid: |it| it.demand(it.offer_but("/asset", MAINNET_USDC.into())) },
    Trick { name: "asset-renamed", paid: SELL,
            about: "the right address with the EIP-712 name of another token",
            unpaid: |it| it.demand(it.offer_but("/extra/name", "USD Coin".into())) },
    Trick { name: "wrong-chain", paid: SELL,
            about: "a chain that nobody knows (eip155:31337)",
            unpaid: |it| it.demand(it.offer_but("/network", "eip155:31337".into())) },
    Trick { name: "mainnet", paid: SELL,
            about: "real money: the same price in USDC on Base",
            unpaid: |it| {
                let mut offer = it.offer_but("/network", "eip155:8453".into());
                offer["asset"] = MAINNET_USDC.into();
                offer["extra"]["name"] = "USD Coin".into();
                it.demand(offer)
            } },
    Trick { name: "scheme-upto", paid: SELL,
            about: "the scheme upto, which lets the seller choose the amount",
            unpaid: |it| it.demand(it.offer_but("/scheme", "upto".into())) },
    Trick { name: "permit2", paid: SELL,
            about: "a transfer by Permit2, which can be more than one",
            unpaid: |it| {
                let mut offer = it.offer();
                offer["extra"]["assetTransferMethod"] = "permit2".into();
                it.demand(offer)
            } },
    Trick { name: "payee-nobody", paid: SELL,
            about: "pays the zero address",
            unpaid: |it| it.demand(it.offer_but("/payTo", format!("0x{}", "0".repeat(40)).into())) },
    Trick { name: "payee-token", paid: SELL,
            about: "pays the token's own contract",
            unpaid: |it| it.demand(it.offer_but("/payTo", USDC.to_checksum(None).into())) },

    Trick { name: "price-fortune", paid: SELL,
            about: "costs four trillion dollars",
            unpaid: |it| it.demand(it.offer_but("/amount", FORTUNE.into())) },
    Trick { name: "amount-hex", paid: SELL,
            about: "the amount in hexadecimal digits",
            unpaid: |it| it.demand(it.offer_but("/amount", "0x3e8".into())) },
    Trick { name: "amount-exponent", paid: SELL,
            about: "the amount 1e6",
            unpaid: |it| it.demand(it.offer_but("/amount", "1e6".into())) },
    Trick { name: "amount-negative", paid: SELL,
            about: "an amount below nothing",
            unpaid: |it| it.demand(it.offer_but("/amount", "-1000".into())) },
    Trick { name: "amount-number", paid: SELL,
            about: "the amount as a JSON number",
            unpaid: |it| it.demand(it.offer_but("/amount", 1000.into())) },
    Trick { name: "amount-overflow", paid: SELL,
            about: "an amount of 2^256 and a little, which wraps to $0.001 in careless arithmetic",
            unpaid: |it| it.demand(it.offer_but("/amount", wrapping().into())) },
    Trick { name: "dear-first", paid: SELL,
            about: "two offers, the first for five cents, the second for a tenth of one",
            unpaid: |it| {
                let dear = it.offer_but("/amount", "50000".into());
                Reply::demand(&it.challenge(vec![dear, it.offer()]).to_string()).into()
            } },
    Trick { name: "price-rises", paid: SELL,
            about: "each demand asks for twice as much as the one before",
            unpaid: |it| it.demand(it.offer_but("/amount", doubled(it.earlier).into())) },
    Trick { name: "payee-changes", paid: SELL,
            about: "each demand names another payee",
            unpaid: |it| it.demand(it.offer_but("/payTo", payee(it))) },

    Trick { name: "window-endless", paid: SELL,
            about: "asks for a signature that is good for thirty years",
            unpaid: |it| it.demand(it.offer_but("/maxTimeoutSeconds", 1_000_000_000.into())) },
    Trick { name: "window-short", paid: SELL,
            about: "asks for a signature that ends before it could settle",
            unpaid: |it| it.demand(it.offer_but("/maxTimeoutSeconds", 1.into())) },
    Trick { name: "resource-elsewhere", paid: SELL,
            about: "a challenge for another shop's report",
            unpaid: |it| resource(it, "https://shop.example/report.pdf") },
    Trick { name: "resource-beside", paid: SELL,
            about: "a challenge for another path of its own",
            unpaid: |it| resource(it, "/something-else") },
    Trick { name: "no-offers", paid: SELL,
            about: "a challenge without an offer",
            unpaid: |it| Reply::demand(&it.challenge(vec![]).to_string()).into() },
    Trick { name: "echo-too-large", paid: SELL,
            about: "a challenge whose echo fits into no header",
            unpaid: |it| {
                let mut challenge = it.challenge(vec![it.offer()]);
                challenge["extensions"] = json!({ "filler": "x".repeat(9_000) });
                Reply::demand(&challenge.to_string()).into()
            } },
    Trick { name: "poisoned-text", paid: SELL,
            about: "instructions to a language model, escape sequences and line breaks in every text",
            unpaid: |it| {
                let mut challenge = it.challenge(vec![it.offer()]);
                challenge["error"] = POISON.into();
                challenge["resource"]["description"] = POISON.into();
                challenge["resource"]["mimeType"] = POISON.into();
                challenge["resource"]["serviceName"] = POISON.into();
                Reply::demand(&challenge.to_string()).body(json!({ "message": POISON }).to_string()).into()
            } },

    Trick { name: "redirect-at-home", paid: SELL,
            about: "a redirect to a path below, which asks and delivers as it should",
            unpaid: |it| if it.path.ends_with("/there") { it.ask() } else {
                moved(302, &format!("{}/there?{}", it.path, it.query))
            } },
    Trick { name: "redirect-elsewhere", paid: SELL,
            about: "a redirect to another origin before paying",
            unpaid: |it| moved(307, it.elsewhere) },
    Trick { name: "redirect-metadata", paid: SELL,
            about: "a redirect to where clouds keep credentials",
            unpaid: |_| moved(302, METADATA) },
    Trick { name: "redirect-loop", paid: SELL,
            about: "a redirect to itself",
            unpaid: |it| moved(302, it.path) },
];

pub(super) fn moved(status: u16, location: &str) -> Act {
    Reply::status(status).header("location", location).into()
}

pub(super) fn metadata() -> &'static str {
    METADATA
}

/// 2^256 + 1000.
fn wrapping() -> &'static str {
    "115792089237316195423570985008687907853269984665640564039457584007913129640936"
}

fn doubled(times: u32) -> String {
    PRICE.saturating_mul(1 << times.min(40)).to_string()
}

fn payee(it: &Stage<'_>) -> Value {
    match it.earlier {
        0 => it.pay_to.to_checksum(None).into(),
        many => format!("0x{many:040x}").into(),
    }
}

fn resource(it: &Stage<'_>, url: &str) -> Act {
    let mut challenge = it.challenge(vec![it.offer()]);
    challenge["resource"]["url"] = url.into();
    Reply::demand(&challenge.to_string()).into()
}
