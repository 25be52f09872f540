//! Redirects: followed at home before paying, never after, and no payment ever reaches another host.

use crate::scene::{PATH, after_demand, buy, honest, play, terms};
use crate::server::{Act, Reply, Server};
use crate::wares::offer;

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
