//! Overrides from environment variables: `X402_PAY_TO` for `pay_to`, `X402_LEDGER__URL` for
//! `ledger.url`. A variable that looks like ours and is not stops the start: a mistyped override
//! would otherwise leave the file's value in force without a word. Reads no environment itself.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::SettingsError;
use super::keys::{KEYS, Key, Kind};
use super::nearest::nearest;

/// Begins the name of every variable that is looked at.
const PREFIX: &str = "X402_";
/// Variables of the same family that are no settings: where the configuration is, and the paying
/// side's own.
const OTHERS: &[&str] = &[
    "X402_BUDGET",
    "X402_CONFIG",
    "X402_LEDGER",
    "X402_MAX_PRICE",
    "X402_POLICY",
    "X402_PRIVATE_KEY",
    "X402_RPC_URL",
    "X402_SESSION",
    "X402_SESSIONS",
];
/// Beginnings of the names that belong to the agent and to the sandbox.
const OTHERS_PREFIXES: &[&str] = &["X402_AGENT_", "X402_SANDBOX_"];

/// Which settings came from which variable.
#[derive(Debug, Default)]
pub(super) struct Overrides(BTreeMap<&'static str, String>);

impl Overrides {
    /// An error of an overridden setting is an error of its variable.
    pub(super) fn blame(&self, error: SettingsError) -> SettingsError {
        let setting = error.key().split('[').next().unwrap_or_default();
        match self.0.get(setting) {
            Some(variable) => {
                let variable = variable.clone();
                error.of_key(variable)
            }
            None => error,
        }
    }
}

/// Puts the variables' values into the table.
pub(super) fn apply(
    table: &mut Table,
    env: impl Iterator<Item = (String, String)>,
) -> Result<Overrides, SettingsError> {
    let mut overrides = Overrides::default();
    // Sorted, so that of several mistakes always the same one is told.
    let ours: BTreeMap<String, String> = env.filter(|(name, _)| is_ours(name)).collect();
    for (name, text) in ours {
        let key = settable().find(|key| variable(key.path) == name);
        let Some(key) = key else { return Err(unknown(name)) };
        let value = value(key, &name, &text)?;
        insert(table, key.path, value);
        overrides.0.insert(key.path, name);
    }
    Ok(overrides)
}

fn is_ours(name: &str) -> bool {
    let head = name.get(..PREFIX.len()).unwrap_or_default();
    head.eq_ignore_ascii_case(PREFIX)
        && !OTHERS.contains(&name)
        && !OTHERS_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Settings that a variable can override: all but those of a list of tables, which has no names.
fn settable() -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(|key| !key.path.contains("[]"))
}

/// The variable of a setting. Two underscores descend, because one stands inside names.
pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "__").to_ascii_uppercase())
}

fn value(key: &Key, name: &str, text: &str) -> Result<Value, SettingsError> {
    if text.is_empty() {
        return Err(SettingsError::new(name, "is set but empty", "unset it or give it a value"));
    }
    let parsed = match key.kind {
        Kind::Text => Some(Value::String(text.to_owned())),
        Kind::Texts => {
            let texts = text.split(',').map(|it| Value::String(it.trim().to_owned()));
            Some(Value::Array(texts.collect()))
        }
        Kind::Whole => text.parse().ok().map(Value::Integer),
        Kind::Switch => text.parse().ok().map(Value::Boolean),
    };
    parsed.ok_or_else(|| {
        let problem = format!("must be {}", key.kind.words());
        SettingsError::new(name, problem, format!("write {name}={}", key.example))
    })
}

/// The table's shape was checked: what stands on the way to a setting is a table.
fn insert(table: &mut Table, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
        }
        Some((head, rest)) => {
            let inner = table.entry(head).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

fn unknown(name: String) -> SettingsError {
    let names: Vec<String> = settable().map(|key| variable(key.path)).collect();
    let in_a_route = name.get(PREFIX.len()..).is_some_and(|it| it.starts_with("ROUTES"));
    let remedy = match nearest(&name, names.iter().map(String::as_str)) {
        _ if in_a_route => "routes are written in the file only".to_owned(),
        Some(near) => format!("did you mean {near}?"),
        None => "unset it or see docs/configuration.md for what there is".to_owned(),
    };
    SettingsError::new(name, "is not a setting", remedy)
}
