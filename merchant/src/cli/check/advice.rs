//! What the settings themselves give cause to say. No IO: legal settings that cost money or sales.

use super::finding::{Finding, Weight};
use crate::settings::{Location, OfferSummary, Settings};
use crate::walk::Onchain;

/// The price above which payers of the common SDKs refuse unless told otherwise: one dollar
/// (`@x402/core` 2.27, spend controls).
const USUAL_CAP: u64 = 1;

/// What to say about these settings.
pub(super) fn on(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let offers: Vec<_> = settings.routes.iter().flat_map(|it| &it.offers).collect();
    let real = offers.iter().find(|it| it.is_testnet() != Some(true));
    let play = offers.iter().find(|it| it.is_testnet() == Some(true));
    findings.extend(forgetful_ledger(settings, real.is_some()));
    findings.extend(offers.iter().find_map(|it| blind(settings, it)));
    if let (Some(real), Some(play)) = (real, play) {
        findings.push(Finding::new(
            Weight::Warning,
            "routes",
            format!("take real money on {} and play money on {}", real.network, play.network),
            "use one configuration for each, unless it is meant",
        ));
    }
    if real.is_some() && settings.policy.origin().starts_with("http://") {
        findings.push(Finding::new(
            Weight::Error,
            "public_url",
            "is for this machine only, but payers with real money are elsewhere",
            "set it to the https URL that they use",
        ));
    }
    if !settings.listen.ip().is_loopback() {
        findings.push(Finding::new(
            Weight::Warning,
            "server.listen",
            format!("{} takes plain HTTP from other machines", settings.listen),
            "let only your CDN or TLS proxy reach it, or listen on 127.0.0.1",
        ));
    }
    for (index, route) in settings.routes.iter().enumerate() {
        findings.extend(route.all_offers().filter_map(|it| dear(index, it)));
        if settings.policy.v1_enabled()
            && !route.offers.is_empty()
            && route.offers.iter().all(|it| it.offer.v1_network().is_none())
        {
            findings.push(Finding::new(
                Weight::Warning,
                format!("routes[{index}]"),
                "is offered on no network that has a version 1 name, so version 1 payers cannot pay",
                "add a network such as base, or set v1 = false",
            ));
        }
    }
    findings
}

fn forgetful_ledger(settings: &Settings, real_money: bool) -> Option<Finding> {
    let weight = if real_money { Weight::Error } else { Weight::Warning };
    match (&settings.ledger.location, settings.ledger.fsync) {
        (Location::Memory, _) => Some(Finding::new(
            weight,
            "ledger.url",
            "is memory, so a restart forgets who paid and payers in doubt may pay twice",
            "keep the ledger in a folder, such as \"file:./ledger\"",
        )),
        (Location::File(_), false) => Some(Finding::new(
            weight,
            "ledger.fsync",
            "is off, so a power cut can forget a payment that was already answered",
            "remove the line",
        )),
        (Location::File(_), true) | (Location::Bucket(_), _) => None,
    }
}

/// A facilitator on this machine leaves no default endpoint: its chain is hardly the real one.
fn blind(settings: &Settings, offer: &OfferSummary) -> Option<Finding> {
    let asked = settings.rules.onchain != Onchain::Off;
    let endpoint = settings.rpc.get(&offer.offer.chain_id()).is_some_and(|it| !it.is_empty());
    (asked && !endpoint).then(|| {
        Finding::new(
            Weight::Warning,
            "onchain.rpc",
            format!("names no endpoint of {}, so doubt about a payment there stays", offer.network),
            format!("add \"{}=https://…\", or set onchain.verify = \"off\"", offer.network),
        )
    })
}

