//! The story, scene by scene. Each ends in something that must hold.

use std::sync::Arc;

use agent::decisions::terms::Terms;
use agent::{Agent, Event, LocalKey, Quote, Quoted, Response};
use sandbox::faults::Endpoint;
use sha2::{Digest, Sha256};
use wire::{Address, U256};

use crate::http;
use crate::stage::{Stage, buyer, payee, usdc};
use crate::teller::{Teller, thousands};
use crate::witness::Witness;

const FILE: &str = "/premium/wind.json";
const OTHER_FILE: &str = "/premium/report.txt";
const ARCHIVE: &str = "/archive/samples.bin";
const FREE: &str = "/free/welcome.txt";

/// Plays all scenes. The first that does not hold ends the play.
pub(crate) async fn play(stage: &Stage, teller: &Arc<Teller>) -> Result<(), String> {
    let narrator = Arc::clone(teller);
    let agent = hire(move |event: Event<'_>| narrate(&narrator, event))?;
    teller.scene("Balances before, read from the chain");
    let before = balances(stage, teller);
    let quote = ask(stage, teller, &agent).await?;
    let bought = buy(stage, teller, &agent, quote).await?;
    let payment = bought.payment().ok_or("the purchase has no payment")?.value().to_owned();
    teller.scene("Balances after");
    let after = balances(stage, teller);
    let price = U256::from(1000);
    must(before.0 - after.0 == price && after.1 - before.1 == price, "the price changed hands")?;
    teller.held(&format!("{} left the agent and reached the merchant", usdc(price)));
    replay(stage, teller, &payment).await?;
    stream(stage, teller).await?;
    free(stage, teller).await?;
    teller.times();
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

/// What the agent does, in its own words.
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
        Event::Sending { payment, attempt } => {
            teller.scene("The paid request");
            let sent = format!("GET with {}: {} bytes", payment.header(), payment.value().len());
            teller.fact("send", &format!("{sent}, attempt {attempt}"));
        }
        Event::Asking { .. }
        | Event::Redirected { .. }
        | Event::Free { .. }
        | Event::Challenged { .. }
        | Event::Chosen { .. }
        | Event::Waiting { .. }
        | Event::Delivered { .. }
        | _ => {}
    }
}

fn balances(stage: &Stage, teller: &Teller) -> (U256, U256) {
    let agent: Address = buyer().address().into();
    let (theirs, ours) = (stage.balance(agent), stage.balance(payee()));
    teller.fact("agent", &format!("{:>22}  {agent}", usdc(theirs)));
    teller.fact("merchant", &format!("{:>22}  {}", usdc(ours), payee()));
    (theirs, ours)
}

async fn ask(stage: &Stage, teller: &Teller, agent: &Buyer) -> Result<Quote, String> {
    teller.scene("The unpaid request");
    teller.fact("ask", &format!("GET {}", stage.url(FILE)));
    let quoted = agent.quote(&stage.url(FILE)).await.map_err(|error| error.to_string())?;
    let Quoted::Priced(quote) = quoted else { return Err("the file was not for sale".into()) };
    teller.fact("answer", "402 Payment Required, PAYMENT-REQUIRED decoded:");
    let document = serde_json::to_string_pretty(quote.challenge().document());
    for line in document.unwrap_or_default().lines() {
        Teller::line(&format!("                 {line}"));
    }
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
    let mut bought = agent.buy(quote).await.map_err(|error| error.to_string())?;
    witness.done().await?;
    let receipt = bought.receipt().ok_or("there is no receipt")?;
    must(receipt.is_settled(), "the receipt says that the payment is settled")?;
    let hash = receipt.transaction.ok_or("the receipt names no transaction")?;
    let mined = stage.sandbox.chain().receipt(hash.evm()).ok_or("the chain does not know it")?;
    must(mined.success, "the transaction succeeded")?;
    teller.fact("transaction", &hash.to_string());
    let events = mined.entries().count();
    let gas = format!("{events} events: AuthorizationUsed and Transfer");
    teller.fact("block", &format!("{} at {}, {gas}", mined.block_number, mined.block_timestamp));

    teller.scene("The file");
    let bytes = bought.bytes().await.map_err(|error| error.to_string())?;
    show_file(stage, teller, &bought, FILE, &bytes)?;
    for line in String::from_utf8_lossy(&bytes).lines().take(3) {
        Teller::line(&format!("                 {line}"));
    }
    Ok(bought)
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
    teller.fact("file", &format!("{} {path}, {size} bytes, {kind}", got.status()));
    teller.fact("sha256", &format!("{:x}", Sha256::digest(bytes)));
    must(bytes == stage.original(path)?, "the file is the merchant's, byte for byte")?;
    teller.held("byte for byte what the merchant has");
    Ok(())
}

