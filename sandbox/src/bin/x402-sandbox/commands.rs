//! What each command does. All but `serve` are one call to a running sandbox, or none, and an
//! answer in text or JSON.

use crate::arguments::{Command, FaultCommand};
use crate::client::call;
use crate::output;
use crate::serve::serve;
use alloy_primitives::{Address, U256};
use hyper::Method;
use sandbox::front::known_accounts;
use sandbox::hostile::{self, Trick};
use serde_json::{Value, json};

pub(crate) async fn perform(command: Command, url: &str, as_json: bool) -> Result<(), String> {
    let (value, text) = match command {
        Command::Serve(wish) => return serve(*wish, as_json).await,
        Command::Fault(fault) => fault_command(fault.command, url).await?,
        Command::Faucet { address, amount } => faucet(url, address, amount).await?,
        Command::Balance { address } => balance(url, address).await?,
        Command::Mine { blocks } => mine(url, blocks).await?,
        Command::Tricks => tricks(),
        Command::Accounts => accounts(),
        Command::Journal { clear } => journal(url, clear).await?,
    };
    if as_json {
        output::json(&value);
    } else {
        output::text(&text);
    }
    Ok(())
}

/// An answer and what people read of it.
type Told = (Value, String);

async fn fault_command(command: FaultCommand, url: &str) -> Result<Told, String> {
    let value = match command {
        FaultCommand::List => call(url, Method::GET, "/faults", None).await?,
        FaultCommand::Clear { endpoint } => {
            let only = endpoint.map(|it| format!("/{it}")).unwrap_or_default();
            call(url, Method::DELETE, &format!("/faults{only}"), None).await?
        }
        FaultCommand::Set { specs } => {
            let mut list = Value::Null;
            for spec in specs {
                let body = json!({ "fault": spec.to_string() });
                list = call(url, Method::POST, "/faults", Some(&body)).await?;
            }
            list
        }
    };
    let faults: Vec<_> = texts(&value["faults"]).collect();
    let text = if faults.is_empty() { "No faults.".to_owned() } else { faults.join("\n") };
    Ok((value, text))
}

async fn faucet(url: &str, address: Address, amount: U256) -> Result<Told, String> {
    let address = address.to_checksum(None);
    let body = json!({ "address": address, "usdcAtomic": amount.to_string() });
    let value = call(url, Method::POST, "/faucet", Some(&body)).await?;
    let hashes: Vec<_> = texts(&value["transactions"]).collect();
    let text = format!("On its way to {address}, with the next block: {}", hashes.join(" "));
    Ok((value, text))
}

async fn balance(url: &str, address: Address) -> Result<Told, String> {
    let path = format!("/balance/{address}");
    let value = call(url, Method::GET, &path, None).await?;
    let text = format!("{} USDC, {} wei", word(&value["usdc"]), word(&value["wei"]));
    Ok((value, text))
}

async fn mine(url: &str, blocks: u64) -> Result<Told, String> {
    let value = call(url, Method::POST, "/mine", Some(&json!({ "blocks": blocks }))).await?;
    let block = &value["block"];
    Ok((value.clone(), format!("Block {} at {}", block["number"], block["timestamp"])))
}

/// The same in every sandbox, so none needs to run.
fn tricks() -> Told {
    let row = |it: &Trick| json!({ "name": it.name, "about": it.about });
    let value = json!({ "tricks": hostile::tricks().map(row).collect::<Vec<_>>() });
    let line = |it: &Trick| format!("{:<25} {}", it.name, it.about);
    (value, hostile::tricks().map(line).collect::<Vec<_>>().join("\n"))
}

/// The same in every sandbox, so none needs to run.
fn accounts() -> Told {
    let value = known_accounts();
    let mut lines = vec![word(&value["warning"]).to_owned(), String::new()];
    for account in value["accounts"].as_array().into_iter().flatten() {
        let [address, key, purpose] =
            ["address", "privateKey", "for"].map(|name| word(&account[name]));
        lines.push(format!("{address}  {key}  {purpose}"));
    }
    let text = lines.join("\n");
    (value, text)
}

async fn journal(url: &str, clear: bool) -> Result<Told, String> {
    let method = if clear { Method::DELETE } else { Method::GET };
    let value = call(url, method, "/journal", None).await?;
    let mut lines = Vec::new();
    for it in value["calls"].as_array().into_iter().flatten() {
        let status = it["status"].as_u64().map_or("no answer".to_owned(), |it| it.to_string());
        let fault = it["fault"].as_str().map(|it| format!("  fault {it}")).unwrap_or_default();
        let hash = it["transaction"].as_str().map(|it| format!("  {it}")).unwrap_or_default();
        let finding = it["finding"].as_str().unwrap_or("being worked on");
        let endpoint = word(&it["endpoint"]);
        lines.push(format!("{}  {endpoint}  {status}  {finding}{fault}{hash}", it["at"]));
        lines.extend(it["payment"].as_str().map(|key| format!("            payment {key}")));
    }
    let counts = &value["counts"];
    let [verify, settle, supported] = ["verify", "settle", "supported"].map(|it| &counts[it]);
    lines.push(format!("{verify} verify, {settle} settle, {supported} supported"));
    Ok((value, lines.join("\n")))
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().map(word)
}
