//! `x402-agent discover`: what facilitators list, judged by this payer's terms and policy, the
//! cheapest first. Neither key nor payment is involved.

use std::collections::HashSet;
use std::fmt::Write;

use agent::decisions::bargain::{Bargain, only_in, rank};
use agent::decisions::inspection::{asset, network};
use agent::decisions::listing::Kind;
use agent::discover::{DiscoverError, FACILITATOR, Haul, Wanted, discover};
use agent::transport::{Patience, Transport};
use serde_json::{Value, json};

use super::asking::{Discover, What};
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::policy::Rules;
use super::terminal::{Terminal, Tint, result, say};
use super::words::{offered_network, offered_price};

/// Facilitators that publish a catalogue, by the names that may be said instead of their URLs.
const NAMES: [(&str, &str); 2] =
    [("cdp", FACILITATOR), ("payai", "https://facilitator.payai.network")];

/// One facilitator and what it said.
struct Source {
    url: String,
    haul: Result<Haul, DiscoverError>,
}

/// Runs the command. That nothing is found is an answer; that nobody answers is not.
pub(crate) async fn run(
    args: Discover,
    environment: &Environment,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let rules = Rules::find(args.policy.as_deref(), environment)?;
    let terms = rules.terms(&args.terms)?;
    let wanted = Wanted {
        words: Some(args.words.join(" ")).filter(|it| !it.trim().is_empty()),
        kind: args.what.map(|it| match it {
            What::Http => Kind::Http,
            What::Mcp => Kind::Mcp,
        }),
        // Several cannot be asked for at once; the terms sort them out.
        network: if let [only] = &args.terms.network[..] { Some(only.clone()) } else { None },
        pages: args.pages,
    };
    let transport = Transport::new(Patience::default())?;
    let mut sources = Vec::new();
    for url in facilitators(&args.facilitator) {
        let haul = discover(&transport, &url, &wanted).await;
        sources.push(Source { url, haul });
    }
    if sources.iter().all(|it| it.haul.is_err())
        && let Some(Source { url, haul: Err(why) }) = sources.pop()
    {
        return Err(Failure::Discover(url, why));
    }
    let mut bargains =
        bargains(&mut sources, &args, |listings| rank(listings, &terms, &rules.policy));
    let found = bargains.len();
    let suitable = bargains.iter().filter(|it| it.verdict.is_ok()).count();
    if !args.all {
        bargains.truncate(suitable);
    }
    bargains.truncate(args.limit);
    if args.json {
        result(&as_json(&sources, &bargains, found, suitable).to_string());
        return Ok(Exit::Done);
    }
    for it in &bargains {
        result(&as_text(it, terminal));
    }
    tell(&sources, &args, terminal, (bargains.len(), suitable, found));
    Ok(Exit::Done)
}

/// The facilitators that are meant, by name or URL.
pub(crate) fn facilitators(given: &[String]) -> Vec<String> {
    if given.is_empty() {
        return vec![FACILITATOR.to_owned()];
    }
    let url =
        |it: &String| NAMES.iter().find(|(name, _)| name == it).map(|(_, url)| (*url).to_owned());
    given.iter().map(|it| url(it).unwrap_or_else(|| it.clone())).collect()
}

/// Everything that any of them lists, each once.
fn bargains(
    sources: &mut [Source],
    args: &Discover,
    rank: impl Fn(Vec<agent::decisions::listing::Listing>) -> Vec<Bargain>,
) -> Vec<Bargain> {
    let (mut all, mut seen) = (Vec::new(), HashSet::new());
    for source in sources.iter_mut().filter_map(|it| it.haul.as_mut().ok()) {
        let fresh = source.listings.drain(..);
        all.extend(fresh.filter(|it| seen.insert((it.url.to_string(), it.tool.clone()))));
    }
    if let Some(token) = &args.asset {
        for it in &mut all {
            only_in(it, token);
        }
        all.retain(|it| !it.offers.is_empty());
    }
    rank(all)
}

