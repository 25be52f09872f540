//! Sales as they should be: paid once, delivered whole, and worth nothing a second time.

use std::time::Duration;

use agent::decisions::terms::Terms;
use agent::{Agent, LocalKey};
use sandbox::facilitator::Journal;
use sandbox::faults::Endpoint;
use sandbox::world::Options;
use wire::U256;

use crate::http::ask;
use crate::market::{GOODS, Market, PRICE, payee};
use crate::payer::{self, sign};

fn calls(journal: &Journal) -> (u64, u64) {
    (journal.count(Endpoint::Verify), journal.count(Endpoint::Settle))
}

#[tokio::test]
async fn an_agent_buys_a_file() {
    let market = Market::open(Options::instant()).await;
    let (payer, before) = (payer::key().address(), market.balance(payer::key().address()));
    let secret = sandbox::accounts::testers()[1].secret();
    let terms = Terms::up_to("$0.01".parse().unwrap()).unwrap();
    let agent = Agent::builder(LocalKey::from_hex(&secret.to_string()).unwrap(), terms);
    let agent = agent.build().unwrap();

    let mut got = agent.fetch(&market.url("/premium/a.json")).await.unwrap();
    assert_eq!(got.bytes().await.unwrap(), GOODS);
    let receipt = got.receipt().unwrap();
    assert!(receipt.is_settled());

    assert_eq!(before - market.balance(payer), U256::from(PRICE));
    assert_eq!(market.sold(), 1);
    assert_eq!(calls(market.sandbox.journal()), (1, 1));
    let (hashes, records): (Vec<_>, Vec<_>) =
        market.records().into_iter().partition(|it| it.len() >= 64);
    assert_eq!((hashes.len(), records), (2, vec!["claim.json".into(), "settled.json".into()]));
    let (bound, named): (Vec<_>, Vec<_>) = hashes.iter().partition(|it| it.starts_with("0x"));
    assert_eq!((bound.len(), named.len()), (1, 1), "its transaction and its name: {hashes:?}");
    let transaction = bound[0].trim_end_matches(".json").parse().unwrap();
    let on_chain = market.sandbox.chain().receipt(transaction).expect("the receipt's transaction");
    assert_eq!(on_chain.entries().count(), 2, "AuthorizationUsed and Transfer");
}

#[tokio::test]
async fn a_free_file_costs_nothing() {
    let market = Market::open(Options::instant()).await;
    let got = ask(market.address, "GET", "/free/a.txt", &[]).await;
    assert_eq!((got.status, &got.body[..]), (200, GOODS));
    assert_eq!(calls(market.sandbox.journal()), (0, 0));
    assert_eq!(market.records(), [""; 0]);
}

#[tokio::test]
async fn a_payment_buys_one_thing_once() {
    let market = Market::open(Options::instant()).await;
    let challenge = ask(market.address, "GET", "/premium/a.json", &[]).await;
    let payment = sign(1, 0, market.sandbox.chain().now()).header(&challenge);
    let paid = [("payment-signature", payment.as_str())];
    let first = ask(market.address, "GET", "/premium/a.json", &paid).await;
    assert_eq!((first.status, &first.body[..]), (200, GOODS));
    for path in ["/premium/b.json", "/premium/none.json"] {
        let again = ask(market.address, "GET", path, &paid).await;
        assert_eq!(again.ending(), "409 payment_already_used", "{path}");
        assert!(!again.invites_payment(), "{path}");
    }
    let again = ask(market.address, "GET", "/premium/a.json", &paid).await;
    assert_eq!((again.status, &again.body[..]), (200, GOODS), "the same client may lose a reply");
    assert_eq!(again.header("payment-response"), first.header("payment-response"));
    assert_eq!((market.sold(), calls(market.sandbox.journal())), (1, (1, 1)));
}

