//! The ledger's contract, on every storage: one winner in every race, nothing lost, nothing changed.

use std::sync::Arc;

use merchant::adapters::desk::Desk;
use merchant::adapters::folder::Folder;
use merchant::adapters::ledger::StoreLedger;
use merchant::decisions::evidence::VoidCause;
use merchant::decisions::records::{Attempt, Named, VoidRecord};
use merchant::ports::{Claimed, Ledger, Recorded};
use object_store::{ObjectStore, ObjectStoreExt};
use wire::UnixTime;

use crate::payments::{NOW, claim, key, settled, transaction};
use crate::places::{self, Place};

/// Racers in each round, and rounds.
const RACERS: usize = 16;
const ROUNDS: u8 = 20;

fn ledgers(place: &Place) -> (StoreLedger, StoreLedger) {
    let ledger = |store: &Arc<dyn ObjectStore>| match &place.ledger {
        Some(folder) => {
            StoreLedger::in_folder(Folder::open(folder.clone(), true, Desk::new()).unwrap())
        }
        None => StoreLedger::new(Arc::clone(store)),
    };
    (ledger(&place.store), ledger(&place.again))
}

#[tokio::test]
async fn what_one_process_claims_another_one_recalls() {
    for place in places::all().await {
        let ((here, there), name) = (ledgers(&place), place.name);
        assert_eq!(there.recall(&key(1)).await, Ok(None), "{name}");
        assert_eq!(here.claim(&key(1), &claim("first")).await, Ok(Claimed::Won), "{name}");
        let entry = there.recall(&key(1)).await.unwrap().unwrap();
        assert_eq!((&entry.claim, &entry.settled), (&claim("first"), &None), "{name}");
        // The answer to our own write may have been lost on the way.
        assert_eq!(here.claim(&key(1), &claim("first")).await, Ok(Claimed::Won), "{name}");
        let Ok(Claimed::Taken(entry)) = there.claim(&key(1), &claim("second")).await else {
            panic!("{name}: claimed twice");
        };
        assert_eq!(entry.claim.id, "first", "{name}");
        assert_eq!(
            there.recall(&key(2)).await,
            Ok(None),
            "{name}: another nonce is another payment"
        );
    }
}

#[tokio::test]
async fn of_racing_claims_exactly_one_wins() {
    for place in places::all().await {
        let (here, there) = ledgers(&place);
        for round in 0..ROUNDS {
            let racers = (0..RACERS).map(|racer| {
                let ledger = if racer % 2 == 0 { here.clone() } else { there.clone() };
                tokio::spawn(async move {
                    let claim = claim(&format!("{round}-{racer}"));
                    (claim.id.clone(), ledger.claim(&key(round), &claim).await.unwrap())
                })
            });
            let mut winners = Vec::new();
            let mut named = Vec::new();
            for racer in racers.collect::<Vec<_>>() {
                match racer.await.unwrap() {
                    (id, Claimed::Won) => winners.push(id),
                    (_, Claimed::Taken(entry)) => named.push(entry.claim.id),
                }
            }
            assert_eq!(winners.len(), 1, "{} round {round}", place.name);
            assert!(named.iter().all(|it| *it == winners[0]), "{} round {round}", place.name);
        }
    }
}

#[tokio::test]
async fn of_racing_takeovers_exactly_one_wins() {
    for place in places::all().await {
        let (here, there) = ledgers(&place);
        here.claim(&key(1), &claim("first")).await.unwrap();
        let racers = (0..RACERS).map(|racer| {
            let ledger = if racer % 2 == 0 { here.clone() } else { there.clone() };
            tokio::spawn(async move {
                let attempt = Attempt::new(racer.to_string(), UnixTime::from_seconds(NOW + 31));
                ledger.take_over(&key(1), 1, &attempt).await.unwrap()
            })
        });
        let mut won = 0;
        for racer in racers.collect::<Vec<_>>() {
            won += usize::from(racer.await.unwrap());
        }
        assert_eq!(won, 1, "{}", place.name);
        let entry = there.recall(&key(1)).await.unwrap().unwrap();
        assert_eq!(entry.attempts, 1, "{}", place.name);
        assert_eq!(entry.lease_until, Some(UnixTime::from_seconds(NOW + 61)), "{}", place.name);
        here.stop(&key(1), 1).await.unwrap();
        let entry = there.recall(&key(1)).await.unwrap().unwrap();
        assert_eq!(entry.lease_until, None, "{}: its holder has stopped", place.name);
    }
}

#[tokio::test]
async fn a_settlement_is_recorded_once_and_its_transaction_belongs_to_one_payment() {
    for place in places::all().await {
        let ((here, there), name) = (ledgers(&place), place.name);
        for nonce in [1, 2] {
            here.claim(&key(nonce), &claim("first")).await.unwrap();
        }
        assert_eq!(here.record_settled(&key(1), &settled(1)).await, Ok(Recorded::Done), "{name}");
        assert_eq!(there.record_settled(&key(1), &settled(1)).await, Ok(Recorded::Done), "{name}");
        assert_eq!(
            there.record_settled(&key(2), &settled(1)).await,
            Ok(Recorded::BoundElsewhere(transaction(1))),
            "{name}"
        );
        assert_eq!(here.persist(&key(1), &settled(1)).await, Ok(()), "{name}");
        let entry = there.recall(&key(1)).await.unwrap().unwrap();
        assert_eq!(entry.settled, Some(settled(1)), "{name}");
        assert_eq!(there.owns(&key(1), transaction(1)).await, Ok(true), "{name}");
        assert_eq!(there.owns(&key(2), transaction(1)).await, Ok(false), "{name}");
    }
}

#[tokio::test]
async fn what_can_never_be_charged_is_recorded() {
    for place in places::all().await {
        let (here, there) = ledgers(&place);
        here.claim(&key(1), &claim("first")).await.unwrap();
        let found_at = UnixTime::from_seconds(NOW + 90);
        let void = VoidRecord { cause: VoidCause::Expired, found_at };
        for _ in 0..2 {
            here.record_void(&key(1), &void).await.unwrap();
        }
        let entry = there.recall(&key(1)).await.unwrap().unwrap();
        assert_eq!((entry.void, entry.settled), (Some(void), None), "{}", place.name);
    }
}

#[tokio::test]
async fn a_payers_own_name_is_given_once() {
    let end = UnixTime::from_seconds(NOW + 60);
    let named = |nonce| Named { payment: key(nonce), valid_before: Some(end) };
    let name = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for place in places::all().await {
        let (here, there) = ledgers(&place);
        assert_eq!(there.named(name).await, Ok(None), "{}", place.name);
        assert_eq!(here.name(name, &named(1)).await, Ok(named(1)), "{}", place.name);
        assert_eq!(there.name(name, &named(2)).await, Ok(named(1)), "{}", place.name);
        assert_eq!(there.named(name).await, Ok(Some(named(1))), "{}", place.name);
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_no_missing_one() {
    for place in places::all().await {
        let (here, _) = ledgers(&place);
        here.claim(&key(1), &claim("first")).await.unwrap();
        let path = format!("payments/{}/claim.json", key(1)).into();
        for bad in ["", "{}", "{\"format\":2}", "not json"] {
            place.store.put(&path, bad.into()).await.unwrap();
            assert!(here.recall(&key(1)).await.is_err(), "{} {bad:?}", place.name);
            assert!(here.claim(&key(1), &claim("second")).await.is_err(), "{}", place.name);
        }
    }
}
