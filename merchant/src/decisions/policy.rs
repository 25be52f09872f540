//! Which paths are for sale, free, or nothing. Deny by default: a path that no route covers is not
//! found, whatever lies in the bucket.

use std::collections::BTreeMap;

use crate::decisions::document::Document;
use crate::decisions::glob::Glob;
use crate::decisions::offer::{ChallengeTemplate, Offer, UrlParts};
use crate::decisions::path::CanonicalPath;
use crate::decisions::tariff::Tariff;
use crate::decisions::viewer::ViewerAddress;

/// The routes, by prefix. Longest prefix wins; a prefix ends at a segment's end, so `/premium`
/// covers `/premium` and `/premium/a` but not `/premiumfoo`.
#[derive(Debug)]
pub struct Policy {
    origin: String,
    v1_enabled: bool,
    viewer: ViewerAddress,
    routes: BTreeMap<Box<str>, Route>,
    /// What holds for some names below a priced route, by its prefix: the first that fits.
    exceptions: BTreeMap<Box<str>, Vec<(Glob, Route)>>,
}

/// What holds for the paths under a prefix.
#[derive(Debug)]
pub enum Route {
    /// Served to anyone.
    Free,
    /// Served to who pays.
    Priced(PricedRoute),
    /// A document of our own, at exactly this path.
    Document(Document),
}

/// A route with its offers.
#[derive(Debug)]
pub struct PricedRoute {
    /// At least one.
    pub offers: Vec<Offer>,
    /// States the offers.
    pub challenge: ChallengeTemplate,
    /// Media type of the objects, where the storage does not know better.
    pub mime_type: Option<String>,
    /// Where an object's own price goes before the offers.
    pub tariff: Option<Box<Tariff>>,
}

impl Policy {
    /// A policy without routes, for a public origin: scheme, host and port, no trailing slash.
    #[must_use]
    pub fn new(origin: String, v1_enabled: bool) -> Self {
        let (routes, exceptions) = (BTreeMap::new(), BTreeMap::new());
        Self { origin, v1_enabled, viewer: ViewerAddress::Peer, routes, exceptions }
    }

    /// The same policy, reading payers' addresses there.
    #[must_use]
    pub fn believing(self, viewer: ViewerAddress) -> Self {
        Self { viewer, ..self }
    }

    /// What tells a payer's address.
    #[must_use]
    pub fn viewer(&self) -> &ViewerAddress {
        &self.viewer
    }

    /// Adds a route for a decoded prefix without leading or trailing slash. Returns false, and
    /// changes nothing, when the prefix has a route already.
    #[must_use]
    pub fn add(&mut self, prefix: &str, route: Route) -> bool {
        let vacant = !self.routes.contains_key(prefix);
        if vacant {
            self.routes.insert(prefix.into(), route);
        }
        vacant
    }

    /// Something else holds for names of this form below a priced route, unless an earlier exception
    /// fits them.
    pub fn except(&mut self, prefix: &str, names: Glob, route: Route) {
        self.exceptions.entry(prefix.into()).or_default().push((names, route));
    }

    /// Publishes a document of our own at a decoded path without leading slash, for nothing. Where
    /// the files there are free anyway, one of its name goes before it; where they are for sale, the
    /// document does, unless exactly its path has a price. Comes after all routes.
    pub fn publish(&mut self, key: &str, document: Document) {
        let document = match self.covering(key) {
            Some((prefix, Route::Priced(_))) if prefix == key => return,
            Some((_, Route::Free)) => document.yielding(),
            Some((_, Route::Priced(_) | Route::Document(_))) | None => document,
        };
        self.routes.insert(key.into(), Route::Document(document));
    }

    /// Is the legacy version 1 spoken?
    #[must_use]
    pub fn v1_enabled(&self) -> bool {
        self.v1_enabled
    }

