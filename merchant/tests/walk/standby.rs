//! Several facilitators as one, on scripted time: who is asked, with which bytes, for how long.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use merchant::adapters::facilitators::{Facilitators, Member};
use merchant::decisions::budget;
use merchant::decisions::faults::FacilitatorFault::{self, TimedOut, Unreachable};
use merchant::ports::{Clock, Facilitator};
use wire::{Message, SettlementResponse, UnixTime, VerifyResponse};

/// What somebody says, and how long that takes.
type Script = Vec<(Result<&'static str, FacilitatorFault>, u64)>;

/// Time that passes only in facilitators.
#[derive(Clone, Default)]
struct Time(Arc<Mutex<Duration>>);

struct Actor {
    name: char,
    script: Mutex<std::vec::IntoIter<(Result<&'static str, FacilitatorFault>, u64)>>,
    time: Time,
    calls: Arc<Mutex<Vec<(char, Bytes, u128)>>>,
}

impl Actor {
    fn says(&self, ask: &Bytes, limit: Duration) -> Result<&'static str, FacilitatorFault> {
        self.calls.lock().unwrap().push((self.name, ask.clone(), limit.as_millis()));
        let (answer, takes) = self.script.lock().unwrap().next().unwrap_or((Err(Unreachable), 0));
        let takes = Duration::from_millis(takes);
        *self.time.0.lock().unwrap() += takes.min(limit);
        if takes > limit { Err(TimedOut) } else { answer }
    }
}

impl Facilitator for Actor {
    async fn verify(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> Result<VerifyResponse, FacilitatorFault> {
        self.says(ask, limit).map(|it| VerifyResponse::from_json(it.as_bytes()).unwrap())
    }

    async fn settle(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> Result<SettlementResponse, FacilitatorFault> {
        self.says(ask, limit).map(|it| SettlementResponse::from_json(it.as_bytes()).unwrap())
    }
}

impl Clock for Time {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(0)
    }

    fn uptime(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, _: Duration) {}

    fn fresh_id(&self) -> String {
        String::new()
    }
}

struct Team {
    facilitators: Facilitators<Actor, Time>,
    time: Time,
    calls: Arc<Mutex<Vec<(char, Bytes, u128)>>>,
}

fn team(scripts: Vec<Script>) -> Team {
    let (time, calls) = (Time::default(), Arc::default());
    let actor = |(name, script): (char, Script)| Member {
        name: name.into(),
        facilitator: Actor {
            name,
            script: Mutex::new(script.into_iter()),
            time: time.clone(),
            calls: Arc::clone(&calls),
        },
    };
    let members = ('a'..).zip(scripts).map(actor).collect();
    Team { facilitators: Facilitators::new(members, time.clone()), time, calls }
}

impl Team {
    async fn verify(&self) -> (Result<bool, FacilitatorFault>, String) {
        let ask = Bytes::from_static(b"ask");
        let answer = self.facilitators.verify(&ask, budget::VERIFY).await;
        (answer.map(|it| it.is_valid), self.asked())
    }

    async fn settle(&self) -> (Result<bool, FacilitatorFault>, String) {
        let ask = Bytes::from_static(b"ask");
        let answer = self.facilitators.settle(&ask, budget::SETTLE).await;
        (answer.map(|it| it.success), self.asked())
    }

    /// Who was asked since the last look, for how many milliseconds, and always with the same bytes.
    fn asked(&self) -> String {
        let calls = std::mem::take(&mut *self.calls.lock().unwrap());
        assert!(calls.iter().all(|(_, ask, _)| ask == "ask"), "always the same bytes");
        let words = calls.iter().map(|(name, _, limit)| format!("{name} {limit}"));
        words.collect::<Vec<_>>().join(", ")
    }

    fn pass(&self, seconds: u64) {
        *self.time.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

const VALID: Result<&str, FacilitatorFault> = Ok(r#"{"isValid":true}"#);
const NO: Result<&str, FacilitatorFault> =
    Ok(r#"{"isValid":false,"invalidReason":"insufficient_funds"}"#);
const SETTLED: Result<&str, FacilitatorFault> =
    Ok(r#"{"success":true,"network":"eip155:84532","transaction":"0xab"}"#);
const POOR: Result<&str, FacilitatorFault> = Ok(
    r#"{"success":false,"errorReason":"insufficient_funds","network":"eip155:84532","transaction":""}"#,
);
const DOWN: Result<&str, FacilitatorFault> = Err(Unreachable);
const BAD: Result<&str, FacilitatorFault> = Err(FacilitatorFault::Unreadable(502));

#[tokio::test]
async fn all_of_them_together_have_the_time_of_one() {
    #[rustfmt::skip]
    let rows: Vec<(Vec<Script>, Result<bool, FacilitatorFault>, &str)> = vec![
        (vec![vec![(VALID, 10)]],                                   Ok(true),         "a 5000"),
        (vec![vec![(VALID, 9000)]],                                 Err(TimedOut),    "a 5000"),
        (vec![vec![(VALID, 10)], vec![]],                           Ok(true),         "a 2500"),
        (vec![vec![(NO, 10)], vec![(VALID, 10)]],                   Ok(false),        "a 2500"),
        (vec![vec![(DOWN, 0)], vec![(VALID, 10)]],                  Ok(true),         "a 2500, b 5000"),
        (vec![vec![(VALID, 9000)], vec![(VALID, 10)]],              Ok(true),         "a 2500, b 2500"),
        (vec![vec![(VALID, 9000)], vec![(VALID, 9000)]],            Err(TimedOut),    "a 2500, b 2500"),
        (vec![vec![(VALID, 9000)], vec![(BAD, 2000)], vec![(VALID, 1)]], Ok(true), "a 2500, b 1250, c 1250"),
        (vec![vec![(DOWN, 0)], vec![(BAD, 0)], vec![(NO, 0)]],      Ok(false),        "a 2500, b 2500, c 5000"),
        (vec![vec![(DOWN, 0)], vec![(BAD, 0)]],                     Err(Unreachable), "a 2500, b 5000"),
    ];
    for (index, (scripts, expected, asked)) in rows.into_iter().enumerate() {
        let got = team(scripts).verify().await;
        assert_eq!(got, (expected, asked.to_owned()), "row {index}");
    }
}

#[tokio::test]
async fn a_settlement_is_never_cut_short_and_never_judged_by_the_second_alone() {
    #[rustfmt::skip]
    let rows: Vec<(Vec<Script>, Result<bool, FacilitatorFault>, &str)> = vec![
        (vec![vec![(SETTLED, 9000)], vec![]],                       Ok(true),         "a 15000"),
        (vec![vec![(SETTLED, 20000)], vec![(SETTLED, 1)]],          Err(TimedOut),    "a 15000"),
        (vec![vec![(POOR, 10)], vec![(SETTLED, 1)]],                Ok(false),        "a 15000"),
        (vec![vec![(DOWN, 0)], vec![(SETTLED, 1)]],                 Ok(true),         "a 15000, b 15000"),
        (vec![vec![(DOWN, 0)], vec![(POOR, 1)]],                    Ok(false),        "a 15000, b 15000"),
        (vec![vec![(BAD, 4000)], vec![(SETTLED, 1)]],               Ok(true),         "a 15000, b 11000"),
        (vec![vec![(BAD, 4000)], vec![(POOR, 1)]],                  Err(FacilitatorFault::Unreadable(502)), "a 15000, b 11000"),
        (vec![vec![(BAD, 4000)], vec![(POOR, 1)], vec![(SETTLED, 1)]], Ok(true),      "a 15000, b 11000, c 10999"),
        // Less than a second is no time to answer.
        (vec![vec![(BAD, 14500)], vec![(SETTLED, 1)]],              Err(FacilitatorFault::Unreadable(502)), "a 15000"),
    ];
    for (index, (scripts, expected, asked)) in rows.into_iter().enumerate() {
        let got = team(scripts).settle().await;
        assert_eq!(got, (expected, asked.to_owned()), "row {index}");
    }
}

#[tokio::test]
async fn the_circuit_breaker_opens_and_closes() {
    let a = vec![(DOWN, 0), (DOWN, 0), (DOWN, 0), (DOWN, 0), (VALID, 1), (VALID, 1)];
    let team = team(vec![a, vec![(VALID, 1); 20]]);
    let both = (Ok(true), "a 2500, b 5000".to_owned());
    let second = (Ok(true), "b 2500".to_owned());
    let first = (Ok(true), "a 2500".to_owned());
    for _ in 0..3 {
        assert_eq!(team.verify().await, both);
    }
    assert_eq!(team.verify().await, second, "open");
    team.pass(29);
    assert_eq!(team.verify().await, second, "still open");
    team.pass(1);
    assert_eq!(team.verify().await, both, "half open, and still down");
    assert_eq!(team.verify().await, second, "open again");
    team.pass(30);
    assert_eq!(team.verify().await, first, "half open, and back");
    assert_eq!(team.verify().await, first, "closed");
}

/// A payment that one facilitator chokes on must not close the shop for others.
#[tokio::test]
async fn a_facilitator_without_another_is_always_asked() {
    let script = [vec![(BAD, 0); 5], vec![(VALID, 0)]].concat();
    let team = team(vec![script]);
    for _ in 0..5 {
        assert_eq!(team.verify().await.1, "a 5000");
    }
    assert_eq!(team.verify().await, (Ok(true), "a 5000".to_owned()));
}

#[tokio::test]
async fn a_settlement_is_not_tried_with_whoever_was_silent_at_verify() {
    let team = team(vec![vec![(VALID, 9000), (SETTLED, 1)], vec![(VALID, 1), (SETTLED, 1)]]);
    assert_eq!(team.verify().await, (Ok(true), "a 2500, b 2500".to_owned()));
    assert_eq!(team.settle().await, (Ok(true), "b 15000".to_owned()));
}
