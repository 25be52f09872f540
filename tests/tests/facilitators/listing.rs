//! What a facilitator's catalogue makes of a payment that passed through the merchant.

use std::path::Path;

use http::{HeaderMap, HeaderValue, Method};
use merchant::decisions::gate::{self, Asked, Gate};
use merchant::decisions::order::Order;
use merchant::settings::Settings;
use serde_json::{Value, json};
use wire::header::encode_json;

use crate::node;

/// A payment as `@x402/fetch` sends it, with these extensions and this resource.
fn payment(extensions: &Value, resource: &Value) -> HeaderValue {
    let golden = include_str!("../../../wire/golden/messages/payment-payload.v2.fetch.json");
    let mut payment: Value = serde_json::from_str(golden).unwrap();
    payment["extensions"] = extensions.clone();
    payment["resource"] = resource.clone();
    HeaderValue::try_from(encode_json(payment.to_string().as_bytes())).unwrap()
}

/// What the facilitator is asked about it.
fn ask(bazaar: bool, payment: HeaderValue) -> Value {
    let toml = format!(
        "public_url = \"https://files.example.com\"\n\
         pay_to = \"0x209693Bc6afc0C5328bA36FaF03C514EF312287C\"\nnetworks = [\"base\"]\n\
         content.url = \"memory:\"\nledger.url = \"memory:\"\nfacilitator.url = \"x402.org\"\n\
         discovery.bazaar = {bazaar}\n\
         [[routes]]\npath = \"/\"\nprice = \"$0.001\"\ndescription = \"Rows\"\n\
         mime_type = \"application/json\"\n"
    );
    let settings = Settings::load(&toml, Path::new("/"), std::iter::empty()).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("payment-signature", payment);
    let asked = Asked { method: &Method::GET, target: "/2026/a%20b.json", headers: &headers };
    let Gate::Paid(route, path, payment) = gate::judge(&settings.policy, asked) else {
        panic!("no payment")
    };
    let url = settings.policy.url(&path);
    let url = [url.origin, url.path].concat();
    let order = match route.challenge.listing() {
        Some(listing) => Order::listed(&route.offers[0], &payment, listing, url),
        None => Order::new(&route.offers[0], &payment),
    };
    serde_json::from_slice(order.ask()).unwrap()
}

#[test]
fn a_catalogue_lists_our_own_words_whatever_the_payer_sent() {
    let evil = json!({ "bazaar": {
        "info": { "input": { "type": "http", "method": "GET", "queryParams": {} } },
        "schema": {}, "routeTemplate": "/evil/:all",
    } });
    let elsewhere = json!({ "url": "https://evil.test/", "description": "Evil" });
    for (extensions, resource) in [(json!({}), Value::Null), (evil, elsewhere)] {
        let ask = ask(true, payment(&extensions, &resource));
        let Some(answer) = node::run("list.mjs", &ask) else { return };
        let listed = &serde_json::from_str::<Value>(&answer).unwrap()["listed"];
        assert_eq!(listed["resourceUrl"], "https://files.example.com/2026/a%20b.json");
        assert_eq!(listed["description"], "Rows");
        assert_eq!(listed["mimeType"], "application/json");
        assert_eq!(listed["method"], "GET");
        assert_eq!(listed.get("routeTemplate"), None);
    }
}

#[test]
fn what_is_not_declared_is_not_listed_and_left_as_it_came() {
    let resource = json!({ "url": "https://files.example.com/", "description": "" });
    let extensions = json!({ "another": { "info": { "a": 1 } } });
    let ask = ask(false, payment(&extensions, &resource));
    assert_eq!(ask["paymentPayload"]["extensions"], extensions);
    assert_eq!(ask["paymentPayload"]["resource"], resource);
    let Some(answer) = node::run("list.mjs", &ask) else { return };
    assert_eq!(answer.trim(), "{\"listed\":null}");
}
