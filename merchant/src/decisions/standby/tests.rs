//! How facilitators stand in for each other: who is asked, and when one is left out.

use serde_json::{Value, json};
use wire::Message;

use super::FacilitatorFault::{Broken, Busy, TimedOut, Unreachable, Unreadable};
use super::*;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn after(events: &[(usize, Call, Sign, u64)]) -> Vec<Health> {
    let mut health = vec![Health::default(); 3];
    for (index, call, sign, seconds) in events {
        health[*index].note(*call, *sign, at(*seconds));
    }
    health
}

#[test]
fn who_failed_is_asked_last_until_it_is_time_to_see_whether_it_is_back() {
    use Call::{Settle, Verify};
    use Sign::{Ill, Well};
    let ill = |index, call, seconds| (index, call, Ill, seconds);
    let thrice = |index| vec![ill(index, Verify, 0); 3];
    #[rustfmt::skip]
    let rows = [
        // what happened                                       call    at  order
        (vec![],                                               Verify, 0,  [0, 1, 2]),
        (vec![ill(0, Verify, 0); 2],                           Verify, 1,  [0, 1, 2]),
        (thrice(0),                                            Verify, 1,  [1, 2, 0]),
        ([thrice(0), thrice(1)].concat(),                      Verify, 1,  [2, 0, 1]),
        // All rest: then they are asked all the same.
        ([thrice(0), thrice(1), thrice(2)].concat(),           Verify, 1,  [0, 1, 2]),
        // One at a time shows whether it is back.
        (thrice(0),                                            Verify, 29, [1, 2, 0]),
        (thrice(0),                                            Verify, 30, [0, 1, 2]),
        ([thrice(0), thrice(1)].concat(),                      Verify, 30, [0, 2, 1]),
        ([thrice(0), vec![(0, Verify, Well, 5)]].concat(),     Verify, 6,  [0, 1, 2]),
        ([vec![ill(0, Verify, 0); 2], vec![(0, Verify, Well, 1), ill(0, Verify, 2)]].concat(),
                                                               Verify, 3,  [0, 1, 2]),
        // A settlement is not tried with somebody who was silent a moment ago.
        (vec![ill(0, Verify, 0)],                              Settle, 1,  [1, 2, 0]),
        (vec![ill(0, Verify, 0), (0, Verify, Well, 1)],        Settle, 2,  [0, 1, 2]),
        (vec![ill(0, Settle, 0)],                              Settle, 1,  [1, 2, 0]),
        (vec![ill(0, Settle, 0)],                              Verify, 1,  [0, 1, 2]),
        (vec![ill(0, Settle, 0)],                              Settle, 30, [0, 1, 2]),
        (vec![ill(0, Settle, 0), ill(0, Verify, 1)],           Settle, 40, [1, 2, 0]),
        (vec![ill(0, Settle, 0), (0, Settle, Well, 1)],        Settle, 2,  [0, 1, 2]),
    ];
    for (events, call, now, expected) in rows {
        let mut health = after(&events);
        assert_eq!(order(&mut health, call, at(now)), expected, "{events:?} {call:?} at {now}");
    }
}

#[test]
fn one_call_alone_finds_out_whether_a_facilitator_is_back() {
    for call in [Call::Verify, Call::Settle] {
        let mut health = after(&[(0, call, Sign::Ill, 0); 3]);
        assert_eq!(order(&mut health, call, at(30)), [0, 1, 2], "it does");
        assert_eq!(order(&mut health, call, at(31)), [1, 2, 0], "nobody else meanwhile");
        assert_eq!(order(&mut health, call, at(60)), [0, 1, 2], "unless its answer got lost");
        health[0].note(call, Sign::Ill, at(61));
        assert_eq!(order(&mut health, call, at(90)), [1, 2, 0], "it is not back");
        assert_eq!(order(&mut health, call, at(91)), [0, 1, 2]);
        health[0].note(call, Sign::Well, at(92));
        assert_eq!(order(&mut health, call, at(92)), [0, 1, 2], "it is");
        assert_eq!(health[0], Health::default());
    }
}

#[test]
fn the_last_has_all_the_time_that_is_left() {
    let mut left = crate::decisions::budget::VERIFY;
    let shares = (0..FACILITATORS_MAX).rev().map(|others| {
        let share = share(left, others);
        left -= share;
        share.as_millis()
    });
    assert_eq!(shares.collect::<Vec<_>>(), [2500, 1250, 625, 625]);
}

fn settled(reason: &str, transaction: &str) -> SettlementResponse {
    let mut answer = json!({
        "success": reason.is_empty(), "network": "eip155:84532", "transaction": transaction,
    });
    if !reason.is_empty() {
        answer["errorReason"] = Value::from(reason);
    }
    SettlementResponse::from_value(answer).unwrap()
}

