//! `x402-agent wallet balance`: how much the account has, by the chain's word.

use agent::Signer;
use agent::chain::{ChainError, Node};
use agent::transport::{Patience, Transport};
use serde_json::json;

use super::args::BalanceOf;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::terminal::result;
use super::wallet::Wallet;
use super::words::network_name;

/// Runs the command.
pub(crate) async fn run(args: BalanceOf, environment: &Environment) -> Result<Exit, Failure> {
    let account = if let Some(address) = args.address {
        address
    } else {
        Wallet::find(&args.key, environment).await?.required()?.address()
    };
    // The arguments let known networks in only.
    let network = args.network.known().ok_or(Failure::Chain(ChainError::OtherChain))?;
    let transport = Transport::new(Patience::default())?;
    let url = args.rpc.as_deref().unwrap_or(network.rpc_url);
    let node = Node::new(&transport, url).map_err(Failure::Chain)?;
    let amount = node.balance(network, account).await.map_err(Failure::Chain)?;
    let decimal = amount.to_decimal(network.asset.decimals);
    if args.json {
        let document = json!({
            "address": account.to_string(),
            "network": format!("eip155:{}", network.chain_id),
            "symbol": network.asset.symbol,
            "amount": amount.to_string(),
            "balance": decimal,
        });
        result(&document.to_string());
    } else {
        result(&format!("{decimal} {} on {}", network.asset.symbol, network_name(network)));
    }
    Ok(Exit::Done)
}
