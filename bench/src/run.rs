//! A whole run: which servers, how often, in which order.

use std::path::PathBuf;
use std::time::Duration;

use crate::Failure;
use crate::bare::Kind;
use crate::servers::{Bench, Subject};
use crate::{agent, challenges, lambda, paid, peers, report, starts};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    /// A tenth of the effort: for a first look, never for publishing.
    #[arg(long)]
    quick: bool,
    /// Measure only these; may be repeated.
    #[arg(long)]
    only: Vec<Part>,
    /// The folder that other teams' paywalls are installed in; they are measured, too.
    #[arg(long, value_name = "FOLDER")]
    peers: Option<PathBuf>,
    #[command(flatten)]
    package: lambda::Package,
    /// Replace the figures in this document.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "only"])]
    write: Option<PathBuf>,
}

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Unpaid requests on one core.
    Challenges,
    /// Start and memory.
    Starts,
    /// Paid requests.
    Paid,
    /// The function of AWS Lambda.
    Lambda,
    /// The payer's command line.
    Agent,
}

#[derive(Debug, Clone, Copy)]
struct Effort {
    challenges: challenges::Effort,
    starts: usize,
    paid: paid::Effort,
    lambda: lambda::Effort,
    purchases: usize,
}

/// Odd numbers of rounds, so that a median is a measurement and not a mean.
const THOROUGH: Effort = Effort {
    challenges: challenges::Effort { rounds: 15, span: Duration::from_secs(1) },
    starts: 41,
    paid: paid::Effort { sales: 101, span: Duration::from_secs(8) },
    lambda: lambda::Effort { starts: 41, sales: 41 },
    purchases: 201,
};
const QUICK: Effort = Effort {
    challenges: challenges::Effort { rounds: 3, span: Duration::from_millis(500) },
    starts: 11,
    paid: paid::Effort { sales: 11, span: Duration::from_secs(3) },
    lambda: lambda::Effort { starts: 11, sales: 11 },
    purchases: 21,
};

/// Runs the plan and prints what came of it.
pub(crate) fn run(plan: &Plan) -> Result<(), Failure> {
    let effort = if plan.quick { QUICK } else { THOROUGH };
    let wanted = |part| plan.only.is_empty() || plan.only.contains(&part);
    let bench = Bench::new()?;
    let mut report = report::Report::new(plan.peers.is_some(), plan.quick);
    if wanted(Part::Agent) {
        report.agent(&agent::measure(bench.folder(), effort.purchases)?);
    }
    if plan.only == [Part::Agent] {
        // Nobody else is needed, or built.
        report.print();
        return Ok(());
    }
    let merchant = bench.merchant("x402-merchant", true)?;
    let hyper = bench.bare("bare hyper", Kind::Hyper, &merchant)?;
    let axum = bench.bare("bare axum", Kind::Axum, &merchant)?;
    let peers = match &plan.peers {
        Some(folder) => peers::all(&bench, folder)?,
        None => vec![],
    };
    if wanted(Part::Challenges) {
        let subjects = with(&[&hyper, &axum, &merchant], &peers);
        let rows = challenges::measure(&subjects, effort.challenges)?;
        report.challenges(&names(&subjects), &rows);
    }
    if wanted(Part::Starts) {
        let subjects = with(&[&hyper, &axum, &merchant], &peers);
        for subject in subjects {
            let footprint = starts::measure(subject, effort.starts)?;
            report.start(subject.name, &footprint);
        }
    }
    if wanted(Part::Paid) {
        let unsynced = bench.merchant("x402-merchant, fsync off", false)?;
        let subjects = with(&[&merchant, &unsynced], &peers);
        let rows = paid::measure(&bench, &subjects, effort.paid)?;
        report.paid(&names(&subjects), &rows, paid::disk_ms(&bench)?);
    }
    if wanted(Part::Lambda) {
        report.lambda(&lambda::measure(&plan.package, bench.folder(), effort.lambda)?);
    }
    report.print();
    plan.write.as_ref().map_or(Ok(()), |document| report.write(document))
}

fn with<'a>(ours: &[&'a Subject], peers: &'a [Subject]) -> Vec<&'a Subject> {
    ours.iter().copied().chain(peers).collect()
}

fn names(subjects: &[&Subject]) -> Vec<&'static str> {
    subjects.iter().map(|it| it.name).collect()
}
