//! What a command found out, as JSON for programs. Field names are stable; nothing here is a
//! secret.

use agent::PayError;
use agent::aftermath::{Aftermath, SendDoubt};
use agent::decisions::choice::Declined;
use agent::decisions::draft::{Draft, Exposure};
use agent::decisions::receipt::{Receipt, Standing};
use serde_json::{Value, json};

use super::exit::Failure;

/// What was signed.
pub(crate) fn exposure(it: &Exposure) -> Value {
    json!({
        "network": format!("eip155:{}", it.key.chain_id),
        "asset": it.key.asset.to_string(),
        "symbol": it.asset.symbol,
        "amount": it.amount.to_string(),
        "price": it.amount.to_decimal(it.asset.decimals),
        "payer": it.key.payer.to_string(),
        "payTo": it.pay_to.to_string(),
        "nonce": it.key.nonce.to_string(),
        "validBefore": it.valid_before.seconds(),
    })
}

/// What the server said about it.
pub(crate) fn receipt(it: &Receipt) -> Value {
    let (settled, doubt) = match &it.standing {
        Standing::Settled => (true, None),
        Standing::Unknown(doubt) => (
            false,
            Some(json!({
                "code": doubt.code(), "message": doubt.to_string(),
            })),
        ),
    };
    json!({
        "settled": settled,
        "doubt": doubt,
        "transaction": it.transaction.map(|hash| hash.to_string()),
        "explorer": it.explorer_url(),
    })
}

/// What would be signed.
pub(crate) fn draft(it: &Draft, payer: Option<String>) -> Value {
    let (deal, authorization) = (it.deal(), it.authorization());
    json!({
        "version": it.version().to_string(),
        "network": format!("eip155:{}", deal.network().chain_id),
        "asset": deal.asset().address.to_string(),
        "symbol": deal.asset().symbol,
        "amount": deal.amount().to_string(),
        "price": deal.amount().to_decimal(deal.asset().decimals),
        "payer": payer,
        "payTo": deal.pay_to().to_string(),
        "validAfter": authorization.valid_after.seconds(),
        "validBefore": authorization.valid_before.seconds(),
        "domain": { "name": deal.asset().eip712_name, "version": deal.asset().eip712_version },
        "resource": deal.offer().resource,
    })
}

/// Why there is no content.
pub(crate) fn failure(it: &Failure) -> Value {
    let mut report =
        json!({ "code": it.code(), "message": it.to_string(), "exit": it.exit() as u8 });
    if let Some(at_stake) = it.exposure() {
        report["payment"] = exposure(at_stake);
    }
    let Failure::Pay(why) = it else { return report };
    if let Some(aftermath) = why.aftermath() {
        report["sent"] = sent(aftermath);
    }
    if let PayError::Refused(all) = why {
        report["declined"] = all.iter().map(declined).collect();
    }
    report
}

fn declined(it: &Declined) -> Value {
    json!({
        "offer": it.offer.index,
        "code": it.refusal.code(),
        "network": it.offer.network.as_ref().map(ToString::to_string),
        "asset": it.offer.asset.to_string(),
        "amount": it.offer.amount.to_string(),
        "payTo": it.offer.pay_to.to_string(),
    })
}

fn sent(it: &Aftermath) -> Value {
    let mut report = json!({ "attempts": it.attempts, "last": it.last.to_string() });
    if let SendDoubt::Answered { status, code, transaction, location } = &it.last {
        report["status"] = (*status).into();
        report["serverCode"] = code.as_ref().map(ToString::to_string).into();
        report["transaction"] = transaction.map(|hash| hash.to_string()).into();
        report["location"] = location.as_ref().map(ToString::to_string).into();
    }
    report
}
