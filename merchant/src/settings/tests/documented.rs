//! The list of settings, the structs that hold them, the example and the documentation name the
//! same settings.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::environment::variable;
use super::super::keys::KEYS;
use super::super::limits::RANGES;
use super::super::text::DESCRIPTION_CHARS_MAX;
use crate::settings::{ACCEPTS_MAX, Settings, SettingsError};

const EXAMPLE: &str = include_str!("../../../examples/merchant.toml");
const MINIMAL: &str = include_str!("../../../examples/minimal.toml");
const DOCUMENTATION: &str = include_str!("../../../../docs/configuration.md");
const STRUCTS: &str = include_str!("../document.rs");

fn keys() -> BTreeSet<&'static str> {
    KEYS.iter().map(|key| key.path).collect()
}

/// What the examples pay, so that nobody pays a stranger, and what stands there in these tests.
const PLACEHOLDER: &str = "0x0000000000000000000000000000000000000000";
const PAYEE: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";

fn load(toml: &str) -> Result<Settings, SettingsError> {
    let toml = toml.replace(PLACEHOLDER, PAYEE);
    Settings::load(&toml, Path::new("/srv"), std::iter::empty())
}

/// The example with its optional settings switched on.
fn whole_example() -> String {
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(setting) if is_setting(setting) => format!("{setting}\n"),
        _ => format!("{line}\n"),
    };
    // Not every setting fits a folder.
    let example = EXAMPLE.replace("\"file:./content\"", "\"s3://files/content\"");
    example.lines().map(line).collect()
}

/// The same without what stands there as the other way: a token beside an API key.
fn usable_example() -> String {
    whole_example().replacen("token = \"secret\"\n", "", 1)
}

fn is_setting(line: &str) -> bool {
    line.starts_with('[') || line.split_once(" = ").is_some_and(|(name, _)| is_name(name))
}

fn is_name(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn names(table: &toml::Table, path: &str, found: &mut BTreeSet<String>) {
    for (name, value) in table {
        let dot = if path.is_empty() { "" } else { "." };
        let path = format!("{path}{dot}{name}");
        let items = value.as_array().into_iter().flatten().filter_map(toml::Value::as_table);
        let items: Vec<_> = items.collect();
        for item in &items {
            names(item, &format!("{path}[]"), found);
        }
        match value.as_table() {
            Some(table) => names(table, &path, found),
            None if items.is_empty() => {
                found.insert(path);
            }
            None => {}
        }
    }
}

#[test]
fn the_example_holds_every_setting_and_loads() {
    assert_eq!(load(EXAMPLE).map(|it| it.routes.len()), Ok(2));
    assert_eq!(load(&usable_example()).map(|it| it.routes.len()), Ok(3));
    let table: toml::Table = whole_example().parse().unwrap();
    let mut found = BTreeSet::new();
    names(&table, "", &mut found);
    assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), keys());
}

#[test]
fn the_examples_optional_settings_are_the_defaults() {
    let (short, whole) = (load(EXAMPLE).unwrap(), load(&usable_example()).unwrap());
    assert_eq!(short.limits, whole.limits);
    assert_eq!(short.ledger, whole.ledger);
    assert_eq!(short.listen, whole.listen);
    assert_eq!(short.policy.v1_enabled(), whole.policy.v1_enabled());
}

#[test]
fn an_example_pays_nobody_until_it_is_told_whom() {
    for toml in [EXAMPLE, MINIMAL] {
        let loaded = Settings::load(toml, Path::new("/srv"), std::iter::empty());
        assert_eq!(
            loaded.map_err(|it| it.to_string()).unwrap_err(),
            "pay_to is the zero address: what is sent there is lost; write the address of your wallet"
        );
    }
    assert_eq!(load(MINIMAL).map(|it| it.routes.len()), Ok(1));
    assert!(DOCUMENTATION.contains(MINIMAL));
}

#[test]
fn the_documentation_lists_every_setting_once() {
    let rows = DOCUMENTATION.lines().filter_map(|it| it.strip_prefix("| `"));
    let listed: Vec<_> = rows.filter_map(|it| it.split_once('`')).map(|(name, _)| name).collect();
    let setting = |it: &&str| !it.contains(':') && !it.starts_with('"');
    let listed: Vec<_> = listed.into_iter().filter(setting).collect();
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), keys());
    assert_eq!(listed.len(), KEYS.len());
}

#[test]
fn the_documentation_knows_the_limits() {
    let row = |key: &str| DOCUMENTATION.lines().find(|it| it.starts_with(&format!("| `{key}`")));
    for range in RANGES {
        let row = row(range.key).unwrap();
        assert!(row.contains(&format!("| `{}` |", range.default)), "{row}");
        assert!(row.contains(&format!("{} to {}", range.min, range.max)), "{row}");
        let comment = format!("{} to {}.\n", range.min, range.max);
        assert!(EXAMPLE.contains(&comment), "{comment}");
    }
    let chars = format!("at most {DESCRIPTION_CHARS_MAX} characters");
    assert!(row("routes[].description").unwrap().contains(&chars));
    let offers = format!("at most {ACCEPTS_MAX} offers");
    assert!(row("routes[].accepts[].network").unwrap().contains(&offers));
}

#[test]
fn the_structs_hold_every_setting_and_explain_it() {
    let lines: Vec<_> = STRUCTS.lines().map(str::trim).collect();
    let mut last_names = BTreeSet::new();
    for pair in lines.windows(2) {
        let field = pair[1].strip_prefix("pub(super) ").and_then(|it| it.split_once(": "));
        if let Some((name, kind)) = field {
            assert!(pair[0].starts_with("/// "), "{name} is not explained");
            let leaf = ["String", "bool", "i64"].iter().any(|it| kind.contains(it));
            if leaf {
                last_names.insert(name);
            }
        }
    }
    let last = |path: &'static str| path.rsplit('.').next().unwrap_or(path);
    assert_eq!(last_names, keys().into_iter().map(last).collect::<BTreeSet<_>>());
}

#[test]
fn the_documentation_lists_every_variable_and_no_other() {
    let row = |line: &'static str| line.strip_prefix("| X402_")?.split_once(" | ");
    let rows = DOCUMENTATION.lines().filter_map(row);
    let listed: BTreeSet<_> = rows.map(|(name, rest)| format!("| X402_{name} | {rest}")).collect();
    let settable = KEYS.iter().map(|key| key.path).filter(|path| !path.contains("[]"));
    let expected = settable.map(|path| format!("| {} | `{path}` |", variable(path)));
    assert_eq!(listed, expected.collect());
    let shown = DOCUMENTATION.lines().filter(|it| it.starts_with("X402_"));
    let shown = shown.filter_map(|it| it.split_once('=')).map(|(name, _)| name);
    for name in shown {
        assert!(KEYS.iter().any(|key| variable(key.path) == name), "{name}");
    }
}
