//! What is said about the whole is what the routes say.

use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};

use super::{GOOD, load, load_with};
use crate::decisions::gate::{self, Asked, Gate};
use crate::decisions::page;
use crate::decisions::reply::Reply;
use crate::settings::Settings;

const PATHS: [&str; 4] = ["/openapi.json", "/.well-known/x402", "/llms.txt", "/robots.txt"];

/// Answered at the gate, where there is no IO.
pub(super) fn answered(
    settings: &Settings,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Option<Reply> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    let asked = Asked { method: &Method::GET, target: path, headers: &map };
    match gate::judge(&settings.policy, asked) {
        Gate::Answered(reply) => Some(reply),
        Gate::Free(..) | Gate::Document(..) | Gate::Quoted(..) | Gate::Paid(..) => None,
    }
}

pub(super) fn text(settings: &Settings, path: &str) -> String {
    let reply = answered(settings, path, &[]).unwrap();
    assert_eq!((reply.status.as_u16(), reply.code), (200, "document"), "{path}");
    assert!(!reply.headers.contains_key("payment-required"), "{path}");
    String::from_utf8(reply.body.to_vec()).unwrap()
}

/// A shop with everything: folders and files, several networks, tokens and prices.
fn shop() -> Settings {
    let toml = GOOD.replace("[\"base-sepolia\"]", "[\"base\", \"polygon\"]").replace(
        "price = \"$0.001\"",
        r#"price = "$0.001"
        description = "Market data, \"daily\" <b>"
        mime_type = "application/json"
        [[routes.accepts]]
        network = "celo"
        price = "0.12 USDT"
        [[routes]]
        path = "/caf%C3%A9.pdf"
        [[routes.accepts]]
        network = "base"
        price = "0.9 EURC"
        asset = { address = "0x60a3E35Cc302bFA44Cb288Bc5a4F316Fdb1adb42", symbol = "EURC", decimals = 6, name = "EURC", version = "2" }"#,
    );
    load(&toml).unwrap()
}

#[test]
fn openapi_has_each_route_with_its_price() {
    let document: Value = serde_json::from_str(&text(&shop(), "/openapi.json")).unwrap();
    assert_eq!(document["servers"][0]["url"], "https://files.example.com");
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/premium/{object}", "/caf%C3%A9.pdf", "/free/{object}"]);
    let price = |path: &str| document["paths"][path]["get"]["x-payment-info"]["price"].clone();
    assert_eq!(
        price("/premium/{object}"),
        json!({ "mode": "dynamic", "currency": "USD", "min": "0.001000", "max": "0.120000" })
    );
    assert_eq!(
        price("/caf%C3%A9.pdf"),
        json!({ "mode": "fixed", "currency": "EURC", "amount": "0.900000" })
    );
    assert_eq!(price("/free/{object}"), Value::Null);
    let free = &document["paths"]["/free/{object}"]["get"];
    assert!(free.get("security").is_none() && free["responses"].get("402").is_none());
    let one: Value = serde_json::from_str(&text(&load(GOOD).unwrap(), "/openapi.json")).unwrap();
    assert_eq!(
        one["paths"]["/premium/{object}"]["get"]["x-payment-info"],
        json!({
            "price": { "mode": "fixed", "currency": "USD", "amount": "0.001000" },
            "protocols": [{ "x402": {} }],
        })
    );
}

#[test]
fn catalogues_agents_and_crawlers_read_it_in_their_own_words() {
    let shop = shop();
    let list: Value = serde_json::from_str(&text(&shop, "/.well-known/x402")).unwrap();
    assert_eq!(list["version"], 1);
    let listed = list["resources"].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
    let listed: Vec<_> = listed.collect();
    assert_eq!(
        listed,
        ["https://files.example.com/premium/", "https://files.example.com/caf%C3%A9.pdf"]
    );
    // Whoever looks them up gets a challenge.
    for url in listed {
        let path = url.strip_prefix("https://files.example.com").unwrap();
        assert_eq!(answered(&shop, path, &[]).unwrap().status, 402, "{url}");
    }
    let llms = text(&shop, "/llms.txt");
    let line = "- [/premium/](https://files.example.com/premium/): Market data, \"daily\" <b>. \
                0.001 USDC on base or 0.001 USDC on polygon or 0.12 USDT on celo\n";
    assert!(llms.starts_with("# files.example.com\n\n> ") && llms.contains(line), "{llms}");
    assert!(llms.contains("\n## Free\n\n- [/free/](https://files.example.com/free/)\n"), "{llms}");
    let robots = text(&shop, "/robots.txt");
    assert!(robots.contains("# Prices: https://files.example.com/llms.txt\n"), "{robots}");
    assert!(robots.ends_with("User-agent: *\nAllow: /\n"), "{robots}");
}

#[test]
fn who_has_a_document_is_told_so() {
    let shop = shop();
    for path in PATHS {
        let whole = answered(&shop, path, &[]).unwrap();
        assert_eq!(whole.headers["cache-control"], "public, max-age=300");
        let etag = whole.headers["etag"].to_str().unwrap();
        for (list, status) in [(etag, 304), ("*", 304), ("\"other\"", 200)] {
            let reply = answered(&shop, path, &[("if-none-match", list)]).unwrap();
            assert_eq!((reply.status.as_u16(), reply.body.is_empty()), (status, status == 304));
            assert_eq!(reply.headers["etag"], etag);
            assert_eq!(reply.headers["cache-control"], "public, max-age=300");
        }
        let other = answered(&load(GOOD).unwrap(), path, &[]).unwrap();
        let same = other.body == whole.body;
        assert_eq!(other.headers["etag"] == etag, same, "{path}: the tag follows the text");
    }
}

