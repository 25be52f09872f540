//! The story, scene by scene. Each ends in something that must hold.

use std::sync::Arc;
use std::time::Duration;

use agent::decisions::terms::Terms;
use agent::{Agent, Event, LocalKey, Quote, Quoted, Response};
use sandbox::facilitator::Entry;
use sandbox::faults::Endpoint;
use sha2::{Digest, Sha256};
use wire::{Address, U256};

use crate::http;
use crate::stage::{Stage, buyer, payee, usdc};
use crate::teller::{Teller, thousands};
use crate::witness::Witness;

pub(crate) const FILE: &str = "/premium/wind.json";
pub(crate) const FREE: &str = "/free/welcome.txt";
const OTHER_FILE: &str = "/premium/report.txt";
const ARCHIVE: &str = "/archive/samples.bin";

/// What the files cost, in atomic units of a token with six decimals.
const PRICE: u64 = 1_000;
const ARCHIVE_PRICE: u64 = 10_000;

/// A purchase takes one block, 2 s. A merchant answers within 28 s on the slowest machine, and the
/// agent then asks it again; what takes longer than both does not work.
const PURCHASE_MAX: Duration = Duration::from_mins(1);

/// Plays all scenes. The first that does not hold ends the play.
pub(crate) async fn play(stage: &Stage, teller: &Arc<Teller>) -> Result<(), String> {
    let narrator = Arc::clone(teller);
    let agent = hire(move |event: Event<'_>| narrate(&narrator, event))?;
    teller.scene("Before: who has how much, on the chain");
    let before = balances(stage, teller);
    let quote = ask(stage, teller, &agent).await?;
    let bought = buy(stage, teller, &agent, quote).await?;
    let payment = bought.payment().ok_or("the purchase has no payment")?.value().to_owned();
    teller.scene("After: the money has moved");
    let after = balances(stage, teller);
    let price = U256::from(PRICE);
    must(before.0 - after.0 == price && after.1 - before.1 == price, "the price changed hands")?;
    teller.held(&format!("{} left the agent and reached the merchant", usdc(price)));
    replay(stage, teller, &payment).await?;
    lose_an_answer(stage, teller).await?;
    free(stage, teller).await?;
    teller.end();
    Ok(())
}

type Buyer = Agent<LocalKey>;

/// An agent that pays up to five cents, and tells a narrator what it does.
fn hire(narrator: impl Fn(Event<'_>) + Send + Sync + 'static) -> Result<Buyer, String> {
    let key = LocalKey::from_hex(&buyer().secret().to_string()).map_err(|it| it.to_string())?;
    let limit = "$0.05".parse().map_err(|_| "the limit is no price")?;
    let terms = Terms::up_to(limit).map_err(|error| error.to_string())?;
    let agent = Agent::builder(key, terms).observer(narrator);
    agent.build().map_err(|error| error.to_string())
}

/// What the agent does, as it tells it itself.
fn narrate(teller: &Teller, event: Event<'_>) {
    match event {
        Event::Signing { draft, payer } => {
            let it = draft.authorization();
            let domain = draft.deal().domain();
            teller.scene("The agent signs, once");
            teller.fact("type", "TransferWithAuthorization (EIP-3009), typed data (EIP-712)");
            let (name, version, chain) = (&domain.name, &domain.version, domain.chain_id);
            teller.fact("domain", &format!("{name} v{version} on chain {chain}, {}", domain.asset));
            teller.fact("from", &payer.to_string());
            teller.fact("to", &it.to.to_string());
            teller.fact("value", &format!("{} ({})", it.value, usdc(it.value.units())));
            let (after, before) = (it.valid_after, it.valid_before);
            teller.fact("valid", &format!("after {after} and before {before}"));
            teller.fact("nonce", &it.nonce.to_string());
            teller.fact("digest", &draft.digest().to_string());
        }
        Event::Sending { payment, attempt: 1 } => {
            teller.scene("It asks again, with the signature");
            let (header, bytes) = (payment.header(), payment.value().len());
            teller.fact("send", &format!("GET with {header}: {bytes} bytes"));
        }
        Event::Sending { attempt, .. } => {
            teller.fact("send", &format!("the same bytes, for the {attempt}. time"));
        }
        Event::Waiting { doubt, pause } => {
            teller.fact("in doubt", &format!("{doubt}; never a new payment"));
            teller.fact("wait", &format!("{} s", pause.as_secs()));
        }
        Event::Asking { .. }
        | Event::Redirected { .. }
        | Event::Free { .. }
        | Event::Challenged { .. }
        | Event::Chosen { .. }
        | Event::Delivered { .. }
        | _ => {}
    }
}

fn balances(stage: &Stage, teller: &Teller) -> (U256, U256) {
    let agent: Address = buyer().address().into();
    let (theirs, ours) = (stage.balance(agent), stage.balance(payee()));
    teller.fact("agent", &format!("{:>21}  {agent}", usdc(theirs)));
    teller.fact("merchant", &format!("{:>21}  {}", usdc(ours), payee()));
    (theirs, ours)
}

async fn ask(stage: &Stage, teller: &Teller, agent: &Buyer) -> Result<Quote, String> {
    teller.scene("The agent asks for a file, and is told its price");
    teller.fact("ask", &format!("GET {}", stage.url(FILE)));
    let quoted = agent.quote(&stage.url(FILE)).await.map_err(|error| error.to_string())?;
    let Quoted::Priced(quote) = quoted else { return Err("the file was not for sale".into()) };
    teller.fact("answer", "402 Payment Required, and in the header PAYMENT-REQUIRED:");
    let document = serde_json::to_string_pretty(quote.challenge().document());
    document.unwrap_or_default().lines().for_each(Teller::quote);
    must(quote.deal().pay_to() == payee(), "the challenge names the merchant")?;
    must(stage.sandbox.journal().count(Endpoint::Verify) == 0, "asking costs nobody anything")?;
    teller.held("the merchant answered alone: no facilitator, no storage, no ledger");
    Ok(quote)
}

async fn buy(
    stage: &Stage,
    teller: &Arc<Teller>,
    agent: &Buyer,
    quote: Quote,
) -> Result<Response, String> {
    let witness = Witness::watch(stage.sandbox.journal(), &stage.ledger(), teller);
    let mut bought = in_time(Box::pin(agent.buy(quote))).await?;
    let receipt = bought.receipt().ok_or("there is no receipt")?;
    must(receipt.is_settled(), "the receipt says that the payment is settled")?;
    let hash = receipt.transaction.ok_or("the receipt names no transaction")?;
    let mined = stage.sandbox.chain().receipt(hash.evm());
    let mined = mined.ok_or_else(|| format!("the chain knows no transaction {hash}"))?;
    must(mined.success && mined.entries().count() == 2, "the transaction moved the money")?;
    witness.done().await?;
    teller.fact("transaction", &hash.to_string());
    let (block, time) = (mined.block_number, mined.block_timestamp);
    teller.fact("block", &format!("{block} at {time}; events AuthorizationUsed and Transfer"));

    teller.scene("The file");
    let bytes = bought.bytes().await.map_err(|error| error.to_string())?;
    show_file(stage, teller, &bought, FILE, &bytes)?;
    String::from_utf8_lossy(&bytes).lines().take(3).for_each(Teller::quote);
    Ok(bought)
}

/// What came of a purchase, if it came while it was worth waiting for.
async fn in_time(
    purchase: impl Future<Output = Result<Response, agent::PayError>>,
) -> Result<Response, String> {
    let bought = tokio::time::timeout(PURCHASE_MAX, purchase).await;
    let late = || format!("after {} s the purchase is still in doubt", PURCHASE_MAX.as_secs());
    bought.map_err(|_| late())?.map_err(|error| error.to_string())
}

fn show_file(
    stage: &Stage,
    teller: &Teller,
    got: &Response,
    path: &str,
    bytes: &[u8],
) -> Result<(), String> {
    let kind = got.header("content-type").unwrap_or("of no type");
    let size = thousands(bytes.len() as u64);
    teller.fact("file", &format!("{} {path}, {size} bytes", got.status()));
    teller.fact("type", kind);
    teller.fact("sha256", &format!("{:x}", Sha256::digest(bytes)));
    must(bytes == stage.original(path)?, "the file is the merchant's, byte for byte")?;
    teller.held("byte for byte what the merchant has");
    Ok(())
}

async fn replay(stage: &Stage, teller: &Teller, payment: &str) -> Result<(), String> {
    teller.scene("The same payment is sent again");
    let (money, settled) =
        (stage.balance(payee()), stage.sandbox.journal().count(Endpoint::Settle));
    let paid = format!("payment-signature: {payment}\r\n");
    for path in [OTHER_FILE, FILE] {
        let got = http::get(stage.merchant(), path, &paid).await?;
        // Who just bought the file may be given it again; nobody gets another one.
        let again = path == FILE && got.status == 200 && got.body == stage.original(FILE)?;
        let what = if again { "the same file, for who bought it".to_owned() } else { got.code() };
        teller.fact("replay", &format!("GET {path} → {} {what}", got.status));
        must(again || got.status == 409, "a replay buys nothing")?;
        must(!got.head.contains("\r\npayment-required:"), "a replay is not asked to pay again")?;
    }
    must(stage.sandbox.journal().count(Endpoint::Settle) == settled, "nothing is settled again")?;
    must(stage.balance(payee()) == money, "nothing is charged again")?;
    teller.held("one payment, one file: nothing was settled or charged again");
    Ok(())
}

/// The case over which payers elsewhere pay twice: the money moves, and nobody is told.
async fn lose_an_answer(stage: &Stage, teller: &Teller) -> Result<(), String> {
    teller.scene("A larger file, and the facilitator's answer is lost");
    let lost = "settle:5xx-after-settling*1";
    stage.sandbox.faults().order(lost).map_err(|error| error.to_string())?;
    teller.fact("facilitator", "will settle, and then answer 503: has the money moved?");
    let before = stage.balance(payee());
    let (quiet, url) = (hire(|_: Event<'_>| {})?, stage.url(ARCHIVE));
    let mut bought = in_time(Box::pin(quiet.fetch(&url))).await?;
    let entries = stage.sandbox.journal().entries();
    let status = |it: &Entry| it.said.as_ref().and_then(|it| it.status);
    must(entries.last().and_then(status) == Some(503), "the last answer was lost")?;
    teller.fact("merchant", "asks the chain: AuthorizationUsed and Transfer, so it has");
    let bytes = bought.bytes().await.map_err(|error| error.to_string())?;
    show_file(stage, teller, &bought, ARCHIVE, &bytes)?;
    must(stage.balance(payee()) - before == U256::from(ARCHIVE_PRICE), "a cent was paid, once")?;
    teller.held("one cent was paid, once; nobody was asked to pay again");
    Ok(())
}

async fn free(stage: &Stage, teller: &Teller) -> Result<(), String> {
    teller.scene("And a file that costs nothing");
    let got = http::get(stage.merchant(), FREE, "").await?;
    must(got.status == 200 && got.body == stage.original(FREE)?, "a free file is free")?;
    teller.held(&format!("GET {FREE} → 200, {} bytes, no payment", got.body.len()));
    Ok(())
}

fn must(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("expected that {what}")) }
}
