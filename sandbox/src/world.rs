//! A whole sandbox as one value: chain, JSON-RPC and facilitator in the current tokio runtime, on
//! loopback, gone when dropped. Tests of merchants and agents start here.

use crate::catalogue::Catalogue;
use crate::chain::{Chain, ChainConfig, Endowment, Mining};
use crate::facilitator::{Desk, Facilitator, Journal, Manners};
use crate::faults::{FaultSpec, FaultSpecError, Faults};
use crate::front::{FacilitatorFront, RpcFront};
use crate::rpc::Node;
use crate::server::Server;
use alloy_primitives::{Address, U256};
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// What a sandbox is started with. The default is Base Sepolia on this machine's clock, with
/// 2-second blocks and free ports.
#[derive(Debug, Clone)]
pub struct Options {
    /// Clock, rhythm, first balances.
    pub chain: ChainConfig,
    /// How the facilitator behaves.
    pub manners: Manners,
    /// Where the facilitator listens; port 0 finds a free one.
    pub facilitator_address: SocketAddr,
    /// Where JSON-RPC listens; port 0 finds a free one.
    pub rpc_address: SocketAddr,
    /// What goes wrong from the start.
    pub faults: Vec<FaultSpec>,
    /// Who owns how much USDC (atomic units) besides the test accounts; each gets ether too.
    pub funds: Vec<(Address, U256)>,
}

impl Default for Options {
    fn default() -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            chain: ChainConfig::default(),
            manners: Manners::default(),
            facilitator_address: loopback,
            rpc_address: loopback,
            faults: Vec::new(),
            funds: Vec::new(),
        }
    }
}

impl Options {
    /// On this machine's clock, with a block for each transaction at once: settlements take
    /// milliseconds. Between transactions the newest block grows old, so a payment must be valid
    /// since before it: `validAfter` zero always is.
    #[must_use]
    pub fn instant() -> Self {
        Self::default().mining(Mining::Automine)
    }

    /// On a clock that stands still at this unix second until it is advanced, with a block for each
    /// transaction at once.
    #[must_use]
    pub fn by_hand(unix_seconds: u64) -> Self {
        let chain = ChainConfig { mining: Mining::Automine, ..ChainConfig::by_hand(unix_seconds) };
        Self { chain, ..Self::default() }
    }

    /// The same with blocks made in this way.
    #[must_use]
    pub fn mining(mut self, mining: Mining) -> Self {
        self.chain.mining = mining;
        self
    }

    /// The same with a fault from the start, by its spelling.
    pub fn fault(mut self, spelling: &str) -> Result<Self, FaultSpecError> {
        self.faults.push(spelling.parse()?);
        Ok(self)
    }
}

/// Why a sandbox did not start.
#[derive(Debug)]
pub enum StartError {
    /// An address cannot be listened on: in use, most likely. Another port helps.
    Listen(SocketAddr, io::Error),
    /// More faults than are kept.
    Faults(FaultSpecError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::Faults(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen(_, error) => Some(error),
            Self::Faults(error) => Some(error),
        }
    }
}

/// A running sandbox.
#[derive(Debug)]
pub struct Sandbox {
    chain: Chain,
    mining: Mining,
    faults: Faults,
    journal: Journal,
    catalogue: Catalogue,
    facilitator: Server,
    rpc: Server,
}

impl Sandbox {
    /// Starts everything and returns when it can be called.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let mining = options.chain.mining;
        let chain = Chain::new(&with_funds(options.chain, &options.funds));
        let (faults, journal) = (Faults::default(), Journal::default());
        for spec in options.faults {
            faults.add(spec).map_err(StartError::Faults)?;
        }
        let facilitator = Facilitator::new(chain.clone(), options.manners);
        let desk = Desk::new(facilitator, faults.clone(), journal.clone());
        let catalogue = desk.catalogue().clone();
        let front = FacilitatorFront::new(chain.clone(), desk, faults.clone(), journal.clone());
        let address = options.facilitator_address;
        let facilitator = Server::start(address, Arc::new(front)).await;
        let facilitator = facilitator.map_err(|it| StartError::Listen(address, it))?;
        let rpc = serve_rpc(&chain, &faults, options.rpc_address).await?;
        Ok(Self { chain, mining, faults, journal, catalogue, facilitator, rpc })
    }

    /// The chain itself: time, blocks, balances, transactions.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// When its blocks are made.
    #[must_use]
    pub fn mining(&self) -> Mining {
        self.mining
    }

    /// The facilitator's base URL, without a slash at the end.
    #[must_use]
    pub fn facilitator_url(&self) -> String {
        self.facilitator.url()
    }

    /// The URL of JSON-RPC.
    #[must_use]
    pub fn rpc_url(&self) -> String {
        self.rpc.url()
    }

    /// What goes wrong next.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What came to the facilitator.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What the facilitator's discovery endpoints list.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// One more facilitator of the same chain, with faults and a journal of its own: for merchants
    /// that have somebody to stand in.
    pub async fn another_facilitator(
        &self,
        faults: &Faults,
        journal: &Journal,
    ) -> Result<Server, StartError> {
        let facilitator = Facilitator::new(self.chain.clone(), Manners::default());
        let desk = Desk::new(facilitator, faults.clone(), journal.clone());
        let front =
            FacilitatorFront::new(self.chain.clone(), desk, faults.clone(), journal.clone());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = Server::start(address, Arc::new(front)).await;
        server.map_err(|error| StartError::Listen(address, error))
    }

    /// One more node of the same chain, with faults of its own: for readers that compare two.
    pub async fn another_rpc(&self, faults: &Faults) -> Result<Server, StartError> {
        serve_rpc(&self.chain, faults, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }
}

async fn serve_rpc(
    chain: &Chain,
    faults: &Faults,
    address: SocketAddr,
) -> Result<Server, StartError> {
    let front = RpcFront::new(Node::new(chain.clone()), faults.clone());
    let server = Server::start(address, Arc::new(front)).await;
    server.map_err(|error| StartError::Listen(address, error))
}

/// The facilitator needs ether for gas; its token balance stays zero.
fn with_funds(mut config: ChainConfig, funds: &[(Address, U256)]) -> ChainConfig {
    let gas = Endowment { usdc: U256::ZERO, ..Endowment::ample(Facilitator::address()) };
    config.endowments.push(gas);
    let funds =
        funds.iter().map(|(owner, usdc)| Endowment { usdc: *usdc, ..Endowment::ample(*owner) });
    config.endowments.extend(funds);
    config
}
