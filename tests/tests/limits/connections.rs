//! `limits.connections`, `header_timeout_seconds` and `send_timeout_seconds`: crowds, clients that say
//! nothing, and clients that take nothing.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::http::{Reply, request};
use crate::market::{GOODS, Market, assert_comes_back_later};

/// As many as this process has descriptors for, both ends of a connection being in it.
fn thousands() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let row = limits.lines().find_map(|it| it.strip_prefix("Max open files"));
    let soft = row.and_then(|it| it.split_whitespace().next()?.parse().ok()).unwrap_or(1024_usize);
    (soft.saturating_sub(300) / 2).min(3000)
}

#[tokio::test]
async fn one_connection_too_many_is_told_to_come_back_and_the_others_go_on() {
    let count = thousands();
    let market = Market::unpaid(&format!("connections = {count}")).await;
    let mut open = Vec::new();
    for _ in 0..count {
        open.push(TcpStream::connect(market.address).await.unwrap());
    }
    for _ in 0..10 {
        let reply = market.get("/premium/a.json", &[]).await;
        assert_comes_back_later(&reply, "too many connections are open");
        assert_eq!(reply.header("connection"), Some("close"));
    }
    for stream in [0, count / 2, count - 1] {
        assert_eq!(answer(&mut open[stream]).await.status, 402, "{stream}");
    }
    // One of those was told to close its connection; its place is given away.
    drop(open);
    let mut reply = market.get("/premium/a.json", &[]).await;
    for _ in 0..10_000 {
        if reply.status == 402 {
            break;
        }
        tokio::task::yield_now().await;
        reply = market.get("/premium/a.json", &[]).await;
    }
    assert_eq!(reply.ending(), "402 payment_required", "there is room again");
}

async fn answer(stream: &mut TcpStream) -> Reply {
    stream.write_all(&request("GET", "/premium/a.json", &[])).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    Reply::parse(&bytes)
}

/// Silence, half a line, all but the last line, a second request that does not come; and a byte now
/// and then, which is no progress either.
#[tokio::test]
async fn who_does_not_finish_asking_is_not_waited_for() {
    let market = Market::unpaid("header_timeout_seconds = 1\nconnections = 5").await;
    let whole = "GET /free/a.txt HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut streams = Vec::new();
    for begin in ["", "GE", &whole[..whole.len() - 2], whole] {
        let mut stream = TcpStream::connect(market.address).await.unwrap();
        stream.write_all(begin.as_bytes()).await.unwrap();
        streams.push((begin, stream));
    }
    let mut dripping = TcpStream::connect(market.address).await.unwrap();
    let drip = tokio::spawn(async move {
        let mut sent = 0;
        // Fails once the other side is gone.
        while dripping.write_all(b"a").await.is_ok() && sent < 1000 {
            sent += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        sent
    });
    assert_eq!(market.get("/premium/a.json", &[]).await.status, 503, "all places are taken");
    for (begin, mut stream) in streams {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        assert_eq!(bytes.ends_with(GOODS), begin == whole, "{begin:?}");
        assert_eq!(bytes.is_empty(), begin != whole, "{begin:?}");
    }
    assert!(drip.await.unwrap() < 1000);
    assert_eq!(market.get("/premium/a.json", &[]).await.status, 402, "all places are free");
}

#[tokio::test]
async fn who_takes_nothing_of_an_object_is_not_waited_for_and_who_takes_little_is() {
    const SIZE: u64 = 96 * 1024 * 1024;
    let market = Market::unpaid("send_timeout_seconds = 1").await;
    let file = std::fs::File::create(market.folder.path().join("content/free/large.bin")).unwrap();
    file.set_len(SIZE).unwrap();
    let begin = async || {
        let mut stream = TcpStream::connect(market.address).await.unwrap();
        stream.write_all(&request("GET", "/free/large.bin", &[])).await.unwrap();
        let mut head = vec![0; 512];
        stream.read_exact(&mut head).await.unwrap();
        (stream, head)
    };
    let (mut stuck, mut part) = begin().await;
    let (mut slow, mut whole) = begin().await;
    // More than the limit in all, and never as long at once.
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let mut some = vec![0; 8 * 1024 * 1024];
        slow.read_exact(&mut some).await.unwrap();
        whole.extend(some);
    }
    slow.read_to_end(&mut whole).await.unwrap();
    assert_eq!(Reply::parse(&whole).body.len() as u64, SIZE);
    // What the system had taken in is there, and then the connection is over.
    let _ = stuck.read_to_end(&mut part).await;
    assert!((Reply::parse(&part).body.len() as u64) < SIZE);
}
