//! What a facilitator's catalogue says is for sale, taken apart. Everything in it is somebody's
//! word, at best as old as the last sale; what a thing costs is said by its own 402 alone.

use serde_json::{Map, Value, json};
use wire::{WireError, json::parse};

use super::challenge::{Challenge, Offer};
use super::inspection::asset;
use super::target::Target;
use crate::server_text::ServerText;

/// Most entries that are read from one page. Source: CDP's largest page.
pub const ITEMS_MAX: usize = 1000;
/// Longest URL that is read: longer ones fit no terminal, and no header that names them.
pub const URL_BYTES_MAX: usize = 2048;
/// Longest continuation mark that is sent back.
const CURSOR_BYTES_MAX: usize = 512;
/// Most offers and tags of one entry.
const OFFERS_MAX: usize = 32;
const TAGS_MAX: usize = 5;
/// For offers that do not say how long they want to wait: what most of the field says.
const TIMEOUT_SECONDS: u64 = 60;

/// One page of a catalogue.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// What could be read.
    pub listings: Vec<Listing>,
    /// How many entries came, readable or not.
    pub items: usize,
    /// How many of them could not be read.
    pub unread: usize,
    /// How many there are in all, by the facilitator's word. Lists say so, searches do not.
    pub total: Option<u64>,
    /// Where a search goes on.
    pub cursor: Option<String>,
    /// Are there more than the facilitator shows?
    pub partial: bool,
}

/// What is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Something behind a URL.
    Http,
    /// A tool of an MCP server.
    Mcp,
    /// Something that this agent does not know.
    Other,
}

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// Where it is.
    pub url: Target,
    /// What it is.
    pub kind: Kind,
    /// The MCP tool's name.
    pub tool: Option<ServerText>,
    /// The HTTP method, as it is declared.
    pub method: Option<ServerText>,
    /// The offers that could be read, in their order.
    pub offers: Vec<Offer>,
    /// What it is, in the seller's words.
    pub description: Option<ServerText>,
    /// Media type of what is sold.
    pub mime_type: Option<ServerText>,
    /// Who sells, in the seller's words.
    pub service: Option<ServerText>,
    /// Topics, in the seller's words.
    pub tags: Vec<ServerText>,
    /// When the facilitator saw it last, in its words.
    pub updated: Option<ServerText>,
}

impl Page {
    /// Reads the answer of `/discovery/resources` or `/discovery/search`.
    pub fn read(body: &[u8]) -> Result<Self, WireError> {
        let mut document = parse(body)?;
        let lists = ["items", "resources"];
        let list = lists.into_iter().find(|it| document[it].is_array());
        let Some(list) = list else {
            let problem = wire::Problem::Expected("an array \"items\" or \"resources\"");
            return Err(WireError::new("", problem));
        };
        let Value::Array(items) = document[list].take() else { return Ok(Self::default()) };
        let pagination = &document["pagination"];
        let cursor = pagination["cursor"].as_str();
        let fits = |it: &&str| (1..=CURSOR_BYTES_MAX).contains(&it.len());
        let mut page = Self {
            items: items.len(),
            total: pagination["total"].as_u64(),
            cursor: cursor.filter(fits).map(str::to_owned),
            partial: document["partialResults"] == true,
            ..Self::default()
        };
        page.listings = items.iter().take(ITEMS_MAX).filter_map(Listing::read).collect();
        page.unread = page.items - page.listings.len();
        Ok(page)
    }
}

impl Listing {
    /// Nothing where there is no URL that could be asked. What else is odd is left out.
    fn read(item: &Value) -> Option<Self> {
        let resource = item["resource"].as_str().filter(|it| it.len() <= URL_BYTES_MAX)?;
        let url = Target::parse(resource).ok()?;
        let input = item.pointer("/extensions/bazaar/info/input");
        // Version 1 has no extensions.
        let input = input.or_else(|| item.pointer("/accepts/0/outputSchema/input"));
        let input = input.unwrap_or(&Value::Null);
        let kind = match item["type"].as_str() {
            Some("http") => Kind::Http,
            Some("mcp") => Kind::Mcp,
            Some(_) | None => Kind::Other,
        };
        let tags = item["tags"].as_array().into_iter().flatten();
        let accepts = item["accepts"].as_array().into_iter().flatten().take(OFFERS_MAX);
        let offers = accepts.enumerate().filter_map(|(index, it)| offer(index, it, item, resource));
        let first = |name: &str| words(&item[name]).or_else(|| words(&item["accepts"][0][name]));
        Some(Self {
            kind,
            tool: words(&input["toolName"]),
            method: words(&input["method"]),
            offers: offers.collect(),
            description: first("description").or_else(|| words(&input["description"])),
            mime_type: first("mimeType"),
            service: words(&item["serviceName"]),
            tags: tags.filter_map(words).take(TAGS_MAX).collect(),
            updated: words(&item["lastUpdated"]),
            url,
        })
    }

