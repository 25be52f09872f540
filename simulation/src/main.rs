//! Runs seeds on every core, and tells the story of the first one that breaks a law.

#![expect(clippy::print_stdout, reason = "a command line")]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use simulation::{Ending, Simulator};

const HELP: &str = "x402-simulate [seeds] [from]: runs that many seeds, from this one on";

/// Broken laws that are listed before the rest is left alone.
const BREACHES_MAX: usize = 20;
/// Seeds that a thread takes at a time.
const SHARE: u64 = 500;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Result<Vec<u64>, _> = arguments.iter().map(|it| it.parse()).collect();
    let (seeds, from) = match numbers.as_deref() {
        Ok([]) => (100_000, 0),
        Ok([seeds]) => (*seeds, 0),
        Ok([seeds, from]) => (*seeds, *from),
        Ok(_) | Err(_) => {
            println!("{HELP}");
            return ExitCode::from(2);
        }
    };
    if seeds == 1 {
        return tell(from);
    }
    let tally = run(seeds, from);
    for (seed, breach) in &tally.breaches {
        println!("seed {seed} breaks {breach}");
    }
    if let Some((seed, _)) = tally.breaches.first() {
        println!("the story of seed {seed}:");
        return tell(*seed);
    }
    let Tally { runs, charged, delivered, polls, .. } = tally;
    println!(
        "{runs} runs from seed {from}: {charged} purchases charged, {delivered} delivered, {polls} steps of merchants, no law broken"
    );
    ExitCode::SUCCESS
}

fn tell(seed: u64) -> ExitCode {
    let ending = Simulator::default().tell(seed, None);
    for line in &ending.story {
        println!("{line}");
    }
    ExitCode::from(u8::from(ending.breach.is_some()))
}

#[derive(Default)]
struct Tally {
    runs: u64,
    charged: usize,
    delivered: usize,
    polls: u64,
    breaches: Vec<(u64, String)>,
}

impl Tally {
    fn add(&mut self, seed: u64, ending: Ending) {
        self.runs += 1;
        self.charged += ending.charged;
        self.delivered += ending.delivered;
        self.polls += ending.polls;
        self.breaches.extend(ending.breach.map(|breach| (seed, breach)));
    }
}

/// All seeds, in shares, so that a slow thread does not leave the others idle at the end.
fn run(seeds: u64, from: u64) -> Tally {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicU64::new(0);
    let work = || {
        let simulator = Simulator::default();
        let mut tally = Tally::default();
        while tally.breaches.len() < BREACHES_MAX {
            let begin = next.fetch_add(SHARE, Ordering::Relaxed);
            if begin >= seeds {
                break;
            }
            for seed in from + begin..from + seeds.min(begin + SHARE) {
                tally.add(seed, simulator.run(seed, None));
            }
        }
        tally
    };
    let mut total = Tally::default();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let part = worker.join().expect("a run does not panic");
            total.runs += part.runs;
            total.charged += part.charged;
            total.delivered += part.delivered;
            total.polls += part.polls;
            total.breaches.extend(part.breaches);
        }
    });
    total.breaches.sort();
    total
}
