//! What was found, said to a language model: facts of ours outside, what others wrote marked as theirs.

use agent::agent::Quote;
use agent::server_text::ServerText;
use agent::tools::Tool;
use agent::world::{Randomness, System};
use agent::{PayError, Receipt};
use serde_json::{Value, json};

use super::answer::Answer;
use super::content::{NOTICE, marked, piece, visible};
use super::errand::Goods;
use super::problem::Problem;
use super::purchase::Content;

/// Digits of the number in the marks around content: 64 bits that content cannot guess.
const MARK_DIGITS: usize = 16;

/// A piece of the content, from this byte on.
pub(crate) fn delivered(
    it: &Content,
    offset: usize,
    bytes_max: usize,
    before: bool,
) -> Result<Answer, Problem> {
    let cut = piece(&it.media_type, &it.body, offset, bytes_max);
    let mut facts = json!({
        "notice": NOTICE,
        "untrusted": true,
        "status": it.status,
        "failed": it.failed,
        "url": it.url,
        "contentType": it.media_type,
        "encoding": cut.encoding,
        "body": cut.body,
        "offset": offset,
        "bytes": it.body.len(),
        "complete": it.complete,
        "removedCharacters": cut.removed,
        "boughtBefore": before && it.were_bought(),
        "payment": paid(it.receipt.as_ref()),
    });
    let (status, bytes) = (it.status, it.body.len());
    let mut said = vec![
        format!("status {status}, {bytes} bytes, {}.", words(it.receipt.as_ref(), before)),
        NOTICE.to_owned(),
    ];
    if let Some(next) = cut.next {
        facts["nextOffset"] = json!(next);
        said.push(format!("This is a part; for the next, ask with offset {next}."));
    }
    if !it.complete {
        said.push("The rest of the content did not arrive.".to_owned());
    }
    Ok(Answer::new(facts, said.join(" ")).and(quoted(&cut.body)?))
}

/// The tools of another server. What it says about them is cut like any content.
pub(crate) fn listed(tools: &[Tool], bytes_max: usize) -> Result<Answer, Problem> {
    let (mut told, mut left) = (Vec::new(), bytes_max);
    for it in tools {
        let tool = json!({
            "name": it.name,
            "description": it.description.as_deref().map(visible).unwrap_or_default(),
            "inputSchema": it.input_schema,
        });
        let size = tool.to_string().len();
        if size > left {
            break;
        }
        left -= size;
        told.push(tool);
    }
    let said = format!("{} of {} tools. {NOTICE}", told.len(), tools.len());
    let tools = Value::from(told);
    let body = quoted(&tools.to_string())?;
    let facts = json!({ "notice": NOTICE, "untrusted": true, "tools": tools });
    Ok(Answer::new(facts, said).and(body))
}

/// What others wrote, between marks that it cannot know.
pub(crate) fn quoted(body: &str) -> Result<String, Problem> {
    Ok(marked(&number()?, body))
}

/// A number that nobody else knows.
fn number() -> Result<String, Problem> {
    let nonce = System.nonce().map_err(|why| Problem::from(&PayError::NoRandomness(why)))?;
    Ok(nonce.to_string().trim_start_matches("0x").chars().take(MARK_DIGITS).collect())
}

/// What was paid.
pub(crate) fn paid(receipt: Option<&Receipt>) -> Value {
    let Some(receipt) = receipt else { return json!({ "paid": false }) };
    let exposure = &receipt.exposure;
    let mut facts = json!({
        "paid": true,
        "amount": exposure.price(),
        "network": exposure.network.name,
        "payTo": exposure.pay_to.to_string(),
        "receipt": if receipt.is_settled() { "settled" } else { "unknown" },
    });
    if let Some(hash) = receipt.transaction {
        facts["transaction"] = json!(hash.to_string());
    }
    if let Some(url) = receipt.explorer_url() {
        facts["explorer"] = json!(url);
    }
    facts
}

fn words(receipt: Option<&Receipt>, before: bool) -> String {
    match receipt {
        None => "nothing was paid".into(),
        Some(it) if before => format!("bought before in this run for {}", it.exposure.price()),
        Some(it) if it.is_settled() => format!("paid {}", it.exposure.price()),
        Some(it) => {
            format!("paid {}, without a receipt that can be relied on", it.exposure.price())
        }
    }
}

/// What it would cost, and why it would not be bought, if so.
pub(crate) fn priced(quote: &Quote, reason: Option<&'static str>) -> Answer {
    let (deal, offer) = (quote.deal(), quote.deal().offer());
    let amount =
        format!("{} {}", deal.amount().to_decimal(deal.asset().decimals), deal.asset().symbol);
    let mut facts = json!({
        "url": quote.target().to_string(),
        "free": false,
        "amount": amount,
        "network": deal.network().name,
        "payTo": deal.pay_to().to_string(),
        "allowed": reason.is_none(),
    });
    let mut seller = json!({ "untrusted": true });
    for (name, text) in [("description", &offer.description), ("mimeType", &offer.mime_type)] {
        if let Some(text) = text.as_ref().map(ServerText::as_str) {
            seller[name] = json!(text);
        }
    }
    facts["sellerSays"] = seller;
    let verdict = match reason {
        None => "would be bought".to_owned(),
        Some(reason) => {
            facts["reason"] = json!(reason);
            format!("would not be bought: {reason}")
        }
    };
    let network = deal.network().name;
    Answer::new(facts, format!("it costs {amount} on {network}, and {verdict}. Nothing was paid."))
}
