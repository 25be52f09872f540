//! An answer goes out when its sale is on record; the disk may take longer, whatever becomes of the
//! client, and what a power cut takes in between is found out by the next request.

use std::time::Duration;

use merchant::decisions::evidence::Evidence;
use tokio::task::yield_now;
use wire::TxHash;

use crate::payments::*;
use crate::world::{Door, OBJECT, World};

const SEEN: Evidence = Evidence::Settled(TxHash::new([0x11; 32]));
const SALE: &str = "recall, open, verify, claim, settle, record";

async fn door(persisting_first: bool) -> Door {
    let world = World::new().await;
    world.verify_answers(&[Ok(valid())]);
    world.settle_answers(&[Ok(settled())]);
    world.behind_a_door(persisting_first)
}

/// Lets everything that can run, run.
async fn settle_down() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[tokio::test]
async fn the_answer_does_not_wait_for_the_disk() {
    let door = door(false).await;
    let disk = door.disk.clone().lock_owned().await;
    let got = door.get("/premium/a", &[header(&payment())]).await;
    assert_eq!((got.ending().as_str(), &got.body[..]), ("200 object", OBJECT));
    settle_down().await;
    assert_eq!((door.calls().as_str(), door.persisted()), (SALE, 0));

    // Who asks again meanwhile is answered from the record.
    let again = door.get("/premium/a", &[header(&payment())]).await;
    assert_eq!(again.ending(), "200 object");
    assert_eq!(door.calls(), "recall, open, owns, open", "nothing is asked of the facilitator");
    drop(disk);
    door.front.finish(Duration::from_mins(1)).await;
    assert_eq!(door.persisted(), 1);
}

#[tokio::test]
async fn the_record_is_made_to_last_though_the_client_hung_up() {
    let door = door(false).await;
    let paid = [header(&payment())];
    let mut asking = Box::pin(door.get("/premium/a", &paid));
    assert!(futures_util::poll!(&mut asking).is_pending());
    drop(asking);
    door.front.finish(Duration::from_mins(1)).await;
    assert_eq!((door.calls().as_str(), door.persisted()), (SALE, 1));
}

#[tokio::test]
async fn shutting_down_waits_for_the_disk() {
    let door = door(false).await;
    let disk = door.disk.clone().lock_owned().await;
    assert_eq!(door.get("/premium/a", &[header(&payment())]).await.ending(), "200 object");
    let front = door.front.clone();
    let finishing = tokio::spawn(async move { front.finish(Duration::from_mins(1)).await });
    settle_down().await;
    assert!(!finishing.is_finished());
    drop(disk);
    finishing.await.unwrap();
    assert_eq!(door.persisted(), 1);
}

#[tokio::test]
async fn where_the_process_is_frozen_after_the_answer_the_disk_comes_first() {
    let door = door(true).await;
    let disk = door.disk.clone().lock_owned().await;
    let asking = tokio::spawn({
        let door = door.clone();
        async move { door.get("/premium/a", &[header(&payment())]).await }
    });
    settle_down().await;
    assert!(!asking.is_finished());
    drop(disk);
    assert_eq!(asking.await.unwrap().ending(), "200 object");
    assert_eq!(door.persisted(), 1);
}

/// A power cut took records that were not forced to the disk. The buyer gets the object again, and
/// nobody pays twice.
#[tokio::test]
async fn what_a_power_cut_took_is_found_out_by_the_next_request() {
    let both: &[&str] = &["/settled.json", "transactions/"];
    let taken = "recall, open, take over, open";
    #[rustfmt::skip]
    let rows = [
        // lost              chain        settle answers        calls
        (both,               vec![SEEN],  vec![],               format!("{taken}, chain, record")),
        (both,               vec![],      vec![Ok(settled())],  format!("{taken}, settle, record")),
        (&both[..1],         vec![SEEN],  vec![],               format!("{taken}, chain, record")),
        (&both[..1],         vec![],      vec![Ok(settled())],  format!("{taken}, settle, record")),
        (&both[1..],         vec![],      vec![],               "recall, open, owns, record, open".into()),
    ];
    for (lost, evidence, settle, calls) in rows {
        let world = World::new().await;
        world.verify_answers(&[Ok(valid())]);
        world.settle_answers(&[Ok(settled())]);
        let got = world.get("/premium/a", &[header(&payment())]).await;
        assert_eq!(got.ending(), "200 object");
        for record in lost {
            world.cut_the_power(record).await;
        }
        // Whoever held the claim is gone: its lease must end.
        world.pass(Duration::from_secs(31));
        world.calls();
        world.settle_answers(&settle);
        world.chain_says(&evidence);
        let got = world.get("/premium/a", &[header(&payment())]).await;
        assert_eq!((got.ending().as_str(), &got.body[..]), ("200 object", OBJECT), "{lost:?}");
        assert_eq!(world.calls(), calls, "{lost:?}");
        let asked = world.facilitator_asked();
        assert!(asked.iter().all(|it| *it == asked[0]), "always the same bytes");
        for record in both {
            world.cut_the_power(record).await; // It was there again.
        }
    }
}
