//! Variables override the file, and only variables that are settings.

use super::{GOOD, load_with, sentence};
use crate::settings::Secret;

#[test]
fn a_variable_overrides_the_file() {
    let settings = load_with(
        GOOD,
        &[
            ("X402_PUBLIC_URL", "http://localhost:4021"),
            ("X402_NETWORKS", "base, polygon"),
            ("X402_FACILITATOR__URL", "https://pay.example.com/x402"),
            ("X402_FACILITATOR__TOKEN", "hush"),
            ("X402_LIMITS__MAX_TIMEOUT_SECONDS", "120"),
            ("X402_LEDGER__FSYNC", "false"),
            ("X402_SERVER__LISTEN", "127.0.0.1:0"),
            ("X402_V1", "false"),
        ],
    )
    .unwrap();
    assert_eq!(settings.policy.origin(), "http://localhost:4021");
    assert!(!settings.policy.v1_enabled());
    let networks: Vec<_> = settings.routes[0].offers.iter().map(|it| &*it.network).collect();
    assert_eq!(networks, ["base", "polygon"]);
    assert_eq!(settings.facilitator.url.as_str(), "https://pay.example.com/x402");
    let secrets: Vec<_> = settings.facilitator.secrets().collect();
    assert_eq!(secrets[0].secret().map(Secret::expose), Ok("hush"));
    assert_eq!(settings.limits.max_timeout.as_secs(), 120);
    assert!(!settings.ledger.fsync);
    assert_eq!(settings.listen.port(), 0);
}

#[test]
fn a_secret_is_never_shown() {
    let settings = load_with(GOOD, &[("X402_FACILITATOR__TOKEN", "hush-hush")]).unwrap();
    assert!(!format!("{settings:?}").contains("hush"));
    for bad in ["hush hush", "hush\u{e9}", &"hush".repeat(2000)] {
        let error = load_with(GOOD, &[("X402_FACILITATOR__TOKEN", bad)]).unwrap_err();
        assert!(!format!("{error:?}{error}").contains("hush"), "{error}");
    }
}

#[test]
fn a_variable_that_is_no_setting_stops_the_start() {
    #[rustfmt::skip]
    let rows = [
        ("X402_PAYTO", "x",             "X402_PAYTO is not a setting; did you mean X402_PAY_TO?"),
        ("X402_FACILITATOR_URL", "x",   "X402_FACILITATOR_URL is not a setting; did you mean X402_FACILITATOR__URL?"),
        ("x402_pay_to", "x",            "x402_pay_to is not a setting; did you mean X402_PAY_TO?"),
        ("X402_ROUTES__0__PRICE", "$1", "X402_ROUTES__0__PRICE is not a setting; routes are written in the file only"),
        ("X402_TELEMETRY", "x",         "X402_TELEMETRY is not a setting; unset it or see docs/configuration.md for what there is"),
        ("X402_PAY_TO", "",             "X402_PAY_TO is set but empty; unset it or give it a value"),
        ("X402_PAY_TO", "0x12",         "X402_PAY_TO \"0x12\" is not an address; write 0x and 40 hexadecimal digits"),
        ("X402_NETWORKS", "base,,sei",  "X402_NETWORKS \"\" is not a network that we know; name one such as \"base\" or \"eip155:8453\""),
        ("X402_V1", "no",               "X402_V1 must be true or false; write X402_V1=true"),
        ("X402_LIMITS__CONNECTIONS", "many", "X402_LIMITS__CONNECTIONS must be a whole number; write X402_LIMITS__CONNECTIONS=4096"),
        ("X402_LIMITS__CONNECTIONS", "0",    "X402_LIMITS__CONNECTIONS is 0; write 1 to 65535 connections"),
        ("X402_CONFIG", "",             "no mistake"),
        ("X402_PRIVATE_KEY", "0x12",    "no mistake"),
        ("X402_MAX_PRICE", "$1",        "no mistake"),
        ("X402_AGENT_BUDGET", "$1",     "no mistake"),
        ("X402_SANDBOX_PORT", "1",      "no mistake"),
        ("PATH", "/bin",                "no mistake"),
        ("X402", "x",                   "no mistake"),
    ];
    for (name, text, expected) in rows {
        assert_eq!(sentence(load_with(GOOD, &[(name, text)])), expected, "{name}={text}");
    }
}
