//! Everything that is read has an end: challenges, refusals, content.

use crate::scene::{PATH, after_demand, buy, play, terms};
use crate::server::{Act, Reply, Server};
use crate::wares::{challenge, challenge_v1, delivery, demand, offer, settlement};

/// AG17.
#[tokio::test]
async fn a_challenge_is_bounded_in_bytes_and_in_time() {
    let endless = b"HTTP/1.1 402 X\r\ntransfer-encoding: identity\r\n\r\n{".to_vec();
    let announced = b"HTTP/1.1 402 X\r\ncontent-length: 1000000000\r\n\r\n{".to_vec();
    let small = b"HTTP/1.1 402 X\r\ncontent-length: 60000\r\n\r\n{".to_vec();
    let gzip =
        b"HTTP/1.1 402 X\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00"
            .to_vec();
    #[rustfmt::skip]
    let rows = [
        ("a gigabyte, announced",  Act::Raw(announced),                       "challenge_too_large"),
        ("endless",                Act::Endless(endless),                     "challenge_too_large"),
        ("a byte at a time",       Act::Drip(small),                                   "timed_out"),
        ("64 KiB and a byte",      Reply::new(402).body(vec![b' '; 65_537]).into(),   "challenge_too_large"),
        ("packed",                 Act::Raw(gzip),                                    "invalid_challenge"),
        ("header of 17 KiB",       Reply::new(402).header("PAYMENT-REQUIRED", "A".repeat(17 * 1024)).into(), "challenge_too_large"),
        ("no answer",              Act::Hang,                                         "timed_out"),
    ];
    for (claim, act, code) in rows {
        let ending = play(terms(), |_| vec![act]).await;
        assert_eq!((ending.word(), ending.signatures), (code, 0), "{claim}");
    }
}

#[tokio::test]
async fn a_large_v1_challenge_within_the_limit_is_read() {
    let server = Server::start().await;
    let document = challenge_v1(&server.url(PATH)).to_string();
    let padded = document + &" ".repeat(60_000);
    server.script([Reply::new(402).body(padded).into(), delivery(&settlement()).into()]);
    assert_eq!(buy(&server, terms()).await.word(), "paid");
}

#[tokio::test]
async fn the_body_beside_a_good_header_does_not_matter() {
    for act in [Act::Endless, Act::Drip, Act::Stall] {
        let server = Server::start().await;
        let header = demand(&challenge(&server.url(PATH), vec![offer()])).headers[0].1.clone();
        let head = format!("HTTP/1.1 402 X\r\nPAYMENT-REQUIRED: {header}\r\n\r\n");
        server.script([act(head.into_bytes()), delivery(&settlement()).into()]);
        let ending = buy(&server, terms()).await;
        assert_eq!((ending.word(), ending.signatures), ("paid", 1));
    }
}

#[tokio::test]
async fn content_that_breaks_off_is_not_taken_for_complete() {
    let receipt = delivery(&settlement()).headers[0].1.clone();
    let head = |rest: &str| {
        format!("HTTP/1.1 200 OK\r\nPAYMENT-RESPONSE: {receipt}\r\n{rest}").into_bytes()
    };
    #[rustfmt::skip]
    let rows = [
        ("short of its length",   head("content-length: 100\r\n\r\nonly this")),
        ("chunk cut short",       head("transfer-encoding: chunked\r\n\r\n64\r\nonly this")),
        ("no last chunk",         head("transfer-encoding: chunked\r\n\r\n4\r\nonly\r\n")),
    ];
    for (claim, bytes) in rows {
        let ending = play(terms(), |url| after_demand(url, [Act::Raw(bytes)])).await;
        assert_eq!((ending.word(), ending.signatures), ("body_interrupted", 1), "{claim}");
    }
}

#[tokio::test]
async fn content_has_a_largest_size() {
    let endless = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 100001\r\n\r\n".to_vec();
    for act in [Act::Endless(endless), Act::Endless(announced)] {
        let server = Server::start().await;
        server.script([act]);
        let (wallet, world) = Default::default();
        let agent = crate::scene::agent(&wallet, &world, terms());
        let agent = agent.body_limit(100_000).build().unwrap();
        let mut response = agent.fetch(&server.url(PATH)).await.unwrap();
        let error = response.bytes().await.unwrap_err();
        assert_eq!(error.code(), "body_too_large");
        assert_eq!(error.to_string(), "the content is larger than 100000 bytes");
    }
}

#[tokio::test]
async fn content_that_falls_silent_ends() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly".to_vec();
    let ending = play(terms(), |_| vec![Act::Stall(head)]).await;
    assert_eq!(ending.word(), "body_interrupted");
}
