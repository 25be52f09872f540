//! What is for sale, told for nothing: documents and the page for people, over HTTP. Nobody is asked
//! and nothing is charged.

use sandbox::world::Options;

use crate::http::ask;
use crate::market::{GOODS, Market};

const PATHS: [&str; 4] = ["/openapi.json", "/.well-known/x402", "/llms.txt", "/robots.txt"];

#[tokio::test]
async fn documents_are_free_and_ask_nobody() {
    let market = Market::open(Options::instant()).await;
    for path in PATHS {
        let whole = ask(market.address, "GET", path, &[]).await;
        assert_eq!((whole.status, whole.invites_payment()), (200, false), "{path}");
        assert_eq!(whole.header("cache-control"), Some("public, max-age=300"), "{path}");
        assert_eq!(whole.header("access-control-allow-origin"), Some("*"), "{path}");
        assert!(String::from_utf8_lossy(&whole.body).contains(&market.url("")), "{path}");
        let head = ask(market.address, "HEAD", path, &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-length"), Some(&*whole.body.len().to_string()), "{path}");
        assert_eq!(head.header("etag"), whole.header("etag"), "{path}");
        let etag = whole.header("etag").unwrap();
        let known = ask(market.address, "GET", path, &[("if-none-match", etag)]).await;
        assert_eq!((known.status, known.body.len()), (304, 0), "{path}");
        // A payment that strays here is neither looked at nor kept.
        let stray = ask(market.address, "GET", path, &[("payment-signature", "e30=")]).await;
        assert_eq!((stray.status, &stray.body), (200, &whole.body), "{path}");
    }
    assert_eq!(market.records(), Vec::<String>::new());
    assert_eq!(market.sold(), 0);
}

#[tokio::test]
async fn a_free_file_goes_before_the_document_of_its_name_and_no_other_does() {
    let own = "[[routes]]\npath = \"/llms.txt\"\nfree = true\n";
    let market = Market::selling(Options::instant(), own).await;
    let written = ask(market.address, "GET", "/llms.txt", &[]).await;
    assert!(written.body.starts_with(b"# "), "nothing of that name lies there yet");
    for name in ["llms.txt", "robots.txt"] {
        std::fs::write(market.content(name), GOODS).unwrap();
    }
    let own = ask(market.address, "GET", "/llms.txt", &[]).await;
    assert_eq!((own.status, &own.body[..]), (200, GOODS));
    let part = ask(market.address, "GET", "/llms.txt", &[("range", "bytes=0-0")]).await;
    assert_eq!((part.status, &part.body[..]), (206, &GOODS[..1]));
    // No route gives this one away.
    let other = ask(market.address, "GET", "/robots.txt", &[]).await;
    assert!(other.status == 200 && other.body != GOODS);
}

#[tokio::test]
async fn a_browser_sees_a_page_and_a_script_the_challenge() {
    let market = Market::open(Options::instant()).await;
    let person = [("accept", "text/html,*/*;q=0.8"), ("sec-fetch-mode", "navigate")];
    let script = [("accept", "text/html,*/*;q=0.8"), ("sec-fetch-mode", "cors")];
    let page = ask(market.address, "GET", "/premium/a.json", &person).await;
    let json = ask(market.address, "GET", "/premium/a.json", &script).await;
    assert_eq!((page.status, json.status), (402, 402));
    assert_eq!(page.header("payment-required"), json.header("payment-required"));
    assert_eq!(json.ending(), "402 payment_required");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let html = String::from_utf8(page.body.clone()).unwrap();
    assert!(html.contains("a.json") && html.contains("0.001 USDC"), "{html}");
    assert!(!html.contains("<script") && !html.contains("src="), "{html}");
    let head = ask(market.address, "HEAD", "/premium/a.json", &person).await;
    assert_eq!(head.header("content-length"), Some(&*page.body.len().to_string()));
    // Whoever pays is no person, whatever it says.
    let paid = [person[0], person[1], ("payment-signature", "e30=")];
    let refused = ask(market.address, "GET", "/premium/a.json", &paid).await;
    assert_eq!(refused.ending(), "400 invalid_x402_version");
    // Free files are not for sale to anybody.
    assert_eq!(ask(market.address, "GET", "/free/a.txt", &person).await.body, GOODS);
}
