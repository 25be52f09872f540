//! nginx with caching turned on by somebody careless, and nginx that repeats what it should not. What
//! holds then are our headers and the ledger. Ids are those of the list of cases; what needs CloudFront
//! itself is not here.

use std::net::SocketAddr;

use sandbox::world::Options;

use crate::door::ask;
use crate::http::Reply;
use crate::market::{Market, goods};
use crate::nginx::{Nginx, changed, documented, documented_client};
use crate::payer::sign;

/// Caches everything for a minute under the path alone, and lets one request at a time through for
/// each.
const CARELESS: &str = "proxy_cache careless; proxy_cache_key $uri; proxy_cache_valid any 1m; \
                        proxy_cache_lock on; add_header X-Cache $upstream_cache_status always;";
const ZONE: &str = "proxy_cache_path cache keys_zone=careless:1m;\n";

fn careless(more: &str) -> String {
    let server = changed(&documented(), "proxy_cache off;", &format!("{CARELESS} {more}"));
    // Nothing is cached that is not buffered.
    ZONE.to_owned() + &changed(&server, "proxy_buffering off;", "proxy_buffering on;")
}

async fn open(options: Options, server: impl Fn(SocketAddr) -> String) -> Option<(Market, Nginx)> {
    let market = Market::prepare(options, &documented_client()).await;
    let nginx = Nginx::start(server, market.serve().await).await?;
    Some((market, nginx))
}

async fn payment(market: &Market, nginx: &Nginx, path: &str, nonce: u8) -> String {
    let challenge = ask(nginx.address, path, None).await;
    sign(nonce, 0, market.sandbox.chain().now()).header(&challenge)
}

fn cache(reply: &Reply) -> Option<&str> {
    reply.header("x-cache")
}

#[tokio::test]
async fn what_was_paid_for_and_what_was_asked_for_are_not_kept() {
    let Some((market, nginx)) = open(Options::instant(), |_| careless("")).await else { return };
    let get = async |path, payment| ask(nginx.address, path, payment).await;
    // The cache works: what is free is kept.
    assert_eq!(cache(&get("/free/a", None).await), Some("MISS"));
    let kept = get("/free/a", None).await;
    assert_eq!((cache(&kept), &kept.body[..]), (Some("HIT"), goods("free/a").as_bytes()));

    let paid = payment(&market, &nginx, "/premium/a", 1).await;
    let after_unpaid = get("/premium/a", Some(&paid)).await;
    assert_eq!(after_unpaid.status, 200, "C02: the 402 before was not kept");
    assert_eq!(after_unpaid.body, goods("premium/a").as_bytes(), "C02");
    let after_paid = get("/premium/a", None).await;
    assert_eq!(after_paid.ending(), "402 payment_required", "C01: the object was not kept");
    assert_eq!(cache(&after_paid), Some("MISS"), "C01");
    assert_eq!(market.sold(), 1);
}

#[tokio::test]
async fn a_503_is_not_kept() {
    let fault = Options::instant().fault("verify:garbage*1").unwrap();
    let Some((market, nginx)) = open(fault, |_| careless("")).await else { return };
    let paid = payment(&market, &nginx, "/premium/a", 1).await;
    let mut replies = Vec::new();
    for _ in 0..2 {
        replies.push(ask(nginx.address, "/premium/a", Some(&paid)).await);
    }
    assert_eq!(replies[0].ending(), "503 facilitator_unavailable", "C03");
    assert_eq!(replies[1].body, goods("premium/a").as_bytes(), "C03: the next one reaches us");
}

/// Two viewers at once: the one who pays is being served when the other comes, and nginx lets that one
/// wait for the answer to the first.
#[tokio::test]
async fn who_waited_behind_a_buyer_is_asked_to_pay() {
    let slow = Options::instant().fault("settle:delay=1000*1").unwrap();
    let Some((market, nginx)) = open(slow, |_| careless("")).await else { return };
    let paid = payment(&market, &nginx, "/premium/a", 1).await;
    let to = nginx.address;
    let buyer = tokio::spawn(async move { ask(to, "/premium/a", Some(&paid)).await });
    while market.calls().1 == 0 {
        tokio::task::yield_now().await;
    }
    let other = ask(nginx.address, "/premium/a", None).await;
    assert_eq!(other.ending(), "402 payment_required", "C04");
    assert_eq!(buyer.await.unwrap().body, goods("premium/a").as_bytes(), "C04");
    assert_eq!(market.sold(), 1);
}

/// What the tests above would see if our headers did not say so: an operator who tells nginx not to
/// heed them gives the object away.
#[tokio::test]
async fn a_cache_that_does_not_heed_our_headers_would_be_noticed() {
    let deaf =
        |_| careless("proxy_ignore_headers Cache-Control;").replace("valid any", "valid 200");
    let Some((market, nginx)) = open(Options::instant(), deaf).await else { return };
    let paid = payment(&market, &nginx, "/premium/a", 1).await;
    assert_eq!(ask(nginx.address, "/premium/a", Some(&paid)).await.status, 200);
    let given_away = ask(nginx.address, "/premium/a", None).await;
    assert_eq!((given_away.status, cache(&given_away)), (200, Some("HIT")));
}

/// A proxy that gives up early and asks again, twice, in the middle of a settlement; also when it is
/// told 503.
#[tokio::test]
async fn a_proxy_that_repeats_itself_settles_once() {
    let repeating = |merchant: SocketAddr| {
        let server = documented();
        let server =
            changed(&server, "proxy_pass http://127.0.0.1:4021;", "proxy_pass http://shop;");
        let server = changed(&server, "proxy_read_timeout 60s;", "proxy_read_timeout 1s;");
        let server = changed(
            &server,
            "proxy_next_upstream off;",
            "proxy_next_upstream error timeout http_503; proxy_next_upstream_tries 3;",
        );
        let one = format!("server {merchant} max_fails=0;");
        format!("upstream shop {{ {one} {one} {one} }}\n{server}")
    };
    let slow = Options::instant().fault("settle:delay=3000*1").unwrap();
    let Some((market, nginx)) = open(slow, repeating).await else { return };
    let paid = payment(&market, &nginx, "/premium/a", 1).await;
    let first = ask(nginx.address, "/premium/a", Some(&paid)).await;
    assert_eq!(first.ending(), "503 settlement_in_progress", "C05");
    assert!(!first.invites_payment(), "C05");
    // As `Retry-After` says, until it is settled.
    let mut reply = first;
    for _ in 0..100 {
        if reply.status == 200 {
            break;
        }
        assert!(reply.status == 503 && !reply.invites_payment(), "C05: {}", reply.ending());
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        reply = ask(nginx.address, "/premium/a", Some(&paid)).await;
    }
    assert_eq!(reply.body, goods("premium/a").as_bytes(), "C05");
    assert_eq!((market.sold(), market.calls().1), (1, 1), "C05: one settle, one transfer");
}
