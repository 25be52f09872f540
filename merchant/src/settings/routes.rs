//! The routes: each prefix once, canonical, and either priced or free. Paths are read by the same
//! canonicaliser as requests, so that the configuration and a request cannot mean two things.

use std::collections::HashMap;
use std::fmt::Write;

use wire::header::{CHALLENGE_HEADER_BYTES_MAX, CHALLENGE_SENT_BYTES_MAX};
use wire::{Network, Price, v2};

use super::document::Route as Written;
use super::offers::{self, Defaults};
use super::{ExceptionSummary, OfferSummary, RouteSummary, SettingsError, discovery, text};
use crate::decisions::glob::Glob;
use crate::decisions::path::{CanonicalPath, KEY_BYTES_MAX};
use crate::decisions::policy::{Policy, PricedRoute, Route};
use crate::decisions::tariff::{Goods, Tariff, Ware};

/// Most routes of one configuration: a thousand prefixes take about a megabyte.
pub const ROUTES_MAX: usize = 1000;

/// How long a path may be, encoded, so that its challenge surely keeps within
/// [`CHALLENGE_SENT_BYTES_MAX`]: the longest object key in plain letters. A key of nothing but
/// escapes is three times as long; its challenge may exceed what some proxies pass, but never
/// what payers decode.
pub const PATH_BYTES_RESERVED: usize = KEY_BYTES_MAX;
/// Longest reason that a challenge may carry.
const REASON_BYTES_RESERVED: usize = 64;

const _: () = assert!(
    CHALLENGE_SENT_BYTES_MAX + (3 * KEY_BYTES_MAX - PATH_BYTES_RESERVED).div_ceil(3) * 4
        <= CHALLENGE_HEADER_BYTES_MAX
);

/// The routes, for the gate and for people.
pub(super) struct Sold {
    pub(super) policy: Policy,
    pub(super) summaries: Vec<RouteSummary>,
}

/// Reads all routes.
pub(super) fn read(
    written: &[Written],
    defaults: &Defaults,
    origin: &str,
) -> Result<Sold, SettingsError> {
    if written.is_empty() {
        let remedy = "add [[routes]] with path = \"/premium/\" and price = \"$0.001\"";
        return Err(SettingsError::new("routes", "has no entry, so nothing is served", remedy));
    }
    too_many(written.len())?;
    let mut count = 0;
    let mut policy = Policy::new(origin.to_owned(), defaults.welcome.v1);
    let mut summaries = Vec::with_capacity(written.len());
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (index, route) in written.iter().enumerate() {
        let key = format!("routes[{index}]");
        let path = path(&key, route.path.as_deref())?;
        let prefix = path.key().trim_end_matches('/');
        if let Some(first) = seen.insert(prefix.to_owned(), index) {
            let problem = format!("covers the same paths as routes[{first}].path");
            return Err(SettingsError::new(format!("{key}.path"), problem, "keep one of the two"));
        }
        let offers = terms(&key, route, defaults)?;
        let rule = rule(&key, route, &offers, origin, defaults)?;
        let priced = matches!(rule, Route::Priced(_));
        let exceptions = exceptions(&key, route, &rule)?;
        count += exceptions.len();
        too_many(written.len() + count)?;
        let mut excepted = Vec::with_capacity(exceptions.len());
        for Exception { key, files, names, written } in exceptions {
            let offers = terms(&key, &written, defaults)?;
            let rule = self::rule(&key, &written, &offers, origin, defaults)?;
            policy.except(prefix, names, rule);
            excepted.push(ExceptionSummary { files, offers });
        }
        if !policy.add(prefix, rule) {
            let problem = "covers the same paths as another route";
            return Err(SettingsError::new(format!("{key}.path"), problem, "keep one of the two"));
        }
        summaries.push(RouteSummary {
            path: path.encoded().to_owned(),
            offers,
            description: route.description.clone(),
            mime_type: route.mime_type.clone(),
            exceptions: excepted,
            listed: priced && route.bazaar.unwrap_or(defaults.bazaar),
            bounds: route.price_min.clone().zip(route.price_max.clone()).map(<[String; 2]>::from),
        });
    }
    Ok(Sold { policy, summaries })
}

fn too_many(entries: usize) -> Result<(), SettingsError> {
    if entries <= ROUTES_MAX {
        return Ok(());
    }
    let problem = format!("has {entries} entries");
    let remedy = format!("leave at most {ROUTES_MAX}: a route covers all paths below it");
    Err(SettingsError::new("routes", problem, remedy))
}

fn rule(
    key: &str,
    route: &Written,
    offers: &[OfferSummary],
    origin: &str,
    defaults: &Defaults,
) -> Result<Route, SettingsError> {
    if offers.is_empty() {
        return Ok(Route::Free);
    }
    priced(key, route, offers, origin, defaults).map(Route::Priced)
}

