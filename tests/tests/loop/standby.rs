//! Two facilitators of one chain, the second standing in for the first. Whatever the first does, a
//! payment is charged once, and no reply invites a new one where it may have been.

use sandbox::facilitator::Journal;
use sandbox::faults::{Endpoint, Faults};
use sandbox::server::Server;
use sandbox::world::{Options, Sandbox};

use crate::http::{Reply, ask};
use crate::market::{GOODS, Market};
use crate::payer::sign;

/// A market with somebody to stand in for its facilitator.
struct Pair {
    market: Market,
    second: Journal,
    _server: Server,
}

impl Pair {
    /// With these faults of the first and of the second.
    async fn open(first: &str, second: &str, verify: &str) -> Self {
        let mut options = Options::instant();
        if !first.is_empty() {
            options = options.fault(first).unwrap();
        }
        let sandbox = Sandbox::start(options).await.unwrap();
        let url = sandbox.facilitator_url();
        Self::around(sandbox, &url, second, verify).await
    }

    async fn around(sandbox: Sandbox, first_url: &str, second: &str, verify: &str) -> Self {
        let (faults, journal) = (Faults::default(), Journal::default());
        if !second.is_empty() {
            faults.order(second).unwrap();
        }
        let server = sandbox.another_facilitator(&faults, &journal).await.unwrap();
        let section =
            format!("url = \"{first_url}\"\n[[facilitator.fallbacks]]\nurl = \"{}\"", server.url());
        let market = Market::around(sandbox, verify, &section).await;
        Self { market, second: journal, _server: server }
    }

    async fn pay(&self, nonce: u8) -> Reply {
        let challenge = ask(self.market.address, "GET", "/premium/a.json", &[]).await;
        let payment = sign(nonce, 0, self.market.opened).header(&challenge);
        let paid = [("payment-signature", payment.as_str())];
        ask(self.market.address, "GET", "/premium/a.json", &paid).await
    }

    /// Calls of the first and of the second.
    fn calls(&self, endpoint: Endpoint) -> (u64, u64) {
        (self.market.sandbox.journal().count(endpoint), self.second.count(endpoint))
    }
}

#[tokio::test]
async fn who_gives_no_verdict_is_followed_by_the_next() {
    let unavailable = "503 facilitator_unavailable";
    #[rustfmt::skip]
    let rows = [
        // the first's fault                   the second's        ending                    verify  settle  sold
        ("",                                   "",                 "200 object",             (1, 0), (1, 0), 1),
        ("verify:5xx=500*9",                   "",                 "200 object",             (1, 1), (0, 1), 1),
        ("verify:garbage*9",                   "",                 "200 object",             (1, 1), (0, 1), 1),
        ("verify:429=7*9",                     "",                 "200 object",             (1, 1), (0, 1), 1),
        ("verify:hang*9",                      "",                 "200 object",             (1, 1), (0, 1), 1),
        ("verify:redirect=302,http://127.0.0.1:9/*9", "",          "200 object",             (1, 1), (0, 1), 1),
        // A broken connection is tried once more before somebody else is asked.
        ("verify:reset*9",                     "",                 "200 object",             (2, 1), (0, 1), 1),
        ("verify:5xx=500*9",                   "verify:garbage*9", unavailable,              (1, 1), (0, 0), 0),
        ("verify:429=7*9",                     "verify:garbage*9", unavailable,              (1, 1), (0, 0), 0),
        // A verdict is final: nobody is asked for a better one.
        ("verify:refuse=insufficient_funds*9", "",                 "402 insufficient_funds", (1, 0), (0, 0), 0),
        ("verify:refuse=kyt_risk_detected*9",  "",                 "403 payment_blocked",    (1, 0), (0, 0), 0),
        ("verify:5xx=500*9", "verify:refuse=insufficient_funds*9", "402 insufficient_funds", (1, 1), (0, 0), 0),
    ];
    for (first, second, ending, verify, settle, sold) in rows {
        let pair = Pair::open(first, second, "doubt").await;
        let got = pair.pay(1).await;
        assert_eq!(got.ending(), ending, "{first} {second}");
        assert_eq!(pair.calls(Endpoint::Verify), verify, "{first} {second}");
        assert_eq!(pair.calls(Endpoint::Settle), settle, "{first} {second}");
        assert_eq!(pair.market.sold(), sold, "{first} {second}");
        assert_eq!(got.invites_payment(), got.status == 402, "{first} {second}");
        if ending == unavailable {
            let after = if first.contains("429") { "7" } else { "2" };
            assert_eq!(got.header("retry-after"), Some(after), "{first} {second}");
        }
    }
}

