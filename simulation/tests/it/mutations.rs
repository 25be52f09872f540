//! The laws find what they are there for: each rule of the walk, forgotten, breaks one of them soon.

use simulation::{Mutation, Simulator};

/// Within so many seeds each of them must be found.
const SEEDS: u64 = 10_000;

fn find(mutation: Mutation) -> Option<(u64, String)> {
    let simulator = Simulator::default();
    let breach = |seed| Some((seed, simulator.run(seed, Some(mutation)).breach?));
    (0..SEEDS).find_map(breach)
}

#[test]
fn every_forgotten_rule_is_found() {
    let mut missed = Vec::new();
    for mutation in Mutation::ALL {
        match find(mutation) {
            Some((seed, law)) => println!("{mutation:?}: seed {seed} breaks {law}"),
            None => missed.push(mutation),
        }
    }
    assert_eq!(missed, [], "not found within {SEEDS} seeds");
}