    /// Does its path have names where a caller has to put values (`/users/:id`)?
    #[must_use]
    pub fn is_template(&self) -> bool {
        let mut segments = self.url.url().path_segments().into_iter().flatten();
        segments.any(|it| it.len() > 1 && it.starts_with(':'))
    }

    /// Does it say any of these words, in any case? For catalogues that cannot search.
    #[must_use]
    pub fn mentions(&self, words: &str) -> bool {
        let texts = [&self.description, &self.service, &self.mime_type, &self.tool];
        let texts = texts.into_iter().flatten().chain(&self.tags).map(ServerText::as_str);
        let text = texts.chain([self.url.url().as_str()]).collect::<Vec<_>>().join(" ");
        let text = text.to_lowercase();
        words.to_lowercase().split_whitespace().any(|word| text.contains(word))
    }
}

fn words(value: &Value) -> Option<ServerText> {
    value.as_str().map(ServerText::clean).filter(|it| !it.is_empty())
}

/// One offer of either version, by the reading that challenges get. Catalogues leave out what a
/// challenge must have; a listing is never signed, so that is filled in here.
fn offer(index: usize, accept: &Value, item: &Value, resource: &str) -> Option<Offer> {
    let mut accept = accept.as_object()?.clone();
    or_else(&mut accept, "maxTimeoutSeconds", TIMEOUT_SECONDS.into());
    let document = if accept.contains_key("maxAmountRequired") && !accept.contains_key("amount") {
        or_else(&mut accept, "resource", resource.into());
        json!({ "x402Version": 1, "accepts": [accept] })
    } else {
        let network = accept.get("network")?.as_str()?;
        let network = wire::Network::parse_any(network).ok()?.to_string();
        accept.insert("network".into(), network.into());
        let about = json!({
            "url": resource,
            "description": item["description"].as_str(),
            "mimeType": item["mimeType"].as_str(),
        });
        json!({ "x402Version": 2, "resource": about, "accepts": [accept] })
    };
    let challenge = Challenge::from_body(document.to_string().as_bytes()).ok()?;
    let mut offer = challenge.offers().first()?.clone();
    offer.index = index;
    if let (None, None, Some(known)) =
        (offer.detail("name"), offer.detail("version"), asset(&offer))
    {
        offer.extra.insert("name".into(), known.eip712_name.into());
        offer.extra.insert("version".into(), known.eip712_version.into());
    }
    Some(offer)
}

fn or_else(map: &mut Map<String, Value>, name: &str, value: Value) {
    if map.get(name).is_none_or(Value::is_null) {
        map.insert(name.into(), value);
    }
}

impl Kind {
    /// As the query and the entries spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Mcp => "mcp",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USDC: &str = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
    const PAYEE: &str = "0x00000000000000000000000000000000000000aa";

    fn v2_item() -> Value {
        json!({
            "resource": "https://a.example/f", "type": "http", "x402Version": 2,
            "description": "Weather\u{1b}[2J", "serviceName": "Sky", "tags": ["sun", 7, "rain"],
            "lastUpdated": "2026-11-21T00:00:00Z",
            "accepts": [{ "scheme": "exact", "network": "eip155:84532", "amount": "1000",
                          "asset": USDC, "payTo": PAYEE }],
            "extensions": { "bazaar": { "info": { "input": { "type": "http", "method": "GET" } } } },
        })
    }

    fn v1_item() -> Value {
        json!({
            "resource": "https://a.example/f", "type": "http", "x402Version": 1,
            "lastUpdated": "2026-11-21T00:00:00Z",
            "accepts": [{ "scheme": "exact", "network": "base-sepolia", "maxAmountRequired": "1000",
                          "asset": USDC, "payTo": PAYEE, "description": "Weather",
                          "outputSchema": { "input": { "type": "http", "method": "POST" } } }],
        })
    }

