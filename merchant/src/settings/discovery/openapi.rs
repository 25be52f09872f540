//! `/openapi.json`: version 3.1, with `x-payment-info`, as x402scan and agentcash read it
//! (Merit-Systems/x402scan, `docs/DISCOVERY.md`).

use serde_json::{Map, Value, json};
use wire::Price;

use super::{LLMS, Shop};
use crate::settings::RouteSummary;

/// Decimals in which prices are compared and written: no listed token has more than 18.
const DECIMALS: u8 = 18;
/// Decimals that a price is written with at least, as in that page's examples.
const DECIMALS_SHOWN_MIN: usize = 6;
/// The name of the parameter that stands for what is below a folder.
const OBJECT: &str = "object";

pub(super) fn of(shop: Shop<'_>) -> String {
    let mut paths = Map::new();
    for route in shop.routes {
        let folder = route.path.ends_with('/');
        let path = if folder { format!("{}{{{OBJECT}}}", route.path) } else { route.path.clone() };
        paths.insert(path, json!({ "get": operation(route, folder) }));
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": shop.name(),
            "version": "1.0.0",
            "description": "Files, some of them for sale over x402.",
            "x-guidance": "GET a file without a payment for its offer. Only a 402 asks for a new \
                           payment: after any other answer send the same payment again.",
        },
        "servers": [{ "url": shop.origin }],
        "paths": paths,
        "components": {
            "headers": {
                "PaymentRequired": {
                    "description": "The offers of x402 version 2, as base64 of JSON.",
                    "required": true,
                    "schema": { "type": "string", "contentEncoding": "base64" },
                },
                "PaymentResponse": {
                    "description": "The receipt, as base64 of JSON.",
                    "schema": { "type": "string", "contentEncoding": "base64" },
                },
            },
            "securitySchemes": {
                "x402": {
                    "type": "apiKey", "in": "header", "name": "PAYMENT-SIGNATURE",
                    "description": "A signed payment that takes one of the offers, as base64 of JSON.",
                },
            },
        },
    });
    if shop.has(LLMS) {
        document["x-discovery"] = json!({ "llmsTxtUrl": format!("{}{LLMS}", shop.origin) });
    }
    document.to_string()
}

fn operation(route: &RouteSummary, folder: bool) -> Value {
    let kind = route.mime_type.as_deref().unwrap_or("application/octet-stream");
    let mut operation = Map::new();
    let words = route.description.clone().unwrap_or_else(|| {
        if folder { format!("A file below {}", route.path) } else { route.path.clone() }
    });
    operation.insert("summary".into(), words.into());
    if folder {
        let said = format!("What follows {} in the path. May hold slashes.", route.path);
        operation.insert(
            "parameters".into(),
            json!([{
                "name": OBJECT, "in": "path", "required": true, "description": said,
                "schema": { "type": "string" },
            }]),
        );
    }
    let mut responses = Map::new();
    let mut served = json!({ "description": "The file.", "content": { kind: {} } });
    if !route.offers.is_empty() {
        operation.insert("security".into(), json!([{ "x402": [] }]));
        operation.insert("x-payment-info".into(), payment(route));
        let receipt = json!({ "$ref": "#/components/headers/PaymentResponse" });
        served["headers"] = json!({ "PAYMENT-RESPONSE": receipt });
        responses.insert(
            "402".into(),
            json!({
                "description": "Payment required: the offers.",
                "headers": {
                    "PAYMENT-REQUIRED": { "$ref": "#/components/headers/PaymentRequired" },
                },
                "content": { "application/json": {} },
            }),
        );
    }
    responses.insert("200".into(), served);
    responses.insert("404".into(), json!({ "description": "There is no such file." }));
    operation.insert("responses".into(), responses.into());
    operation.into()
}

/// What a file costs: in dollars where one of the offers is, otherwise in the first offer's token.
fn payment(route: &RouteSummary) -> Value {
    let dollars: Vec<_> = route.all_offers().filter(|it| it.is_in_dollars()).collect();
    let (currency, meant) = match (dollars.is_empty(), route.offers.first()) {
        (true, Some(first)) => (first.symbol.as_str(), vec![first]),
        (true, None) | (false, _) => ("USD", dollars),
    };
    let mut amounts: Vec<_> =
        meant.iter().map(|it| (units(&it.price), it.price.as_str())).collect();
    // Some names may be given away.
    let nothing = route.exceptions.iter().any(|it| it.offers.is_empty());
    amounts.extend(nothing.then(|| (units("0"), "0")));
    let bounds = route.bounds.iter().flatten().filter_map(|it| it.strip_prefix('$'));
    amounts.extend(bounds.map(|it| (units(it), it)));
    amounts.sort();
    let shown = |amount: Option<&(_, &str)>| amount.map(|(_, text)| padded(text));
    let (least, most) = (shown(amounts.first()), shown(amounts.last()));
    let price = if least == most {
        json!({ "mode": "fixed", "currency": currency, "amount": least })
    } else {
        json!({ "mode": "dynamic", "currency": currency, "min": least, "max": most })
    };
    json!({ "price": price, "protocols": [{ "x402": {} }] })
}

/// A price as a number that can be compared with others.
fn units(price: &str) -> Option<wire::AtomicAmount> {
    format!("${price}").parse::<Price>().ok()?.to_atomic(DECIMALS).ok()
}

fn padded(price: &str) -> String {
    let (whole, fraction) = price.split_once('.').unwrap_or((price, ""));
    format!("{whole}.{fraction:0<DECIMALS_SHOWN_MIN$}")
}
