//! Group M: what is quoted, and that a quote costs nothing. Its boots stand with the other tests of
//! the command line.

use serde_json::json;

use crate::case::{Case, get, play, text};
use crate::market::{GOODS, ORIGIN, payee};
use crate::pay::pay;

#[tokio::test]
async fn quotes() {
    play([
        Case::new("M01").ask(get("/premium/a"), "402 payment_required", "").then(|_, got| {
            let challenge = got.message("payment-required").unwrap();
            assert_eq!(challenge["x402Version"], 2);
            assert_eq!(text(&challenge, "/resource/url"), format!("{ORIGIN}/premium/a"));
            assert_eq!(
                challenge["accepts"],
                json!([{
                    "scheme": "exact", "network": "eip155:84532", "amount": "1000",
                    "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
                    "payTo": payee().to_string(), "maxTimeoutSeconds": 60,
                    "extra": { "name": "USDC", "version": "2" },
                }])
            );
        }),
        Case::new("M02")
            .ask(
                get("/premium/a")
                    .header("x-forwarded-host", "evil.test")
                    .header("x-forwarded-proto", "http")
                    .header("forwarded", "host=evil.test;proto=http"),
                "402 payment_required",
                "",
            )
            .then(|_, got| {
                let challenge = got.message("payment-required").unwrap();
                assert_eq!(text(&challenge, "/resource/url"), format!("{ORIGIN}/premium/a"));
                assert!(!String::from_utf8_lossy(&got.body).contains("evil.test"));
            }),
        Case::new("M03").ask(get("/free/a.txt"), "200 object", "open").then(|_, got| {
            assert_eq!(got.body, GOODS);
            assert!(got.headers.keys().all(|it| !it.contains("payment")));
        }),
        // Whether there is such an object is for sale, too: the quote does not look.
        Case::new("M04").ask(get("/premium/none"), "402 payment_required", "").ask(
            get("/premium/a"),
            "402 payment_required",
            "",
        ),
        Case::new("M05").ask(get("/premium/none").paying(pay(1)), "404 not_found", "recall, open"),
    ])
    .await;
}
