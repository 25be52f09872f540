//! The function's environment is one that the paywall starts with.

use std::collections::BTreeMap;

use merchant::settings::Settings;
use serde_json::Value;

use crate::template::{Template, root};

/// As scripts/deploy leaves them: with a URL, and without a domain.
fn resolved(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(it) => match it.iter().next().unwrap() {
            (name, Value::Array(arms)) if name == "Fn::If" => match arms[0].as_str().unwrap() {
                "HasDomain" => resolved(&arms[2]),
                "KnowsItsUrl" => resolved(&arms[1]),
                other => panic!("condition {other}"),
            },
            (name, Value::String(text)) if name == "Fn::Sub" => {
                text.replace("${Content}", "shop-content-1").replace("${Ledger}", "shop-ledger-1")
            }
            (name, Value::String(text)) if name == "Ref" && text == "PublicUrl" => {
                "https://d111111abcdef8.cloudfront.net".to_owned()
            }
            other => panic!("{other:?}"),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => panic!("{value}"),
    }
}

fn variables() -> BTreeMap<String, String> {
    let template = Template::merchant();
    let variables = &template.of("Function")["Environment"]["Variables"];
    let variables = variables.as_object().unwrap().iter();
    variables.map(|(name, value)| (name.clone(), resolved(value))).collect()
}

/// The example as a merchant fills it in.
fn configuration() -> String {
    let example = std::fs::read_to_string(root().join("infra/merchant.example.toml")).unwrap();
    let nobody = "0x0000000000000000000000000000000000000000";
    assert!(example.contains(nobody), "the example pays nobody until it is filled in");
    example.replace(nobody, "0x209693Bc6afc0C5328bA36FaF03C514EF312287C")
}

#[test]
fn the_stack_says_only_what_it_alone_knows() {
    let names: Vec<String> = variables().into_keys().collect();
    #[rustfmt::skip]
    assert_eq!(names, [
        "X402_CLIENT__ADDRESS", "X402_CONTENT__URL", "X402_LEDGER__URL", "X402_PUBLIC_URL",
    ]);
}

#[test]
fn the_paywall_starts_with_the_functions_environment() {
    let settings = Settings::load(&configuration(), &root(), variables().into_iter());
    let settings = settings.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(settings.content.to_string(), "s3://shop-content-1");
    assert_eq!(settings.ledger.location.to_string(), "s3://shop-ledger-1");
}

#[test]
fn the_example_also_serves_on_ones_own_machine() {
    let settings = Settings::load(&configuration(), &root(), std::iter::empty());
    if let Err(error) = settings {
        panic!("{error}");
    }
}