#[tokio::test]
async fn a_version_1_payer_is_served_in_version_1() {
    let market = Market::open(Options::instant()).await;
    let payment = sign(1, 0, market.sandbox.chain().now()).v1_header();
    let got = ask(market.address, "GET", "/premium/a.json", &[("x-payment", &payment)]).await;
    assert_eq!((got.status, &got.body[..]), (200, GOODS));
    assert_eq!(got.message("x-payment-response").unwrap()["success"], true);
    assert_eq!(market.sold(), 1);
}

#[tokio::test]
async fn what_is_not_there_is_not_charged() {
    let market = Market::open(Options::instant()).await;
    let challenge = ask(market.address, "GET", "/premium/none.json", &[]).await;
    let payment = sign(1, 0, market.sandbox.chain().now()).header(&challenge);
    let paid = [("payment-signature", payment.as_str())];
    let got = ask(market.address, "GET", "/premium/none.json", &paid).await;
    assert_eq!(got.ending(), "404 not_found");
    assert_eq!((market.sold(), calls(market.sandbox.journal())), (0, (0, 0)));
    assert_eq!(market.records(), [""; 0]);
}

/// Blocks every two seconds, as on Base: a payment that is valid from "now" on is too early until
/// the next block. The merchant waits that block out, once.
#[tokio::test]
async fn a_payment_valid_from_now_on_is_waited_for() {
    let market = Market::open(Options::default()).await;
    let challenge = ask(market.address, "GET", "/premium/a.json", &[]).await;
    let now = market.sandbox.chain().now();
    let payment = sign(1, now, now).header(&challenge);
    let paid = [("payment-signature", payment.as_str())];
    let started = std::time::Instant::now();
    let got = ask(market.address, "GET", "/premium/a.json", &paid).await;
    assert_eq!((got.status, &got.body[..]), (200, GOODS));
    assert!(started.elapsed() >= Duration::from_secs(2), "one block was waited for");
    let (verified, settled) = calls(market.sandbox.journal());
    assert!((verified, settled) == (2, 1) || (verified, settled) == (1, 2), "{verified} {settled}");
    assert_eq!(market.sold(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_copies_at_once_one_is_charged() {
    let market = Market::open(Options::instant()).await;
    let challenge = ask(market.address, "GET", "/premium/a.json", &[]).await;
    let payment = sign(1, 0, market.sandbox.chain().now()).header(&challenge);
    let copies = (0..100).map(|n| {
        let (to, payment) = (market.address, payment.clone());
        let path = if n % 2 == 0 { "/premium/a.json" } else { "/premium/b.json" };
        tokio::spawn(async move { ask(to, "GET", path, &[("payment-signature", &payment)]).await })
    });
    let mut served = 0;
    for copy in copies.collect::<Vec<_>>() {
        let got = copy.await.unwrap();
        // A copy that comes late enough is the same client asking again, and free.
        served += usize::from(got.status == 200);
        assert!(!got.invites_payment(), "{}", got.ending());
        assert!(matches!(got.status, 200 | 409 | 503), "{}", got.ending());
    }
    assert!(served >= 1 && market.sold() == 1, "{served} served");
    assert_eq!(market.sandbox.journal().count(Endpoint::Settle), 1);
}

#[tokio::test]
async fn a_payer_that_hangs_up_does_not_stop_the_settlement() {
    use tokio::io::AsyncWriteExt;
    let market = Market::open(Options::instant().fault("settle:delay=300*1").unwrap()).await;
    let challenge = ask(market.address, "GET", "/premium/a.json", &[]).await;
    let signed = sign(1, 0, market.sandbox.chain().now());
    let request = crate::http::request(
        "GET",
        "/premium/a.json",
        &[("payment-signature", &signed.header(&challenge))],
    );
    let mut stream = tokio::net::TcpStream::connect(market.address).await.unwrap();
    stream.write_all(&request).await.unwrap();
    tokio::time::sleep(Duration::from_millis(150)).await;
    drop(stream);
    for _ in 0..100 {
        if market.records().len() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(market.records()[1..], ["claim.json", "settled.json"], "the record was written");
    assert_eq!(market.sold(), 1);
    assert!(!market.sandbox.journal().of(&signed.key()).is_empty());
    assert_ne!(payee(), payer::key().address());
}
