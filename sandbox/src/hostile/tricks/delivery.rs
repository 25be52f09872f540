//! What can be done to somebody who has paid: ask again, point elsewhere, deliver rubbish, lie about
//! the payment, or say nothing.

use super::offers::{metadata, moved};
use super::reading::packed;
use super::{ASK, POISON, Trick};
use crate::hostile::bomb::bomb;
use crate::hostile::line::Act;
use crate::hostile::paper::Reply;
use crate::hostile::till::Sale;
use serde_json::{Value, json};
use wire::header::encode_json;

/// Of what an endless body is made, at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Somebody else.
const STRANGER: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";

#[rustfmt::skip]
pub(super) const TRICKS: &[Trick] = &[
    Trick { name: "endless-402", unpaid: ASK,
            about: "takes the money, and asks for it again, for ever",
            paid: |it, _| it.ask() },
    Trick { name: "price-changes", unpaid: ASK,
            about: "takes the money, then says that the price has doubled",
            paid: |it, _| it.demand(it.offer_but("/amount", "2000".into())) },
    Trick { name: "payee-swaps", unpaid: ASK,
            about: "takes the money, then asks to pay somebody else",
            paid: |it, _| it.demand(it.offer_but("/payTo", STRANGER.into())) },
    Trick { name: "poisoned-refusal", unpaid: ASK,
            about: "takes the money, and refuses with instructions to a language model",
            paid: |_, sale| {
                let body = json!({ "error": POISON, "message": POISON, "x402Version": 2 });
                let receipt = sale.receipt_but("success", false.into());
                let receipt = with(receipt, "errorReason", POISON.into());
                Reply::deliver(&receipt).with_status(400).body(body.to_string()).into()
            } },
    Trick { name: "blocked", unpaid: ASK,
            about: "takes the money, then says that it does not serve this payer",
            paid: |_, _| Reply::status(403).into() },
    Trick { name: "conflict", unpaid: ASK,
            about: "takes the money, then says that it was used for something else",
            paid: |_, _| Reply::status(409).into() },
    Trick { name: "unavailable", unpaid: ASK,
            about: "takes the money, then answers 503 with a Retry-After of eleven days",
            paid: |_, _| Reply::status(503).header("retry-after", "999999").into() },
    Trick { name: "answer-lost", unpaid: ASK, paid: |_, _| Act::Reset,
            about: "takes the money, then resets the connection" },
    Trick { name: "answer-never", unpaid: ASK, paid: |_, _| Act::Hang,
            about: "takes the money, then never answers" },

    Trick { name: "paid-redirect", unpaid: ASK,
            about: "a redirect (307) to another origin, for the payment to follow",
            paid: |it, _| moved(307, it.elsewhere) },
    Trick { name: "handover-unpaid", unpaid: ASK,
            about: "takes the money, then points elsewhere (303) without a receipt",
            paid: |it, _| moved(303, it.elsewhere) },
    Trick { name: "handover-metadata", unpaid: ASK,
            about: "a sound receipt, and a 303 to where clouds keep credentials",
            paid: |_, sale| handover(sale, metadata()) },
    Trick { name: "handover-elsewhere", unpaid: ASK,
            about: "no trick, as object storage does it: a sound receipt, and a 303 to another origin",
            paid: |it, sale| handover(sale, it.elsewhere) },
    Trick { name: "handover-loop", unpaid: ASK,
            about: "a sound receipt, and a 303 to itself",
            paid: |it, sale| handover(sale, it.path) },

    Trick { name: "fake-delivery", unpaid: ASK,
            about: "takes the money; 200, rubbish and no receipt",
            paid: |_, _| Reply::text("lorem ipsum\n").into() },
    Trick { name: "receipt-failed", unpaid: ASK,
            about: "takes the money; 200 with a receipt that says it failed",
            paid: |_, sale| lie(sale, "success", false.into()) },
    Trick { name: "receipt-other-payer", unpaid: ASK,
            about: "takes the money; a receipt for somebody else's",
            paid: |_, sale| lie(sale, "payer", STRANGER.into()) },
    Trick { name: "receipt-other-network", unpaid: ASK,
            about: "takes the money; a receipt of another chain",
            paid: |_, sale| lie(sale, "network", "eip155:8453".into()) },
    Trick { name: "receipt-other-amount", unpaid: ASK,
            about: "takes the money; a receipt for another amount",
            paid: |_, sale| lie(sale, "amount", "1".into()) },
    Trick { name: "receipt-no-hash", unpaid: ASK,
            about: "takes the money; a receipt without a transaction",
            paid: |_, sale| lie(sale, "transaction", "".into()) },
    Trick { name: "receipt-broken-hash", unpaid: ASK,
            about: "takes the money; a receipt whose transaction is no hash",
            paid: |_, sale| lie(sale, "transaction", "0x1234".into()) },
    Trick { name: "receipt-invented", unpaid: ASK,
            about: "takes the money; a receipt with the hash of no transaction",
            paid: |_, sale| lie(sale, "transaction", format!("0x{}", "ab".repeat(32)).into()) },
    Trick { name: "receipt-rubbish", unpaid: ASK,
            about: "takes the money; a receipt that cannot be read",
            paid: |_, _| Reply::text("a report\n").header("payment-response", "%%%").into() },
    Trick { name: "receipt-twice", unpaid: ASK,
            about: "takes the money; two receipts, one good and one bad",
            paid: |_, sale| {
                let bad = sale.receipt_but("success", false.into()).to_string();
                Reply::deliver(&sale.receipt())
                    .header("payment-response", encode_json(bad.as_bytes()))
                    .into()
            } },

    Trick { name: "paid-body-short", unpaid: ASK,
            about: "a good receipt, and less content than announced",
            paid: |_, sale| {
                let head = receipted(sale).header("content-length", "100000").head();
                Act::Leave([head, b"only this".to_vec()].concat())
            } },
    Trick { name: "paid-body-endless", unpaid: ASK,
            about: "a good receipt, and content without end",
            paid: |_, sale| Act::Endless(receipted(sale).head(), vec![b'x'; PIECE_BYTES]) },
    Trick { name: "paid-body-slow", unpaid: ASK,
            about: "a good receipt, and one byte of content every tenth of a second",
            paid: |_, sale| Act::Drip(receipted(sale).head(), b'x') },
    Trick { name: "paid-body-bomb", unpaid: ASK,
            about: "a good receipt, and seven megabytes that unpack to a gigabyte",
            paid: |_, sale| packed(&receipted(sale), bomb()) },
];

fn receipted(sale: &Sale) -> Reply {
    Reply::deliver(&sale.receipt())
}

fn lie(sale: &Sale, name: &str, value: Value) -> Act {
    Reply::deliver(&sale.receipt_but(name, value)).into()
}

fn handover(sale: &Sale, location: &str) -> Act {
    receipted(sale).with_status(303).header("location", location).body("").into()
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}