async fn replay(stage: &Stage, teller: &Teller, payment: &str) -> Result<(), String> {
    teller.scene("The same payment again");
    let settled = stage.sandbox.journal().count(Endpoint::Settle);
    let paid = format!("payment-signature: {payment}\r\n");
    for path in [OTHER_FILE, FILE] {
        let got = http::get(stage.merchant, path, &paid).await?;
        teller.fact("replay", &format!("GET {path} → {} {}", got.status, got.code()));
        must(got.status == 409, "a replay is refused")?;
        must(!got.head.contains("\r\npayment-required:"), "a replay is not asked to pay again")?;
    }
    must(stage.sandbox.journal().count(Endpoint::Settle) == settled, "nothing is settled again")?;
    teller.held("refused, with no byte of a file, no facilitator call and no second charge");
    Ok(())
}

async fn stream(stage: &Stage, teller: &Teller) -> Result<(), String> {
    teller.scene("A larger file, for a cent, by an agent that says nothing");
    let before = stage.balance(payee());
    let bought = hire(|_: Event<'_>| {})?.fetch(&stage.url(ARCHIVE)).await;
    let mut bought = bought.map_err(|error| error.to_string())?;
    let bytes = bought.bytes().await.map_err(|error| error.to_string())?;
    show_file(stage, teller, &bought, ARCHIVE, &bytes)?;
    must(stage.balance(payee()) - before == U256::from(10_000), "a cent was paid")
}

async fn free(stage: &Stage, teller: &Teller) -> Result<(), String> {
    teller.scene("A free file");
    let got = http::get(stage.merchant, FREE, "").await?;
    must(got.status == 200 && got.body == stage.original(FREE)?, "a free file is free")?;
    teller.held(&format!("GET {FREE} → 200, {} bytes, no payment", got.body.len()));
    Ok(())
}

/// What to try by hand.
pub(crate) fn epilogue(stage: &Stage, teller: &Teller, keep: bool) {
    let url = |path| stage.url(path);
    Teller::line("");
    if keep {
        Teller::line("Everything goes on running. Try it by hand, in another terminal:");
    } else {
        Teller::line("Try it by hand: run scripts/demo --keep, then in another terminal:");
    }
    Teller::line("");
    teller.command("the challenge, headers and all", &format!("curl -i {}", url(FILE)));
    let decode = "grep -i '^payment-required:' | cut -d' ' -f2 | base64 -d";
    let command = format!("curl -sD - -o /dev/null {} | {decode}", url(FILE));
    teller.command("the challenge, decoded", &command);
    let key = buyer().secret();
    let agent = "target/debug/x402-agent";
    teller.command(
        "buy the picture (a public test key, worth nothing outside of the sandbox)",
        &format!("X402_PRIVATE_KEY={key} {agent} get {} -o chart.png", url("/premium/chart.png")),
    );
    teller.command("a free file", &format!("curl -i {}", url(FREE)));
    teller.command(
        "a path that tries to look free",
        &format!("curl -i --path-as-is {}", url("/free/../premium/wind.json")),
    );
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}"#;
    let rpc = stage.sandbox.rpc_url();
    let json = "-H 'content-type: application/json'";
    teller.command("the chain", &format!("curl -s {json} -d '{call}' {rpc}"));
    if keep {
        Teller::line("");
        Teller::line("Ctrl-C stops everything.");
    }
}

fn must(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("expected that {what}")) }
}
