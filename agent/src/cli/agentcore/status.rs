//! What of a set-up is there, as AWS tells it now.

use agent::agentcore::SessionStanding;
use agent::agentcore::payments::ServerUrl;
use agent::aws::CallError;
use agent::aws::moment::compact;
use agent::world::{Clock, System};
use serde_json::{Value, json};

use super::Desk;
use super::fault::AgentCoreFault;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::{result, say};

/// Chains whose balance is told, as AWS and as people call them.
const CHAINS: [(&str, &str); 2] = [("BASE", "Base"), ("BASE_SEPOLIA", "Base Sepolia")];

/// One line of a status.
struct Part {
    what: &'static str,
    id: String,
    state: String,
    link: Option<ServerUrl>,
}

/// Tells everything. Asks, and changes nothing.
pub(super) async fn tell(desk: &Desk, as_json: bool) -> Result<Exit, Failure> {
    let parts = parts(desk).await.map_err(AgentCoreFault::Call)?;
    let standing = match (&desk.account.session, desk.payments()?) {
        (Some(id), Some(payments)) => {
            there(payments.session(id, System.now()).await).map_err(AgentCoreFault::Call)?
        }
        _ => None,
    };
    let running = standing.as_ref().is_some_and(|it| it.expires > System.now());
    let usable = |it: &Part| matches!(it.state.as_str(), "there" | "READY" | "ACTIVE");
    let ready = running && desk.account.address.is_some() && parts.iter().all(usable);
    let money = if ready { balances(desk).await? } else { Vec::new() };
    if as_json {
        let row = |it: &Part| {
            let link = it.link.as_ref().map(ServerUrl::as_str);
            (it.what.replace(' ', "_"), json!({ "id": it.id, "state": it.state, "link": link }))
        };
        let mut document: serde_json::Map<String, Value> = parts.iter().map(row).collect();
        document.insert("ready".into(), ready.into());
        document.insert("address".into(), desk.account.address.clone().into());
        let session = standing.as_ref().map(|it| session(it, true));
        let session = session.and_then(|it| serde_json::from_str(&it).ok());
        document.insert("session".into(), session.unwrap_or(Value::Null));
        let money = money.iter().map(|(chain, usdc)| ((*chain).to_owned(), json!(usdc)));
        document.insert("usdc".into(), money.collect());
        result(&Value::Object(document).to_string());
    } else {
        for it in &parts {
            result(&format!("{:<20} {:<12} {}", it.what, it.state, it.id));
        }
        match &standing {
            Some(it) => result(&format!("{:<20} {}", "session", session(it, false))),
            None => result(&format!("{:<20} none", "session")),
        }
        if let Some(address) = &desk.account.address {
            result(&format!("{:<20} {address}", "wallet"));
        }
        for (chain, usdc) in &money {
            result(&format!("{:<20} {usdc} USDC on {chain}", ""));
        }
        for it in parts.iter().filter(|it| !usable(it)) {
            if let Some(link) = &it.link {
                say(&format!("the {} waits for consent: {}", it.what, link.as_str()));
            }
        }
    }
    Ok(if ready { Exit::Done } else { Exit::Key })
}

/// A session in a line, or in JSON.
pub(super) fn session(it: &SessionStanding, as_json: bool) -> String {
    let now = System.now();
    let state = if it.expires > now { "open" } else { "expired" };
    if as_json {
        let (limit, left) = (it.limit.as_str(), it.available.as_str());
        let expires = it.expires.seconds();
        return json!({ "id": it.id, "state": state, "limit": limit, "left": left,
            "expires": expires })
        .to_string();
    }
    let (left, until) = (&it.available, compact(it.expires));
    format!("{}  {state} until {until}, {left} of {} left", it.id, it.limit)
}

async fn parts(desk: &Desk) -> Result<Vec<Part>, CallError> {
    let account = &desk.account;
    let Ok(control) = desk.control() else { return Ok(Vec::new()) };
    let mut parts = Vec::new();
    let mut part = |what, id: &str, state: Option<String>, link| {
        let state = state.unwrap_or_else(|| "missing".into());
        parts.push(Part { what, id: id.to_owned(), state, link });
    };
    if account.provider_arn.is_some() {
        let state = there(control.provider(&account.name, System.now()).await)?;
        part("credential provider", &account.name, state.map(|_| "there".into()), None);
    }
    let Some(manager) = &account.manager else {
        part("manager", "", None, None);
        return Ok(parts);
    };
    let state = there(control.manager_status(&manager.id, System.now()).await)?;
    part("manager", &manager.id, state, None);
    let Some(connector) = &account.connector else {
        part("connector", "", None, None);
        return Ok(parts);
    };
    let it = there(control.connector(&manager.id, connector, System.now()).await)?;
    let (state, link) = it.map_or((None, None), |it| (Some(it.status), it.consent));
    part("connector", connector, state, link);
    let (Some(instrument), Ok(Some(payments))) = (&account.instrument, desk.payments()) else {
        part("instrument", "", None, None);
        return Ok(parts);
    };
    let it = there(payments.instrument(connector, instrument, System.now()).await)?;
    let (state, link) = it.map_or((None, None), |it| (Some(it.status), it.consent));
    part("instrument", instrument, state, link);
    Ok(parts)
}

/// What the wallet has, as AWS tells it; nothing where it does not.
async fn balances(desk: &Desk) -> Result<Vec<(&'static str, String)>, Failure> {
    let mut told = Vec::new();
    let ids = desk.account.connector.as_ref().zip(desk.account.instrument.as_ref());
    if let (Some(payments), Some((connector, instrument))) = (desk.payments()?, ids) {
        for (chain, name) in CHAINS {
            let balance = payments.balance(connector, instrument, chain, System.now()).await;
            // USDC has 6 decimals on both.
            told.extend(balance.ok().map(|it| (name, it.to_decimal(6))));
        }
    }
    Ok(told)
}

/// Nothing, if AWS does not have it.
fn there<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(it) => Ok(Some(it)),
        Err(CallError::Refused(it)) if it.status == 404 => Ok(None),
        Err(why) => Err(why),
    }
}
