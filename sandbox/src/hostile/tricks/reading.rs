//! Replies that are hard to read: too large, too slow, ambiguous, or no HTTP at all.

use super::{ASK, SELL, Trick};
use crate::hostile::bomb::bomb;
use crate::hostile::line::Act;
use crate::hostile::paper::{Reply, Stage};
use wire::header::encode_json;

/// Of what endless bodies and headers are made, at a time.
const PIECE_BYTES: usize = 64 * 1024;

#[rustfmt::skip]
pub(super) const TRICKS: &[Trick] = &[
    Trick { name: "duplicate-keys", paid: SELL,
            about: "a challenge with two amounts, a low one and a high one",
            unpaid: |it| {
                let text = it.challenge(vec![it.offer()]).to_string();
                Reply::demand(&text.replace("\"amount\":", "\"amount\":\"9000000\",\"amount\":")).into()
            } },
    Trick { name: "broken-base64", paid: SELL,
            about: "a challenge that is no base64",
            unpaid: |_| Reply::demand_raw("eyJ4NDAyVmVyc2lvbiI6Mn0!!").into() },
    Trick { name: "not-json", paid: SELL,
            about: "a challenge that is no JSON",
            unpaid: |_| Reply::demand("payment required, please").into() },
    Trick { name: "deep-json", paid: SELL,
            about: "five thousand arrays in each other, to overflow a stack",
            unpaid: |_| Reply::demand(&"[".repeat(5_000)).into() },
    Trick { name: "two-challenges", paid: SELL,
            about: "two challenges, one cheap and one dear",
            unpaid: |it| {
                let dear = it.challenge(vec![it.offer_but("/amount", "90000".into())]).to_string();
                let cheap = Reply::demand(&it.challenge(vec![it.offer()]).to_string());
                cheap.header("payment-required", encode_json(dear.as_bytes())).into()
            } },
    Trick { name: "no-challenge", paid: SELL,
            about: "402, and nothing else",
            unpaid: |_| Reply::status(402).into() },
    Trick { name: "header-large", paid: SELL,
            about: "a challenge of 20 KiB in a header",
            unpaid: |it| {
                let mut challenge = it.challenge(vec![it.offer()]);
                challenge["resource"]["description"] = "x".repeat(15 * 1024).into();
                Reply::demand(&challenge.to_string()).into()
            } },
    Trick { name: "header-endless", paid: SELL,
            about: "headers without end",
            unpaid: |_| endless_headers(&Reply::status(402)) },
    Trick { name: "header-slow", paid: SELL,
            about: "one byte of a header every tenth of a second",
            unpaid: |_| slow_headers(&Reply::status(402)) },
    Trick { name: "header-split", paid: SELL,
            about: "a bare carriage return within a header, where another header begins",
            unpaid: |it| {
                let value = encode_json(it.challenge(vec![it.offer()]).to_string().as_bytes());
                Reply::demand_raw(&format!("{value}\rset-cookie: paid=1")).into()
            } },
    Trick { name: "body-announced", paid: SELL,
            about: "402 with a version 1 challenge in a body that is to have a gigabyte",
            unpaid: |it| {
                let head = Reply::status(402).header("content-length", "1073741824").head();
                let start = it.challenge_v1().to_string().into_bytes();
                Act::Endless([head, start].concat(), vec![b' '; PIECE_BYTES])
            } },
    Trick { name: "body-endless", paid: SELL,
            about: "402 with a version 1 challenge and blanks without end",
            unpaid: |it| {
                let start = it.challenge_v1().to_string().into_bytes();
                Act::Endless([Reply::status(402).head(), start].concat(), vec![b' '; PIECE_BYTES])
            } },
    Trick { name: "body-slow", paid: SELL,
            about: "402 with a body of one byte every tenth of a second",
            unpaid: |_| Act::Drip(Reply::status(402).header("content-length", "60000").head(), b' ') },
    Trick { name: "body-bomb", paid: SELL,
            about: "402 with a body of seven megabytes that unpacks to a gigabyte",
            unpaid: |_| packed(&Reply::status(402), bomb()) },
    Trick { name: "body-bomb-small", paid: SELL,
            about: "402 with a body of 60 KiB that unpacks to nine megabytes",
            unpaid: |_| packed(&Reply::status(402), bomb()[..60 * 1024].to_vec()) },
    Trick { name: "body-beside-endless", paid: SELL,
            about: "a good challenge in the header, and a body without end",
            unpaid: |it| {
                let challenge = it.challenge(vec![it.offer()]).to_string();
                Act::Endless(Reply::demand(&challenge).head(), vec![b' '; PIECE_BYTES])
            } },
    Trick { name: "not-http", paid: SELL,
            about: "a greeting of another protocol",
            unpaid: |_| Act::Leave(b"220 mail.shop.example ESMTP ready\r\n".to_vec()) },
    Trick { name: "silence", paid: SELL, unpaid: |_| Act::Hang,
            about: "never answers" },
    Trick { name: "status-flood", unpaid: |_| Act::Endless(Vec::new(), CONTINUE.repeat(100)), paid: SELL,
            about: "100 Continue, without end" },
    Trick { name: "v1", unpaid: |it: &Stage<'_>| {
                Reply::status(402).body(it.challenge_v1().to_string()).into()
            }, paid: SELL,
            about: "no trick: the honest sale in version 1, receipt in version 2's header" },
    Trick { name: "paid-header-endless", unpaid: ASK,
            about: "takes the money, then sends headers without end",
            paid: |_, _| endless_headers(&Reply::status(200)) },
    Trick { name: "paid-header-slow", unpaid: ASK,
            about: "takes the money, then sends one byte of a header every tenth of a second",
            paid: |_, _| slow_headers(&Reply::status(200)) },
];

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

fn endless_headers(reply: &Reply) -> Act {
    let line = format!("x-filler: {}\r\n", "x".repeat(1_000));
    Act::Endless(reply.open_head().into_bytes(), line.repeat(64).into_bytes())
}

fn slow_headers(reply: &Reply) -> Act {
    Act::Drip([reply.open_head().as_bytes(), b"x-filler: "].concat(), b'x')
}

pub(super) fn packed(reply: &Reply, body: Vec<u8>) -> Act {
    reply.clone().header("content-encoding", "gzip").body(body).into()
}
