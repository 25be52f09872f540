//! The demo, driven as a newcomer drives it: the built binary, from outside. It tells the truth, it
//! fails when something does not hold, and it leaves nothing behind.

#![expect(clippy::disallowed_methods, reason = "how long the demo takes is part of its promise")]

mod performance;

use std::time::{Duration, Instant};

use performance::Performance;

/// What scripts/demo promises, after the build.
const DEMO_MAX: Duration = Duration::from_secs(20);

#[test]
fn the_whole_loop_holds_and_is_told_in_time() {
    let began = Instant::now();
    let (code, told) = Performance::begin(&[]).end();
    assert_eq!(code, Some(0), "{told}");
    assert!(began.elapsed() < DEMO_MAX, "{:?}", began.elapsed());
    #[rustfmt::skip]
    let words = [
        "402 Payment Required", "\"amount\": \"1000\"", "TransferWithAuthorization",
        "  verify ", "  claim ", "  settle ", "  settled ",
        "409 payment_already_used", "byte for byte what the merchant has",
        "0.001000 USDC left the agent and reached the merchant", "Every step held",
        "1,000,000.000000 USDC", "999,999.999000 USDC", "1,000,000.001000 USDC",
    ];
    for words in words {
        assert!(told.contains(words), "{words} is missing:\n{told}");
    }
    let hash = told.lines().find_map(|it| it.strip_prefix("  transaction 0x")).unwrap_or_default();
    assert!(hash.len() == 64 && hash.bytes().all(|it| it.is_ascii_hexdigit()), "{told}");
    assert!(!told.contains('\x1b'), "no colours where no terminal is");
}

#[test]
fn no_line_of_the_story_is_wider_than_a_terminal() {
    let (_, told) = Performance::begin(&[]).end();
    let story = told.split("Try it by hand").next().unwrap_or_default();
    let wide: Vec<&str> = story.lines().filter(|it| it.chars().count() > 80).collect();
    assert_eq!(wide, [""; 0]);
}

#[test]
fn a_step_that_does_not_hold_fails_the_demo() {
    #[rustfmt::skip]
    let rows = [
        // what goes wrong                      what is said in the end
        ("verify:refuse=insufficient_funds",    "asks to be paid again: status 402"),
        ("settle:no-transfer",                  "the chain knows no transaction 0x"),
    ];
    for (fault, words) in rows {
        let (code, told) = Performance::begin(&["--fault", fault]).end();
        assert_eq!(code, Some(1), "{fault}: {told}");
        let last = told.lines().last().unwrap_or_default();
        assert!(last.starts_with("The demo did not hold: ") && last.contains(words), "{told}");
        assert!(!told.contains("Every step held"), "{told}");
    }
}

#[test]
fn interrupted_at_any_moment_it_leaves_nothing_behind() {
    for moment in ["1. ", "3. ", "  settle ", "9. "] {
        let mut performance = Performance::begin(&[]);
        performance.wait_for(moment);
        performance.interrupt();
        let (code, told) = performance.end();
        assert_eq!(code, Some(130), "at {moment}: {told}");
        assert!(told.ends_with("Nothing is left running.\n"), "at {moment}: {told}");
    }
}

#[test]
fn kept_ones_stand_side_by_side_until_they_are_told_to_stop() {
    let mut kept = [Performance::begin(&["--keep"]), Performance::begin(&["--keep"])];
    for it in &mut kept {
        it.wait_for("Ctrl-C stops everything.");
    }
    let [first, second] = kept.each_ref().map(Performance::addresses);
    assert_eq!(first.len(), 3, "RPC, facilitator and merchant: {first:?}");
    assert!(first.iter().all(|it| !second.contains(it)), "{first:?} {second:?}");
    for it in &kept {
        assert!(it.addresses().iter().all(|it| performance::listens(*it)), "all can be called");
        assert!(it.is_running());
    }
    for it in kept {
        // That its processes are gone is all that can be asked: another demo may take the very ports,
        // which are those of the documentation where they are free.
        it.interrupt();
        let (code, told) = it.end();
        assert_eq!(code, Some(0), "{told}");
    }
}
