//! The rows of [`super::NETWORKS`], and nothing that decides: what a row means is said in the
//! parent module.

use alloy_primitives::{Address, address};

use super::{KnownAsset, KnownNetwork};

/// Every listed network, in the order of `DEFAULT_ASSETS`.
///
/// Sources, row by row: the token is `DEFAULT_ASSETS["eip155:<chain_id>"]` of `@x402/evm` 2.27.0;
/// the chain is the export of `viem/chains` 2.57.1 named in the comment above the row.
pub const NETWORKS: &[KnownNetwork] = &[
    // viem: base
    KnownNetwork {
        chain_id: 8453,
        name: "Base",
        legacy_name: Some("base"),
        testnet: false,
        asset: usdc(address!("833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"), "USD Coin"),
        more_assets: &[],
        explorer_url: "https://basescan.org",
        rpc_url: "https://mainnet.base.org",
    },
    // viem: baseSepolia
    KnownNetwork {
        chain_id: 84532,
        name: "Base Sepolia",
        legacy_name: Some("base-sepolia"),
        testnet: true,
        asset: usdc(address!("036CbD53842c5426634e7929541eC2318f3dCF7e"), "USDC"),
        more_assets: &[],
        explorer_url: "https://sepolia.basescan.org",
        rpc_url: "https://sepolia.base.org",
    },
    // viem: mainnet
    KnownNetwork {
        chain_id: 1,
        name: "Ethereum",
        legacy_name: Some("ethereum"),
        testnet: false,
        asset: usdc(address!("A0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"), "USD Coin"),
        more_assets: &[],
        explorer_url: "https://etherscan.io",
        rpc_url: "https://ethereum.reth.rs/rpc",
    },
    // viem: avalanche
    KnownNetwork {
        chain_id: 43114,
        name: "Avalanche",
        legacy_name: Some("avalanche"),
        testnet: false,
        asset: usdc(address!("B97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E"), "USD Coin"),
        more_assets: &[],
        explorer_url: "https://snowtrace.io",
        rpc_url: "https://api.avax.network/ext/bc/C/rpc",
    },
    // viem: monad
    KnownNetwork {
        chain_id: 143,
        name: "Monad",
        legacy_name: Some("monad"),
        testnet: false,
        asset: usdc(address!("754704Bc059F8C67012fEd69BC8A327a5aafb603"), "USDC"),
        more_assets: &[],
        explorer_url: "https://monadscan.com",
        rpc_url: "https://rpc.monad.xyz",
    },
    // viem: stable
    KnownNetwork {
        chain_id: 988,
        name: "Stable Mainnet",
        legacy_name: Some("stable"),
        testnet: false,
        asset: KnownAsset {
            address: address!("779Ded0c9e1022225f8E0630b35a9b54bE713736"),
            symbol: "USDT0",
            decimals: 6,
            eip712_name: "USDT0",
            eip712_version: "1",
        },
        more_assets: &[],
        explorer_url: "https://stablescan.xyz",
        rpc_url: "https://rpc.stable.xyz",
    },
    // viem: stableTestnet
    KnownNetwork {
        chain_id: 2201,
        name: "Stable Testnet",
        legacy_name: Some("stable-testnet"),
        testnet: true,
        asset: KnownAsset {
            address: address!("78Cf24370174180738C5B8E352B6D14c83a6c9A9"),
            symbol: "USDT0",
            decimals: 6,
            eip712_name: "USDT0",
            eip712_version: "1",
        },
        more_assets: &[],
        explorer_url: "https://testnet.stablescan.xyz",
        rpc_url: "https://rpc.testnet.stable.xyz",
    },
    // viem: polygon
    KnownNetwork {
        chain_id: 137,
        name: "Polygon",
        legacy_name: Some("polygon"),
        testnet: false,
        asset: usdc(address!("3c499c542cEF5E3811e1192ce70d8cC03d5c3359"), "USD Coin"),
        more_assets: &[],
        explorer_url: "https://polygonscan.com",
        rpc_url: "https://polygon.drpc.org",
    },
    // viem: arbitrum
    KnownNetwork {
        chain_id: 42161,
        name: "Arbitrum One",
        legacy_name: None,
        testnet: false,
        asset: usdc(address!("af88d065e77c8cC2239327C5EDb3A432268e5831"), "USD Coin"),
        more_assets: &[],
        explorer_url: "https://arbiscan.io",
        rpc_url: "https://arb1.arbitrum.io/rpc",
    },
    // viem: arbitrumSepolia
    KnownNetwork {
        chain_id: 421_614,
        name: "Arbitrum Sepolia",
        legacy_name: None,
        testnet: true,
        asset: usdc(address!("75faf114eafb1BDbe2F0316DF893fd58CE46AA4d"), "USD Coin"),
        more_assets: &[],
        explorer_url: "https://sepolia.arbiscan.io",
        rpc_url: "https://sepolia-rollup.arbitrum.io/rpc",
    },
    // viem: adi
    KnownNetwork {
        chain_id: 36900,
        name: "ADI_Chain",
        legacy_name: None,
        testnet: false,
        asset: KnownAsset {
            address: address!("9cb8142aEBBcdc60AF7c97Af897A67A8f3CA71C2"),
            symbol: "USDC.e",
            decimals: 6,
            eip712_name: "USDC.e",
            eip712_version: "2",
        },
        more_assets: &[],
        explorer_url: "https://explorer.adifoundation.ai",
        rpc_url: "https://rpc.adifoundation.ai",
    },
    // viem: hpp
    KnownNetwork {
        chain_id: 190_415,
        name: "HPP Mainnet",
        legacy_name: None,
        testnet: false,
        asset: KnownAsset {
            address: address!("401eCb1D350407f13ba348573E5630B83638E30D"),
            symbol: "USDC.e",
            decimals: 6,
            eip712_name: "Bridged USDC",
            eip712_version: "2",
        },
        more_assets: &[],
        explorer_url: "https://explorer.hpp.io",
        rpc_url: "https://mainnet.hpp.io",
    },
    // viem: hppSepolia
    KnownNetwork {
        chain_id: 181_228,
        name: "HPP Sepolia",
        legacy_name: None,
        testnet: true,
        asset: KnownAsset {
            address: address!("401eCb1D350407f13ba348573E5630B83638E30D"),
            symbol: "USDC.e",
            decimals: 6,
            eip712_name: "Bridged USDC",
            eip712_version: "2",
        },
        more_assets: &[],
        explorer_url: "https://sepolia-explorer.hpp.io",
        rpc_url: "https://testnet.hpp.io",
    },
    // viem: xdc
    KnownNetwork {
        chain_id: 50,
        name: "XDC Network",
        legacy_name: None,
        testnet: false,
        asset: usdc(address!("fA2958CB79b0491CC627c1557F441eF849Ca8eb1"), "USDC"),
        more_assets: &[],
        explorer_url: "https://xdcscan.com",
        rpc_url: "https://rpc.xdcrpc.com",
    },
    // viem: xdcTestnet
    KnownNetwork {
        chain_id: 51,
        name: "Apothem Network",
        legacy_name: None,
        testnet: true,
        asset: usdc(address!("b5AB69F7bBada22B28e79C8FFAECe55eF1c771D4"), "USDC"),
        more_assets: &[],
        explorer_url: "https://testnet.xdcscan.com",
        rpc_url: "https://erpc.apothem.network",
    },
    // viem: flare
    KnownNetwork {
        chain_id: 14,
        name: "Flare Mainnet",
        legacy_name: Some("flare"),
        testnet: false,
        asset: KnownAsset {
            address: address!("e7cd86e13AC4309349F30B3435a9d337750fC82D"),
            symbol: "USDT0",
            decimals: 6,
            eip712_name: "USD₮0",
            eip712_version: "1",
        },
        more_assets: &[],
        explorer_url: "https://flare-explorer.flare.network",
        rpc_url: "https://flare-api.flare.network/ext/C/rpc",
    },
    // viem: celo
    KnownNetwork {
        chain_id: 42220,
        name: "Celo",
        legacy_name: Some("celo"),
        testnet: false,
        asset: usdc(address!("cebA9300f2b948710d2653dD7B07f33A8B32118C"), "USDC"),
        more_assets: &[
            KnownAsset {
                address: address!("48065fbBE25f71C9282ddf5e1cD6D6A887483D5e"),
                symbol: "USDT",
                decimals: 6,
                eip712_name: "Tether USD",
                eip712_version: "1",
            },
            KnownAsset {
                address: address!("D2ab3C9A02DBBAB236BfEC45D1d755DF4267F771"),
                symbol: "USAT",
                decimals: 6,
                eip712_name: "Tether America USD",
                eip712_version: "1",
            },
        ],
        explorer_url: "https://celoscan.io",
        rpc_url: "https://forno.celo.org",
    },
    // viem: celoSepolia
    KnownNetwork {
        chain_id: 11_142_220,
        name: "Celo Sepolia Testnet",
        legacy_name: None,
        testnet: true,
        asset: usdc(address!("01C5C0122039549AD1493B8220cABEdD739BC44E"), "USDC"),
        more_assets: &[],
        explorer_url: "https://celo-sepolia.blockscout.com",
        rpc_url: "https://forno.celo-sepolia.celo-testnet.org",
    },
    // viem: sei
    KnownNetwork {
        chain_id: 1329,
        name: "Sei Network",
        legacy_name: Some("sei"),
        testnet: false,
        asset: usdc(address!("e15fC38F6D8c56aF07bbCBe3BAf5708A2Bf42392"), "USDC"),
        more_assets: &[],
        explorer_url: "https://seiscan.io",
        rpc_url: "https://evm-rpc.sei-apis.com/",
    },
    // viem: seiTestnet
    KnownNetwork {
        chain_id: 1328,
        name: "Sei Testnet",
        legacy_name: Some("sei-testnet"),
        testnet: true,
        asset: usdc(address!("4fCF1784B31630811181f670Aea7A7bEF803eaED"), "USDC"),
        more_assets: &[],
        explorer_url: "https://testnet.seiscan.io",
        rpc_url: "https://evm-rpc-testnet.sei-apis.com",
    },
];

/// Circle's FiatToken 2.x under its usual settings; only address and EIP-712 name differ by chain.
const fn usdc(address: Address, eip712_name: &'static str) -> KnownAsset {
    KnownAsset { address, symbol: "USDC", decimals: 6, eip712_name, eip712_version: "2" }
}
