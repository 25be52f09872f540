//! `/llms.txt` for agents (llmstxt.org: a heading, a summary, lists of links) and `/robots.txt` for
//! crawlers (RFC 9309).

use std::fmt::Write;

use super::{LLMS, OPENAPI, Shop};
use crate::settings::{ExceptionSummary, OfferSummary, RouteSummary};

pub(super) fn for_agents(shop: Shop<'_>) -> String {
    let mut text = format!(
        "# {}\n\n> Files over HTTP. Some are for sale over x402 (https://www.x402.org): one signature \
         for each file, no account and no API key.\n",
        shop.name()
    );
    let mut list = |heading: &str, routes: &mut dyn Iterator<Item = &RouteSummary>| {
        let mut routes = routes.peekable();
        if routes.peek().is_some() {
            let _ = write!(text, "\n## {heading}\n\n");
        }
        for RouteSummary { path, offers, description, exceptions, bounds, .. } in routes {
            let words = description.iter().cloned();
            let parts: Vec<String> =
                words.chain((!offers.is_empty()).then(|| prices(offers))).collect();
            let colon = if parts.is_empty() { "" } else { ": " };
            let parts = parts.join(". ");
            let _ = writeln!(text, "- [{path}]({}{path}){colon}{parts}", shop.origin);
            if let Some([least, most]) = bounds {
                let _ =
                    writeln!(text, "  - a file may ask {least} to {most} instead: its 402 says");
            }
            for ExceptionSummary { files, offers } in exceptions {
                let price = if offers.is_empty() { "free".into() } else { prices(offers) };
                let _ = writeln!(text, "  - `{files}` below it: {price}");
            }
        }
    };
    list("For sale", &mut shop.priced());
    list("Free", &mut shop.free());
    text.push_str(
        "\n## How to buy\n\n\
         A path that ends in a slash stands for every file below it. GET the file without a payment: \
         the answer is a 402, and its PAYMENT-REQUIRED header holds the offers as base64 of JSON. Sign \
         one of them, and GET again with PAYMENT-SIGNATURE. Only a 402 asks for a new payment: after \
         any other answer send the same payment again.\n",
    );
    if shop.has(OPENAPI) {
        let _ = write!(text, "\n- [OpenAPI]({}{OPENAPI}): the same for programs\n", shop.origin);
    }
    text
}

fn prices(offers: &[OfferSummary]) -> String {
    let prices = offers.iter().map(|it| {
        let play = if it.is_testnet() == Some(true) { " (test network)" } else { "" };
        format!("{} {} on {}{play}", it.price, it.symbol, it.network)
    });
    prices.collect::<Vec<_>>().join(" or ")
}

pub(super) fn for_crawlers(shop: Shop<'_>) -> String {
    let mut text = String::from(
        "# Files here may cost money: 402 answers carry an offer over x402 (https://www.x402.org).\n\
         # Nothing is charged without a signed payment.\n",
    );
    for path in [LLMS, OPENAPI] {
        if shop.has(path) {
            let _ = writeln!(text, "# Prices: {}{path}", shop.origin);
        }
    }
    text.push_str("User-agent: *\nAllow: /\n");
    text
}
