//! What follows a paid request that brought no content: the same bytes again, or a typed end. Never
//! a second signature.

use agent::aftermath::SendDoubt;

use crate::scene::{Ending, NOW, PATH, after_demand, buy, play, terms};
use crate::server::{Act, Reply, Server};
use crate::wares::{HASH, challenge, delivery, demand, offer, settlement};

fn delivered() -> Act {
    delivery(&settlement()).into()
}

fn busy(code: &str) -> Reply {
    Reply::new(503).body(format!(r#"{{"error":"{code}"}}"#))
}

fn assert_same_bytes(ending: &Ending, claim: &str) {
    assert!(ending.payments.windows(2).all(|it| it[0] == it[1]), "{claim}: other bytes");
    assert_eq!(ending.signatures, 1, "{claim}");
}

/// AG02 and AG03, within one purchase.
#[tokio::test]
async fn doubt_is_resolved_with_the_same_bytes() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-le".to_vec();
    #[rustfmt::skip]
    let rows: [(&str, Vec<Act>, &[u64]); 11] = [
        ("no answer",            vec![Act::Hang],                                            &[2]),
        ("closed",               vec![Act::Close],                                           &[2]),
        ("head cut short",       vec![Act::Raw(cut)],                                        &[2]),
        ("not HTTP",             vec![Act::Raw(b"SSH-2.0-x\r\n\r\n".to_vec())],              &[2]),
        ("500",                  vec![Reply::new(500).into()],                               &[2]),
        ("502 from a proxy",     vec![Reply::new(502).body("<html>").into()],                &[2]),
        ("504 from a CDN",       vec![Reply::new(504).into()],                               &[2]),
        ("settlement unknown",   vec![busy("settlement_unknown").header("retry-after", "5").into()], &[5]),
        ("settlement pending",   vec![busy("settlement_pending").into(), busy("settlement_pending").into()], &[2, 4]),
        ("slow down",            vec![Reply::new(429).header("retry-after", "1").into()],    &[2]),
        ("come back in an hour", vec![busy("x").header("retry-after", "3600").into()],       &[30]),
    ];
    for (claim, mut acts, pauses) in rows {
        acts.push(delivered());
        let sends = acts.len();
        let ending = play(terms(), |url| after_demand(url, acts)).await;
        assert_eq!((ending.word(), ending.payments.len()), ("paid", sends), "{claim}");
        assert_eq!(ending.pauses, pauses, "{claim}");
        assert_same_bytes(&ending, claim);
    }
}

#[tokio::test]
async fn sending_ends() {
    let ending =
        play(terms(), |url| after_demand(url, vec![busy("settlement_unknown").into(); 20])).await;
    assert_eq!((ending.word(), ending.payments.len()), ("payment_unknown", 7));
    assert_eq!(ending.pauses, [2, 4, 8, 16, 30, 30]);
    assert_same_bytes(&ending, "in the end");
    let error = ending.outcome.unwrap_err();
    let aftermath = error.aftermath().unwrap();
    assert_eq!(aftermath.attempts, 7);
    assert_eq!(aftermath.exposure.valid_before.seconds(), NOW + 60);
    assert_eq!(error.to_string(), "sent, outcome unknown: status 503 (settlement_unknown)");
}

#[tokio::test]
async fn a_server_cannot_keep_its_payer_waiting() {
    let slow = || busy("settlement_pending").header("retry-after", "30");
    let ending = play(terms(), |url| after_demand(url, (0..20).map(|_| slow().into()))).await;
    assert_eq!((ending.word(), ending.pauses), ("payment_unknown", vec![30, 30, 30]));
    assert_eq!(ending.signatures, 1);
}

#[tokio::test]
async fn a_pending_transaction_is_reported() {
    let pending = serde_json::json!({
        "success": false, "errorReason": "settlement_pending", "transaction": HASH,
        "network": "eip155:84532",
    });
    let header = wire::header::encode_json(pending.to_string().as_bytes());
    let reply = Reply::new(503).header("PAYMENT-RESPONSE", header);
    let ending = play(terms(), |url| after_demand(url, vec![reply.into(); 7])).await;
    let error = ending.outcome.unwrap_err();
    let SendDoubt::Answered { status, code, transaction, .. } = &error.aftermath().unwrap().last
    else {
        panic!("{error}")
    };
    assert_eq!((*status, code.as_ref().unwrap().as_str()), (503, "settlement_pending"));
    assert_eq!(transaction.unwrap().to_string(), HASH);
}

#[tokio::test]
async fn a_refusal_after_paying_is_final() {
    #[rustfmt::skip]
    let rows = [
        (400, "invalid_payload",      "payment_rejected"),
        (403, "payment_blocked",      "payment_blocked"),
        (404, "not_found",            "payment_rejected"),
        (409, "payment_already_used", "payment_conflict"),
        (412, "permit2_allowance_required", "payment_rejected"),
        (431, "header_too_large",     "payment_rejected"),
    ];
    for (status, said, code) in rows {
        let reply = Reply::new(status).body(format!(r#"{{"error":"{said}"}}"#));
        let ending = play(terms(), |url| after_demand(url, [reply.into(), delivered()])).await;
        assert_eq!((ending.word(), ending.signatures), (code, 1), "{said}");
        assert_eq!(ending.payments.len(), 1, "{said}");
        let error = ending.outcome.unwrap_err();
        let last = error.aftermath().unwrap().last.to_string();
        assert_eq!(last, format!("status {status} ({said})"));
    }
}

/// AG08.
#[tokio::test]
async fn a_second_challenge_gets_no_second_signature() {
    for amount in ["10000", "1", "99999999"] {
        let ending = play(terms(), |url| {
            let mut again = offer();
            again["amount"] = amount.into();
            let mut document = challenge(url, vec![again]);
            document["error"] = "insufficient_funds".into();
            after_demand(url, [demand(&document).into(), delivered()])
        })
        .await;
        assert_eq!((ending.word(), ending.signatures), ("payment_rechallenged", 1));
        assert_eq!((ending.payments.len(), ending.requests), (1, 2));
        let error = ending.outcome.unwrap_err().to_string();
        assert_eq!(
            error,
            "sent, and the server asks to be paid again: status 402 (insufficient_funds)"
        );
    }
}

#[tokio::test]
async fn a_second_challenge_after_doubt_gets_none_either() {
    let ending = play(terms(), |url| {
        let again = demand(&challenge(url, vec![offer()]));
        after_demand(url, [Act::Close, again.into(), delivered()])
    })
    .await;
    assert_eq!((ending.word(), ending.signatures), ("payment_rechallenged", 1));
    assert_eq!(ending.payments.len(), 2);
    assert_same_bytes(&ending, "double 402");
}

#[tokio::test]
async fn a_payment_can_be_presented_again_for_content_that_broke_off() {
    let server = Server::start().await;
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this".to_vec();
    server.script(after_demand(&server.url(PATH), [Act::Raw(cut), delivered()]));
    let (wallet, world) = Default::default();
    let agent = crate::scene::agent(&wallet, &world, terms()).build().unwrap();
    let mut broken = agent.fetch(&server.url(PATH)).await.unwrap();
    assert_eq!(broken.bytes().await.unwrap_err().code(), "body_interrupted");
    let (target, payment) = broken.into_payment().unwrap();
    let mut whole = agent.present(target, payment).await.unwrap();
    assert_eq!(whole.bytes().await.unwrap(), b"the report\n");
    let payments = server.payments();
    assert_eq!((payments.len(), &payments[0]), (2, &payments[1]));
    assert_eq!(wallet.signatures.load(std::sync::atomic::Ordering::Relaxed), 1);
}

/// A server that goes away between the challenge and the payment has not seen the signature.
#[tokio::test]
async fn a_payment_that_never_left_is_told_apart() {
    let short_lived = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}{PATH}", short_lived.local_addr().unwrap());
    let answer = demand(&challenge(&url, vec![offer()])).header("connection", "close").bytes();
    let once = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = short_lived.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(&answer).unwrap();
    });
    let (wallet, world) = Default::default();
    let agent = crate::scene::agent(&wallet, &world, terms()).build().unwrap();
    let error = agent.fetch(&url).await.unwrap_err();
    once.join().unwrap();
    assert_eq!(error.code(), "payment_not_sent");
    assert!(error.aftermath().is_none(), "nothing can move");
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_no_doubt() {
    let server = Server::start().await;
    let url = server.url(PATH);
    let close = demand(&challenge(&url, vec![offer()])).header("connection", "close");
    server.script([close.into(), delivered()]);
    let ending = buy(&server, terms()).await;
    assert_eq!((ending.word(), ending.payments.len()), ("paid", 1));
}
