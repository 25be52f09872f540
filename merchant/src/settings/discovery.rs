//! Documents about the whole, written from the routes: `/openapi.json`, `/.well-known/x402`,
//! `/llms.txt` and `/robots.txt`. Says nothing that the challenges do not say.

mod catalogue;
mod openapi;
mod prose;

use serde_json::Value;
use sha2::{Digest, Sha256};
use wire::v2::Extensions;

use super::document::{Discovery, Route};
use super::offers::Defaults;
use super::routes::Sold;
use super::{RouteSummary, SettingsError};
use crate::decisions::document::Document;
use crate::decisions::listing::{self, CODE_CHARS_MAX};

/// Where each stands, as the path of a URL.
const OPENAPI: &str = "/openapi.json";
const WELL_KNOWN: &str = "/.well-known/x402";
const LLMS: &str = "/llms.txt";
const ROBOTS: &str = "/robots.txt";

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// What the documents are about.
#[derive(Clone, Copy)]
struct Shop<'a> {
    origin: &'a str,
    routes: &'a [RouteSummary],
    /// Paths of the documents that are published.
    published: &'a [&'static str],
}

/// The same routes, with the documents about them among them.
pub(super) fn publish(mut sold: Sold, switches: &Discovery, origin: &str) -> Sold {
    let published = published(switches);
    let shop = Shop { origin, routes: &sold.summaries, published: &published };
    for path in &published {
        let (kind, text) = match *path {
            OPENAPI => (JSON, openapi::of(shop)),
            WELL_KNOWN => (JSON, catalogue::of(shop)),
            LLMS => (TEXT, prose::for_agents(shop)),
            _ => (TEXT, prose::for_crawlers(shop)),
        };
        let digest = format!("{:x}", Sha256::digest(&text));
        let etag = format!("\"{}\"", &digest[..32]);
        sold.policy.publish(path.trim_start_matches('/'), Document::new(kind, text, etag));
    }
    sold
}

/// What a page for people links to; nothing where there is no such page.
pub(super) fn page_links(switches: &Discovery) -> Option<Vec<&'static str>> {
    let readable = |path: &&'static str| [LLMS, OPENAPI].contains(path);
    let links = || published(switches).into_iter().filter(readable).collect();
    switches.page.unwrap_or(true).then(links)
}

/// The operator's code, by which transactions are counted as its own (ERC-8021).
pub(super) fn builder_code(switches: &Discovery) -> Result<Option<String>, SettingsError> {
    let Some(code) = &switches.builder_code else { return Ok(None) };
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if (1..=CODE_CHARS_MAX).contains(&code.len()) && code.bytes().all(letter) {
        return Ok(Some(code.clone()));
    }
    let problem = format!("{code:?} is not a builder code");
    let remedy = format!("write 1 to {CODE_CHARS_MAX} small letters, digits and underscores");
    Err(SettingsError::new("discovery.builder_code", problem, remedy))
}

/// What the challenges of a route declare for catalogues and statistics.
pub(super) fn declared(
    key: &str,
    route: &Route,
    defaults: &Defaults,
) -> Result<Extensions, SettingsError> {
    let mut declared = Extensions::new();
    let listed = route.bazaar.unwrap_or(defaults.bazaar);
    let key = format!("{key}.example");
    let example = match route.example.as_deref().map(serde_json::from_str::<Value>) {
        None => None,
        Some(_) if !listed => {
            let problem = "has no effect on a route that is not listed";
            return Err(SettingsError::new(key, problem, "remove it, or add bazaar = true"));
        }
        Some(Ok(example @ Value::Object(_))) => Some(example),
        Some(Ok(_) | Err(_)) => {
            let problem = "is not an object in JSON";
            return Err(SettingsError::new(key, problem, "write one such as '{\"rows\": 3}'"));
        }
    };
    if listed {
        declared.insert(listing::BAZAAR.into(), listing::bazaar(example));
    }
    if let Some(code) = &defaults.builder_code {
        declared.insert(listing::BUILDER_CODE.into(), listing::builder_code(code));
    }
    Ok(declared)
}

fn published(switches: &Discovery) -> Vec<&'static str> {
    let all = [
        (OPENAPI, switches.openapi),
        (WELL_KNOWN, switches.well_known),
        (LLMS, switches.llms),
        (ROBOTS, switches.robots),
    ];
    all.into_iter().filter(|(_, on)| on.unwrap_or(true)).map(|(path, _)| path).collect()
}

impl Shop<'_> {
    /// The host, which is the only name that the configuration has for the whole.
    fn name(&self) -> &str {
        self.origin.split_once("://").map_or(self.origin, |(_, host)| host)
    }

    fn priced(&self) -> impl Iterator<Item = &RouteSummary> {
        self.routes.iter().filter(|it| !it.offers.is_empty())
    }

    fn free(&self) -> impl Iterator<Item = &RouteSummary> {
        self.routes.iter().filter(|it| it.offers.is_empty())
    }

    fn has(&self, path: &str) -> bool {
        self.published.contains(&path)
    }
}
