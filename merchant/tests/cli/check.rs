//! What `check` says about shops in good and in bad order.

use std::fs;

use serde_json::{Value, json};

use crate::shop::{PAYEE, SUPPORTED, Shop, config, facilitator};

#[test]
fn a_shop_in_order_is_ready_to_sell() {
    let url = facilitator("200 OK", SUPPORTED);
    let shop = Shop::with(&config(&url));
    shop.stock("content/premium/a.json");
    shop.stock("content/free/a.txt");
    let said = shop.run(&["check"]);
    let expected = format!(
        "\
public URL   http://localhost:4021
listens on   127.0.0.1:0
facilitator  FACILITATOR/  settles on base-sepolia
content      file:/shop/content       has objects on every route
ledger       file:/shop/ledger        refuses to create a record twice

PATH       PRICE       NETWORK       PAID TO
/premium/  0.001 USDC  base-sepolia  {PAYEE}
/free/     free

ready to sell
"
    );
    assert_eq!(blanks(&said.stdout.replace(&url, "FACILITATOR")), blanks(&expected));
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    let left = fs::read_dir(shop.path("ledger")).unwrap().count();
    assert_eq!(left, 0, "the probe cleans up after itself");
}

/// Column widths depend on the length of port numbers and temporary folders; words do not.
fn blanks(text: &str) -> String {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_stops_sales_is_told_and_ends_with_4() {
    let settles_base = r#"{"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:8453"}]}"#;
    let remedy = "correct the URL, or ask whoever runs it";
    #[rustfmt::skip]
    let rows = [
        ("200 OK", settles_base,
            "facilitator.url does not settle payments on base-sepolia; name another facilitator, or remove the network".to_owned()),
        ("200 OK", "<html>",
            format!("facilitator.url does not list what it settles (status 200), so nothing can be sold; {remedy}")),
        ("500 Internal Server Error", "{}",
            format!("facilitator.url does not list what it settles (status 500), so nothing can be sold; {remedy}")),
        ("401 Unauthorized", "{}",
            "facilitator.token refuses our credentials (status 401), so nothing can be sold; set the token that it gave you".to_owned()),
        ("308 Permanent Redirect", "",
            "facilitator.url redirects (status 308), and redirects are not followed, so nothing can be sold; name the URL that it redirects to".to_owned()),
    ];
    for (status, body, expected) in rows {
        let shop = Shop::with(&config(&facilitator(status, body)));
        shop.stock("content/premium/a.json");
        shop.stock("content/free/a.txt");
        let said = shop.run(&["check"]);
        assert_eq!(said.code, Some(4));
        let told = format!("\nerror: {expected}\nnot ready to sell: 1 error, 0 warnings\n");
        assert!(said.stdout.ends_with(&told), "{expected}\n{}", said.stdout);
    }
}

#[test]
fn a_facilitator_without_a_catalogue_lists_nothing_and_that_is_told() {
    let lists = r#"{"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:84532"}],"extensions":["bazaar"]}"#;
    for (supported, warned) in [(SUPPORTED, true), (lists, false)] {
        let listed =
            format!("discovery.bazaar = true\n{}", config(&facilitator("200 OK", supported)));
        let shop = Shop::with(&listed);
        shop.stock("content/premium/a.json");
        shop.stock("content/free/a.txt");
        let said = shop.run(&["check"]);
        assert_eq!(said.code, Some(0), "{}", said.stdout);
        let warning = "warning: facilitator.url does not say that it keeps a catalogue";
        assert_eq!(said.stdout.contains(warning), warned, "{}", said.stdout);
    }
}

#[test]
fn storages_out_of_order_are_told() {
    let url = facilitator("200 OK", SUPPORTED);
    let shop = Shop::with(&config(&url));
    let said = shop.run(&["check"]);
    let problem = "error: content.url names the folder /shop/content, which does not exist; \
                   create it or correct the path\nnot ready to sell: 1 error, 0 warnings\n";
    assert!(said.stdout.ends_with(problem), "{}", said.stdout);
    assert!(!shop.path("ledger").exists(), "nothing is made for a shop that cannot open");

    shop.stock("content/free/a.txt");
    let said = shop.run(&["check"]);
    let problem = "\nwarning: routes[0].path \"/premium/\" covers no object yet; put files there, \
                   or correct the path\nready to sell, with 1 warning\n";
    assert!(said.stdout.ends_with(problem), "{}", said.stdout);
    assert_eq!(said.code, Some(0));

    fs::remove_dir_all(shop.path("ledger")).unwrap();
    fs::write(shop.path("ledger"), "in the way").unwrap();
    let said = shop.run(&["check"]);
    assert!(
        said.stdout.contains("error: ledger.url cannot make /shop/ledger: "),
        "{}",
        said.stdout
    );
    assert_eq!(said.code, Some(4));
}

#[test]
fn programs_read_json() {
    let url = facilitator("200 OK", SUPPORTED);
    let shop = Shop::with(&config(&url));
    shop.stock("content/premium/a.json");
    let said = shop.run(&["check", "--json"]);
    let shown: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        shown,
        json!({
            "ok": true,
            "publicUrl": "http://localhost:4021",
            "listen": "127.0.0.1:0",
            "v1": true,
            "facilitator": { "url": format!("{url}/"), "found": "settles on base-sepolia" },
            "fallbacks": [],
            "content": { "url": "file:/shop/content", "found": "has objects on 1 of 2 routes" },
            "ledger": { "url": "file:/shop/ledger", "found": "refuses to create a record twice" },
            "routes": [
                {
                    "path": "/premium/",
                    "free": false,
                    "offers": [{
                        "price": "0.001",
                        "symbol": "USDC",
                        "network": "eip155:84532",
                        "networkName": "base-sepolia",
                        "amount": "1000",
                        "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
                        "payTo": PAYEE,
                    }],
                },
                { "path": "/free/", "free": true, "offers": [] },
            ],
            "problems": [{
                "severity": "warning",
                "setting": "routes[1].path",
                "problem": "\"/free/\" covers no object yet",
                "remedy": "put files there, or correct the path",
            }],
        })
    );

    let said = Shop::empty().run(&["check", "--json"]);
    let shown: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((said.code, &shown["ok"]), (Some(3), &json!(false)));
    assert_eq!(shown["problems"][0]["setting"], "merchant.toml");
}
