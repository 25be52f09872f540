//! How many unpaid requests a server answers on one core.

use std::time::Duration;

use crate::Failure;
use crate::load::{self, Until};
use crate::process::Process;
use crate::reply::get;
use crate::servers::Subject;
use crate::statistics::Spread;

/// The resource that everything is measured with.
pub(crate) const PATH: &str = "/premium/a.json";
/// Connections that are kept busy: a few, and as many as a CDN's edge may hold.
pub(crate) const CONNECTIONS: [usize; 2] = [16, 64];
/// Until branch predictors, allocators and JITs have settled.
const WARM_UP: Duration = Duration::from_millis(600);

/// How often, and how long at a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    pub(crate) span: Duration,
}

/// What one server did with one number of connections.
#[derive(Debug, Clone)]
pub(crate) struct Throughput {
    pub(crate) connections: usize,
    /// Replies in a second.
    pub(crate) rate: Spread,
    /// Microseconds of CPU for each reply. Where the server had the core to itself this is the
    /// rate's inverse; it is disturbed less where others were at work.
    pub(crate) cpu_us: Spread,
    /// The rate as a share of the first server's, and of the second's, round by round.
    pub(crate) shares: [Spread; 2],
    /// Share of the time that the server was on the CPU: near one, or the load was too small.
    pub(crate) busy: Spread,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    rate: f64,
    cpu_us: f64,
    busy: f64,
}

/// Measures the servers in turn, round after round, in changing order: what disturbs the machine
/// for a while disturbs all of them. Each round starts them anew, because where a process happens
/// to lie in memory can cost it a tenth for as long as it lives. The first two servers are what
/// the others are compared with.
pub(crate) fn measure(
    subjects: &[&Subject],
    effort: Effort,
) -> Result<Vec<Vec<Throughput>>, Failure> {
    let mut samples = vec![vec![Vec::new(); CONNECTIONS.len()]; subjects.len()];
    for round in 0..effort.rounds {
        for turn in 0..subjects.len() {
            let at = if round % 2 == 0 { turn } else { subjects.len() - 1 - turn };
            let process = subjects[at].start.up(&subjects[at].output)?;
            sample(subjects[at], &process, CONNECTIONS[0], WARM_UP)?;
            for (own, connections) in samples[at].iter_mut().zip(CONNECTIONS) {
                own.push(sample(subjects[at], &process, connections, effort.span)?);
            }
        }
    }
    let row = |own: &Vec<Vec<Sample>>| {
        let columns = CONNECTIONS.into_iter().enumerate();
        let column = |(at, connections): (usize, usize)| {
            throughput(connections, &own[at], [&samples[0][at], &samples[1][at]])
        };
        columns.map(column).collect()
    };
    Ok(samples.iter().map(row).collect())
}

fn sample(
    subject: &Subject,
    process: &Process,
    connections: usize,
    span: Duration,
) -> Result<Sample, Failure> {
    let request = get(PATH, "");
    let before = process.on_cpu()?;
    let done = load::run(subject.start.address, connections, Until::Elapsed(span), 402, |out| {
        out.extend_from_slice(&request);
    })
    .map_err(|Failure(why)| Failure(format!("{}: {why}", subject.name)))?;
    let on_cpu = process.on_cpu()?.saturating_sub(before).as_secs_f64();
    let busy = on_cpu / done.elapsed.as_secs_f64();
    Ok(Sample { rate: done.rate, cpu_us: busy / done.rate * 1e6, busy })
}

fn throughput(connections: usize, own: &[Sample], models: [&Vec<Sample>; 2]) -> Throughput {
    let spread = |read: fn(&Sample) -> f64| Spread::of(&own.iter().map(read).collect::<Vec<_>>());
    let share = |model: &Vec<Sample>| {
        let pairs = own.iter().zip(model);
        Spread::of(&pairs.map(|(own, model)| own.rate / model.rate).collect::<Vec<_>>())
    };
    Throughput {
        connections,
        rate: spread(|it| it.rate),
        cpu_us: spread(|it| it.cpu_us),
        shares: models.map(share),
        busy: spread(|it| it.busy),
    }
}