fn as_text(it: &Bargain, terminal: Terminal) -> String {
    let listing = &it.listing;
    let mut text = match it.shown() {
        None => "no price".to_owned(),
        Some(offer) => {
            let price = terminal.tint_result(Tint::Strong, &offered_price(offer));
            format!("{price} on {}", offered_network(offer))
        }
    };
    let _ = write!(text, "\n  {}", listing.url);
    if let Some(tool) = &listing.tool {
        let _ = write!(text, " (MCP tool {tool})");
    }
    let words = [&listing.service, &listing.description, &listing.mime_type];
    let words: Vec<_> = words.into_iter().flatten().map(ToString::to_string).collect();
    if !words.is_empty() {
        let _ = write!(text, "\n  {}", terminal.tint_result(Tint::Faint, &words.join(" · ")));
    }
    if let Err(why) = &it.verdict {
        let words = terminal.tint_result(Tint::Odd, &format!("not for this agent: {why}"));
        let _ = write!(text, "\n  {words}");
    }
    text
}

/// What a reader has to know about what is not shown.
fn tell(sources: &[Source], args: &Discover, terminal: Terminal, counts: (usize, usize, usize)) {
    let (shown, suitable, found) = counts;
    let wanted = if args.all { found } else { suitable };
    let mut words = format!("{shown} of {found} shown");
    if found > wanted {
        let _ = write!(words, "; {} not within your terms (--all shows them)", found - wanted);
    }
    if wanted > shown {
        let _ = write!(words, "; {} more (--limit {wanted})", wanted - shown);
    }
    say(&terminal.tint(Tint::Faint, &words));
    for Source { url, haul } in sources {
        match haul {
            Err(why) => say(&terminal.tint(Tint::Odd, &format!("{url}: {why}"))),
            Ok(haul) => {
                if let Some(why) = &haul.failure {
                    say(&terminal.tint(Tint::Odd, &format!("{url}: not read to its end: {why}")));
                }
                if haul.more {
                    let pages = args.pages;
                    say(&terminal.tint(Tint::Faint, &format!("{url} has more (--pages {pages})")));
                }
                if haul.unread > 0 {
                    let words = format!("{url}: {} entries cannot be read", haul.unread);
                    say(&terminal.tint(Tint::Faint, &words));
                }
            }
        }
    }
}

fn as_json(sources: &[Source], bargains: &[Bargain], found: usize, suitable: usize) -> Value {
    let sources = sources.iter().map(|Source { url, haul }| {
        let failure = haul.as_ref().map_or_else(Some, |it| it.failure.as_ref());
        let haul = haul.as_ref().ok();
        json!({
            "url": url,
            "pages": haul.map_or(0, |it| it.pages),
            "unreadable": haul.map_or(0, |it| it.unread),
            "more": haul.is_some_and(|it| it.more),
            "error": failure.map(|it| json!({ "code": it.code(), "message": it.to_string() })),
        })
    });
    json!({
        "facilitators": sources.collect::<Vec<_>>(),
        "found": found,
        "suitable": suitable,
        "listings": bargains.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn entry(it: &Bargain) -> Value {
    let (listing, offer) = (&it.listing, it.shown());
    let obstacle = it.verdict.as_ref().err();
    json!({
        "resource": listing.url.to_string(),
        "type": listing.kind.name(),
        "tool": listing.tool.as_ref().map(ToString::to_string),
        "method": listing.method.as_ref().map(ToString::to_string),
        "suitable": obstacle.is_none(),
        "refusal": obstacle.map(|it| it.code()),
        "message": obstacle.map(ToString::to_string),
        "scheme": offer.map(|it| agent::server_text::ServerText::clean(&it.scheme).to_string()),
        "network": offer.and_then(|it| it.network.as_ref()).map(ToString::to_string),
        "networkName": offer.and_then(network).map(|it| it.name),
        "testnet": offer.and_then(network).map(|it| it.testnet),
        "amount": offer.map(|it| it.amount.to_string()),
        "price": offer.and_then(|it| Some(it.amount.to_decimal(asset(it)?.decimals))),
        "symbol": offer.and_then(asset).map(|it| it.symbol),
        "asset": offer.map(|it| it.asset.to_string()),
        "payTo": offer.map(|it| it.pay_to.to_string()),
        "offers": listing.offers.len(),
        "description": listing.description.as_ref().map(ToString::to_string),
        "serviceName": listing.service.as_ref().map(ToString::to_string),
        "mimeType": listing.mime_type.as_ref().map(ToString::to_string),
        "tags": listing.tags.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "lastUpdated": listing.updated.as_ref().map(ToString::to_string),
    })
}