/// Names with a price of their own, written as the route that they would have.
struct Exception {
    key: String,
    files: String,
    names: Glob,
    written: Written,
}

fn exceptions(key: &str, route: &Written, rule: &Route) -> Result<Vec<Exception>, SettingsError> {
    let wrong = |key: String, problem: &str, remedy: &str| SettingsError::new(key, problem, remedy);
    if !route.prices.is_empty() && (!matches!(rule, Route::Priced(_)) || !route.accepts.is_empty())
    {
        let problem = "stands on a route that is free or has further offers";
        let remedy = "give these files a route of their own";
        return Err(wrong(format!("{key}.prices"), problem, remedy));
    }
    let mut exceptions = Vec::with_capacity(route.prices.len());
    for (index, it) in route.prices.iter().enumerate() {
        let key = format!("{key}.prices[{index}]");
        let Some(files) = it.files.clone() else {
            let remedy = "write the form of their names, such as \"*.pdf\" or \"2026/**\"";
            return Err(wrong(format!("{key}.files"), "is missing", remedy));
        };
        let names = Glob::parse(&files).map_err(|error| {
            let problem = format!("{files:?} {error}");
            let remedy = "write names with * (within a folder), ** (across folders) and ?";
            wrong(format!("{key}.files"), &problem, remedy)
        })?;
        let free = it.free.unwrap_or(false);
        let of_priced = |text: &Option<String>| text.clone().filter(|_| !free);
        let written = Written {
            price: it.price.clone(),
            free: it.free,
            description: of_priced(&route.description),
            mime_type: of_priced(&route.mime_type),
            bazaar: route.bazaar.filter(|_| !free),
            example: of_priced(&route.example),
            networks: route.networks.clone().filter(|_| !free),
            pay_to: of_priced(&route.pay_to),
            ..Written::default()
        };
        exceptions.push(Exception { key, files, names, written });
    }
    Ok(exceptions)
}

fn path<'a>(key: &str, text: Option<&'a str>) -> Result<CanonicalPath<'a>, SettingsError> {
    let key = format!("{key}.path");
    let Some(text) = text.filter(|it| !it.is_empty()) else {
        let remedy = "write the prefix that it covers, such as \"/premium/\"";
        return Err(SettingsError::new(key, "is missing or empty", remedy));
    };
    let problem = match CanonicalPath::of_target(text) {
        _ if text.contains('?') => "a path ends before the question mark".to_owned(),
        Ok(path) if path.encoded() == text => return Ok(path),
        Ok(_) => "the path has another canonical spelling".to_owned(),
        Err(error) => error.to_string(),
    };
    let remedy = match canonical(text) {
        Some(path) => format!("write {path:?}"),
        None => "write a path such as \"/premium/\"".to_owned(),
    };
    Err(SettingsError::new(key, format!("{text:?} is not canonical: {problem}"), remedy))
}

/// Printable characters that RFC 3986 does not let stand in a path.
const MUST_BE_ESCAPED: &str = "\"<>[]^`{|}";

