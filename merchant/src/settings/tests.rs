//! The configuration's rules as tables: a row is a mistake and the sentence that it earns.

mod buckets;
mod discovery;
mod documented;
mod environment;
mod good;
mod mistakes;
mod prices;

use std::path::Path;

use super::{Settings, SettingsError};

/// A configuration without a mistake.
const GOOD: &str = r#"
public_url = "https://files.example.com"
pay_to = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C"
networks = ["base-sepolia"]

[content]
url = "file:./content"

[ledger]
url = "file:./ledger"

[facilitator]
url = "x402.org"

[[routes]]
path = "/premium/"
price = "$0.001"

[[routes]]
path = "/free/"
free = true
"#;

fn load(toml: &str) -> Result<Settings, SettingsError> {
    load_with(toml, &[])
}

fn load_with(toml: &str, env: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let env = env.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Settings::load(toml, Path::new("/srv/shop"), env)
}

fn sentence(result: Result<Settings, SettingsError>) -> String {
    result.map_or_else(|error| error.to_string(), |_| "no mistake".to_owned())
}
