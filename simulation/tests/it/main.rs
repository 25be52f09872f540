//! That runs can be trusted: the same seed is the same run, and the quiet world is quiet.

mod mutations;

use simulation::Simulator;

#[test]
fn a_seed_replays_a_run_exactly() {
    let simulator = Simulator::default();
    for seed in 0..50 {
        let told = simulator.tell(seed, None);
        assert!(told.story.len() > 5, "something happens");
        assert_eq!(told, simulator.tell(seed, None), "seed {seed}");
        let silent = simulator.run(seed, None);
        assert_eq!((silent.breach, silent.polls), (told.breach, told.polls), "seed {seed}");
    }
}

/// One merchant, one buyer, and nothing else that goes wrong.
#[test]
fn a_crash_at_any_await_costs_the_buyer_nothing() {
    let simulator = Simulator::default();
    let undisturbed = simulator.crash(1, u64::MAX);
    assert_eq!((undisturbed.charged, undisturbed.delivered), (1, 1), "{:#?}", undisturbed.story);
    assert!(undisturbed.polls > 6, "{} awaits", undisturbed.polls);
    for seed in 1..=20 {
        for poll in 1..=simulator.crash(seed, u64::MAX).polls {
            let ending = simulator.crash(seed, poll);
            assert_eq!(ending.breach, None, "{seed}, crash after {poll}: {:#?}", ending.story);
            if seed == 1 {
                assert_eq!((ending.charged, ending.delivered), (1, 1), "crash after {poll}");
            }
        }
    }
}
