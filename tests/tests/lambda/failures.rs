//! Neighbours that fail, and what the payer is told: never a whole file that is not, never a new
//! challenge while money may have moved.

use sandbox::world::Options;

use crate::events::get;
use crate::market::{GOODS, Market};
use crate::proxy::{Proxy, Trouble};
use crate::runtime_api::Outcome;
use crate::s3::{S3, url_at};

#[tokio::test]
async fn a_facilitator_that_is_down_charges_nobody() {
    let market = Market::open(Options::instant().fault("verify:reset").unwrap()).await;
    let got = market.buy("/premium/a.json", 1).await;
    assert_eq!(got.ending(), "503 facilitator_unavailable");
    assert!(got.header("retry-after").is_some() && !got.invites_payment());
    assert_eq!(market.function.ask(&get("/premium/a.json")).await.status, 402);
    assert_eq!(market.function.ask(&get("/free/a.txt")).await.status, 200);
    assert_eq!(market.sold(), 0);
}

#[tokio::test]
async fn a_settlement_without_an_answer_is_unknown_and_no_new_challenge() {
    let market =
        Market::open(Options::instant().fault("settle:reset-after-settling*1").unwrap()).await;
    let payment = market.payment("/premium/a.json", 1).await;
    let got = market.function.ask(&payment).await;
    assert_eq!(got.ending(), "503 settlement_unknown");
    assert!(!got.invites_payment());
    assert_eq!(market.sold(), 1, "the money moved");
}

#[tokio::test]
async fn a_sale_that_the_platform_would_cut_off_is_not_begun() {
    let market = Market::open(Options::instant()).await;
    let mut payment = market.payment("/premium/a.json", 1).await;
    payment.patience_ms = 5_000;
    let got = market.function.ask(&payment).await;
    assert_eq!(got.ending(), "503 facilitator_unavailable");
    assert!(got.header("retry-after").is_some());
    assert!(!market.function.package.path().join("ledger/payments").exists(), "nothing is claimed");
    let mut free = get("/free/a.txt");
    free.patience_ms = 5_000;
    assert_eq!(market.function.ask(&free).await.status, 200);
    payment.patience_ms = 60_000;
    assert_eq!(market.function.ask(&payment).await.status, 200, "the same payment, later");
}

#[tokio::test]
async fn a_body_that_cannot_be_finished_breaks_the_connection() {
    let Some(s3) = S3::start(&["files", "ledger"]).await else { return };
    // More than what all tries together bring.
    let large = vec![7; 4 * 1024 * 1024];
    s3.object("files", "premium/large.bin", &[], &large).await;
    let proxy = Proxy::before(&s3.address).await;
    let (content, ledger) = (url_at("files", &proxy.address), s3.url("ledger"));
    let mut market = Market::open_at(Options::instant(), &content, &ledger).await;
    proxy.always(Trouble::Cut(100 * 1024));
    let payment = market.payment("/premium/large.bin", 1).await;
    let got = market.function.invoke(&payment).await;
    let Outcome::Broken(reply) = got else { panic!("it passed for whole") };
    assert_eq!(reply.status, 200);
    assert!(reply.body.len() < large.len(), "{}", reply.body.len());
    assert!(reply.body.iter().all(|it| *it == 7), "no error's text is in the file");
    assert_eq!(market.function.ended().await, None, "the process was ended by a signal");
    let lines = market.function.lines();
    let line = lines.last().unwrap();
    assert_eq!((&line["complete"], &line["code"]), (&false.into(), &"paid".into()));
    assert_eq!(market.sold(), 1);
}

#[tokio::test]
async fn a_connection_that_dies_is_made_again_and_the_file_is_whole() {
    let Some(s3) = S3::start(&["files", "ledger"]).await else { return };
    let large: Vec<u8> = (0..512 * 1024_u32).map(|it| it.to_le_bytes()[0]).collect();
    s3.object("files", "premium/large.bin", &[], &large).await;
    let proxy = Proxy::before(&s3.address).await;
    let (content, ledger) = (url_at("files", &proxy.address), s3.url("ledger"));
    let market = Market::open_at(Options::instant(), &content, &ledger).await;
    proxy.plan("GET /files/premium/large.bin", Trouble::Cut(100 * 1024));
    let got = market.buy("/premium/large.bin", 1).await;
    assert!(got.status == 200 && got.body == large, "{} {}", got.status, got.body.len());
}

#[tokio::test]
async fn an_object_that_is_gone_after_the_settlement_is_owed_and_not_broken_off() {
    let Some(s3) = S3::start(&["files", "ledger"]).await else { return };
    s3.object("files", "premium/a.json", &[], GOODS).await;
    let proxy = Proxy::before(&s3.address).await;
    let (content, ledger) = (url_at("files", &proxy.address), s3.url("ledger"));
    let market = Market::open_at(Options::instant(), &content, &ledger).await;
    let payment = market.payment("/premium/a.json", 1).await;
    proxy.always(Trouble::HeadOnly);
    let got = market.function.ask(&payment).await;
    proxy.always(Trouble::None);
    assert_eq!(got.ending(), "503 delivery_pending");
    assert_eq!(got.message("payment-response").unwrap()["success"], true);
    assert_eq!(market.sold(), 1);
    let again = market.function.ask(&payment).await;
    assert_eq!((again.status, &again.body[..]), (200, GOODS), "the same payment fetches it");
    assert_eq!(market.sold(), 1);
}

#[tokio::test]
async fn a_storage_that_is_down_charges_nobody() {
    let Some(s3) = S3::start(&["files", "ledger"]).await else { return };
    s3.object("files", "premium/a.json", &[], GOODS).await;
    let proxy = Proxy::before(&s3.address).await;
    let (content, ledger) = (url_at("files", &proxy.address), s3.url("ledger"));
    let market = Market::open_at(Options::instant(), &content, &ledger).await;
    let payment = market.payment("/premium/a.json", 1).await;
    for trouble in [Trouble::Refuse(503), Trouble::Forget(403), Trouble::Close] {
        proxy.always(trouble);
        let got = market.function.ask(&payment).await;
        assert_eq!(got.ending(), "503 storage_unavailable", "{trouble:?}");
    }
    assert_eq!(market.sold(), 0);
    proxy.always(Trouble::None);
    assert_eq!(market.function.ask(&payment).await.status, 200);
}

#[tokio::test]
async fn an_object_that_no_response_can_hold_is_not_sold() {
    let market = Market::open(Options::instant()).await;
    let path = market.function.package.path().join("content/premium/huge.bin");
    // A byte more than a function URL streams. Its blocks are never written.
    std::fs::File::create(path).unwrap().set_len(200 * 1024 * 1024 + 1).unwrap();
    let payment = market.payment("/premium/huge.bin", 1).await;
    let got = market.function.ask(&payment).await;
    assert_eq!(got.ending(), "503 storage_unavailable");
    assert!(!got.invites_payment());
    let asked = market.sandbox.journal().entries();
    assert!(asked.iter().all(|it| it.key.is_none()), "{asked:?}");
    assert!(!market.function.package.path().join("ledger/payments").exists(), "nothing is claimed");
    assert_eq!(market.sold(), 0);
}
