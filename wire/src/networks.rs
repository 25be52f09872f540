//! The networks on which an offer can be priced without being told the token's details.
//!
//! One table and two ways to look into it; it refuses to guess: a chain that is not listed has no
//! default token, and nothing here asks a network.
//!
//! A row is listed when both SDKs that the field runs on, `@x402/evm` 2.27.0 (npm, its
//! `DEFAULT_ASSETS`) and `x402` 2.25.0 (`PyPI`, `mechanisms/evm/default_assets.py`), name the same
//! default token with the same decimals and the same EIP-712 domain, and that token moves by
//! EIP-3009. Not listed, therefore:
//!
//! - default token moves by Permit2 only: `MegaETH` (4326), Mezo (31612) and its testnet (31611),
//!   Radius (723487) and its testnet (72344), Igra (38833);
//! - named by the Python SDK alone: Monad testnet (10143), Arc (5042) and its testnet (5042002);
//! - has a v1 name but no default token: Avalanche Fuji, Polygon Amoy, Sepolia and others.
//!
//! `golden/networks.json` is that agreement, written out from the packages; a test compares it
//! with the table value by value.

mod table;

use alloy_primitives::Address;

pub use table::NETWORKS;

/// One EVM network of the field's default-assets list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownNetwork {
    /// EIP-155 chain id: the number in the CAIP-2 name `eip155:<id>` and in the EIP-712 domain.
    pub chain_id: u64,
    /// Name for people, as viem's chain definition spells it.
    pub name: &'static str,
    /// Name in v1 messages (`base-sepolia`); `None` where v1 cannot name the network. From
    /// `EVM_NETWORK_CHAIN_ID_MAP` of `@x402/evm`.
    pub legacy_name: Option<&'static str>,
    /// True where money is play money.
    pub testnet: bool,
    /// The token that a price in dollars means here. Moves by EIP-3009.
    pub asset: KnownAsset,
    /// Further dollar tokens that move by EIP-3009, for prices that name their symbol.
    pub more_assets: &'static [KnownAsset],
    /// Block explorer, without a trailing slash. From viem's chain definition.
    pub explorer_url: &'static str,
    /// Public RPC endpoint: rate-limited, good for a look, not a promise. The first one of viem's
    /// chain definition.
    pub rpc_url: &'static str,
}

impl KnownNetwork {
    /// Every token listed for this network, the default one first.
    pub fn assets(&'static self) -> impl Iterator<Item = &'static KnownAsset> {
        std::iter::once(&self.asset).chain(self.more_assets)
    }
}

/// A token that moves by EIP-3009, with all that a signer must know about it.
///
/// The EIP-712 name is the contract's, not the symbol: Base calls its token `USD Coin` and Base
/// Sepolia calls it `USDC`. A signature over the wrong one recovers to a stranger's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownAsset {
    /// The token contract, which is also the EIP-712 `verifyingContract`.
    pub address: Address,
    /// Ticker in price texts such as `0.10 USDC`.
    pub symbol: &'static str,
    /// Decimal places of the atomic amount.
    pub decimals: u8,
    /// EIP-712 domain name.
    pub eip712_name: &'static str,
    /// EIP-712 domain version.
    pub eip712_version: &'static str,
}

/// The row of a chain id.
#[must_use]
pub fn by_chain_id(chain_id: u64) -> Option<&'static KnownNetwork> {
    NETWORKS.iter().find(|network| network.chain_id == chain_id)
}

/// The row of a v1 network name. Names are matched exactly; v1 has no second spelling.
#[must_use]
pub fn by_legacy_name(name: &str) -> Option<&'static KnownNetwork> {
    NETWORKS.iter().find(|network| network.legacy_name == Some(name))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use alloy_primitives::address;
    use serde_json::{Value, json};

    use super::*;

    fn golden() -> Value {
        serde_json::from_str(include_str!("../golden/networks.json")).unwrap()
    }

    fn asset_row(asset: &KnownAsset) -> Value {
        json!({
            "address": asset.address.to_checksum(None),
            "symbol": asset.symbol,
            "decimals": asset.decimals,
            "eip712_name": asset.eip712_name,
            "eip712_version": asset.eip712_version,
        })
    }

    fn row(network: &KnownNetwork) -> Value {
        json!({
            "chain_id": network.chain_id,
            "name": network.name,
            "legacy_name": network.legacy_name,
            "testnet": network.testnet,
            "asset": asset_row(&network.asset),
            "more_assets": network.more_assets.iter().map(asset_row).collect::<Vec<_>>(),
            "explorer_url": network.explorer_url,
            "rpc_url": network.rpc_url,
        })
    }

    #[test]
    fn the_table_is_what_the_packages_say() {
        let golden = golden();
        let expected = golden["networks"].as_array().unwrap();
        for (network, expected) in NETWORKS.iter().zip(expected) {
            assert_eq!(row(network), *expected, "{}", network.name);
        }
        assert_eq!(NETWORKS.len(), expected.len());
    }

    #[test]
    fn networks_left_out_are_found_by_neither_key() {
        for skipped in golden()["skipped"].as_array().unwrap() {
            assert_eq!(by_chain_id(skipped["chain_id"].as_u64().unwrap()), None, "{skipped}");
            if let Some(name) = skipped["legacy_name"].as_str() {
                assert_eq!(by_legacy_name(name), None, "{skipped}");
            }
        }
    }

    #[test]
    fn every_key_finds_its_own_row() {
        let mut seen = HashSet::new();
        for network in NETWORKS {
            assert!(seen.insert(network.chain_id.to_string()), "{} twice", network.chain_id);
            assert_eq!(by_chain_id(network.chain_id), Some(network));
            if let Some(name) = network.legacy_name {
                assert!(seen.insert(name.to_owned()), "{name} twice");
                assert_eq!(by_legacy_name(name), Some(network));
            }
        }
        assert_eq!((by_chain_id(0), by_legacy_name("")), (None, None));
        assert_eq!(by_legacy_name("Base"), None, "names are matched exactly");
    }

    #[test]
    fn symbols_are_unique_on_each_network() {
        for network in NETWORKS {
            let symbols: HashSet<_> = network.assets().map(|asset| asset.symbol).collect();
            assert_eq!(symbols.len(), 1 + network.more_assets.len(), "{}", network.name);
        }
    }

    #[test]
    fn urls_are_https_and_explorers_take_a_path() {
        for KnownNetwork { explorer_url, rpc_url, .. } in NETWORKS {
            assert!(explorer_url.starts_with("https://") && !explorer_url.ends_with('/'));
            assert!(rpc_url.starts_with("https://"), "{rpc_url}");
        }
    }

    /// Signing under the other one's name is the field's most common mistake, so both are spelled
    /// out here and not only read from the golden file.
    #[test]
    fn the_two_base_tokens_differ_in_their_eip712_name() {
        let rows = [
            (8453, "base", false, address!("833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"), "USD Coin"),
            (
                84532,
                "base-sepolia",
                true,
                address!("036CbD53842c5426634e7929541eC2318f3dCF7e"),
                "USDC",
            ),
        ];
        for (chain_id, legacy_name, testnet, address, eip712_name) in rows {
            let network = by_chain_id(chain_id).unwrap();
            let expected = KnownAsset {
                address,
                symbol: "USDC",
                decimals: 6,
                eip712_name,
                eip712_version: "2",
            };
            assert_eq!(network.asset, expected);
            assert_eq!((network.legacy_name, network.testnet), (Some(legacy_name), testnet));
        }
    }
}
