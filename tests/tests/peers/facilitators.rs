//! Other teams' facilitators and ours, each on a chain, with a tap before it.

use std::process::Command;

use alloy_primitives::U256;
use sandbox::accounts::testers;
use sandbox::token::ONE_USDC;
use sandbox::world::{Options, Sandbox};

use crate::chain::{Anvil, Chain, PAYERS, payer};
use crate::installed;
use crate::process::Process;
use crate::tap::Tap;

/// Which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    TypeScript,
    Python,
    Rust,
    Sandbox,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::TypeScript, Self::Python, Self::Rust, Self::Sandbox];

    /// What people know it by.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::TypeScript => "`@x402/core`",
            Self::Python => "`x402` (PyPI)",
            Self::Rust => "`x402-facilitator-local`",
            Self::Sandbox => "`x402-sandbox`",
        }
    }
}

/// One that runs.
pub(crate) struct Facilitator {
    pub(crate) chain: Chain,
    pub(crate) tap: Tap,
    _running: Running,
}

enum Running {
    Process { _process: Process },
    Sandbox { _sandbox: Box<Sandbox> },
}

impl Facilitator {
    /// Starts one on this chain, with this test account to submit from. The sandbox's has a chain of its
    /// own, with the same payers.
    pub(crate) async fn start(kind: Kind, anvil: &Anvil, account: usize) -> Self {
        let mut command = match kind {
            Kind::TypeScript => installed::node("facilitator"),
            Kind::Python => installed::python("facilitator"),
            Kind::Rust => installed::rust("facilitator"),
            Kind::Sandbox => return Self::in_sandbox().await,
        };
        Self::in_process(anvil, account, &mut command).await
    }

    async fn in_process(anvil: &Anvil, account: usize, command: &mut Command) -> Self {
        command.env("RPC_URL", anvil.chain.url());
        command.env("PRIVATE_KEY", testers()[account].secret().to_string());
        let process = Process::start(command);
        let address = process.says("facilitator listening on ").await;
        let tap = Tap::before(&address).await;
        Self { chain: anvil.chain.clone(), tap, _running: Running::Process { _process: process } }
    }

    async fn in_sandbox() -> Self {
        let mut options = Options::default();
        for number in 1..=PAYERS {
            options.funds.push((payer(number).address(), U256::from(ONE_USDC)));
        }
        let sandbox = Sandbox::start(options).await.unwrap();
        let host = |url: String| url.trim_start_matches("http://").to_owned();
        let chain = Chain { rpc: host(sandbox.rpc_url()) };
        let tap = Tap::before(&host(sandbox.facilitator_url())).await;
        let running = Running::Sandbox { _sandbox: Box::new(sandbox) };
        Self { chain, tap, _running: running }
    }

    /// For whoever wants to know why a row is not "yes": the calls since the last time, as they were
    /// answered.
    #[expect(clippy::print_stderr, reason = "the test runner shows it where a test fails")]
    pub(crate) fn say_what_was_answered(&self) {
        for exchange in self.tap.take() {
            let (asked, answered) = (exchange.request_body(), exchange.json());
            eprintln!("{} {asked}\n  {} {answered}", exchange.line(), exchange.status());
        }
    }
}
