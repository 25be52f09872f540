//! `GET /discovery/resources` and `GET /discovery/search`: filters and pages over the catalogue, as
//! `specs/extensions/bazaar.md` has them.

use super::Catalogue;
use serde_json::{Value, json};
use std::fmt;
use wire::Network;

/// Most resources on one page of the list. Sources: CDP's default of 100 and its limit of 1000.
pub const LISTED_MAX: usize = 1000;
const LISTED: usize = 100;

/// Most resources in one answer to a search. Source: CDP's reference.
pub const SEARCHED_MAX: usize = 20;

/// What is wrong with a query, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadQuery(&'static str);

/// A query string taken apart.
#[derive(Debug, Default)]
struct Query {
    words: Option<String>,
    filters: Vec<(Filter, String)>,
    limit: Option<usize>,
    /// `offset` of the list, `cursor` of the search: both count what was seen.
    from: usize,
}

#[derive(Debug, Clone, Copy)]
enum Filter {
    Type,
    PayTo,
    Scheme,
    Network,
    Extensions,
}

impl Catalogue {
    /// One page of the list.
    pub fn list(&self, query: &str) -> Result<Value, BadQuery> {
        let query = Query::read(query)?;
        let limit = query.limit.unwrap_or(LISTED).min(LISTED_MAX);
        let found: Vec<Value> =
            self.all().into_iter().filter(|it| query.lets_through(it)).collect();
        let total = found.len();
        let items: Vec<Value> = found.into_iter().skip(query.from).take(limit).collect();
        Ok(json!({
            "x402Version": wire::v2::VERSION,
            "items": items,
            "pagination": { "limit": limit, "offset": query.from, "total": total },
        }))
    }

    /// One page of what has any of the query's words, those with the most of them first.
    pub fn search(&self, query: &str) -> Result<Value, BadQuery> {
        let query = Query::read(query)?;
        let words = query.words.as_deref().unwrap_or_default().to_lowercase();
        if words.trim().is_empty() {
            return Err(BadQuery("query is missing"));
        }
        let limit = query.limit.unwrap_or(SEARCHED_MAX).min(SEARCHED_MAX);
        let mut found: Vec<(usize, Value)> = { self.all().into_iter() }
            .filter(|it| query.lets_through(it))
            .map(|it| (score(&it, &words), it))
            .filter(|(score, _)| *score > 0)
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        let next = query.from.saturating_add(limit);
        let more = found.len() > next;
        let resources: Vec<Value> =
            found.into_iter().map(|(_, it)| it).skip(query.from).take(limit).collect();
        Ok(json!({
            "x402Version": wire::v2::VERSION,
            "resources": resources,
            "partialResults": more,
            "pagination": {
                "limit": limit, "cursor": if more { json!(next.to_string()) } else { Value::Null },
            },
        }))
    }
}

impl Query {
    fn read(text: &str) -> Result<Self, BadQuery> {
        let mut query = Self::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let filter = match name.as_ref() {
                "query" => {
                    query.words = Some(value.into_owned());
                    continue;
                }
                "limit" => {
                    let limit: usize =
                        value.parse().map_err(|_| BadQuery("limit: not a number"))?;
                    if limit == 0 {
                        return Err(BadQuery("limit: must be at least 1"));
                    }
                    query.limit = Some(limit);
                    continue;
                }
                "offset" | "cursor" => {
                    query.from = value.parse().map_err(|_| BadQuery("offset: not a number"))?;
                    continue;
                }
                "type" => Filter::Type,
                "payTo" => Filter::PayTo,
                "scheme" => Filter::Scheme,
                "network" => Filter::Network,
                "extensions" => Filter::Extensions,
                // Facilitators have more of them each month.
                _ => continue,
            };
            query.filters.push((filter, value.into_owned()));
        }
        Ok(query)
    }

    fn lets_through(&self, item: &Value) -> bool {
        let any_offer = |meets: &dyn Fn(&Value) -> bool| {
            item["accepts"].as_array().is_some_and(|it| it.iter().any(meets))
        };
        self.filters.iter().all(|(filter, wanted)| match filter {
            Filter::Type => item["type"] == **wanted,
            Filter::Extensions => item["extensions"].get(wanted).is_some(),
            Filter::Scheme => any_offer(&|it| it["scheme"] == **wanted),
            Filter::PayTo => any_offer(&|it| {
                it["payTo"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(wanted))
            }),
            Filter::Network => any_offer(&|it| {
                it["network"].as_str().is_some_and(|it| network(it) == network(wanted))
            }),
        })
    }
}

/// One spelling for `base-sepolia` and `eip155:84532`.
fn network(name: &str) -> String {
    Network::parse_any(name).map_or_else(|_| name.to_owned(), |it| it.to_string())
}

/// How many of the words the item has anywhere that people read.
fn score(item: &Value, words: &str) -> usize {
    let texts = ["resource", "description", "serviceName", "mimeType"].map(|it| item[it].as_str());
    let tags = item["tags"].as_array().into_iter().flatten().map(Value::as_str);
    let text: Vec<_> = texts.into_iter().chain(tags).flatten().map(str::to_lowercase).collect();
    words.split_whitespace().filter(|word| text.iter().any(|it| it.contains(word))).count()
}

impl fmt::Display for BadQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
