//! The purse of one command: the ledger's file, the policy's limits, and the person at the terminal
//! who may be asked.

use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use agent::purse::{Answer, Approval, Approver};
use agent::{Ledger, PayError, Purse};
use wire::Price;
use wire::price::PriceError;

use agent::decisions::budget::{Micros, Policy};

use super::args::PurseArgs;
use super::environment::Environment;
use super::exit::Failure;
use super::policy::Rules;
use super::session;
use super::terminal::{Terminal, Tint, say};

/// The ledger and the limits, if there is a place for a ledger. Without one, limits are refused: they
/// would not hold.
pub(crate) fn open(
    args: &PurseArgs,
    rules: &Rules,
    environment: &Environment,
    terminal: Terminal,
) -> Result<Option<Purse>, Failure> {
    if rules.session_required && args.session.is_none() {
        return Err(Failure::AgainstPolicy("spending outside of a payment session".into()));
    }
    let Some(path) = ledger_path(args.ledger.as_deref(), environment) else {
        let limited = rules.stated || args.budget.is_some() || args.session.is_some();
        return if limited { Err(Failure::NoLedger) } else { Ok(None) };
    };
    let policy = narrowed(&rules.policy, args.budget.as_ref())?;
    let ledger = Ledger::open(&path).map_err(|why| Failure::Pay(PayError::Ledger(why)))?;
    let mut purse = Purse::new(ledger, policy);
    if let Some(id) = &args.session {
        purse = purse.in_session(id.clone(), session::folder(args.sessions.clone(), environment)?);
    }
    let someone = terminal.err_is_terminal() && io::stdin().is_terminal();
    Ok(Some(if someone { purse.approver(Person(terminal)) } else { purse }))
}

/// The policy with the argument's budget, if that is lower than its own.
pub(crate) fn narrowed(policy: &Policy, budget: Option<&Price>) -> Result<Policy, Failure> {
    let mut policy = policy.clone();
    if let Some(budget) = budget {
        if budget.ticker().is_some() {
            return Err(Failure::Price(PriceError::Form));
        }
        let budget = Micros::of_price(budget).map_err(Failure::Price)?;
        policy.total = Some(policy.total.map_or(budget, |total| total.min(budget)));
    }
    Ok(policy)
}

/// Where the ledger is, if there is any place for it.
pub(crate) fn ledger_path(given: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    let usual = || environment.state.as_ref().map(|it| it.join("ledger.sqlite"));
    given.map(Path::to_owned).or_else(usual)
}

/// The person at the terminal.
struct Person(Terminal);

impl Approver for Person {
    fn approve(&self, it: Approval) -> Answer<'_> {
        let odd = self.0.tint(Tint::Odd, "approve?");
        say(&format!(
            "{odd} {}\n  {} to {} on {}, for {}\n  type \"yes\" to pay:",
            it.reason,
            it.exposure.price(),
            it.exposure.pay_to,
            it.exposure.network.name,
            it.target
        ));
        // A thread of its own, so that an interruption is still heard.
        Box::pin(async { tokio::task::spawn_blocking(says_yes).await.unwrap_or(false) })
    }
}

fn says_yes() -> bool {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).is_ok() && line.trim().eq_ignore_ascii_case("yes")
}
