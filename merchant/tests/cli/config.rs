//! Where the configuration comes from, and what is said where there is none.

use std::fs;

use crate::shop::{PAYEE, Shop, config};

const MINIMAL: &str = include_str!("../../examples/minimal.toml");

#[test]
fn without_a_configuration_one_to_begin_with_is_shown() {
    for command in [&["serve"][..], &["check"], &["challenge", "/a"]] {
        let said = Shop::empty().run(command);
        assert_eq!(said.code, Some(3));
        assert_eq!(said.stdout, "");
        assert_eq!(
            said.stderr,
            format!(
                "error: there is no configuration at merchant.toml; name one with --config or \
                 X402_CONFIG, write one with x402-merchant init, or begin with this:\n\n{MINIMAL}"
            )
        );
    }
}

#[test]
fn a_refused_configuration_is_one_sentence() {
    let shop = Shop::with(&config("x402.org").replace("$0.001", "$0"));
    let sentence = "routes[0].price \"$0\" is a price of nothing; raise it, or write free = true \
                    instead to give the files away";
    for command in [&["serve"][..], &["check"], &["challenge", "/a"]] {
        let said = shop.run(command);
        assert_eq!(said.code, Some(3));
        assert_eq!(said.stderr, format!("error: merchant.toml: {sentence}\n"));
    }
}

#[test]
fn a_variable_and_an_option_name_another_configuration() {
    let shop = Shop::empty();
    fs::create_dir(shop.path("elsewhere")).unwrap();
    fs::write(shop.path("elsewhere/shop.toml"), config("x402.org")).unwrap();
    let environment = [("X402_CONFIG", "elsewhere/shop.toml")];
    assert_eq!(shop.run_with(&["challenge", "/premium/a"], &environment).code, Some(0));
    let named = ["challenge", "/premium/a", "--config", "elsewhere/shop.toml"];
    assert_eq!(shop.run(&named).code, Some(0));
    let said = shop.run_with(&named, &[("X402_CONFIG", "nowhere.toml")]);
    assert_eq!(said.code, Some(0), "the option is nearer than the variable");
}

#[test]
fn the_environment_reaches_the_settings() {
    let shop = Shop::with(&config("x402.org"));
    let said = shop.run_with(&["challenge", "/premium/a", "--json"], &[("X402_V1", "false")]);
    let shown: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(shown["body"]["x402Version"], 2);
    let said = shop.run_with(&["serve"], &[("X402_PAYTO", PAYEE)]);
    assert_eq!(said.code, Some(3));
    assert_eq!(
        said.stderr,
        "error: merchant.toml: X402_PAYTO is not a setting; did you mean X402_PAY_TO?\n"
    );
}

#[test]
fn init_writes_a_start_and_overwrites_nothing() {
    let shop = Shop::empty();
    let said = shop.run(&["init"]);
    assert_eq!(said.code, Some(0));
    assert_eq!(
        said.stdout,
        "wrote merchant.toml: set pay_to in it, then run x402-merchant check\n"
    );
    let said = shop.run(&["check"]);
    assert_eq!(said.code, Some(3));
    assert!(said.stderr.contains("pay_to is the zero address"), "{said:?}");
    let payable = shop.run_with(&["challenge", "/premium/a"], &[("X402_PAY_TO", PAYEE)]);
    assert_eq!(payable.code, Some(0));

    fs::write(shop.path("merchant.toml"), "mine").unwrap();
    let said = shop.run(&["init"]);
    assert_eq!(said.code, Some(1));
    assert_eq!(said.stderr, "error: merchant.toml is there already; nothing was written\n");
    assert_eq!(fs::read_to_string(shop.path("merchant.toml")).unwrap(), "mine");
}

#[test]
fn wrong_usage_has_an_exit_code_of_its_own() {
    assert_eq!(Shop::empty().run(&["sell"]).code, Some(2));
    assert_eq!(Shop::empty().run(&[]).code, Some(2));
    assert_eq!(Shop::empty().run(&["--help"]).code, Some(0));
}