#[test]
fn each_document_can_be_switched_off() {
    let names = ["OPENAPI", "WELL_KNOWN", "LLMS", "ROBOTS"];
    for (name, path) in names.into_iter().zip(PATHS) {
        let settings = load_with(GOOD, &[(&format!("X402_DISCOVERY__{name}"), "false")]).unwrap();
        for other in PATHS {
            let status = answered(&settings, other, &[]).unwrap().status;
            assert_eq!(status, if other == path { 404 } else { 200 }, "{other} without {path}");
            if other != path && answered(&settings, other, &[]).unwrap().status == 200 {
                assert!(!text(&settings, other).contains(path), "{other} speaks of {path}");
            }
        }
    }
}

const PERSON: &[(&str, &str)] =
    &[("accept", "text/html,*/*;q=0.8"), ("sec-fetch-mode", "navigate")];

#[test]
fn a_person_gets_a_page_with_the_same_challenge() {
    let shop = shop();
    let json = answered(&shop, "/premium/a%26b.json", &[]).unwrap();
    let page = answered(&shop, "/premium/a%26b.json", PERSON).unwrap();
    assert_eq!((page.status, page.code), (json.status, json.code));
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers["content-security-policy"], page::POLICY);
    for (name, value) in &json.headers {
        assert!(name == "content-type" || page.headers[name] == value, "{name}");
    }
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    for expected in [
        "<h1><bdi>a&amp;b.json</bdi></h1>",
        "https://files.example.com/premium/a&amp;b.json</p>",
        "<p>Market data, &quot;daily&quot; &lt;b&gt;</p>",
        "<b>0.001 USDC</b><span class=\"soft\">on Base</span>",
        "<b>0.12 USDT</b><span class=\"soft\">on Celo</span>",
        "x402-agent get &#39;https://files.example.com/premium/a&amp;b.json&#39;",
        "<a href=\"/llms.txt\">/llms.txt</a>",
    ] {
        assert!(html.contains(expected), "{expected}\n{html}");
    }
    let test = answered(&load(GOOD).unwrap(), "/premium/", PERSON).unwrap();
    assert!(String::from_utf8_lossy(&test.body).contains("on Base Sepolia, a test network"));
    let off = load_with(GOOD, &[("X402_DISCOVERY__PAGE", "false")]).unwrap();
    let off = answered(&off, "/premium/a", PERSON).unwrap();
    assert_eq!(off.headers["content-type"], "application/json");
}

/// Browsers compare the sheet with the policy's digest, and show the page bare where they differ.
#[test]
fn the_policy_lets_the_pages_own_style_be_shown() {
    use base64::Engine;
    use sha2::{Digest, Sha256};
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(page::STYLE));
    assert!(page::POLICY.contains(&format!("'sha256-{digest}'")), "{digest}");
}

#[test]
fn what_is_listed_is_declared_and_nothing_else() {
    let declared = |toml: &str, path: &str| {
        let reply = answered(&load(toml).unwrap(), path, &[]).unwrap();
        let json = wire::header::decode_json(reply.headers["payment-required"].as_bytes(), 1 << 14);
        let json: Value = serde_json::from_slice(&json.unwrap()).unwrap();
        let names = json["extensions"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        (names.join(" "), json["extensions"]["bazaar"]["info"]["output"]["example"].clone())
    };
    let with = |section: &str, lines: &str| {
        let toml = GOOD.replace("price = \"$0.001\"", &format!("price = \"$0.001\"\n{lines}"));
        format!("{section}\n{toml}")
    };
    let example = "example = '{\"rows\": 3}'";
    #[rustfmt::skip]
    let rows = [
        ("",                                "",                                     "payment-identifier",                      Value::Null),
        ("",                                "bazaar = true",                        "payment-identifier bazaar",               Value::Null),
        ("discovery.bazaar = true",         "",                                     "payment-identifier bazaar",               Value::Null),
        ("discovery.bazaar = true",         "bazaar = false",                       "payment-identifier",                      Value::Null),
        ("discovery.bazaar = true",         example,                                "payment-identifier bazaar",               json!({ "rows": 3 })),
        ("discovery.builder_code = \"a_1\"", "",                                    "payment-identifier builder-code",         Value::Null),
    ];
    for (section, lines, names, example) in rows {
        assert_eq!(
            declared(&with(section, lines), "/premium/a"),
            (names.into(), example),
            "{section} {lines}"
        );
    }
    let wrong = |section: &str, lines: &str| super::sentence(load(&with(section, lines)));
    assert_eq!(
        wrong("", example),
        "routes[0].example has no effect on a route that is not listed; remove it, or add bazaar = true"
    );
    for bad in ["[3]", "{", "3"] {
        assert_eq!(
            wrong("discovery.bazaar = true", &format!("example = '{bad}'")),
            "routes[0].example is not an object in JSON; write one such as '{\"rows\": 3}'"
        );
    }
    let long = format!("example = '{{\"a\": \"{}\"}}'", "x".repeat(8000));
    assert!(
        wrong("discovery.bazaar = true", &long).contains("more than the 8192 that proxies pass")
    );
    for bad in ["A", "", "a-b", &"a".repeat(33)] {
        let said = wrong(&format!("discovery.builder_code = \"{bad}\""), "");
        assert!(said.ends_with("write 1 to 32 small letters, digits and underscores"), "{said}");
    }
}
