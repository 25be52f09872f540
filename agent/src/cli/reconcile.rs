//! `x402-agent reconcile`: asks the chain about every payment in doubt, and writes down what it
//! proves. Signs nothing and sends no payment.

use agent::chain::{ChainError, Node};
use agent::decisions::proof::{Proof, Sighting, prove};
use agent::decisions::target::Target;
use agent::ledger::Purchase;
use agent::transport::{Patience, Transport};
use agent::world::{Clock, System};
use agent::{Ledger, PayError};
use serde_json::json;

use super::args::Reconcile;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::purse::ledger_path;
use super::terminal::result;

/// Runs the command. Doubt that is left makes its own exit code, so that a script can come again.
pub(crate) async fn run(args: Reconcile, environment: &Environment) -> Result<Exit, Failure> {
    let path = ledger_path(args.ledger.as_deref(), environment).ok_or(Failure::NoLedger)?;
    let broken = |why| Failure::Pay(PayError::Ledger(why));
    let ledger = Ledger::open(&path).map_err(broken)?;
    let transport = Transport::new(Patience::default())?;
    let mut exit = Exit::Done;
    for purchase in ledger.in_doubt().map_err(broken)? {
        let exposure = &purchase.exposure;
        let (proof, why) = match endpoint(args.rpc.as_deref(), &purchase) {
            Err(why) => (Proof::Unclear, Some(why)),
            Ok(url) => match look(&transport, url, &purchase).await {
                Ok(sighting) => (prove(&sighting, exposure.valid_before), None),
                Err(why) => (Proof::Unclear, Some(why.to_string())),
            },
        };
        ledger.prove(purchase.id, proof, System.now()).map_err(broken)?;
        if matches!(proof, Proof::Open | Proof::Unclear) {
            exit = Exit::Unknown;
        }
        tell(&purchase, proof, why.as_deref(), args.json);
    }
    Ok(exit)
}

/// Whom to ask about a purchase. A sandbox counts as the public chain whose number it has: asked about
/// a payment on the other, either would say that it was never used, and the money would seem to be
/// there still. So what was bought where the public cannot be is held until somebody names the chain.
fn endpoint<'a>(given: Option<&'a str>, it: &Purchase) -> Result<&'a str, String> {
    if let Some(url) = given {
        return Ok(url);
    }
    let public = it.exposure.network.rpc_url;
    let private = |url: &str| Target::parse(url).map_or(true, |it| it.is_private());
    if private(&it.url) || private(&it.target) {
        return Err(format!(
            "the seller is on this machine or a private network, and its chain may be, too: still \
             counted. Name the endpoint of that chain with --rpc URL; that of the public one is \
             {public}"
        ));
    }
    Ok(public)
}

async fn look(transport: &Transport, url: &str, it: &Purchase) -> Result<Sighting, ChainError> {
    Node::new(transport, url)?.look(&it.exposure, it.reserved).await
}

fn tell(it: &Purchase, proof: Proof, why: Option<&str>, as_json: bool) {
    let transaction = match proof {
        Proof::Settled(hash) => Some(hash.to_string()),
        Proof::Void | Proof::Open | Proof::Unclear => None,
    };
    let (word, price) = (proof.word(), it.exposure.price());
    if as_json {
        let document = json!({
            "purchase": it.id.0, "url": it.url, "price": price, "proof": word,
            "transaction": transaction, "problem": why,
            "nonce": it.exposure.key.nonce.to_string(),
            "validBefore": it.exposure.valid_before.seconds(),
        });
        result(&document.to_string());
        return;
    }
    let meaning = match proof {
        Proof::Settled(hash) => format!("paid by {hash}"),
        Proof::Void => "nothing moved and nothing can: no longer counted".into(),
        Proof::Open => "can still be taken: ask again later".into(),
        Proof::Unclear => why.unwrap_or("the chain does not say: still counted").to_owned(),
    };
    result(&format!("{:>5}  {word:<8} {price} for {}: {meaning}", it.id.0, it.url));
}
