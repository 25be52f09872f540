//! Prices by a file's name, and bounds of the prices that objects carry.

use serde_json::{Value, json};

use super::discovery::{answered, text};
use super::{GOOD, load, sentence};

#[test]
fn some_names_have_a_price_of_their_own() {
    let rules = |rules: &str| {
        let toml = GOOD.replace(
            "price = \"$0.001\"",
            &format!("price = \"$0.001\"\ndescription = \"Reports\"\n{rules}"),
        );
        load(&toml)
    };
    let one = "[[routes.prices]]\nfiles = \"*.pdf\"\nprice = \"$0.05\"\n\
               [[routes.prices]]\nfiles = \"sample-*\"\nfree = true";
    let settings = rules(one).unwrap();
    let amount = |path: &str| {
        let reply = answered(&settings, path, &[])?;
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(body["accepts"][0]["description"], "Reports");
        body["accepts"][0]["maxAmountRequired"].as_str().map(str::to_owned)
    };
    assert_eq!(amount("/premium/a").as_deref(), Some("1000"));
    assert_eq!(amount("/premium/a.pdf").as_deref(), Some("50000"));
    assert_eq!(amount("/premium/x/a.pdf").as_deref(), Some("1000"));
    assert_eq!(amount("/premium/sample-1.txt"), None, "free: looked up");
    assert_eq!(amount("/premium/sample-1.pdf").as_deref(), Some("50000"), "the first that fits");
    let document: Value = serde_json::from_str(&text(&settings, "/openapi.json")).unwrap();
    assert_eq!(
        document["paths"]["/premium/{object}"]["get"]["x-payment-info"]["price"],
        json!({ "mode": "dynamic", "currency": "USD", "min": "0.000000", "max": "0.050000" })
    );
    let llms = text(&settings, "/llms.txt");
    assert!(
        llms.contains("  - `*.pdf` below it: 0.05 USDC on base-sepolia (test network)\n"),
        "{llms}"
    );
    assert!(llms.contains("  - `sample-*` below it: free\n"), "{llms}");
    let rule = |lines: &str| sentence(rules(&format!("[[routes.prices]]\n{lines}")));
    #[rustfmt::skip]
    let rows = [
        ("price = \"$1\"",                        "routes[0].prices[0].files is missing; write the form of their names, such as \"*.pdf\" or \"2026/**\""),
        ("files = \"/a\"\nprice = \"$1\"",        "routes[0].prices[0].files \"/a\" begins with a slash, but is meant from the route on; write names with * (within a folder), ** (across folders) and ?"),
        ("files = \"a\"",                         "routes[0].prices[0] is neither priced nor free; add price = \"$0.001\", or free = true to give the files away"),
        ("files = \"a\"\nprice = \"1\"",          "routes[0].prices[0].price \"1\" is not a price; write an exact decimal such as \"$0.001\" or \"0.10 USDC\""),
        ("files = \"a\"\nprice = \"$0\"",         "routes[0].prices[0].price \"$0\" is a price of nothing; raise it, or write free = true instead to give the files away"),
    ];
    for (lines, expected) in rows {
        assert_eq!(rule(lines), expected, "{lines}");
    }
    let free = GOOD
        .replace("free = true", "free = true\n[[routes.prices]]\nfiles = \"a\"\nprice = \"$1\"");
    assert_eq!(
        sentence(load(&free)),
        "routes[1].prices stands on a route that is free or has further offers; give these files a route of their own"
    );
}

#[test]
fn objects_may_carry_prices_within_bounds_that_make_sense() {
    let with = |lines: &str| {
        let toml = GOOD.replace("price = \"$0.001\"", &format!("price = \"$0.001\"\n{lines}"));
        load(&toml.replace("\"file:./content\"", "\"s3://files/content\""))
    };
    let (least, most) = ("price_min = \"$0.0005\"\n", "price_max = \"$2\"\n");
    let settings = with(&[least, most].concat()).unwrap();
    assert!(answered(&settings, "/premium/a", &[]).is_none(), "the object is looked at");
    assert_eq!(answered(&settings, "/premium/", &[]).unwrap().status, 402, "a folder carries none");
    let document: Value = serde_json::from_str(&text(&settings, "/openapi.json")).unwrap();
    assert_eq!(
        document["paths"]["/premium/{object}"]["get"]["x-payment-info"]["price"],
        json!({ "mode": "dynamic", "currency": "USD", "min": "0.000500", "max": "2.000000" })
    );
    assert!(text(&settings, "/llms.txt").contains("a file may ask $0.0005 to $2 instead"));
    let bound = |max: &str| [least, "price_max = \"", max, "\""].concat();
    let accepts = "[[routes.accepts]]\nnetwork = \"base-sepolia\"\nprice = \"0.09 EURC\"\n\
                   asset = { address = \"0x808456652fdb597867f38412077A9182bf77359F\", symbol = \"EURC\", \
                   decimals = 6, name = \"EURC\", version = \"2\" }";
    #[rustfmt::skip]
    let rows = [
        (least.to_owned(),            "routes[0].price_max is missing; write the most that an object may ask for itself"),
        (most.to_owned(),             "routes[0].price_min is missing; write the least that an object may ask for itself"),
        (bound("2 USDC"),             "routes[0].price_max \"2 USDC\" is not a price in dollars; write an exact decimal such as \"$0.001\""),
        (bound("2"),                  "routes[0].price_max \"2\" is not a price in dollars; write an exact decimal such as \"$0.001\""),
        (bound("$0.0000001"),         "routes[0].price_max is, like price_min, a price that each token must be able to express; use fewer decimal places"),
        (bound("$0.0001"),            "routes[0].price_max is not above price_min, or that is nothing; raise one of the two"),
        (bound("$0.0007"),            "routes[0].price_max and price_min do not have the route's own price between them; widen them, or change the price"),
        ([least, most, accepts].concat(), "routes[0].price_max stands on a route with further offers; give these files a route of their own"),
    ];
    for (lines, expected) in rows {
        assert_eq!(sentence(with(&lines)), expected, "{lines}");
    }
    let folder =
        GOOD.replace("price = \"$0.001\"", &["price = \"$0.001\"\n", least, most].concat());
    assert_eq!(
        sentence(load(&folder)),
        "routes[0].price_max needs content in a bucket, whose objects can carry a price; \
         remove price_min and price_max, or name a bucket"
    );
    let free = GOOD.replace("free = true", &["free = true\n", most].concat());
    assert_eq!(
        sentence(load(&free)),
        "routes[1].price_max has no effect on a free route; remove it, or give the route a price"
    );
}
