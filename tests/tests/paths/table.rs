//! The paths, by the ids of the list of cases. No spelling gets a priced object without a payment, and
//! no payment gets two objects.

use crate::door::Door;
use crate::market::{Market, goods};
use crate::nginx::changed;

/// A path that another reader than ours may take for another one.
struct Row {
    id: &'static str,
    target: String,
    /// What the server answers, the function, and nginx before the server. nginx refuses some paths
    /// itself, with a page of its own.
    unpaid: [&'static str; 3],
    /// What they answer to a payment that has bought `/premium/a`.
    replayed: [&'static str; 3],
}

const SERVER: usize = 0;
const EVENT: usize = 1;
const NGINX: usize = 2;

fn rows() -> Vec<Row> {
    const ASKS: &str = "402 payment_required";
    const ODD: &str = "400 ambiguous_path";
    const NONE: &str = "404 not_found";
    const USED: &str = "409 payment_already_used";
    /// The object that was bought.
    const SAME: &str = "200 object";
    /// nginx's or hyper's own refusal.
    const OWN: &str = "400 object";
    let long = format!("/premium/{}", "a".repeat(8193 - 9));
    #[rustfmt::skip]
    let rows: Vec<(&'static str, &str, [&'static str; 3], [&'static str; 3])> = vec![
        // id   request target                     unpaid: server, event, nginx   replayed: the same
        ("P00", "/premium/a",                      [ASKS, ASKS, ASKS],            [SAME, SAME, SAME]),
        ("P01", "//premium/a",                     [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P02", "/premium//a",                     [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P03", "/./premium/a",                    [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P03", "/premium/./a",                    [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P04", "/free/../premium/a",              [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P04", "/premium/../secret",              [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P04", "/free/../../merchant.toml",       [ODD, ODD, OWN],               [ODD, ODD, OWN]),
        ("P05", "/free/%2e%2e/premium/a",          [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P05", "/free/.%2E/premium/a",            [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P06", "/free/..%2fpremium/a",            [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P06", "/free/%2e%2e%2fpremium%2fa",      [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P07", "/%70remium/a",                    [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P07", "/premium/%61",                    [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P08", "/premium%2Fa",                    [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P09", "/premium%5Ca",                    [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P10", "/premium\\a",                     [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P10", "/free\\..\\premium/a",            [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P11", "/%2570remium/a",                  [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P11", "/premium%252Fa",                  [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P12", "/premium/%c0%ae",                 [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P12", "/premium/%ff",                    [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P13", "/premium/a%",                     [ODD, ODD, OWN],               [ODD, ODD, OWN]),
        ("P13", "/premium/a%4",                    [ODD, ODD, OWN],               [ODD, ODD, OWN]),
        ("P13", "/premium/%zz",                    [ODD, ODD, OWN],               [ODD, ODD, OWN]),
        ("P14", "/premium/a%00",                   [ODD, ODD, OWN],               [ODD, ODD, OWN]),
        ("P15", "/premium/a%0a",                   [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P15", "/premium/a%0d%0ax:%20y",          [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P16", "/premium/a;x=1",                  [ASKS, ASKS, ASKS],            [USED, USED, USED]),
        ("P17", "/PREMIUM/a",                      [NONE, NONE, NONE],            [NONE, NONE, NONE]),
        ("P18", "/premium",                        [ASKS, ASKS, ASKS],            [USED, USED, USED]),
        ("P19", "/premium/",                       [ASKS, ASKS, ASKS],            [NONE, NONE, NONE]),
        ("P20", "/premium?x=/free",                [ASKS, ASKS, ASKS],            [USED, USED, USED]),
        ("P20", "/premium/a?x=/free/a",            [ASKS, ASKS, ASKS],            [SAME, SAME, SAME]),
        // What follows the sign never belongs to a request; hyper drops it, and an event has none.
        ("P21", "/premium/a#f",                    [ASKS, ODD, ASKS],             [SAME, ODD, SAME]),
        ("P21", "/free/a#/../../premium/a",        [SAME, ODD, SAME],             [SAME, ODD, SAME]),
        ("P22", "/premium/a%E2%80%A8",             [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P23", "/premium%EF%BC%8Fa",              [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P23", "/free/..%EF%BC%8Fpremium/a",      [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P24", "http://evil.test/premium/a",      [ASKS, ODD, ASKS],             [SAME, ODD, SAME]),
        ("P24", "http://evil.test/free/../premium/a", [ODD, ODD, ODD],            [ODD, ODD, ODD]),
        ("P24", "http://evil.test",                [NONE, ODD, NONE],             [NONE, ODD, NONE]),
        ("P25", &long,                             [NONE, NONE, NONE],            [NONE, NONE, NONE]),
        ("P26", "/premiumfoo",                     [NONE, NONE, NONE],            [NONE, NONE, NONE]),
        ("P26", "/secret",                         [NONE, NONE, NONE],            [NONE, NONE, NONE]),
        ("P27", "/premium/a%20b",                  [ASKS, ASKS, ASKS],            [USED, USED, USED]),
        ("P27", "/premium/a+b",                    [ASKS, ASKS, ASKS],            [USED, USED, USED]),
        ("P28", "/premium/caf%C3%A9",              [ASKS, ASKS, ASKS],            [USED, USED, USED]),
        ("P28", "/premium/cafe%CC%81",             [ASKS, ASKS, ASKS],            [USED, USED, USED]),
        ("P28", "/premium/caf\u{c3}\u{a9}",        [ODD, ODD, ODD],               [ODD, ODD, ODD]),
        ("P28", "/premium/caf\u{e9}",              [OWN, ODD, OWN],               [OWN, ODD, OWN]),
        ("P00", "/premium/b",                      [ASKS, ASKS, ASKS],            [USED, USED, USED]),
        ("P00", "/premium/none",                   [ASKS, ASKS, ASKS],            [USED, USED, USED]),
        ("P00", "/free/a",                         [SAME, SAME, SAME],            [SAME, SAME, SAME]),
        ("P00", "premium/a",                       [OWN, ODD, OWN],               [OWN, ODD, OWN]),
        ("P00", "*",                               [ODD, ODD, OWN],               [ODD, ODD, OWN]),
    ];
    let row = |(id, target, unpaid, replayed): (_, &str, _, _)| Row {
        id,
        target: target.to_owned(),
        unpaid,
        replayed,
    };
    rows.into_iter().map(row).collect()
}

/// P01 to P28 without a payment, and P29: the payment for one object at all of them.
async fn play(market: &Market, door: &Door, which: usize) {
    for Row { id, target, unpaid, .. } in rows() {
        let got = door.ask(&target, None).await;
        assert_eq!(got.ending(), unpaid[which], "{id} {target}");
        assert_eq!(got.invites_payment(), got.status == 402, "{id} {target}");
        let body = String::from_utf8_lossy(&got.body);
        let given = body.contains("the object <").then_some(&*body);
        let free = goods("free/a");
        assert_eq!(given, (got.status == 200).then_some(&*free), "{id} {target}");
    }
    assert_eq!(market.calls(), (0, 0), "nobody was asked about any of them");

    let payment = door.payment(market, "/premium/a", 1).await;
    let bought = door.ask("/premium/a", Some(&payment)).await;
    assert_eq!((bought.status, &bought.body[..]), (200, goods("premium/a").as_bytes()));
    for Row { target, replayed, .. } in rows() {
        let got = door.ask(&target, Some(&payment)).await;
        assert_eq!(got.ending(), replayed[which], "P29 {target}");
        assert!(!got.invites_payment(), "P29 {target}");
        let body = String::from_utf8_lossy(&got.body);
        let allowed = [goods("premium/a"), goods("free/a")];
        assert_eq!(body.contains("the object <"), got.status == 200, "P29 {target}");
        assert!(got.status != 200 || allowed.iter().any(|it| *it == body), "P29 {target}: {body}");
    }
    assert_eq!((market.calls(), market.sold()), ((1, 1), 1), "one sale, whatever was asked");
}

/// P27 and P28: what looks alike is two objects with two prices.
async fn keep_apart(market: &Market, door: &Door) {
    let pairs = [
        ("P27", ["/premium/a%20b", "/premium/a+b"], ["premium/a b", "premium/a+b"]),
        (
            "P28",
            ["/premium/caf%C3%A9", "/premium/cafe%CC%81"],
            ["premium/caf\u{e9}", "premium/cafe\u{301}"],
        ),
    ];
    let mut nonce = 100;
    for (id, targets, keys) in pairs {
        for (one, other) in [(0, 1), (1, 0)] {
            nonce += 1;
            let payment = door.payment(market, targets[one], nonce).await;
            let got = door.ask(targets[one], Some(&payment)).await;
            assert_eq!(String::from_utf8_lossy(&got.body), goods(keys[one]), "{id}");
            let got = door.ask(targets[other], Some(&payment)).await;
            assert_eq!(got.ending(), "409 payment_already_used", "{id}");
        }
    }
}

#[tokio::test]
async fn no_spelling_gets_a_priced_object_from_the_server() {
    let (market, door) = Door::server().await;
    play(&market, &door, SERVER).await;
    keep_apart(&market, &door).await;
}

#[tokio::test]
async fn no_spelling_gets_a_priced_object_from_the_function() {
    let (market, door) = Door::function().await;
    play(&market, &door, EVENT).await;
    keep_apart(&market, &door).await;
}

#[tokio::test]
async fn no_spelling_gets_a_priced_object_through_nginx() {
    let Some((market, door)) = Door::nginx().await else { return };
    play(&market, &door, NGINX).await;
    keep_apart(&market, &door).await;
}

#[test]
fn every_path_of_the_list_is_in_the_table() {
    let rows = rows();
    for number in 1..=28 {
        let id = format!("P{number:02}");
        assert!(rows.iter().any(|row| row.id == id), "{id}");
    }
}

/// The lines of the document that the table rests on: without them nginx reads paths for us.
#[test]
fn the_documented_nginx_hands_the_path_on_as_it_came() {
    let server = crate::nginx::documented();
    for line in
        ["merge_slashes off;", "proxy_pass http://127.0.0.1:4021;", "proxy_next_upstream off;"]
    {
        changed(&server, line, "");
    }
    assert_eq!(server.matches("location").count(), 2, "one location, and the remark about it");
}
