//! `x402-agent inspect`: a 402 in plain words. Neither key nor payment is involved.

use std::fmt::Write;

use agent::decisions::challenge::{Offer, Version};
use agent::decisions::inspection::{Inspection, asset, network};
use agent::decisions::remark::Remark;
use agent::inspect::inspect;
use agent::transport::{Patience, Transport};
use serde_json::{Value, json};

use super::asking::Inspect;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::policy::Rules;
use super::terminal::{Terminal, Tint, result};
use super::words::{offered_network, offered_price};

/// Width of the left column.
const NAME_CHARS: usize = 12;

/// Runs the command.
pub(crate) async fn run(
    args: Inspect,
    environment: &Environment,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let terms = Rules::find(None, environment)?.terms(&args.terms)?;
    let transport = Transport::new(Patience::default())?;
    let inspection = inspect(&transport, &args.url, &terms).await?;
    if args.json {
        result(&as_json(&inspection).to_string());
    } else {
        result(as_text(&inspection, terminal).trim_end());
    }
    Ok(Exit::Done)
}

fn as_text(it: &Inspection, terminal: Terminal) -> String {
    let strong = |text: &str| terminal.tint_result(Tint::Strong, text);
    let mut text = format!("{} {}\n", strong(&it.status.to_string()), it.target);
    if it.status != 402 {
        let meaning = match it.status {
            200..=299 => "Free: the server hands it out without payment.",
            _ => "Neither content nor a challenge: there is nothing to pay.",
        };
        text.push_str(meaning);
        return text;
    }
    let spoken = match (&it.v2, &it.v1) {
        (Some(_), Some(_)) => "v2 (PAYMENT-REQUIRED header) and v1 (JSON body)",
        (Some(_), None) => "v2 (PAYMENT-REQUIRED header)",
        (None, Some(_)) => "v1 (JSON body)",
        (None, None) => "none that this agent understands",
    };
    line(&mut text, terminal, "versions", spoken);
    if let Some((_, offer)) = it.offers().next() {
        let kind = offer.mime_type.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
        let description = offer.description.as_ref().map_or("(not described)", |it| it.as_str());
        line(&mut text, terminal, "for sale", &format!("{description}{kind}"));
    }
    for (version, offer) in it.offers() {
        text.push_str(&offer_as_text(it, version, offer, terminal));
    }
    if it.remarks.is_empty() {
        line(&mut text, terminal, "odd", "nothing");
    }
    for remark in &it.remarks {
        let words = format!("{}{}", subject(remark), remark.oddity);
        line(&mut text, terminal, "odd", &terminal.tint_result(Tint::Odd, &words));
    }
    text
}

fn offer_as_text(it: &Inspection, version: Version, offer: &Offer, terminal: Terminal) -> String {
    let mut text = String::new();
    let name = format!("{version} offer {}", offer.index + 1);
    let price = terminal.tint_result(Tint::Strong, &offered_price(offer));
    line(&mut text, terminal, &name, &format!("{price} on {}", offered_network(offer)));
    line(&mut text, terminal, "", &format!("paid to {}", offer.pay_to));
    line(&mut text, terminal, "", &format!("in token {}", offer.asset));
    let seconds = offer.max_timeout.as_secs();
    line(&mut text, terminal, "", &format!("the payment stays valid for {seconds} s"));
    if chosen(it, version, offer) {
        let words = terminal.tint_result(Tint::Good, "this agent would take it");
        line(&mut text, terminal, "", &words);
    }
    text
}

fn line(text: &mut String, terminal: Terminal, name: &str, value: &str) {
    let blanks = " ".repeat(NAME_CHARS.saturating_sub(name.len()));
    let name = terminal.tint_result(Tint::Faint, name);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{name}{blanks} {value}");
}

/// `v2 offer 1: `, or nothing for the reply as a whole.
fn subject(remark: &Remark) -> String {
    let name = |(version, index): (Version, usize)| format!("{version} offer {}: ", index + 1);
    remark.offer.map(name).unwrap_or_default()
}

fn chosen(it: &Inspection, version: Version, offer: &Offer) -> bool {
    let used = if it.v2.is_some() { Version::V2 } else { Version::V1 };
    it.choice.as_ref().is_ok_and(|deal| version == used && deal.offer().index == offer.index)
}

fn as_json(it: &Inspection) -> Value {
    let offers = it.offers().map(|(version, offer)| {
        json!({
            "version": version.to_string(),
            "index": offer.index,
            "scheme": offer.scheme,
            "network": offer.network.as_ref().map(ToString::to_string),
            "networkName": network(offer).map(|it| it.name),
            "testnet": network(offer).map(|it| it.testnet),
            "amount": offer.amount.to_string(),
            "price": asset(offer).map(|it| offer.amount.to_decimal(it.decimals)),
            "symbol": asset(offer).map(|it| it.symbol),
            "asset": offer.asset.to_string(),
            "payTo": offer.pay_to.to_string(),
            "maxTimeoutSeconds": offer.max_timeout.as_secs(),
            "resource": offer.resource,
            "chosen": chosen(it, version, offer),
        })
    });
    let remarks = it.remarks.iter().map(|remark| {
        json!({
            "offer": remark.offer.map(|(version, index)| json!({
                "version": version.to_string(), "index": index,
            })),
            "code": remark.oddity.code(),
            "message": remark.oddity.to_string(),
        })
    });
    json!({
        "url": it.target.to_string(),
        "status": it.status,
        "versions": it.offers().map(|(version, _)| version.to_string())
            .fold(Vec::new(), |mut seen, version| {
                if !seen.contains(&version) { seen.push(version); }
                seen
            }),
        "offers": offers.collect::<Vec<_>>(),
        "remarks": remarks.collect::<Vec<_>>(),
    })
}
