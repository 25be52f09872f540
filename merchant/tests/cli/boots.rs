//! Cases M06 to M08: a configuration that could sell for nothing, to nobody or in challenges that
//! do not travel does not start. Each is refused in one sentence that names the setting.

use std::fs;
use std::net::TcpListener;

use crate::shop::{PAYEE, Shop, config};

/// A case: what is replaced in a good configuration, and how the sentence must begin.
struct Boot {
    id: &'static str,
    differs: Option<&'static str>,
    rows: Vec<(&'static str, String, &'static str)>,
}

const PRICE: &str = "price = \"$0.001\"";

#[test]
fn a_rule_that_cannot_be_meant_stops_the_start() {
    // Taken, so that whatever gets past the settings ends there.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    for Boot { id, differs, rows } in [prices(), parties(), challenges()] {
        assert!(differs.is_none_or(|it| it.len() > 20), "{id} differs, but does not say why");
        for (from, to, sentence) in rows {
            let good = config("http://127.0.0.1:9").replace("127.0.0.1:0", &listen);
            let shop = Shop::with(&good.replacen(from, &to, 1));
            shop.stock("content/premium/a");
            let said = shop.run(&["serve"]);
            assert_eq!((said.code, said.stdout.as_str()), (Some(3), ""), "{id}: {to}");
            let begin = format!("error: merchant.toml: {sentence}");
            assert!(said.stderr.starts_with(&begin), "{id}: {}", said.stderr);
            assert_eq!(said.stderr.lines().count(), 1, "{id}: one sentence: {}", said.stderr);
            assert!(fs::metadata(shop.path("ledger")).is_err(), "{id}: nothing was touched");
        }
    }
}

fn prices() -> Boot {
    #[rustfmt::skip]
    let mut rows = vec![
        (PRICE, "price = 0".to_owned(),        "routes[0].price must be a text in quotes"),
        (PRICE, "price = 0.001".to_owned(),    "routes[0].price must be a text in quotes"),
        (PRICE, "price = \"$0\"".to_owned(),   "routes[0].price \"$0\" is a price of nothing"),
        (PRICE, "price = \"$0.0\"".to_owned(), "routes[0].price \"$0.0\" is a price of nothing"),
        (PRICE, String::new(),                 "routes[0] is neither priced nor free"),
    ];
    for number in ["", "0x10", "1_000", "-1", "1e3", "01", "0", "1,5", " 1", "+1"] {
        for text in [number.to_owned(), format!("${number}"), format!("{number} USDC")] {
            let sentence = if text == "$0" || text == "0 USDC" {
                "routes[0].price "
            } else {
                "routes[0].price \""
            };
            rows.push((PRICE, format!("price = \"{text}\""), sentence));
        }
    }
    Boot { id: "M06", differs: None, rows }
}

fn parties() -> Boot {
    let asset = |address: &str, rest: &str| {
        format!(
            "{PRICE}\n[[routes.accepts]]\nnetwork = \"base-sepolia\"\nprice = \"1 EURC\"\n\
             asset = {{ address = \"{address}\"{rest} }}"
        )
    };
    let payee = |address: &str| format!("pay_to = \"{address}\"");
    let pay_to: &'static str = "pay_to = \"0x209693Bc6afc0C5328bA36FaF03C514EF312287C\"";
    assert!(pay_to.contains(PAYEE));
    #[rustfmt::skip]
    let rows = vec![
        (pay_to, payee("0x209693bc6afc0C5328bA36FaF03C514EF312287C"),
            "pay_to \"0x209693bc6afc0C5328bA36FaF03C514EF312287C\" has a letter case that contradicts its EIP-55 checksum"),
        (pay_to, payee("0x0000000000000000000000000000000000000000"), "pay_to is the zero address"),
        (pay_to, payee("0x036CbD53842c5426634e7929541eC2318f3dCF7e"), "pay_to is the contract of USDC"),
        // USDC of Base, where Base Sepolia is meant.
        (PRICE, asset("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", ""),
            "routes[0].accepts[0].asset.address is a token of Base, not of base-sepolia"),
        // A token that nobody knows, without what its contract says.
        (PRICE, asset("0x808456652fdb597867f38412077A9182bf77359F", ""),
            "routes[0].accepts[0].asset.symbol is missing, and the token is not one that we know"),
        // A token that borrows a known one's name.
        (PRICE, asset("0x808456652fdb597867f38412077A9182bf77359F",
                      ", symbol = \"USDC\", decimals = 6, name = \"USDC\", version = \"2\""),
            "routes[0].accepts[0].asset.address is not the USDC of base-sepolia"),
    ];
    Boot { id: "M07", differs: None, rows }
}

fn challenges() -> Boot {
    let accept = |it: usize| {
        format!(
            "[[routes.accepts]]\nnetwork = \"eip155:1000{it:02}\"\nprice = \"1 TOKEN\"\n\
             asset = {{ address = \"0x808456652fdb597867f38412077a9182bf7735{it:02x}\", \
             symbol = \"TOKEN\", decimals = 18, name = \"{}\", version = \"1\" }}\n",
            "n".repeat(64)
        )
    };
    let accepts: String = (1..=12).map(accept).collect();
    let large = format!("description = \"{}\"\n{accepts}", "€".repeat(500));
    let rows = vec![
        (PRICE, large, "routes[0] makes a PAYMENT-REQUIRED header of up to "),
        (PRICE, format!("{PRICE}\n{accepts}"), "routes[0] has 13 ways to pay; leave at most 12"),
    ];
    let differs = Some("the limit is 8 KiB: proxies and clients stop reading there, not at 16");
    Boot { id: "M08", differs, rows }
}