    fn page(items: Value) -> Page {
        Page::read(json!({ "x402Version": 2, "items": items }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn entries_of_both_versions_are_read() {
        let page = page(json!([v2_item(), v1_item()]));
        let [new, old] = &page.listings[..] else { panic!("{page:?}") };
        let texts = |it: &Option<ServerText>| it.as_ref().map(ToString::to_string);
        assert_eq!(texts(&new.description).as_deref(), Some("Weather [2J"));
        assert_eq!((texts(&new.method).as_deref(), new.kind), (Some("GET"), Kind::Http));
        assert_eq!((texts(&old.method).as_deref(), old.kind), (Some("POST"), Kind::Http));
        assert_eq!(new.tags.iter().map(ServerText::as_str).collect::<Vec<_>>(), ["sun", "rain"]);
        assert_eq!(texts(&old.description).as_deref(), Some("Weather"));
        for listing in &page.listings {
            let offer = &listing.offers[0];
            assert_eq!(
                (offer.amount, offer.resource.as_str()),
                (1000.into(), "https://a.example/f")
            );
            // Left out by the catalogue, filled in from the table.
            assert_eq!((offer.detail("name"), offer.max_timeout.as_secs()), (Some("USDC"), 60));
        }
    }

    #[test]
    fn what_cannot_be_read_is_counted_and_the_rest_is_kept() {
        let spoiled = |name: &str, value: Value| {
            let mut item = v2_item();
            item[name] = value;
            item
        };
        #[rustfmt::skip]
        let rows = [
            (json!(null),                                              0, 0),
            (json!({}),                                                0, 0),
            (spoiled("resource", json!("a.example")),                  0, 0),
            (spoiled("resource", json!("file:///etc/passwd")),         0, 0),
            (spoiled("resource", json!("https://u:p@a.example/")),     0, 0),
            (spoiled("resource", json!(format!("https://a.example/{}", "x".repeat(2048)))), 0, 0),
            (spoiled("accepts", json!("none")),                        1, 0),
            (spoiled("accepts", json!([null, { "amount": "0x1" }])),   1, 0),
            (spoiled("accepts", json!([v1_item()["accepts"][0], {}])), 1, 1),
            (spoiled("tags", json!({})),                               1, 1),
            (spoiled("description", json!(7)),                         1, 1),
        ];
        for (item, listings, offers) in rows {
            let page = page(json!([item]));
            assert_eq!((page.listings.len(), page.unread), (listings, 1 - listings), "{item}");
            assert_eq!(
                page.listings.iter().map(|it| it.offers.len()).sum::<usize>(),
                offers,
                "{item}"
            );
        }
        let many = page(json!(vec![v2_item(); ITEMS_MAX + 1]));
        assert_eq!((many.listings.len(), many.items, many.unread), (ITEMS_MAX, ITEMS_MAX + 1, 1));
    }

    #[test]
    fn pages_say_where_they_go_on() {
        #[rustfmt::skip]
        let rows = [
            (r#"{"items":[],"pagination":{"limit":1,"offset":0,"total":7}}"#,       Some(7), None,      false),
            (r#"{"resources":[],"pagination":{"limit":1,"cursor":"next"},"partialResults":true}"#, None, Some("next"), true),
            (r#"{"resources":[],"pagination":null}"#,                               None,    None,      false),
            (r#"{"resources":[],"pagination":{"cursor":""}}"#,                      None,    None,      false),
            (r#"{"items":[],"pagination":{"total":"7"}}"#,                          None,    None,      false),
        ];
        for (body, total, cursor, partial) in rows {
            let page = Page::read(body.as_bytes()).unwrap();
            assert_eq!(
                (page.total, page.cursor.as_deref(), page.partial),
                (total, cursor, partial)
            );
        }
        for bad in ["", "[]", "{}", r#"{"items":{}}"#, r#"{"items":[],"items":[]}"#] {
            assert!(Page::read(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_template_is_not_a_url_to_buy() {
        for (url, expected) in [
            ("https://a.example/users/:id", true),
            ("https://a.example/:var1/x", true),
            ("https://a.example/a:b", false),
            ("https://a.example:8443/", false),
        ] {
            let mut item = v2_item();
            item["resource"] = url.into();
            assert_eq!(page(json!([item])).listings[0].is_template(), expected, "{url}");
        }
    }
}
