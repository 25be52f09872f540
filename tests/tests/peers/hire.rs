//! One row's cell: our agent at another team's seller, who is paid through somebody's facilitator.

use agent::decisions::terms::Terms;
use agent::{Agent, LocalKey};
use alloy_primitives::U256;
use sandbox::accounts::Account;
use serde_json::Value;

use crate::facilitators::Facilitator;
use crate::purchase::{GOODS, PATH, PRICE, is, payee, receipt_names, short};
use crate::tap::Tap;

/// Buys, and says what came of it: `yes` and what the seller answers to the same payment again, or
/// why not.
pub(crate) async fn hire(front: &Tap, facilitator: &Facilitator, account: &Account) -> String {
    front.take();
    facilitator.tap.take();
    match buy(front, facilitator, account).await {
        Ok(again) => format!("yes; again: {again}"),
        Err(why) => {
            facilitator.say_what_was_answered();
            short(&format!("no: {why}"))
        }
    }
}

async fn buy(front: &Tap, facilitator: &Facilitator, account: &Account) -> Result<u16, String> {
    let key = LocalKey::from_hex(&account.secret().to_string()).unwrap();
    let terms = Terms::up_to("$0.01".parse().unwrap()).unwrap();
    let agent = Agent::builder(key, terms).build().unwrap();
    let got = agent.fetch(&(front.url() + PATH)).await;
    let mut got = got.map_err(|it| it.to_string())?;
    let bytes = got.bytes().await.map_err(|it| it.to_string())?;
    let sold: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    is("bytes", sold, serde_json::from_str(GOODS).unwrap())?;
    let receipt = got.receipt().ok_or("no receipt")?;
    is("receipt", receipt.is_settled(), true)?;

    let transfers = facilitator.chain.transfers_of(account.address()).await;
    let [transfer] = &transfers[..] else { return Err(format!("transfers: {transfers:?}")) };
    is("charged", (transfer.to, transfer.units), (payee(), U256::from(PRICE)))?;
    let paid: Vec<_> = front.take().into_iter().filter(|it| it.payment().is_some()).collect();
    let [paid] = &paid[..] else { return Err(format!("{} paid requests", paid.len())) };
    receipt_names(paid.receipt(), account, transfer)?;

    let again = front.ask_behind(&paid.request).await;
    let transfers = facilitator.chain.transfers_of(account.address()).await;
    is("transfers after a replay", transfers.len(), 1)?;
    Ok(again.status())
}
