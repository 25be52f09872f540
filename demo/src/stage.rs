//! The stage: a sandbox in this process, and a merchant in its shop beside it. All of it is gone
//! when the stage is.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use sandbox::accounts::{Account, testers};
use sandbox::faults::FaultSpec;
use sandbox::world::{Options, Sandbox};
use tokio::net::TcpListener;
use wire::{Address, U256};

use crate::shop::Shop;
use crate::teller::{Teller, thousands};

/// The ports of the documentation's examples. Others are taken where these are in use.
const FACILITATOR_PORT: u16 = 4022;
const RPC_PORT: u16 = 8545;

/// Everything that runs.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    shop: Shop,
}

impl Stage {
    /// Starts everything and returns when it can be called.
    pub(crate) async fn set(faults: Vec<FaultSpec>, teller: &Teller) -> Result<Self, String> {
        teller.scene("A merchant opens a shop");
        let sandbox = start_sandbox(faults).await?;
        teller.fact("chain", "an EVM in this process: chain id 84532, a block every 2 seconds");
        teller.fact("money", "a USDC look-alike at Base Sepolia's address, with EIP-3009");
        teller.fact("RPC", &sandbox.rpc_url());
        teller.fact("facilitator", &sandbox.facilitator_url());
        let shop = Shop::open(&sandbox.facilitator_url(), &sandbox.rpc_url(), payee()).await?;
        teller.fact("merchant", &format!("{}  (x402-merchant serve)", shop.url("")));
        teller.fact("for sale", "/premium/ at $0.001, /archive/ at $0.01; /free/ costs nothing");
        Ok(Self { sandbox, shop })
    }

    /// Ends everything, and returns when it has ended.
    pub(crate) async fn strike(&mut self) {
        self.shop.close().await;
    }

    /// Where the merchant listens.
    pub(crate) fn merchant(&self) -> SocketAddr {
        self.shop.address()
    }

    /// The URL of something that the merchant has.
    pub(crate) fn url(&self, path: &str) -> String {
        self.shop.url(path)
    }

    /// A file as the merchant has it.
    pub(crate) fn original(&self, path: &str) -> Result<Vec<u8>, String> {
        self.shop.original(path)
    }

    /// The merchant's ledger.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.shop.ledger()
    }

    /// What an address owns on the chain, in atomic units.
    pub(crate) fn balance(&self, of: Address) -> U256 {
        self.sandbox.chain().usdc_balance(of.evm())
    }
}

async fn start_sandbox(faults: Vec<FaultSpec>) -> Result<Sandbox, String> {
    let mut why = String::new();
    // More than once, because a port that was free may be taken before the sandbox takes it.
    for [facilitator, rpc] in [[FACILITATOR_PORT, RPC_PORT], [0, 0], [0, 0], [0, 0]] {
        let options = Options {
            facilitator_address: free(facilitator).await?,
            rpc_address: free(rpc).await?,
            faults: faults.clone(),
            ..Options::default()
        };
        match Sandbox::start(options).await {
            Ok(sandbox) => return Ok(sandbox),
            Err(error) => why = error.to_string(),
        }
    }
    Err(format!("the sandbox did not start: {why}"))
}

/// The wished port on loopback, or a free one.
pub(crate) async fn free(port: u16) -> Result<SocketAddr, String> {
    for port in [port, 0] {
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            return listener.local_addr().map_err(|error| error.to_string());
        }
    }
    Err("there is no free port on 127.0.0.1".into())
}

/// The account that buys. A public test key, worthless elsewhere.
pub(crate) fn buyer() -> &'static Account {
    &testers()[1]
}

/// The account that is paid.
pub(crate) fn payee() -> Address {
    testers()[3].address().into()
}

/// An amount of USDC as people write it.
pub(crate) fn usdc(units: U256) -> String {
    let text = wire::AtomicAmount::new(units).to_decimal(6);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), thousands);
    format!("{whole}.{fraction:0<6} USDC")
}
