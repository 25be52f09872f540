//! Large objects: sold here, handed over by the bucket, in the version that was opened.

use sandbox::world::Options;

use crate::events::get;
use crate::function::Function;
use crate::market::{Market, configuration};
use crate::s3::{S3, ask};
use sandbox::world::Sandbox;

const OLD: &[u8] = b"the version that was paid for, in more bytes than the limit";
const NEW: &[u8] = b"another version, which nobody paid for, in just as many words";

async fn shop(s3: &S3, environment: &[(&str, &str)]) -> Market {
    let sandbox = Sandbox::start(Options::instant()).await.unwrap();
    let text = configuration(&s3.url("files"), &s3.url("ledger"), &sandbox.facilitator_url());
    let function = Function::start(&text, environment).await;
    Market { sandbox, function }
}

#[tokio::test]
async fn a_large_object_is_handed_over_by_the_bucket_in_the_version_that_was_paid_for() {
    let Some(s3) = S3::start(&["files", "ledger"]).await else { return };
    s3.keep_versions("files").await;
    s3.object("files", "premium/large.bin", &[], OLD).await;
    s3.object("files", "free/large.bin", &[], OLD).await;
    s3.object("files", "premium/small.bin", &[], b"small").await;
    let session = ("AWS_SESSION_TOKEN", "session");
    let market = shop(&s3, &[("X402_CONTENT__REDIRECT_ABOVE", "32"), session]).await;
    assert_eq!(market.function.ask(&get("/premium/large.bin")).await.status, 402);
    let paid = market.payment("/premium/large.bin", 1).await;
    let got = market.function.ask(&paid).await;
    assert_eq!((got.status, got.body.len()), (303, 0));
    assert_eq!(got.message("payment-response").unwrap()["success"], true);
    assert_eq!(got.header("cache-control"), Some("private, no-store"));
    assert_eq!(got.header("referrer-policy"), Some("no-referrer"));
    s3.object("files", "premium/large.bin", &[], NEW).await;
    let link = got.header("location").unwrap();
    let target = link.strip_prefix(&format!("http://{}", s3.address)).unwrap();
    for part in
        ["versionId=", "X-Amz-Signature=", "X-Amz-Expires=120", "X-Amz-Security-Token=session"]
    {
        assert!(target.contains(part), "{part} in {target}");
    }
    assert_eq!(ask(&s3.address, "GET", target, &[], b"").await, (200, OLD.to_vec()));
    // Fetched again: a link of its own, to the same version, and not paid for once more.
    let again = market.function.ask(&paid).await;
    assert_eq!((again.status, again.body.len()), (303, 0));
    assert_eq!(again.header("payment-response"), got.header("payment-response"));
    let target = again.header("location").unwrap();
    let target = target.strip_prefix(&format!("http://{}", s3.address)).unwrap();
    assert_eq!(ask(&s3.address, "GET", target, &[], b"").await, (200, OLD.to_vec()));
    assert_eq!(market.sold(), 1);
    let mut stranger = paid.clone();
    stranger.headers.retain(|(name, _)| name != "cloudfront-viewer-address");
    let stranger = stranger.header("cloudfront-viewer-address", "203.0.113.9:4711");
    let stranger = market.function.ask(&stranger).await;
    assert_eq!((stranger.status, stranger.header("location")), (409, None));
    let free = market.function.ask(&get("/free/large.bin")).await;
    assert_eq!((free.status, free.header("cache-control")), (303, Some("private, no-store")));
    assert_eq!(market.buy("/premium/small.bin", 2).await.body, b"small");
    assert!(!market.function.log().contains("X-Amz-"), "the link is in no log");
    assert_eq!(market.sold(), 2);
}
