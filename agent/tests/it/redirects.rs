//! Redirects: followed at home before paying, never after, and no payment ever reaches another host.

use crate::scene::{PATH, after_demand, buy, honest, play, terms};
use crate::server::{Act, Reply, Server};
use crate::wares::{delivery, offer, settlement};

fn moved(status: u16, location: &str) -> Act {
    Reply::new(status).header("location", location).into()
}

#[tokio::test]
async fn before_paying_the_servers_own_redirects_are_followed() {
    for status in [301, 302, 303, 307, 308] {
        let server = Server::start().await;
        server.script([moved(status, "/elsewhere")]);
        server.script(honest(&server.url("/elsewhere"), vec![offer()]));
        let ending = buy(&server, terms()).await;
        assert_eq!((ending.word(), ending.signatures), ("paid", 1), "{status}");
        let paths: Vec<_> = server.requests().into_iter().map(|it| it.path).collect();
        assert_eq!(paths, [PATH, "/elsewhere", "/elsewhere"]);
    }
}

/// AG10, before paying.
#[tokio::test]
async fn before_paying_another_host_is_not_followed() {
    let other = Server::start().await;
    let (there, port) = (other.url("/f"), other.address.port());
    let rows = [
        there.clone(),
        there.replace("http:", ""),
        there.replace("127.0.0.1", "localhost"),
        format!("https://127.0.0.1:{port}/f"),
        "https://evil.example/".into(),
        String::new() + "data:text/plain,x",
    ];
    for location in rows {
        let ending = play(terms(), |_| vec![moved(302, &location)]).await;
        assert_eq!((ending.word(), ending.signatures), ("cross_origin_redirect", 0), "{location}");
    }
    assert_eq!(other.requests().len(), 0);
}

#[tokio::test]
async fn redirects_have_an_end() {
    let ending = play(terms(), |_| (0..10).map(|_| moved(302, PATH)).collect()).await;
    assert_eq!((ending.word(), ending.signatures, ending.requests), ("too_many_redirects", 0, 4));
}

/// AG10, after paying.
#[tokio::test]
async fn after_paying_no_redirect_is_followed() {
    let other = Server::start().await;
    for status in [301, 302, 303, 307, 308] {
        for location in [other.url("/f"), PATH.into(), "/elsewhere".into()] {
            let ending = play(terms(), |url| after_demand(url, [moved(status, &location)])).await;
            assert_eq!((ending.word(), ending.signatures), ("redirect_after_payment", 1));
            assert_eq!((ending.payments.len(), ending.requests), (1, 2), "{status} {location}");
        }
    }
    assert_eq!(other.requests().len(), 0, "the payment went to nobody else");
}

/// A 303 with the receipt of a settled payment, spoiled by `change`.
fn handed_over(location: &str, change: (&str, serde_json::Value)) -> Act {
    let mut settled = settlement();
    settled[change.0] = change.1;
    Reply { status: 303, ..delivery(&settled) }.header("location", location).into()
}

fn sound(location: &str) -> Act {
    handed_over(location, ("success", true.into()))
}

fn stored() -> Act {
    Reply::new(200).header("content-type", "text/plain").body("the report\n").into()
}

#[tokio::test]
async fn a_paid_merchant_hands_over_to_a_store_and_the_payment_stays_behind() {
    let store = Server::start().await;
    let there = store.url("/bucket/report?signature=x");
    store.script([stored()]);
    let ending = play(terms(), |url| after_demand(url, [sound(&there)])).await;
    assert_eq!((ending.word(), ending.signatures, ending.requests), ("paid", 1, 2));
    let (body, receipt) = ending.outcome.unwrap();
    assert_eq!(body, b"the report\n");
    assert!(receipt.unwrap().is_settled());
    let asked = store.requests();
    assert_eq!((asked.len(), asked[0].path.as_str()), (1, "/bucket/report?signature=x"));
    for name in ["payment-signature", "x-payment", "authorization", "referer", "cookie"] {
        assert_eq!(asked[0].header(name), None, "{name}");
    }
}

#[tokio::test]
async fn a_store_may_name_one_more() {
    let (near, far) = (Server::start().await, Server::start().await);
    near.script([moved(303, &far.url("/k"))]);
    far.script([stored()]);
    let ending = play(terms(), |url| after_demand(url, [sound(&near.url("/k"))])).await;
    assert_eq!((ending.word(), ending.signatures), ("paid", 1));
    assert_eq!((near.payments().len(), far.payments().len()), (0, 0));
    near.script([moved(303, &far.url("/k"))]);
    far.script([moved(303, &near.url("/k"))]);
    let ending = play(terms(), |url| after_demand(url, [sound(&near.url("/k"))])).await;
    assert_eq!((ending.word(), ending.signatures), ("redirect_after_payment", 1));
    assert_eq!((near.requests().len(), far.requests().len()), (2, 2), "two stores, not three");
}

#[tokio::test]
async fn only_a_303_with_a_sound_receipt_hands_over() {
    let store = Server::start().await;
    let there = store.url("/k");
    let remote = "http://192.0.2.1/k";
    #[rustfmt::skip]
    let rows = [
        ("no receipt",         moved(303, &there)),
        ("receipt of failure", handed_over(&there, ("success", false.into()))),
        ("another payer",      handed_over(&there, ("payer", crate::wares::PAYEE.into()))),
        ("no transaction",     handed_over(&there, ("transaction", "".into()))),
        ("plain http",         sound(remote)),
        ("another scheme",     sound("file:///etc/passwd")),
        ("credentials",        sound(&there.replace("//", "//me@"))),
    ];
    for (claim, act) in rows {
        let ending = play(terms(), |url| after_demand(url, [act])).await;
        assert_eq!((ending.word(), ending.requests), ("redirect_after_payment", 2), "{claim}");
    }
    for status in [301, 302, 307, 308] {
        let Act::Reply(reply) = sound(&there) else { panic!() };
        let ending = play(terms(), |url| after_demand(url, [Reply { status, ..reply }.into()]));
        assert_eq!(ending.await.word(), "redirect_after_payment", "{status}");
    }
    assert_eq!(store.requests().len(), 0);
}

#[tokio::test]
async fn a_link_that_is_over_is_asked_for_again_with_the_same_bytes() {
    let store = Server::start().await;
    store.script([Reply::new(403).into(), stored()]);
    let there = store.url("/k");
    let ending = play(terms(), |url| after_demand(url, [sound(&there), sound(&there)])).await;
    assert_eq!((ending.word(), ending.signatures, ending.payments.len()), ("paid", 1, 2));
    assert_eq!(ending.payments[0], ending.payments[1]);
    assert_eq!((store.requests().len(), store.payments().len()), (2, 0));
}
