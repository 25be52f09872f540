//! The policy file: what an operator allows, in TOML. An unknown or unreadable setting stops the
//! program: a limit with a typing error must not be no limit.

use std::io;
use std::path::Path;
use std::time::Duration;

use agent::Terms;
use agent::decisions::budget::{Micros, Policy, Window};
use serde::Deserialize;
use wire::{Address, Network, Price};

use super::args::TermsArgs;
use super::environment::Environment;
use super::exit::Failure;

/// What one purchase may cost where nobody said anything.
const MAX_PRICE: &str = "$0.10";

/// What the policy file says, in the program's own words.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// Over many purchases.
    pub(crate) policy: Policy,
    max_price: Option<Price>,
    networks: Vec<Network>,
    payees: Vec<Address>,
    tokens: Vec<String>,
    max_timeout: Option<Duration>,
    /// Is nothing spent outside of a payment session?
    pub(crate) session_required: bool,
    /// What language models may do.
    pub(crate) models: Models,
    /// Is there a file?
    pub(crate) stated: bool,
}

/// What an operator lets language models do through `mcp`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(feature = "mcp"), expect(dead_code, reason = "read so that one policy serves all"))]
pub(crate) struct Models {
    /// The tools that are offered; all if none are named.
    #[serde(default)]
    pub(crate) tools: Vec<String>,
    /// Hosts that may be reached although they are not on the internet.
    #[serde(default)]
    pub(crate) allow_private: Vec<String>,
    /// Servers whose tools may be called, and paid for.
    #[serde(default)]
    pub(crate) servers: Vec<PaidServer>,
}

/// A server of paid tools.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(feature = "mcp"), expect(dead_code, reason = "read so that one policy serves all"))]
pub(crate) struct PaidServer {
    /// What models call it.
    pub(crate) name: String,
    /// Where it is: its streamable HTTP endpoint.
    pub(crate) url: String,
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    auto_pay: Option<bool>,
    pin: Option<bool>,
    max_price: Option<String>,
    confirm_above: Option<String>,
    max_timeout_seconds: Option<u64>,
    session_required: Option<bool>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    networks: Vec<String>,
    #[serde(default)]
    payees: Vec<String>,
    #[serde(default)]
    tokens: Vec<String>,
    #[serde(default)]
    budget: Budget,
    #[serde(default)]
    mcp: Models,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    total: Option<String>,
    per_host: Option<String>,
    #[serde(default)]
    windows: Vec<FileWindow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileWindow {
    hours: u32,
    limit: String,
}

impl Rules {
    /// The rules of this file, else of the one in the settings' folder, if there is one.
    pub(crate) fn find(path: Option<&Path>, environment: &Environment) -> Result<Self, Failure> {
        let usual = environment.config.as_ref().map(|it| it.join("policy.toml"));
        let Some(found) = path.map(Path::to_owned).or(usual) else { return Ok(Self::default()) };
        match std::fs::read_to_string(&found) {
            Ok(text) => Self::read(&text).map_err(|why| Failure::Policy(found, why)),
            Err(why) if path.is_none() && why.kind() == io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(why) => Err(Failure::Policy(found, why.to_string())),
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|why| why.to_string().trim().to_owned())?;
        let policy = Policy {
            auto_pay: file.auto_pay.unwrap_or(true),
            hosts: file.hosts.iter().map(|it| it.to_ascii_lowercase()).collect(),
            per_payment: file
                .max_price
                .as_deref()
                .map(|it| dollars("max_price", it))
                .transpose()?,
            total: file.budget.total.as_deref().map(|it| dollars("total", it)).transpose()?,
            per_host: file
                .budget
                .per_host
                .as_deref()
                .map(|it| dollars("per_host", it))
                .transpose()?,
            windows: file.budget.windows.iter().map(window).collect::<Result<_, _>>()?,
            confirm_above: file
                .confirm_above
                .as_deref()
                .map(|it| dollars("confirm_above", it))
                .transpose()?,
            pin: file.pin.unwrap_or(true),
        };
        Ok(Self {
            policy,
            max_price: file.max_price.as_deref().map(|it| price("max_price", it)).transpose()?,
            networks: each("networks", &file.networks, Network::parse_any)?,
            payees: each("payees", &file.payees, Address::parse_checksummed)?,
            tokens: file.tokens,
            max_timeout: file.max_timeout_seconds.map(Duration::from_secs),
            session_required: file.session_required.unwrap_or(false),
            models: file.mcp,
            stated: true,
        })
    }

    /// The terms for one purchase: what the arguments say, within the rules.
    pub(crate) fn terms(&self, args: &TermsArgs) -> Result<Terms, Failure> {
        let usual = || MAX_PRICE.parse().map_err(Failure::Price);
        let max_price = match args.max_price.as_ref().or(self.max_price.as_ref()) {
            Some(price) => price.clone(),
            None => usual()?,
        };
        let networks = within("the network", &args.network, &self.networks)?;
        let payees = within("the payee", &args.payee, &self.payees)?;
        let terms = Terms::up_to(max_price).map_err(Failure::Price)?;
        let terms = terms.on_networks(networks).to_payees(payees).in_tokens(self.tokens.clone());
        Ok(self.max_timeout.into_iter().fold(terms, Terms::signed_for_at_most))
    }
}

/// The argument's choice, else the policy's. An argument cannot widen a policy.
fn within<T: Clone + PartialEq + ToString>(
    what: &str,
    asked: &[T],
    allowed: &[T],
) -> Result<Vec<T>, Failure> {
    if asked.is_empty() || allowed.is_empty() {
        return Ok(if asked.is_empty() { allowed } else { asked }.to_vec());
    }
    match asked.iter().find(|it| !allowed.contains(it)) {
        Some(it) => Err(Failure::AgainstPolicy(format!("{what} {}", it.to_string()))),
        None => Ok(asked.to_vec()),
    }
}

fn price(name: &str, text: &str) -> Result<Price, String> {
    text.parse().map_err(|why| format!("{name}: {why}"))
}

/// A limit over several tokens is in dollars: a ticker would leave the others out.
pub(crate) fn dollars(name: &str, text: &str) -> Result<Micros, String> {
    let price = price(name, text)?;
    if price.ticker().is_some() {
        return Err(format!("{name}: must be in dollars (\"$0.10\")"));
    }
    Micros::of_price(&price).map_err(|why| format!("{name}: {why}"))
}

fn window(it: &FileWindow) -> Result<Window, String> {
    if it.hours == 0 {
        return Err("hours: must be at least 1".into());
    }
    let span = Duration::from_hours(u64::from(it.hours));
    Ok(Window { span, limit: dollars("limit", &it.limit)? })
}

fn each<T, E: ToString>(
    name: &str,
    texts: &[String],
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, String> {
    let all = texts.iter().map(|it| read(it).map_err(|why| format!("{name}: {}", why.to_string())));
    all.collect()
}
