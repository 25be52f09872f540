//! `/.well-known/x402`: the URLs that answer with a challenge, as x402scan reads them
//! (Merit-Systems/x402scan, `docs/DISCOVERY.md`).

use serde_json::json;

use super::Shop;

/// The document's version, as that page has it.
const VERSION: u64 = 1;

pub(super) fn of(shop: Shop<'_>) -> String {
    let resources: Vec<_> =
        shop.priced().map(|it| [shop.origin, it.path.as_str()].concat()).collect();
    let said = "A URL that ends in a slash stands for every file below it. GET it without a payment \
                for the offer, which is in the PAYMENT-REQUIRED header.";
    json!({ "version": VERSION, "resources": resources, "instructions": said }).to_string()
}