#[test]
fn an_answer_shows_whether_its_giver_works() {
    let verdict = |fault| sign_of_verify::<()>(&Err(fault), at(2));
    assert_eq!(sign_of_verify(&Ok(()), at(2)), Sign::Well);
    for fault in [Unreachable, TimedOut, Broken, Unreadable(500), Unreadable(200), Busy(None)] {
        assert_eq!(verdict(fault), Sign::Ill, "{fault:?}");
        assert_eq!(sign_of_settle(&Err(fault), at(2)), Sign::Ill, "{fault:?}");
    }
    let hurried = Duration::from_millis(999);
    assert_eq!(sign_of_verify::<()>(&Err(TimedOut), hurried), Sign::None);
    assert_eq!(sign_of_verify::<()>(&Err(Unreachable), hurried), Sign::Ill);
    #[rustfmt::skip]
    let rows = [
        ("",                                     Sign::Well),
        ("unexpected_error",                     Sign::Ill),
        ("out_of_gas_or_another_new_word",       Sign::Ill),
        ("insufficient_funds",                   Sign::None),
        ("invalid_exact_evm_nonce_already_used", Sign::None),
        ("settlement_pending",                   Sign::None),
    ];
    for (reason, sign) in rows {
        assert_eq!(sign_of_settle(&Ok(settled(reason, "")), at(2)), sign, "{reason:?}");
    }
}

#[test]
fn after_a_silence_only_a_confirmation_counts() {
    let hash = format!("0x{}", "ab".repeat(32));
    let ok = |reason: &str, transaction: &str| Ok(settled(reason, transaction));
    #[rustfmt::skip]
    let rows = [
        // doubt              the next one's answer                follows
        (None,                ok("", &hash),                       ok("", &hash)),
        (None,                ok("insufficient_funds", ""),        ok("insufficient_funds", "")),
        (None,                ok("unexpected_error", ""),          ok("unexpected_error", "")),
        (None,                Err(Unreachable),                    Err(Unreachable)),
        (None,                Err(TimedOut),                       Err(TimedOut)),
        // The first one never got it: the second one's word is as good as if it were the only one.
        (Some(Unreachable),   ok("", &hash),                       ok("", &hash)),
        (Some(Unreachable),   ok("insufficient_funds", ""),        ok("insufficient_funds", "")),
        (Some(Unreachable),   Err(Broken),                         Err(Broken)),
        // The first one may have settled.
        (Some(TimedOut),      ok("", &hash),                       ok("", &hash)),
        (Some(TimedOut),      ok("settlement_pending", &hash),     ok("settlement_pending", &hash)),
        (Some(TimedOut),      ok("settlement_pending", ""),        Err(TimedOut)),
        (Some(TimedOut),      ok("insufficient_funds", ""),        Err(TimedOut)),
        (Some(TimedOut),      ok("insufficient_funds", &hash),     Err(TimedOut)),
        (Some(TimedOut),      ok("invalid_exact_evm_nonce_already_used", ""), Err(TimedOut)),
        (Some(TimedOut),      ok("invalid_payment_early", ""),     Err(TimedOut)),
        (Some(TimedOut),      Err(Unreachable),                    Err(TimedOut)),
        (Some(Broken),        ok("insufficient_funds", ""),        Err(Broken)),
        (Some(Unreadable(502)), ok("insufficient_funds", ""),      Err(Unreadable(502))),
        (Some(Busy(None)),    ok("insufficient_funds", ""),        Err(Busy(None))),
    ];
    for (doubt, answer, expected) in rows {
        assert_eq!(after_try(doubt, answer.clone()), expected, "{doubt:?} {answer:?}");
    }
}

#[test]
fn a_busy_facilitators_wish_is_passed_on() {
    #[rustfmt::skip]
    let rows = [
        (None,                   TimedOut,            TimedOut),
        (Some(TimedOut),         Unreachable,         TimedOut),
        (Some(TimedOut),         Busy(Some(at(7))),   Busy(Some(at(7)))),
        (Some(TimedOut),         Busy(None),          TimedOut),
        (Some(Busy(None)),       Busy(Some(at(7))),   Busy(Some(at(7)))),
        (Some(Busy(Some(at(7)))), Unreachable,        Busy(Some(at(7)))),
        (Some(Busy(Some(at(7)))), Busy(Some(at(3))),  Busy(Some(at(3)))),
    ];
    for (first, next, expected) in rows {
        assert_eq!(worse(first, next), expected, "{first:?} {next:?}");
    }
}