#[tokio::test]
async fn a_settlement_goes_to_the_second_without_being_charged_twice() {
    let (served, unknown) = ("200 object", "503 settlement_unknown");
    #[rustfmt::skip]
    let rows = [
        // chain   the first's fault                              the second's                          ending                    settle  sold
        ("doubt", "settle:reset*1",                               "",                                   served,                   (1, 1), 1),
        ("doubt", "settle:5xx=502*1",                             "",                                   served,                   (1, 1), 1),
        ("doubt", "settle:garbage*1",                             "",                                   served,                   (1, 1), 1),
        ("off",   "settle:reset*1",                               "",                                   served,                   (1, 1), 1),
        // It had settled: the second finds the nonce used, and the chain shows by whom.
        ("doubt", "settle:reset-after-settling*1",                "",                                   served,                   (1, 1), 1),
        ("doubt", "settle:5xx-after-settling=502*1",              "",                                   served,                   (1, 1), 1),
        ("off",   "settle:5xx-after-settling=502*1",              "",                                   unknown,                  (1, 1), 1),
        // The second's word that nothing was taken is no proof of what the first did.
        ("off",   "settle:5xx-after-settling=502*1",              "settle:refuse=insufficient_funds*1", unknown,                  (1, 1), 1),
        ("off",   "settle:reset*1",                               "settle:refuse=insufficient_funds*1", unknown,                  (1, 1), 0),
        // An answer is an answer, whatever it says.
        ("doubt", "settle:refuse=insufficient_funds*1",           "",                                   "402 insufficient_funds", (1, 0), 0),
        ("doubt", "settle:refuse=unexpected_error*1",             "",                                   unknown,                  (1, 0), 0),
    ];
    for (verify, first, second, ending, settle, sold) in rows {
        let pair = Pair::open(first, second, verify).await;
        let got = pair.pay(1).await;
        let name = format!("{verify} {first} {second}");
        assert_eq!(got.ending(), ending, "{name}");
        assert_eq!(pair.calls(Endpoint::Settle), settle, "{name}");
        assert_eq!(pair.market.sold(), sold, "{name}");
        assert_eq!(got.invites_payment(), ending.starts_with("402"), "{name}");
        if ending != served {
            assert!(!got.body.windows(6).any(|it| it == &GOODS[2..8]), "{name}: no byte of it");
        }
    }
}

/// The next request with the same payment is settled by whoever works.
#[tokio::test]
async fn a_facilitator_that_cannot_settle_is_left_alone_for_a_while() {
    let pair = Pair::open("settle:refuse=unexpected_error*9", "", "doubt").await;
    assert_eq!(pair.pay(1).await.ending(), "503 settlement_unknown");
    assert_eq!(pair.calls(Endpoint::Settle), (1, 0));
    assert_eq!(pair.pay(1).await.ending(), "200 object");
    assert_eq!(pair.pay(2).await.ending(), "200 object");
    assert_eq!((pair.calls(Endpoint::Settle), pair.market.sold()), ((1, 2), 2));
}

#[tokio::test]
async fn a_facilitator_that_fails_again_and_again_is_asked_last() {
    let pair = Pair::open("verify:5xx=503*99", "", "doubt").await;
    for nonce in 1..=5 {
        assert_eq!(pair.pay(nonce).await.ending(), "200 object");
    }
    assert_eq!((pair.calls(Endpoint::Verify), pair.market.sold()), ((3, 5), 5));
}

#[tokio::test]
async fn a_facilitator_that_is_not_there_costs_nothing_but_the_attempt() {
    let sandbox = Sandbox::start(Options::instant()).await.unwrap();
    // Nobody listens there: it is the port of an old protocol that throws away what it gets.
    let gone = "127.0.0.1:9";
    let pair = Pair::around(sandbox, &format!("http://{gone}"), "", "off").await;
    assert_eq!((pair.pay(1).await.status, pair.market.sold()), (200, 1));
    let pair = {
        let sandbox = Sandbox::start(Options::instant()).await.unwrap();
        let refuses = "settle:refuse=insufficient_funds*1";
        Pair::around(sandbox, &format!("http://{gone}"), refuses, "off").await
    };
    // Nothing was sent to the first: the second's word is as good as if it were the only one.
    let got = pair.pay(1).await;
    assert_eq!((got.ending().as_str(), pair.market.sold()), ("402 insufficient_funds", 0));
}
