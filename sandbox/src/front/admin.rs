//! `/sandbox`: faults, journal, money and time over HTTP, for the command line and for tests in
//! other languages. It asks nobody who they are: a sandbox listens on loopback and holds nothing.

use crate::accounts::{Account, operator, testers};
use crate::catalogue::Catalogue;
use crate::chain::{BlockId, CHAIN_ID, Chain};
use crate::delivery::Reply;
use crate::facilitator::{Facilitator, Journal};
use crate::faults::{Endpoint, FaultSpec, Faults};
use crate::server::Call;
use crate::token::USDC;
use alloy_primitives::{Address, U256};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use wire::AtomicAmount;

/// How many blocks one call may make.
pub const BLOCKS_MINED_MAX: u64 = 1_000;

/// As the token says in `decimals()`.
const USDC_DECIMALS: u8 = 6;

#[derive(Debug)]
pub(super) struct Admin {
    pub(super) chain: Chain,
    pub(super) faults: Faults,
    pub(super) journal: Journal,
    pub(super) catalogue: Catalogue,
}

/// What was wrong with the call, for people.
type Answer = Result<Value, String>;

impl Admin {
    pub(super) fn answer(&self, call: &Call) -> Reply {
        let path = call.uri.path().trim_start_matches("/sandbox").trim_start_matches('/');
        let (head, rest) = path.split_once('/').unwrap_or((path, ""));
        let answer = match (head, &call.method) {
            ("", &Method::GET) => Ok(self.status()),
            ("accounts", &Method::GET) => Ok(known_accounts()),
            ("balance", &Method::GET) => self.balance(rest),
            ("journal", &Method::GET) => Ok(self.journal.to_value()),
            ("journal", &Method::DELETE) => {
                self.journal.clear();
                Ok(self.journal.to_value())
            }
            ("discovery", &Method::POST) => self.offer(&call.body),
            ("discovery", &Method::DELETE) => {
                self.catalogue.clear();
                Ok(json!({ "listed": 0 }))
            }
            ("faults", &Method::GET) => Ok(self.list()),
            ("faults", &Method::POST) => self.order(&call.body),
            ("faults", &Method::DELETE) => self.clear(rest),
            ("faucet", &Method::POST) => self.faucet(&call.body),
            ("mine", &Method::POST) => self.mine(&call.body),
            ("clock", &Method::POST) => self.clock(&call.body),
            _ => {
                let error = json!({ "error": "no such path and method below /sandbox" });
                return Reply::json(StatusCode::NOT_FOUND, &error);
            }
        };
        match answer {
            Ok(value) => Reply::json(StatusCode::OK, &value),
            Err(error) => Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": error })),
        }
    }

    fn status(&self) -> Value {
        let head = self.chain.head();
        json!({
            "chainId": CHAIN_ID,
            "usdc": USDC.to_checksum(None),
            "facilitator": Facilitator::address().to_checksum(None),
            "now": self.chain.now(),
            "block": { "number": head.number, "timestamp": head.timestamp },
        })
    }

    // ---- Faults ----

    fn list(&self) -> Value {
        let orders: Vec<_> = self.faults.list().iter().map(FaultSpec::to_string).collect();
        json!({ "faults": orders })
    }

    fn order(&self, body: &[u8]) -> Answer {
        let body = object(body)?;
        let spelling = body["fault"].as_str().ok_or("the body must be {\"fault\": \"…\"}")?;
        self.faults.order(spelling).map_err(|it| it.to_string())?;
        Ok(self.list())
    }

    fn clear(&self, endpoint: &str) -> Answer {
        let only: Option<Endpoint> = match endpoint {
            "" => None,
            name => Some(name.parse().map_err(|_| format!("no endpoint is called {name:?}"))?),
        };
        self.faults.clear(only);
        Ok(self.list())
    }

    // ---- Discovery ----

    /// Lists a resource by hand.
    fn offer(&self, body: &[u8]) -> Answer {
        self.catalogue.add(object(body)?);
        Ok(json!({ "listed": self.catalogue.all().len() }))
    }

    // ---- Money ----

    fn balance(&self, owner: &str) -> Answer {
        let owner = address(Some(owner))?;
        let usdc = AtomicAmount::new(self.chain.usdc_balance(owner));
        let wei = self.chain.balance(owner, BlockId::Latest).map_err(|it| it.to_string())?;
        Ok(json!({
            "address": owner.to_checksum(None),
            "usdc": usdc.to_decimal(USDC_DECIMALS),
            "usdcAtomic": usdc.to_string(),
            "wei": wei.to_string(),
        }))
    }

    fn faucet(&self, body: &[u8]) -> Answer {
        let body = object(body)?;
        let to = address(body["address"].as_str())?;
        let usdc = amount(&body["usdcAtomic"], "usdcAtomic")?;
        let wei = amount(&body["wei"], "wei")?;
        let sent = self.chain.faucet(to, usdc, wei).map_err(|it| it.to_string())?;
        let hashes: Vec<_> = sent.iter().map(ToString::to_string).collect();
        Ok(json!({ "transactions": hashes }))
    }

    // ---- Time ----

    fn mine(&self, body: &[u8]) -> Answer {
        let body = if body.is_empty() { Value::Null } else { object(body)? };
        let count = body["blocks"].as_u64().unwrap_or(1);
        if !(1..=BLOCKS_MINED_MAX).contains(&count) {
            return Err(format!("blocks must be from 1 to {BLOCKS_MINED_MAX}"));
        }
        for _ in 0..count {
            self.chain.mine();
        }
        Ok(self.status())
    }

    fn clock(&self, body: &[u8]) -> Answer {
        let body = object(body)?;
        let seconds = body["advance"].as_u64().ok_or("the body must be {\"advance\": SECONDS}")?;
        self.chain.advance(Duration::from_secs(seconds));
        Ok(self.status())
    }
}

/// The accounts of every sandbox with their private keys, for people and scripts to pay with.
#[must_use]
pub fn known_accounts() -> Value {
    let named = |account: &Account, use_for: &str| {
        json!({
            "address": account.address().to_checksum(None),
            "privateKey": account.secret().to_string(),
            "for": use_for,
        })
    };
    let testers = testers().iter().map(|it| named(it, "payers and merchants"));
    let own = [
        named(Facilitator::account(), "the facilitator's transactions"),
        named(operator(), "the faucet and the token's administration"),
    ];
    json!({
        "warning": "These keys are public. Whatever is sent to them on a real chain is lost.",
        "accounts": testers.chain(own).collect::<Vec<_>>(),
    })
}

fn object(body: &[u8]) -> Answer {
    let value = wire::json::parse(body).map_err(|it| it.to_string())?;
    if value.is_object() { Ok(value) } else { Err("the body must be a JSON object".to_owned()) }
}

fn address(text: Option<&str>) -> Result<Address, String> {
    let parsed = text.unwrap_or_default().parse::<wire::Address>();
    parsed.map(wire::Address::evm).map_err(|it| it.to_string())
}

fn amount(value: &Value, member: &str) -> Result<U256, String> {
    match value {
        Value::Null => Ok(U256::ZERO),
        Value::String(text) => match text.parse::<AtomicAmount>() {
            Ok(amount) => Ok(amount.units()),
            Err(error) => Err(format!("{member}: {error}")),
        },
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(format!("{member} must be a decimal string"))
        }
    }
}
