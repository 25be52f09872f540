//! The names of all settings. Every name and every kind is checked here, before serde reads the
//! values: its own words would name types of ours and not the setting.

use serde::Deserialize;
use toml::{Table, Value};

use super::SettingsError;
use super::document::Document;
use super::nearest::nearest;

/// One setting.
pub(super) struct Key {
    /// Dotted path; `[]` stands behind a list of tables.
    pub(super) path: &'static str,
    pub(super) kind: Kind,
    /// How a value is written, for errors.
    pub(super) example: &'static str,
}

/// What a value must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Texts,
    Whole,
    Switch,
}

const fn key(path: &'static str, kind: Kind, example: &'static str) -> Key {
    Key { path, kind, example }
}

/// Every setting. The tests hold this list, the example file and the documentation together.
#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    key("public_url",                        Kind::Text,   "\"https://files.example.com\""),
    key("pay_to",                            Kind::Text,   "\"0x\" and 40 hexadecimal digits"),
    key("networks",                          Kind::Texts,  "[\"base-sepolia\"]"),
    key("v1",                                Kind::Switch, "true"),
    key("content.url",                       Kind::Text,   "\"file:./content\""),
    key("content.redirect_above",            Kind::Whole,  "33554432"),
    key("ledger.url",                        Kind::Text,   "\"file:./ledger\""),
    key("ledger.fsync",                      Kind::Switch, "true"),
    key("facilitator.url",                   Kind::Text,   "\"x402.org\""),
    key("facilitator.token",                 Kind::Text,   "the token in quotes"),
    key("facilitator.key_id",                Kind::Text,   "the API key's name in quotes"),
    key("facilitator.key_secret",            Kind::Text,   "the API key's secret in quotes"),
    key("facilitator.headers",               Kind::Texts,  "[\"x-api-key: sesame\"]"),
    key("facilitator.fallbacks[].url",       Kind::Text,   "\"https://facilitator.example.com\""),
    key("facilitator.fallbacks[].token",     Kind::Text,   "the token in quotes"),
    key("facilitator.fallbacks[].key_id",     Kind::Text,  "the API key's name in quotes"),
    key("facilitator.fallbacks[].key_secret", Kind::Text,  "the API key's secret in quotes"),
    key("facilitator.fallbacks[].headers",    Kind::Texts, "[\"x-api-key: sesame\"]"),
    key("client.address",                    Kind::Text,   "\"cloudfront\""),
    key("onchain.verify",                    Kind::Text,   "\"doubt\""),
    key("onchain.rpc",                       Kind::Texts,  "[\"base=https://mainnet.base.org\"]"),
    key("redelivery.window_seconds",         Kind::Whole,  "900"),
    key("redelivery.same_client_seconds",    Kind::Whole,  "120"),
    key("server.listen",                     Kind::Text,   "\"127.0.0.1:4021\""),
    key("discovery.openapi",                 Kind::Switch, "true"),
    key("discovery.well_known",              Kind::Switch, "true"),
    key("discovery.llms",                    Kind::Switch, "true"),
    key("discovery.robots",                  Kind::Switch, "true"),
    key("discovery.page",                    Kind::Switch, "true"),
    key("discovery.bazaar",                  Kind::Switch, "true"),
    key("discovery.builder_code",            Kind::Text,   "\"my_shop\""),
    key("limits.max_timeout_seconds",        Kind::Whole,  "60"),
    key("limits.connections",                Kind::Whole,  "4096"),
    key("limits.sales",                      Kind::Whole,  "1024"),
    key("limits.header_bytes",               Kind::Whole,  "32768"),
    key("limits.header_timeout_seconds",     Kind::Whole,  "20"),
    key("limits.send_timeout_seconds",       Kind::Whole,  "120"),
    key("limits.shutdown_seconds",           Kind::Whole,  "30"),
    key("routes[].path",                     Kind::Text,   "\"/premium/\""),
    key("routes[].price",                    Kind::Text,   "\"$0.001\""),
    key("routes[].free",                     Kind::Switch, "true"),
    key("routes[].description",              Kind::Text,   "\"Market data, daily\""),
    key("routes[].mime_type",                Kind::Text,   "\"application/pdf\""),
    key("routes[].bazaar",                   Kind::Switch, "true"),
    key("routes[].example",                  Kind::Text,   "'{\"rows\": 3}'"),
    key("routes[].networks",                 Kind::Texts,  "[\"base-sepolia\"]"),
    key("routes[].pay_to",                   Kind::Text,   "\"0x\" and 40 hexadecimal digits"),
    key("routes[].price_min",                Kind::Text,   "\"$0.001\""),
    key("routes[].price_max",                Kind::Text,   "\"$1\""),
    key("routes[].prices[].files",           Kind::Text,   "\"*.pdf\""),
    key("routes[].prices[].price",           Kind::Text,   "\"$0.05\""),
    key("routes[].prices[].free",            Kind::Switch, "true"),
    key("routes[].accepts[].network",        Kind::Text,   "\"celo\""),
    key("routes[].accepts[].price",          Kind::Text,   "\"0.10 USDT\""),
    key("routes[].accepts[].pay_to",         Kind::Text,   "\"0x\" and 40 hexadecimal digits"),
    key("routes[].accepts[].asset.address",  Kind::Text,   "\"0x\" and 40 hexadecimal digits"),
    key("routes[].accepts[].asset.symbol",   Kind::Text,   "\"EURC\""),
    key("routes[].accepts[].asset.decimals", Kind::Whole,  "6"),
    key("routes[].accepts[].asset.name",     Kind::Text,   "\"EURC\""),
    key("routes[].accepts[].asset.version",  Kind::Text,   "\"2\""),
];