    /// The public origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The URL of the resource at this path.
    #[must_use]
    pub fn url<'a>(&'a self, path: &'a CanonicalPath<'_>) -> UrlParts<'a> {
        UrlParts { origin: &self.origin, path: path.encoded() }
    }

    /// The route of the longest prefix that covers the path, if any does. Costs one look-up for
    /// each segment, in a tree: hashing the path takes longer than comparing it with a few.
    #[must_use]
    pub fn route(&self, path: &CanonicalPath<'_>) -> Option<&Route> {
        let (prefix, route) = self.covering(path.key())?;
        if self.exceptions.is_empty() || !matches!(route, Route::Priced(_)) {
            return Some(route);
        }
        let name = path.key().get(prefix.len()..).unwrap_or_default().trim_start_matches('/');
        if name.is_empty() {
            return Some(route);
        }
        let exceptions = self.exceptions.get(prefix).map(Vec::as_slice).unwrap_or_default();
        Some(exceptions.iter().find(|(names, _)| names.matches(name)).map_or(route, |(_, it)| it))
    }

    fn covering<'k>(&self, key: &'k str) -> Option<(&'k str, &Route)> {
        let mut prefix = key.strip_suffix('/').unwrap_or(key);
        loop {
            match self.routes.get(prefix) {
                // A document has nothing below it.
                Some(Route::Document(_)) if prefix.len() != key.len() => {}
                Some(route) => return Some((prefix, route)),
                None => {}
            }
            prefix = match prefix.rfind('/') {
                Some(end) => &prefix[..end],
                None if prefix.is_empty() => return None,
                None => "",
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decisions::offer::Welcome;

    fn priced(name: &str) -> Route {
        let resource = wire::v2::ResourceInfo::default();
        let challenge = ChallengeTemplate::new(&[], &resource, "", Welcome::default());
        let mime_type = Some(name.into());
        Route::Priced(PricedRoute { offers: vec![], challenge, mime_type, tariff: None })
    }

    fn found(policy: &Policy, target: &str) -> String {
        let path = CanonicalPath::of_target(target).unwrap();
        match policy.route(&path) {
            None => "nothing".into(),
            Some(Route::Free) => "free".into(),
            Some(Route::Document(document)) if document.yields() => "object or document".into(),
            Some(Route::Document(_)) => "document".into(),
            Some(Route::Priced(route)) => route.mime_type.clone().unwrap_or_default(),
        }
    }

    #[test]
    fn names_below_a_priced_route_may_have_a_price_of_their_own() {
        let mut policy = Policy::new("https://x.test".into(), true);
        assert!(policy.add("premium", priced("premium")));
        assert!(policy.add("premium/gold", priced("gold")));
        assert!(policy.add("free", Route::Free));
        let mut except =
            |prefix, names, route| policy.except(prefix, Glob::parse(names).unwrap(), route);
        except("premium", "sample.pdf", Route::Free);
        except("premium", "*.pdf", priced("pdf"));
        except("premium", "2026/**", priced("2026"));
        except("premium/gold", "**", priced("all"));
        #[rustfmt::skip]
        let rows = [
            ("/premium/sample.pdf",      "free"),
            ("/premium/a.pdf",           "pdf"),
            ("/premium/x/a.pdf",         "premium"),
            ("/premium/2026/a.pdf",      "2026"),
            ("/premium/%2A.pdf",         "pdf"),
            ("/premium/gold/sample.pdf", "all"),
            ("/premium/gold/",           "gold"),
            ("/premium",                 "premium"),
            ("/free/a.pdf",              "free"),
            ("/a.pdf",                   "nothing"),
        ];
        for (target, expected) in rows {
            assert_eq!(found(&policy, target), expected, "{target}");
        }
    }

    fn publish_all(policy: &mut Policy) {
        for key in ["llms.txt", "premium", "premium/llms.txt", "premium/gold/sample.txt"] {
            policy.publish(key, Document::new("text/plain", key.into(), "\"1\"".into()));
        }
    }

    #[test]
    fn the_longest_prefix_wins_and_ends_at_a_segment() {
        let mut policy = Policy::new("https://x.test".into(), true);
        assert!(policy.add("premium", priced("premium")));
        assert!(policy.add("premium/gold", priced("gold")));
        assert!(policy.add("premium/gold/sample.txt", Route::Free));
        assert!(!policy.add("premium", Route::Free), "one prefix, one route");
        #[rustfmt::skip]
        let rows = [
            ("/premium",                     "premium"),
            ("/premium/",                    "premium"),
            ("/premium/a",                   "premium"),
            ("/premium/a/b/c",               "premium"),
            ("/premium/goldfish",            "premium"),
            ("/premium/gold",                "gold"),
            ("/premium/gold/a",              "gold"),
            ("/premium/gold/sample.txt",     "free"),
            ("/premium/gold/sample.txt.bak", "gold"),
            ("/premiumfoo",                  "nothing"),
            ("/PREMIUM/a",                   "nothing"),
            ("/",                            "nothing"),
            ("/a",                           "nothing"),
        ];
        for (target, expected) in rows {
            assert_eq!(found(&policy, target), expected, "{target}");
        }
        publish_all(&mut policy);
        assert_eq!(found(&policy, "/llms.txt"), "document", "where nothing else is");
        assert_eq!(found(&policy, "/premium"), "premium", "exactly this path has a price");
        assert_eq!(found(&policy, "/premium/llms.txt"), "document", "not sold with the rest");
        assert_eq!(found(&policy, "/premium/llms.txt/a"), "premium", "nothing is below it");
        assert_eq!(found(&policy, "/premium/llms.txt/"), "premium");
        assert_eq!(found(&policy, "/premium/gold/sample.txt"), "object or document");
        assert_eq!(found(&policy, "/premium/gold/sample.txt.bak"), "gold");
        assert!(policy.add("", Route::Free));
        assert_eq!(found(&policy, "/anything/else"), "free");
        assert_eq!(found(&policy, "/premium/a"), "premium");
    }
}
