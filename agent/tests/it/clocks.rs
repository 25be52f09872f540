//! The payer's clock, and everybody else's. AG25: nothing is signed by a clock that the server's
//! contradicts, and where they agree, no clock can make a payment too early or too long.

use agent::decisions::terms::WINDOW_MAX;
use serde_json::Value;
use wire::header;

use crate::scene::{CountingWallet, NOW, PATH, StillWorld, agent, terms};
use crate::server::Server;
use crate::wares::{challenge, delivery, demand, offer, settlement};

/// [`NOW`] as servers write it.
const DATE: &str = "Sat, 21 Nov 2026 00:48:51 GMT";

/// One purchase by a clock that is so many seconds off: how it ends, and from when until when the
/// payment was good, seen from the server.
async fn bought(shifted: i64, headers: &[(&str, &str)]) -> (&'static str, Option<(i64, i64)>) {
    let server = Server::start().await;
    let url = server.url(PATH);
    let demand = demand(&challenge(&url, vec![offer()]));
    let demand = headers.iter().fold(demand, |it, (name, value)| it.header(name, *value));
    server.script([demand.into(), delivery(&settlement()).into()]);
    let (wallet, world) = (CountingWallet::default(), StillWorld::shifted(shifted));
    let agent = agent(&wallet, &world, terms()).build().unwrap();
    let ending = agent.fetch(&url).await.map_or_else(|why| why.code(), |_| "paid");
    let window = server.payments().first().map(|payment| {
        let json = header::decode_json(payment.as_bytes(), 16_384).unwrap();
        let sent: Value = wire::json::parse(&json).unwrap();
        let time = |name: &str| -> i64 {
            sent["payload"]["authorization"][name].as_str().unwrap().parse().unwrap()
        };
        (time("validAfter"), time("validBefore") - i64::try_from(NOW).unwrap())
    });
    (ending, window)
}

#[tokio::test]
async fn nothing_is_signed_by_a_clock_that_the_servers_contradicts() {
    let (dated, none) = (&[("date", DATE)][..], &[][..]);
    let cached = &[("date", "Sat, 21 Nov 2026 00:38:51 GMT"), ("age", "600")][..];
    let future = &[("date", "Thu, 21 Nov 2058 00:48:51 GMT")][..];
    let signed = |until| ("paid", Some((0, until)));
    let refused = ("clock_skew", None);
    #[rustfmt::skip]
    let rows = [
        // our clock   the server's   ending
        (0,            dated,         signed(60)),
        (5,            dated,         signed(65)),
        (-5,           dated,         signed(55)),
        (30,           dated,         signed(90)),
        (-30,          dated,         signed(30)),
        (31,           dated,         refused),
        (-31,          dated,         refused),
        (600,          dated,         refused),
        (-600,         dated,         refused),
        (0,            cached,        signed(60)),
        // A server cannot talk anybody into a longer signature.
        (0,            future,        refused),
        (600,          none,          signed(660)),
    ];
    for (shifted, headers, expected) in rows {
        assert_eq!(bought(shifted, headers).await, expected, "{shifted} {headers:?}");
    }
    assert!(WINDOW_MAX.as_secs() <= 300, "and for how long is ours to say");
}
