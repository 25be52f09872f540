//! What a configuration without a mistake comes to.

use std::fs;
use std::path::Path;

use wire::Network;

use super::{GOOD, load, load_with, sentence};
use crate::decisions::path::CanonicalPath;
use crate::decisions::policy::Route;
use crate::settings::{Limits, Location, Settings};

#[test]
fn the_defaults_are_the_careful_ones() {
    let settings = load(GOOD).unwrap();
    assert_eq!(settings.content, Location::File("/srv/shop/content".into()));
    assert_eq!(settings.ledger.location, Location::File("/srv/shop/ledger".into()));
    assert!(settings.ledger.fsync);
    assert!(settings.policy.v1_enabled());
    assert_eq!(settings.facilitator.url.as_str(), "https://x402.org/facilitator");
    assert_eq!(settings.facilitator.secrets().count(), 0);
    assert!(settings.listen.ip().is_loopback());
    let Limits { max_timeout, shutdown, .. } = settings.limits;
    assert_eq!((max_timeout.as_secs(), shutdown.as_secs()), (60, 30));
}

#[test]
fn the_gate_finds_what_was_configured() {
    let settings = load(GOOD).unwrap();
    let route = |path| settings.policy.route(&CanonicalPath::of_target(path).unwrap());
    assert!(matches!(route("/free/a"), Some(Route::Free)));
    assert!(route("/other").is_none());
    let Some(Route::Priced(route)) = route("/premium/a") else { panic!("not for sale") };
    let offered = route.offers[0].requirements();
    assert_eq!(offered.network, Network::evm(84532));
    assert_eq!(offered.amount.to_string(), "1000");
    assert_eq!(offered.pay_to.to_string(), "0x209693Bc6afc0C5328bA36FaF03C514EF312287C");
    assert_eq!(offered.extra["name"], "USDC");
    assert_eq!(settings.routes[0].offers[0].price, "0.001");
    assert!(settings.routes[1].offers.is_empty());
}

#[test]
fn a_route_may_differ_from_the_rest() {
    let other = "0x1111111111111111111111111111111111111111";
    let toml = GOOD.replace(
        "price = \"$0.001\"\n",
        &format!(
            "price = \"0.50 USDC\"\nnetworks = [\"base\"]\npay_to = \"{other}\"\n\
             description = \"Quoted \\\"text\\\"\"\nmime_type = \"text/plain; charset=utf-8\"\n\
             [[routes.accepts]]\nnetwork = \"celo\"\nprice = \"0.60 USDT\"\n\
             [[routes.accepts]]\nnetwork = \"base\"\nprice = \"0.40 EURC\"\n\
             asset = {{ address = \"0x60a3E35Cc302bFA44Cb288Bc5a4F316Fdb1adb42\", \
             symbol = \"EURC\", decimals = 6, name = \"EURC\", version = \"2\" }}\n"
        ),
    );
    let settings = load(&toml).unwrap();
    let lines: Vec<_> = settings.routes[0]
        .offers
        .iter()
        .map(|it| format!("{} {} on {} as {}", it.price, it.symbol, it.network, it.offer.asset()))
        .collect();
    assert_eq!(
        lines,
        [
            "0.5 USDC on base as 0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
            "0.6 USDT on celo as 0x48065fbBE25f71C9282ddf5e1cD6D6A887483D5e",
            "0.4 EURC on base as 0x60a3E35Cc302bFA44Cb288Bc5a4F316Fdb1adb42",
        ]
    );
    let payees = settings.routes[0].offers.iter().map(|it| &it.offer.requirements().pay_to);
    assert!(payees.into_iter().all(|it| it.to_string() == other));
}

#[test]
fn other_spellings_that_mean_one_thing_are_taken() {
    #[rustfmt::skip]
    let rows = [
        ("https://files.example.com",  "https://files.example.com/"),
        ("https://files.example.com",  "http://localhost:4021"),
        ("https://files.example.com",  "http://127.0.0.1:8080"),
        ("https://files.example.com",  "http://[::1]:8080"),
        ("base-sepolia",               "eip155:84532"),
        ("file:./content",             "file:content"),
        ("file:./content",             "file:/var/content"),
        ("file:./content",             "file:///var/content"),
        ("file:./content",             "memory:"),
        ("x402.org",                   "http://127.0.0.1:4020"),
        ("/premium/",                  "/premium"),
        ("/premium/",                  "/"),
        ("/premium/",                  "/free/premium"),
    ];
    for (good, other) in rows {
        assert!(GOOD.contains(good), "{good}");
        assert_eq!(sentence(load(&GOOD.replacen(good, other, 1))), "no mistake", "{other}");
    }
}

#[test]
fn the_disk_is_looked_at_through_symbolic_links() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    let check = || {
        let settings = Settings::load(GOOD, home.path(), std::iter::empty()).unwrap();
        let result = settings.check_folders();
        let text = result.map_or_else(|error| error.to_string(), |()| "no mistake".to_owned());
        text.replace(home.path().to_str().unwrap(), "")
    };
    assert_eq!(
        check(),
        "content.url names the folder /content, which does not exist; create it or correct the path"
    );
    fs::write(at("content"), "").unwrap();
    assert_eq!(
        check(),
        "content.url names /content, which is not a folder; name the folder that holds the files"
    );
    fs::remove_file(at("content")).unwrap();
    fs::create_dir(at("content")).unwrap();
    assert_eq!(check(), "no mistake", "the ledger's folder may come later");
    link(Path::new("content"), &at("ledger"));
    assert_eq!(
        check(),
        "ledger.url lies inside the content folder, so the ledger would be served; keep the ledger \
         beside the content, such as \"file:./ledger\""
    );
}

fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}

#[test]
fn memory_needs_no_folder() {
    let env = [("X402_CONTENT__URL", "memory:"), ("X402_LEDGER__URL", "memory:")];
    assert_eq!(load_with(GOOD, &env).unwrap().check_folders(), Ok(()));
}

#[test]
fn others_stand_in_for_the_facilitator_in_the_order_written() {
    let toml = GOOD.replace(
        "\"x402.org\"",
        "\"x402.org\"\n[[facilitator.fallbacks]]\nurl = \"https://b.example.com:8443/x402\"\n\
         [[facilitator.fallbacks]]\nurl = \"https://c.example.com\"\ntoken = \"ssm:/c\"",
    );
    let mut settings = load(&toml).unwrap();
    let hosts: Vec<_> =
        settings.facilitators().map(crate::settings::FacilitatorSettings::host).collect();
    assert_eq!(hosts, ["x402.org", "b.example.com:8443", "c.example.com"]);
    assert_eq!(settings.facilitator.secrets().count(), 0);
    let mut secrets = settings.fallbacks[1].secrets_mut();
    let error = secrets.next().unwrap().keep("a b").unwrap_err();
    assert_eq!(error.key(), "facilitator.fallbacks[1].token");
}
