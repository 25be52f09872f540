//! What a facilitator's Bazaar lists: resources that somebody has paid for through it and that
//! declare themselves for discovery. Filled by settlements, or by hand; it promises nobody anything.

mod query;

use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use url::Url;

pub use query::{BadQuery, LISTED_MAX, SEARCHED_MAX};

/// How many resources are kept; the oldest go first.
pub const ITEMS_KEPT: usize = 10_000;

/// Longest service name or tag, in characters, and how many tags: the extension's own limits
/// (`specs/extensions/bazaar.md`, "Service Metadata on resource").
const LABEL_CHARS_MAX: usize = 32;
const TAGS_MAX: usize = 5;

/// The list. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Catalogue(Arc<Mutex<Vec<Value>>>);

impl Catalogue {
    /// Lists a resource as it is given: for tests that want to see what readers make of it.
    pub fn add(&self, item: Value) {
        let mut items = self.items();
        match items.iter_mut().find(|it| names(it) == names(&item)) {
            Some(known) => *known = item,
            None => items.push(item),
        }
        let surplus = items.len().saturating_sub(ITEMS_KEPT);
        items.drain(..surplus);
    }

    /// Everything that is listed, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Value> {
        self.items().clone()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.items().clear();
    }

    /// Takes from a settled request what its resource declares, if it does.
    pub(crate) fn learn(&self, request: &[u8], unix_seconds: u64) {
        let Ok(request) = wire::json::parse(request) else { return };
        let Some(mut item) = declared(&request) else { return };
        item["lastUpdated"] = iso_8601(unix_seconds).into();
        let offer = request["paymentRequirements"].clone();
        let known = self.items().iter().find(|it| names(it) == names(&item)).cloned();
        let mut accepts =
            known.and_then(|it| it["accepts"].as_array().cloned()).unwrap_or_default();
        accepts.retain(|it| route(it) != route(&offer));
        accepts.push(offer);
        item["accepts"] = accepts.into();
        self.add(item);
    }

    /// Every change is one assignment or push, so a poisoned lock is as good as any.
    fn items(&self) -> MutexGuard<'_, Vec<Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an item is known by: its URL, and the tool's name where one URL has many.
fn names(item: &Value) -> (Option<&str>, Option<&str>) {
    let tool = item.pointer("/extensions/bazaar/info/input/toolName");
    (item["resource"].as_str(), tool.and_then(Value::as_str))
}

/// An offer that replaces another is paid in the same way to the same account.
fn route(offer: &Value) -> [Option<&str>; 4] {
    ["scheme", "network", "asset", "payTo"].map(|it| offer[it].as_str())
}

fn declared(request: &Value) -> Option<Value> {
    if request["x402Version"] == wire::v1::VERSION {
        declared_v1(request)
    } else {
        declared_v2(request)
    }
}

/// `extensions.bazaar` and `resource`, as the payer echoed them.
fn declared_v2(request: &Value) -> Option<Value> {
    let payment = &request["paymentPayload"];
    let bazaar = payment.pointer("/extensions/bazaar").filter(|it| it.is_object())?;
    let kind = bazaar.pointer("/info/input/type")?.as_str()?;
    let resource = payment["resource"].as_object()?;
    let mut url = Url::parse(resource.get("url")?.as_str()?).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    let template = bazaar["routeTemplate"].as_str().filter(|it| is_template(it));
    let url = match template {
        Some(template) => format!("{}{template}", url.origin().ascii_serialization()),
        None => url.to_string(),
    };
    let mut item = Map::new();
    item.insert("resource".into(), url.into());
    item.insert("type".into(), kind.into());
    item.insert("x402Version".into(), wire::v2::VERSION.into());
    for name in ["description", "mimeType", "iconUrl"] {
        if let Some(text) = resource.get(name).and_then(Value::as_str) {
            item.insert(name.into(), text.into());
        }
    }
    if let Some(name) = resource.get("serviceName").and_then(label) {
        item.insert("serviceName".into(), name.into());
    }
    let tags = resource.get("tags").and_then(Value::as_array).into_iter().flatten();
    let tags: Vec<_> = tags.filter_map(label).take(TAGS_MAX).collect();
    if !tags.is_empty() {
        item.insert("tags".into(), tags.into());
    }
    item.insert("extensions".into(), json!({ "bazaar": bazaar }));
    Some(Value::Object(item))
}

/// Version 1 has no extension: `outputSchema.input` of the offer says it.
fn declared_v1(request: &Value) -> Option<Value> {
    let offer = &request["paymentRequirements"];
    let input = offer.pointer("/outputSchema/input")?;
    let kind = input["type"].as_str()?;
    if input["discoverable"] == false {
        return None;
    }
    let mut item = json!({
        "resource": offer["resource"].as_str()?, "type": kind, "x402Version": wire::v1::VERSION,
    });
    for name in ["description", "mimeType"] {
        if let Some(text) = offer[name].as_str().filter(|it| !it.is_empty()) {
            item[name] = text.into();
        }
    }
    Some(item)
}

fn label(value: &Value) -> Option<&str> {
    let text = value.as_str()?;
    let plain = text.bytes().all(|it| (b' '..=b'~').contains(&it));
    (plain && (1..=LABEL_CHARS_MAX).contains(&text.len())).then_some(text)
}

fn is_template(text: &str) -> bool {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"_/:.-~%".contains(&it);
    let decoded =
        text.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%3a", ":");
    text.starts_with('/')
        && text.bytes().all(plain)
        && !decoded.contains("..")
        && !decoded.contains("://")
}

/// `2026-11-21T15:40:13Z`, by the Gregorian calendar.
fn iso_8601(unix_seconds: u64) -> String {
    let (mut day, second) = (unix_seconds / 86_400, unix_seconds % 86_400);
    let leap = |year: u64| {
        (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
    };
    let mut year = 1970;
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_calendars_do() {
        #[rustfmt::skip]
        let rows = [
            (0,             "1970-01-01T00:00:00Z"),
            (951_782_399,   "2000-02-28T23:59:59Z"),
            (951_782_400,   "2000-02-29T00:00:00Z"),
            (1_704_067_199, "2023-12-31T23:59:59Z"),
            (1_735_603_200, "2024-12-31T00:00:00Z"),
            (1_795_275_613, "2026-11-21T15:40:13Z"),
        ];
        for (seconds, text) in rows {
            assert_eq!(iso_8601(seconds), text);
        }
    }

    #[test]
    fn only_a_path_is_a_template() {
        #[rustfmt::skip]
        let rows = [
            ("/users/:id", true), ("/a/%20b", true),
            ("", false), ("users/:id", false), ("/a/../b", false), ("/a/%2e%2E/b", false),
            ("/http://evil.example", false), ("/a?b", false), ("/a b", false),
        ];
        for (text, expected) in rows {
            assert_eq!(is_template(text), expected, "{text}");
        }
    }
}