/// What the operator most likely meant, in its canonical spelling. Dots that climb are not
/// resolved: nobody can know what they were meant to be.
fn canonical(text: &str) -> Option<String> {
    let path = text.split(['?', '#']).next()?;
    let mut plain = String::from("/");
    let segments: Vec<_> = path.split('/').filter(|it| !matches!(*it, "" | ".")).collect();
    plain.push_str(&segments.join("/"));
    if path.ends_with('/') && !segments.is_empty() {
        plain.push('/');
    }
    let mut escaped = String::with_capacity(plain.len());
    for c in plain.chars() {
        if c.is_ascii_graphic() && !MUST_BE_ESCAPED.contains(c) {
            escaped.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    CanonicalPath::of_target(&escaped).ok().map(|it| it.encoded().to_owned())
}

/// The ways to pay; none for a free route.
fn terms(
    key: &str,
    route: &Written,
    defaults: &Defaults,
) -> Result<Vec<OfferSummary>, SettingsError> {
    let priced = route.price.is_some() || !route.accepts.is_empty();
    match (priced, route.free.unwrap_or(false)) {
        (true, true) => {
            let problem = "is both priced and free";
            Err(SettingsError::new(key, problem, "remove free = true or the price"))
        }
        (false, false) => {
            let remedy = "add price = \"$0.001\", or free = true to give the files away";
            Err(SettingsError::new(key, "is neither priced nor free", remedy))
        }
        (true, false) => offers::of_route(key, route, defaults),
        (false, true) => {
            let idle = [
                ("description", route.description.is_some()),
                ("mime_type", route.mime_type.is_some()),
                ("bazaar", route.bazaar.is_some()),
                ("example", route.example.is_some()),
                ("price_min", route.price_min.is_some()),
                ("price_max", route.price_max.is_some()),
                ("networks", route.networks.is_some()),
                ("pay_to", route.pay_to.is_some()),
            ];
            match idle.into_iter().find(|(_, written)| *written) {
                None => Ok(Vec::new()),
                Some((name, _)) => Err(SettingsError::new(
                    format!("{key}.{name}"),
                    "has no effect on a free route",
                    "remove it, or give the route a price",
                )),
            }
        }
    }
}

fn priced(
    key: &str,
    route: &Written,
    offers: &[OfferSummary],
    origin: &str,
    defaults: &Defaults,
) -> Result<PricedRoute, SettingsError> {
    let at = |name: &str| format!("{key}.{name}");
    let description = route.description.as_deref();
    let mime_type = route.mime_type.as_deref();
    let resource = v2::ResourceInfo {
        description: description.map(|it| text::description(&at("description"), it)).transpose()?,
        mime_type: mime_type.map(|it| text::mime_type(&at("mime_type"), it)).transpose()?,
        ..v2::ResourceInfo::default()
    };
    let goods = Goods {
        wares: offers.iter().map(ware).collect(),
        resource,
        origin: origin.to_owned(),
        welcome: defaults.welcome,
        declared: discovery::declared(key, route, defaults)?,
        links: defaults.page_links.clone(),
    };
    let plain = goods.route();
    fits(key, &plain)?;
    let tariff = tariff(key, route, goods)?.map(Box::new);
    Ok(PricedRoute { tariff, ..plain })
}

/// The challenge keeps within what proxies pass, for any path in plain letters.
fn fits(key: &str, route: &PricedRoute) -> Result<(), SettingsError> {
    let longest = format!("/{}", "a".repeat(PATH_BYTES_RESERVED - 1));
    let json = route.challenge.header_json(&longest, &"a".repeat(REASON_BYTES_RESERVED));
    let length = wire::header::encode_json(json.as_bytes()).len();
    if length > CHALLENGE_SENT_BYTES_MAX {
        return Err(SettingsError::new(
            key,
            format!(
                "makes a PAYMENT-REQUIRED header of up to {length} bytes, more than the \
                 {CHALLENGE_SENT_BYTES_MAX} that proxies pass"
            ),
            "shorten the description or the example, or offer fewer ways to pay",
        ));
    }
    Ok(())
}

/// May the objects carry prices of their own, and within which bounds?
fn tariff(key: &str, route: &Written, goods: Goods) -> Result<Option<Tariff>, SettingsError> {
    let bound = |name: &str, text: Option<&str>, remedy: &str| {
        let key = format!("{key}.{name}");
        let Some(text) = text else { return Err(SettingsError::new(key, "is missing", remedy)) };
        text.parse::<Price>().ok().filter(|it| it.ticker().is_none()).ok_or_else(|| {
            let problem = format!("{text:?} is not a price in dollars");
            SettingsError::new(key, problem, "write an exact decimal such as \"$0.001\"")
        })
    };
    let (least, most) = (route.price_min.as_deref(), route.price_max.as_deref());
    if least.or(most).is_none() {
        return Ok(None);
    }
    let wrong = |problem: &str, remedy: &str| {
        SettingsError::new(format!("{key}.price_max"), problem, remedy)
    };
    if !route.accepts.is_empty() {
        let problem = "stands on a route with further offers";
        return Err(wrong(problem, "give these files a route of their own"));
    }
    let least = bound("price_min", least, "write the least that an object may ask for itself")?;
    let most = bound("price_max", most, "write the most that an object may ask for itself")?;
    for price in [&least, &most] {
        if goods.at(price).is_none() {
            let problem = "is, like price_min, a price that each token must be able to express";
            return Err(wrong(problem, "use fewer decimal places"));
        }
    }
    let (own, dearest) = (route.price.as_deref().and_then(|it| it.parse().ok()), goods.at(&most));
    if let Some(dearest) = dearest {
        fits(key, &dearest.route())?;
    }
    let Some(tariff) = Tariff::new(goods, &least, &most) else {
        return Err(wrong("is not above price_min, or that is nothing", "raise one of the two"));
    };
    if own.is_some_and(|price: Price| price.ticker().is_none() && !tariff.allows(&price)) {
        let problem = "and price_min do not have the route's own price between them";
        return Err(wrong(problem, "widen them, or change the price"));
    }
    Ok(Some(tariff))
}

fn ware(it: &OfferSummary) -> Ware {
    let known = Network::evm(it.offer.chain_id()).known();
    Ware {
        offer: it.offer.clone(),
        decimals: it.decimals,
        symbol: it.symbol.clone(),
        network: known.map_or_else(|| it.network.clone(), |it| it.name.to_owned()),
        testnet: it.is_testnet() == Some(true),
    }
}
