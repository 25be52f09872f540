//! `x402-agent conformance`: which rules of x402 over HTTP hold for a seller. Without `--pay`, neither
//! key nor money is involved.

mod purchase;
mod report;

use agent::Agent;
use agent::conformance::Prober;
use agent::decisions::conformance::{Finding, PAID, Silence, judge};
use agent::transport::{Patience, Transport};

use super::asking::Conformance;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::policy::Rules;
use super::purse;
use super::terminal::{Terminal, result};
use super::wallet::Wallet;
use purchase::Purchase;
use report::Report;

/// Runs the command. A required rule that is broken makes an exit code of its own.
pub(crate) async fn run(
    args: Conformance,
    environment: &Environment,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    // Whatever stops a purchase is found out before anybody is asked.
    let agent = if args.pay { Some(buyer(&args, environment, terminal).await?) } else { None };
    let transport = Transport::new(Patience::default())?;
    let prober = Prober::new(&transport, &args.url)?;
    let evidence = prober.unpaid().await;
    if let Err(Silence::NotConnected) = evidence.plain {
        return Err(Failure::NotConnected);
    }
    let mut report = Report::new(&args.url);
    for (rule, finding) in judge(&evidence) {
        report.add(rule, finding);
    }
    let priced = evidence.plain.as_ref().is_ok_and(|it| it.status == 402);
    match &agent {
        Some((agent, terms)) if priced => {
            let purchase = Purchase { args: &args, agent, terms, prober: &prober };
            for (rule, finding) in PAID.into_iter().zip(purchase.judge(&evidence).await) {
                report.add(rule, finding);
            }
        }
        Some(_) => {
            for rule in PAID {
                report.add(rule, Finding::not_applicable("the URL has no price for this request"));
            }
        }
        None => {
            for rule in PAID {
                report.add(rule, Finding::not_applicable("not tried without --pay"));
            }
        }
    }
    if let Some(path) = &args.junit {
        let unwritable = |why| Failure::Output(path.clone(), why);
        std::fs::write(path, report.as_junit()).map_err(unwritable)?;
    }
    if args.json {
        result(&report.as_json(args.strict).to_string());
    } else {
        result(&report.as_text(terminal, args.verbose, args.strict));
    }
    Ok(if report.holds(args.strict) { Exit::Done } else { Exit::CheckFailed })
}

async fn buyer(
    args: &Conformance,
    environment: &Environment,
    terminal: Terminal,
) -> Result<(Agent<Wallet>, agent::Terms), Failure> {
    let wallet = Wallet::find(&args.key, environment).await?.required()?;
    wallet.open().await?;
    let rules = Rules::find(args.purse.policy.as_deref(), environment)?;
    let terms = rules.terms(&args.terms)?;
    let purse = purse::open(&args.purse, &rules, environment, terminal)?;
    let builder = Agent::builder(wallet, terms.clone());
    Ok((purse.into_iter().fold(builder, agent::AgentBuilder::purse).build()?, terms))
}