impl Kind {
    /// The kind in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Text => "a text in quotes",
            Self::Texts => "a list of texts",
            Self::Whole => "a whole number",
            Self::Switch => "true or false",
        }
    }

    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_str(),
            Self::Texts => value.as_array().is_some_and(|it| it.iter().all(Value::is_str)),
            Self::Whole => value.is_integer(),
            Self::Switch => value.is_bool(),
        }
    }
}

/// Reads TOML and checks that every name in it is a setting and every value of its kind.
pub(super) fn parse(text: &str) -> Result<Table, SettingsError> {
    let table: Table = text.parse().map_err(|error| syntax(text, &error))?;
    check_table(&table, "", "")?;
    Ok(table)
}

/// The settings of a table that was checked.
pub(super) fn document(table: Table) -> Result<Document, SettingsError> {
    // Without the cause: it may quote a value, and a value may be the token.
    Document::deserialize(table).map_err(|_| {
        SettingsError::new("the configuration", "could not be read", "compare it with the example")
    })
}

/// The parser's own display would quote the line, and the line may hold the token.
fn syntax(text: &str, error: &toml::de::Error) -> SettingsError {
    let before = error.span().and_then(|it| text.get(..it.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    SettingsError::new(
        format!("line {line}"),
        format!("is not TOML: {}", error.message().replace('\n', ", ")),
        "correct it; texts stand in quotes, and tables as [ledger] or [[routes]]",
    )
}

/// `path` names the table as [`KEYS`] does, `shown` as the operator sees it.
fn check_table(table: &Table, path: &str, shown: &str) -> Result<(), SettingsError> {
    for (name, value) in table {
        let join = |to: &str| if to.is_empty() { name.clone() } else { format!("{to}.{name}") };
        let (path, shown) = (join(path), join(shown));
        let below = |suffix: &str| {
            let prefix = format!("{path}{suffix}.");
            KEYS.iter().any(|key| key.path.starts_with(&prefix))
        };
        if let Some(key) = KEYS.iter().find(|key| key.path == path) {
            if !key.kind.fits(value) {
                return Err(wrong_kind(shown, key));
            }
        } else if below("") {
            let Value::Table(inner) = value else { return Err(not_a_table(shown, "")) };
            check_table(inner, &path, &shown)?;
        } else if below("[]") {
            check_list(value, &path, &shown)?;
        } else {
            return Err(unknown(shown, &path));
        }
    }
    Ok(())
}

fn check_list(value: &Value, path: &str, shown: &str) -> Result<(), SettingsError> {
    let inner = format!("{path}[]");
    let items = value.as_array().ok_or_else(|| not_a_table(shown.to_owned(), "[]"))?;
    for (index, item) in items.iter().enumerate() {
        let shown = format!("{shown}[{index}]");
        let Value::Table(table) = item else { return Err(not_a_table(shown, "[]")) };
        check_table(table, &inner, &shown)?;
    }
    Ok(())
}

fn wrong_kind(shown: String, key: &Key) -> SettingsError {
    let problem = format!("must be {}", key.kind.words());
    SettingsError::new(shown, problem, format!("write {}", key.example))
}

fn not_a_table(shown: String, list: &str) -> SettingsError {
    let name = shown.split('[').next().unwrap_or_default();
    let (problem, remedy) = match list {
        "" => ("must be a table", format!("begin it with a line [{name}]")),
        _ => ("must be a list of tables", format!("begin each with a line [[{name}]]")),
    };
    SettingsError::new(shown, problem, remedy)
}

fn unknown(shown: String, path: &str) -> SettingsError {
    let remedy = match nearest(path, KEYS.iter().map(|key| key.path)) {
        Some(near) => format!("did you mean {near}?"),
        None => "remove it or see docs/configuration.md for what there is".to_owned(),
    };
    SettingsError::new(shown, "is not a setting", remedy)
}