fn dear(index: usize, offer: &OfferSummary) -> Option<Finding> {
    let (whole, fraction) = offer.price.split_once('.').unwrap_or((&offer.price, ""));
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    let above = whole > USUAL_CAP || (whole == USUAL_CAP && !fraction.is_empty());
    above.then(|| {
        let OfferSummary { price, symbol, network, .. } = offer;
        Finding::new(
            Weight::Warning,
            format!("routes[{index}].price"),
            format!("is {price} {symbol} on {network}, more than many payers spend unasked ($1)"),
            "expect fewer sales, or lower it",
        )
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::super::output::Paint;
    use super::*;

    const SHOP: &str = r#"
        pay_to = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C"
        content.url = "memory:"
        facilitator.url = "x402.org"
    "#;
    const TEST: &str = "public_url = \"http://localhost:4021\"\nnetworks = [\"base-sepolia\"]\n";
    const REAL: &str = "public_url = \"https://files.example.com\"\nnetworks = [\"base\"]\n";
    const KEPT: &str = "ledger.url = \"file:./ledger\"\n";
    const CHEAP: &str = "[[routes]]\npath = \"/a\"\nprice = \"$1\"\n";
    const DEAR: &str = "[[routes]]\npath = \"/a\"\nprice = \"$1.01\"\n";

    #[test]
    fn legal_settings_that_cost_money_or_sales_are_told() {
        #[rustfmt::skip]
        let rows: &[(&[&str], &[&str])] = &[
            (&[TEST, KEPT, CHEAP], &[]),
            (&[REAL, KEPT, CHEAP], &[]),
            (&[TEST, KEPT, DEAR], &[
                "warning: routes[0].price is 1.01 USDC on base-sepolia, more than many payers spend unasked ($1); expect fewer sales, or lower it",
            ]),
            (&[TEST, "ledger.url = \"memory:\"\n", CHEAP], &[
                "warning: ledger.url is memory, so a restart forgets who paid and payers in doubt may pay twice; keep the ledger in a folder, such as \"file:./ledger\"",
            ]),
            (&[REAL, "ledger.url = \"memory:\"\n", CHEAP], &[
                "error: ledger.url is memory, so a restart forgets who paid and payers in doubt may pay twice; keep the ledger in a folder, such as \"file:./ledger\"",
            ]),
            (&[TEST, KEPT, "facilitator.url = \"http://localhost:4022\"\n", CHEAP], &[
                "warning: onchain.rpc names no endpoint of base-sepolia, so doubt about a payment there stays; add \"base-sepolia=https://…\", or set onchain.verify = \"off\"",
            ]),
            (&[TEST, KEPT, "facilitator.url = \"http://localhost:4022\"\nonchain.verify = \"off\"\n", CHEAP], &[]),
            (&[REAL, KEPT, "ledger.fsync = false\n", CHEAP], &[
                "error: ledger.fsync is off, so a power cut can forget a payment that was already answered; remove the line",
            ]),
            (&[TEST, KEPT, "server.listen = \"0.0.0.0:80\"\n", CHEAP], &[
                "warning: server.listen 0.0.0.0:80 takes plain HTTP from other machines; let only your CDN or TLS proxy reach it, or listen on 127.0.0.1",
            ]),
            (&[TEST, KEPT, CHEAP, "networks = [\"base\"]\n", "[[routes]]\npath = \"/b\"\nprice = \"$1\"\n"], &[
                "warning: routes take real money on base and play money on base-sepolia; use one configuration for each, unless it is meant",
                "error: public_url is for this machine only, but payers with real money are elsewhere; set it to the https URL that they use",
            ]),
            (&[REAL, KEPT, CHEAP, "networks = [\"eip155:42161\"]\n"], &[
                "warning: onchain.rpc names no endpoint of eip155:42161, so doubt about a payment there stays; add \"eip155:42161=https://…\", or set onchain.verify = \"off\"",
                "warning: routes[0] is offered on no network that has a version 1 name, so version 1 payers cannot pay; add a network such as base, or set v1 = false",
            ]),
        ];
        for (lines, expected) in rows {
            // A line of a row replaces the shop's own.
            let own = |it: &&str| {
                !lines.iter().any(|line| {
                    line.trim_start().starts_with(it.split(" = ").next().unwrap_or(it).trim())
                })
            };
            let shop = SHOP
                .lines()
                .map(str::trim)
                .filter(|it| it.is_empty() || own(it))
                .collect::<Vec<_>>()
                .join("\n");
            let toml = format!("{shop}\n{}", lines.concat());
            let settings = Settings::load(&toml, Path::new("/srv"), std::iter::empty()).unwrap();
            let found: Vec<_> = on(&settings).iter().map(|it| it.text(Paint::Off)).collect();
            assert_eq!(found, *expected, "{toml}");
        }
    }
}
