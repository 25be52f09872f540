//! `x402-agent ledger`: what was bought. Shows facts and never a payment's bytes: until it settles,
//! whoever has them can take the money to the payee.

use agent::ledger::Purchase;
use agent::{Ledger, PayError};
use serde_json::{Value, json};

use super::args::{Form, LedgerCommand, LedgerOf};
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::purse::ledger_path;
use super::terminal::result;

/// The columns of an export, in order: the members of [`facts`].
const COLUMNS: [&str; 17] = [
    "purchase",
    "stage",
    "url",
    "host",
    "session",
    "price",
    "network",
    "asset",
    "amount",
    "payer",
    "payTo",
    "nonce",
    "validBefore",
    "reserved",
    "changed",
    "sends",
    "transaction",
];

/// Runs the command.
pub(crate) fn run(args: LedgerOf, environment: &Environment) -> Result<Exit, Failure> {
    let path = ledger_path(args.ledger.as_deref(), environment).ok_or(Failure::NoLedger)?;
    let all = Ledger::open(&path).and_then(|it| it.all());
    let all = all.map_err(|why| Failure::Pay(PayError::Ledger(why)))?;
    match args.command {
        LedgerCommand::List => all.iter().for_each(|it| list(it, args.json)),
        LedgerCommand::Show { id } => {
            let found = all.iter().find(|it| it.id.0 == id).ok_or(Failure::NoPurchase(id))?;
            show(found, args.json);
        }
        LedgerCommand::Export { format } => export(&all, format),
    }
    Ok(Exit::Done)
}

fn list(it: &Purchase, as_json: bool) {
    if as_json {
        result(&facts(it).to_string());
    } else {
        let (stage, price) = (it.stage.word(), it.exposure.price());
        result(&format!("{:>5}  {stage:<8}  {price:>14}  {}", it.id.0, it.url));
    }
}

fn show(it: &Purchase, as_json: bool) {
    let facts = facts(it);
    if as_json {
        result(&facts.to_string());
        return;
    }
    for name in COLUMNS {
        result(&format!("{name:<12} {}", plain(&facts[name])));
    }
}

fn export(all: &[Purchase], format: Form) {
    match format {
        Form::Json => result(&Value::Array(all.iter().map(facts).collect()).to_string()),
        Form::Csv => {
            result(&COLUMNS.join(","));
            for it in all {
                let facts = facts(it);
                let cells: Vec<_> = COLUMNS.iter().map(|it| cell(&plain(&facts[*it]))).collect();
                result(&cells.join(","));
            }
        }
    }
}

fn facts(it: &Purchase) -> Value {
    let exposure = &it.exposure;
    json!({
        "purchase": it.id.0,
        "stage": it.stage.word(),
        "url": it.url,
        "host": it.host,
        "session": it.session,
        "price": exposure.price(),
        "network": format!("eip155:{}", exposure.key.chain_id),
        "asset": exposure.key.asset.to_string(),
        "amount": exposure.amount.to_string(),
        "payer": exposure.key.payer.to_string(),
        "payTo": exposure.pay_to.to_string(),
        "nonce": exposure.key.nonce.to_string(),
        "validBefore": exposure.valid_before.seconds(),
        "reserved": it.reserved.seconds(),
        "changed": it.changed.seconds(),
        "sends": it.sends,
        "transaction": it.transaction.map(|hash| hash.to_string()),
    })
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A cell that spreadsheets read as it is: quoted where needed, and never taken for a formula.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_two_cells_nor_a_formula() {
        #[rustfmt::skip]
        let rows = [
            ("plain",            "plain"),
            ("",                 ""),
            ("a,b",              "\"a,b\""),
            ("a \"b\"",          "\"a \"\"b\"\"\""),
            ("two\nlines",       "\"two\nlines\""),
            ("=HYPERLINK(1,2)",  "\"'=HYPERLINK(1,2)\""),
            ("-1",               "'-1"),
        ];
        for (text, written) in rows {
            assert_eq!(cell(text), written);
        }
    }
}
