//! Limits as tables: what is counted, in which order limits are checked, and what can be approved.

use std::time::Duration;

use agent::decisions::budget::{Asked, Denial, Facts, Grant, Micros, Policy, Window, judge};
use wire::networks::{KnownAsset, NETWORKS};
use wire::{AtomicAmount, UnixTime};

#[expect(clippy::unnecessary_wraps, reason = "limits are optional")]
fn micros(count: u64) -> Option<Micros> {
    Some(Micros::new(count))
}

fn grant(limit: u64, expires: u64, closed: bool) -> Grant {
    let expires = UnixTime::from_seconds(expires);
    Grant { id: "s".into(), limit: Micros::new(limit), expires, closed }
}

#[test]
fn a_limit_may_be_reached_and_not_passed() {
    let hour = |limit| vec![Window { span: Duration::from_hours(1), limit: Micros::new(limit) }];
    let open = || Policy { pin: false, ..Policy::default() };
    let spent = Facts {
        total: Micros::new(90),
        host: Micros::new(60),
        windows: vec![Micros::new(30)],
        session: Micros::new(40),
        host_known: true,
        payee_known: false,
        last_price: micros(5),
    };
    #[rustfmt::skip]
    let rows = [
        (open(),                                                     None,                        None),
        (Policy { per_payment: micros(10), ..open() },               None,                        None),
        (Policy { per_payment: micros(9), ..open() },                None,                        Some(Denial::PaymentLimitExceeded)),
        (Policy { total: micros(100), ..open() },                    None,                        None),
        (Policy { total: micros(99), ..open() },                     None,                        Some(Denial::BudgetExceeded)),
        (Policy { per_host: micros(70), ..open() },                  None,                        None),
        (Policy { per_host: micros(69), ..open() },                  None,                        Some(Denial::HostBudgetExceeded)),
        (Policy { windows: hour(40), ..open() },                     None,                        None),
        (Policy { windows: hour(39), ..open() },                     None,                        Some(Denial::WindowExceeded)),
        (Policy { windows: [hour(40), hour(40)].concat(), ..open() }, None,                       Some(Denial::WindowExceeded)),
        (Policy { confirm_above: micros(10), ..open() },             None,                        None),
        (Policy { confirm_above: micros(9), ..open() },              None,                        Some(Denial::ConfirmationRequired)),
        (Policy { auto_pay: false, ..open() },                       None,                        Some(Denial::ConfirmationRequired)),
        (Policy { hosts: vec!["a.example".into()], ..open() },       None,                        None),
        (Policy { hosts: vec!["example".into()], ..open() },         None,                        Some(Denial::HostNotAllowed)),
        (open(),                                                     Some(grant(50, 2000, false)), None),
        (open(),                                                     Some(grant(49, 2000, false)), Some(Denial::SessionExceeded)),
        (open(),                                                     Some(grant(50, 1000, false)), Some(Denial::SessionExpired)),
        (open(),                                                     Some(grant(50, 1001, false)), None),
        (open(),                                                     Some(grant(50, 2000, true)),  Some(Denial::SessionClosed)),
        (Policy { pin: true, ..open() },                             None,                        Some(Denial::PayeeChanged)),
    ];
    for (policy, grant, denial) in rows {
        let now = UnixTime::from_seconds(1000);
        let asked = Asked { host: "a.example", price: Micros::new(10), now, approved: false };
        let judged = judge(&policy, grant.as_ref(), &asked, &spent);
        assert_eq!(judged.err(), denial, "{policy:?} {grant:?}");
        let approved = judge(&policy, grant.as_ref(), &Asked { approved: true, ..asked }, &spent);
        assert_eq!(approved.err(), denial.filter(|it| !it.can_be_approved()), "{policy:?}");
    }
}

#[test]
fn no_price_overflows_a_limit() {
    let now = UnixTime::EPOCH;
    let policy = Policy { total: micros(u64::MAX - 1), ..Policy::default() };
    let asked = Asked { host: "a", price: Micros::MAX, now, approved: true };
    let facts = Facts { total: Micros::MAX, ..Facts::default() };
    assert_eq!(judge(&policy, None, &asked, &facts), Err(Denial::BudgetExceeded));
}

#[test]
fn amounts_count_in_millionths_of_a_dollar_rounded_up() {
    let usdc = NETWORKS[0].asset;
    let with = |decimals| KnownAsset { decimals, ..usdc };
    #[rustfmt::skip]
    let rows = [
        (with(6),  10_000_u64,                10_000),
        (with(6),  0,                         0),
        (with(2),  1,                         10_000),
        (with(18), 1,                         1),
        (with(18), 1_000_000_000_000,         1),
        (with(18), 1_000_000_000_001,         2),
        (with(0),  u64::MAX,                  u64::MAX),
    ];
    for (asset, amount, counted) in rows {
        assert_eq!(Micros::of(AtomicAmount::from(amount), &asset).count(), counted, "{amount}");
    }
    assert_eq!(Micros::new(10_500).to_string(), "$0.0105");
    assert_eq!(Micros::of_price(&"$0.10".parse().unwrap()).unwrap().count(), 100_000);
}

/// Programs match on these words. If this fails, you are changing the interface.
#[test]
fn denial_codes_are_frozen() {
    let codes = [
        "host_not_allowed",
        "payment_limit_exceeded",
        "session_closed",
        "session_expired",
        "session_exceeded",
        "budget_exceeded",
        "host_budget_exceeded",
        "window_budget_exceeded",
        "payee_changed",
        "price_changed",
        "confirmation_required",
    ];
    assert_eq!(Denial::ALL.map(Denial::code), codes);
    assert!(Denial::ALL.is_sorted());
}
