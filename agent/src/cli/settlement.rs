//! `x402-agent settlement`: what a transaction settled, by the chain's word.

use agent::chain::{ChainError, Node};
use agent::decisions::settlement::{Finality, Movement, Settlement};
use agent::transport::{Patience, Transport};
use serde_json::{Value, json};
use wire::networks::{KnownAsset, KnownNetwork};
use wire::{Address, TxHash};

use super::args::SettlementOf;
use super::exit::{Exit, Failure};
use super::terminal::{Terminal, Tint, result};
use super::words::network_name;

/// Runs the command. A transaction that settled nothing makes an exit code of its own.
pub(crate) async fn run(args: SettlementOf, terminal: Terminal) -> Result<Exit, Failure> {
    // The arguments let known networks in only.
    let network = args.network.known().ok_or(Failure::Chain(ChainError::OtherChain))?;
    let transport = Transport::new(Patience::default())?;
    let url = args.rpc.as_deref().unwrap_or(network.rpc_url);
    let node = Node::new(&transport, url).map_err(Failure::Chain)?;
    let found = node.settlement(network, args.transaction).await.map_err(Failure::Chain)?;
    if args.json {
        result(&document(network, args.transaction, found.as_ref()).to_string());
    } else {
        tell(terminal, network, args.transaction, found.as_ref());
    }
    Ok(exit(found.as_ref()))
}

fn exit(found: Option<&Settlement>) -> Exit {
    let settled = found.is_some_and(|it| it.succeeded && !it.movements.is_empty());
    if settled { Exit::Done } else { Exit::Unsettled }
}

fn known(network: &'static KnownNetwork, asset: Address) -> Option<&'static KnownAsset> {
    network.assets().find(|it| it.address == asset.evm())
}

fn explorer(network: &KnownNetwork, transaction: TxHash) -> String {
    format!("{}/tx/{transaction}", network.explorer_url)
}

fn document(
    network: &'static KnownNetwork,
    transaction: TxHash,
    found: Option<&Settlement>,
) -> Value {
    let mut document = json!({
        "transaction": transaction.to_string(),
        "network": format!("eip155:{}", network.chain_id),
        "found": found.is_some(),
        "settled": exit(found) == Exit::Done,
        "explorer": explorer(network, transaction),
    });
    let Some(it) = found else { return document };
    document["succeeded"] = it.succeeded.into();
    document["block"] = it.block.into();
    document["time"] = it.time.seconds().into();
    document["blocksAgo"] = it.blocks_ago().into();
    document["secondsAgo"] = it.head_time.since(it.time).as_secs().into();
    document["finality"] = it.finality.word().into();
    document["payments"] = it.movements.iter().map(|it| payment(network, it)).collect();
    document
}

fn payment(network: &'static KnownNetwork, it: &Movement) -> Value {
    let known = known(network, it.asset);
    json!({
        "asset": it.asset.to_string(),
        "symbol": known.map(|it| it.symbol),
        "amount": it.amount.to_string(),
        "price": known.map(|known| it.amount.to_decimal(known.decimals)),
        "payer": it.payer.to_string(),
        "payTo": it.payee.to_string(),
        "nonce": it.nonce.to_string(),
    })
}

fn tell(
    terminal: Terminal,
    network: &'static KnownNetwork,
    hash: TxHash,
    found: Option<&Settlement>,
) {
    let name = network_name(network);
    let Some(it) = found else {
        let word = terminal.tint_result(Tint::Odd, "not found");
        result(&format!("{word}: {name} has no such transaction in a block yet"));
        return result(&format!("  {}", explorer(network, hash)));
    };
    let (word, tint) = match (it.succeeded, it.movements.is_empty()) {
        (true, false) => ("settled", Tint::Good),
        (true, true) => ("no payment", Tint::Odd),
        (false, _) => ("failed", Tint::Bad),
    };
    let ago = it.head_time.since(it.time).as_secs();
    result(&format!(
        "{} in block {} of {name}, {} blocks and {ago} s ago; {}",
        terminal.tint_result(tint, word),
        it.block,
        it.blocks_ago(),
        finality(it.finality),
    ));
    for movement in &it.movements {
        let known = known(network, movement.asset);
        let amount = known.map_or_else(
            || format!("{} units of the unknown token {}", movement.amount, movement.asset),
            |known| format!("{} {}", movement.amount.to_decimal(known.decimals), known.symbol),
        );
        result(&format!("  {} paid {amount}", movement.payer));
        result(&format!("    to {}", movement.payee));
        result(&format!("    by authorization {}", movement.nonce));
    }
    if it.movements.is_empty() {
        result("  it moved no money by a signed authorization");
    }
    result(&format!("  {}", explorer(network, hash)));
}

fn finality(it: Finality) -> &'static str {
    match it {
        Finality::Latest => "not on the chain below yet",
        Finality::Safe => "on the chain below, not final yet",
        Finality::Finalized => "final",
    }
}
