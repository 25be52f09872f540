//! `x402-agent e2e`: one purchase checked from end to end, as a careful person would by hand. Every
//! claim of the server is held against what was signed, what arrived, and what the chain says.

mod report;
pub(super) mod visit;

use agent::Agent;
use agent::chain::ChainError;
use agent::transport::{Patience, Transport};

use super::args::EndToEnd;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::policy::Rules;
use super::purse;
use super::terminal::{self, Terminal};
use super::wallet::Wallet;
use report::Report;
use visit::Visit;

/// Runs the command. What does not hold makes an exit code of its own.
pub(crate) async fn run(
    args: EndToEnd,
    environment: &Environment,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let wallet = Wallet::find(&args.key, environment).await?.required()?;
    wallet.open().await?;
    let rules = Rules::find(args.purse.policy.as_deref(), environment)?;
    let terms = rules.terms(&args.terms)?;
    let purse = purse::open(&args.purse, &rules, environment, terminal)?;
    let builder = Agent::builder(wallet, terms.clone());
    let agent = purse.into_iter().fold(builder, agent::AgentBuilder::purse).build()?;
    if args.rpc.as_deref().is_some_and(|it| !is_endpoint(it)) {
        return Err(Failure::Chain(ChainError::Url));
    }

    let mut report = Report::new(&args.url, terminal, !args.json);
    let transport = Transport::new(Patience::default())?;
    let visit = Visit { args: &args, terms: &terms, transport: &transport, agent: &agent };
    visit.walk(&mut report).await;

    if let Some(path) = &args.junit {
        let unwritable = |why| Failure::Output(path.clone(), why);
        std::fs::write(path, report.as_junit()).map_err(unwritable)?;
    }
    if args.json {
        terminal::result(&report.as_json().to_string());
    } else {
        terminal::result(&report.verdict());
    }
    Ok(if report.holds() { Exit::Done } else { Exit::CheckFailed })
}

fn is_endpoint(url: &str) -> bool {
    let parsed = agent::decisions::target::Target::parse(url);
    parsed.is_ok_and(|it| it.is_confidential())
}
