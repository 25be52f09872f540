//! One row's cell: another team's payer at our merchant, who is paid through somebody's facilitator.

use alloy_primitives::U256;
use sandbox::accounts::{Account, testers};
use sandbox::token::ONE_USDC;
use serde_json::Value;
use wire::header::{CHALLENGE_HEADER_BYTES_MAX, decode_json};

use crate::chain::Transfer;
use crate::stall::Stall;
use crate::tap::Exchange;
use crate::worker::{Ending, Worker};

/// What is sold at each path.
pub(crate) const GOODS: &str = "{\"answer\":42}";
/// For how much, in atomic units.
pub(crate) const PRICE: u64 = 1000;
/// What is asked for.
pub(crate) const PATH: &str = "/premium/a.json";
/// What else there is.
pub(crate) const OTHER: &str = "/premium/b.json";

/// Who is paid.
pub(crate) fn payee() -> alloy_primitives::Address {
    testers()[9].address()
}

/// Has the object bought, and says what came of it: `yes`, or why not.
pub(crate) async fn purchase(
    worker: &Worker,
    payer: &str,
    account: &Account,
    stall: &Stall<'_>,
) -> String {
    stall.front.take();
    stall.facilitator.tap.take();
    if payer == "bedrock" {
        // Its payments are valid from "now". They are too early until a block of the next second, for
        // which the merchant waits three; right after a block, it has one of them to spare.
        stall.facilitator.chain.next_block().await;
    }
    let ending = worker.buy(payer, &stall.url(), account).await;
    let transfers = stall.facilitator.chain.transfers_of(account.address()).await;
    let body = match ending {
        Ending::Answered { status: 200, body } => body,
        Ending::Answered { status, body } => {
            assert_eq!(transfers, [], "{payer} was charged for nothing: {status} {body}");
            stall.facilitator.say_what_was_answered();
            return short(&format!("no: {status} {}", told_by(&body)));
        }
        Ending::Thrown(error) => {
            assert_eq!(transfers, [], "{payer} was charged for nothing: {error}");
            return short(&format!("no: {error}"));
        }
    };
    match judge(account, stall, &body, &transfers).await {
        Ok(()) => "yes".into(),
        Err(why) => format!("no: {why}"),
    }
}

/// A reply's code, or its beginning.
fn told_by(body: &str) -> String {
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    json["error"].as_str().unwrap_or(body).to_owned()
}

async fn judge(
    account: &Account,
    stall: &Stall<'_>,
    body: &str,
    transfers: &[Transfer],
) -> Result<(), String> {
    is("bytes", body, GOODS)?;
    let (paid, asked): (Vec<_>, Vec<_>) =
        stall.front.take().into_iter().partition(|it| it.payment().is_some());
    is("statuses of unpaid requests", statuses(&asked), vec![402; asked.len().max(1)])?;
    is("statuses of paid requests", statuses(&paid), vec![200])?;
    let [transfer] = transfers else { return Err(format!("transfers: {transfers:?}")) };
    is("charged", (transfer.to, transfer.units), (payee(), U256::from(PRICE)))?;
    let left = stall.facilitator.chain.balance_of(account.address()).await;
    is("left", left, U256::from(ONE_USDC - PRICE))?;
    receipt_names(paid[0].receipt(), account, transfer)?;
    let calls: Vec<String> = stall.facilitator.tap.take().iter().map(Exchange::line).collect();
    let settles = calls.iter().filter(|it| *it == "POST /settle").count();
    is("settles", settles, 1)?;
    nothing_more_is_charged(&paid[0], account, stall).await
}

/// The same payment again, and for something else: nobody is asked, and nothing moves.
async fn nothing_more_is_charged(
    paid: &Exchange,
    account: &Account,
    stall: &Stall<'_>,
) -> Result<(), String> {
    let again = stall.front.ask_behind(&paid.request).await;
    is("status of the same again", again.status(), 200)?;
    is("receipt of the same again", again.receipt(), paid.receipt())?;
    let other = stall.front.ask_behind(&paid.redirected(PATH, OTHER)).await;
    is("status for another object", other.status(), 409)?;
    is(
        "code for another object",
        told_by(&other.json().to_string()).as_str(),
        "payment_already_used",
    )?;
    is("calls for a replay", stall.facilitator.tap.take().len(), 0)?;
    let transfers = stall.facilitator.chain.transfers_of(account.address()).await;
    is("transfers after a replay", transfers.len(), 1)
}

/// Whether `PAYMENT-RESPONSE` says what the chain says.
pub(crate) fn receipt_names(
    receipt: Option<String>,
    account: &Account,
    transfer: &Transfer,
) -> Result<(), String> {
    let receipt = receipt.ok_or("no receipt")?;
    let json =
        decode_json(receipt.as_bytes(), CHALLENGE_HEADER_BYTES_MAX).map_err(|it| it.to_string())?;
    let json: Value = serde_json::from_slice(&json).map_err(|it| it.to_string())?;
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_lowercase();
    is("receipt's success", &json["success"], &Value::Bool(true))?;
    is("receipt's payer", text("payer"), account.address().to_string().to_lowercase())?;
    is("receipt's transaction", text("transaction"), transfer.transaction.to_lowercase())?;
    let known = ["eip155:84532", "base-sepolia"].contains(&text("network").as_str());
    is("receipt's network is known", known, true)
}

/// What must be equal.
pub(crate) fn is<T: PartialEq + std::fmt::Debug>(
    what: &str,
    seen: T,
    due: T,
) -> Result<(), String> {
    if seen == due { Ok(()) } else { Err(format!("{what}: {seen:?} instead of {due:?}")) }
}

fn statuses(exchanges: &[Exchange]) -> Vec<u16> {
    exchanges.iter().map(Exchange::status).collect()
}

/// One line for a table: no ports, no pipes, no end.
pub(crate) fn short(text: &str) -> String {
    const CHARACTERS: usize = 160;
    let mut parts = text.split("127.0.0.1:");
    let mut line = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        line += "127.0.0.1";
        line += part.trim_start_matches(|it: char| it.is_ascii_digit());
    }
    line.replace('|', "/").lines().next().unwrap_or_default().chars().take(CHARACTERS).collect()
}
