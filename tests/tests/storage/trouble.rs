//! S3 on its bad days: conflicts, errors, silence and answers that break off. No claim is lost, none
//! is won twice, and no file is mixed from two.

use std::time::Duration;

use futures_util::TryStreamExt;
use merchant::adapters::content::StoreContent;
use merchant::adapters::ledger::StoreLedger;
use merchant::decisions::faults::{ContentFault, LedgerFault};
use merchant::decisions::object::Want;
use merchant::ports::{Claimed, Content, Ledger, Opened, Recorded};

use crate::payments::{claim, key, settled};
use crate::places::open;
use crate::proxy::{Proxy, Trouble};
use crate::s3::{S3, url_at};

struct World {
    s3: S3,
    proxy: Proxy,
    ledger: StoreLedger,
    content: StoreContent,
}

async fn world() -> Option<World> {
    let s3 = S3::start(&["ledger", "files"]).await?;
    let proxy = Proxy::before(&s3.address).await;
    let ledger = StoreLedger::new(open(&url_at("ledger", &proxy.address)));
    let content = StoreContent::new(open(&url_at("files", &proxy.address)));
    Some(World { s3, proxy, ledger, content })
}

#[tokio::test]
async fn one_bad_answer_costs_no_claim() {
    let Some(World { s3: _s3, proxy, ledger, .. }) = world().await else { return };
    #[rustfmt::skip]
    let rows = [
        // What S3 does to the first create              and what it means
        Trouble::Refuse(409),                         // two creates raced and neither won
        Trouble::Refuse(500),
        Trouble::Refuse(503),
        Trouble::Close,
        Trouble::Forget(500),                         // written, and the answer says it was not
        Trouble::Forget(503),
        Trouble::Forget(409),
        Trouble::Cut(0),                              // written, and no answer at all
        Trouble::Slow(Duration::from_millis(300)),
    ];
    for (nonce, trouble) in (1..).zip(rows) {
        proxy.plan("PUT /ledger/payments", trouble);
        let claimed = ledger.claim(&key(nonce), &claim("first")).await;
        assert_eq!(claimed, Ok(Claimed::Won), "{trouble:?}");
        let Ok(Claimed::Taken(entry)) = ledger.claim(&key(nonce), &claim("second")).await else {
            panic!("claimed twice after {trouble:?}");
        };
        assert_eq!(entry.claim.id, "first", "{trouble:?}");
    }
}

/// R11. "Already exists" alone proves nothing: the record is read before anyone is refused.
#[tokio::test]
async fn a_conflict_without_a_record_refuses_nobody() {
    let Some(World { s3: _s3, proxy, ledger, .. }) = world().await else { return };
    for status in [409, 412] {
        let nonce = u8::try_from(status - 400).unwrap();
        for _ in 0..2 {
            proxy.plan("PUT /ledger/payments", Trouble::Refuse(status));
        }
        let claimed = ledger.claim(&key(nonce), &claim("first")).await;
        assert_eq!(claimed, Ok(Claimed::Won), "{status}");
    }
    proxy.always(Trouble::None);
    for _ in 0..8 {
        proxy.plan("PUT /ledger/payments", Trouble::Refuse(409));
    }
    let claimed = ledger.claim(&key(1), &claim("first")).await;
    assert!(matches!(claimed, Err(LedgerFault::Unavailable(_))), "{claimed:?}");
}

#[tokio::test]
async fn racing_claims_through_trouble_have_one_winner() {
    let Some(World { s3: _s3, proxy, ledger, .. }) = world().await else { return };
    let troubles = [409, 500, 503].map(Trouble::Refuse).into_iter();
    let troubles: Vec<_> = troubles.chain([Trouble::Forget(500), Trouble::Cut(0)]).collect();
    for round in 0..10 {
        for trouble in &troubles {
            proxy.plan("PUT /ledger/payments", *trouble);
        }
        let racers = (0..8).map(|racer| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                let claim = claim(&format!("{round}-{racer}"));
                (claim.id.clone(), ledger.claim(&key(round), &claim).await)
            })
        });
        let mut winners = Vec::new();
        for racer in racers.collect::<Vec<_>>() {
            let (id, claimed) = racer.await.unwrap();
            if claimed == Ok(Claimed::Won) {
                winners.push(id);
            }
        }
        let entry = ledger.recall(&key(round)).await.unwrap().unwrap();
        assert!(winners.len() <= 1, "round {round}: {winners:?}");
        assert!(winners.iter().all(|it| *it == entry.claim.id), "round {round}");
    }
}

#[tokio::test]
async fn a_record_of_a_settlement_survives_trouble() {
    let Some(World { s3: _s3, proxy, ledger, .. }) = world().await else { return };
    ledger.claim(&key(1), &claim("first")).await.unwrap();
    proxy.plan("settled.json", Trouble::Forget(500));
    proxy.plan("PUT /ledger/transactions", Trouble::Refuse(503));
    assert_eq!(ledger.record_settled(&key(1), &settled(1)).await, Ok(Recorded::Done));
    proxy.plan("GET /ledger/payments", Trouble::Refuse(503));
    let entry = ledger.recall(&key(1)).await.unwrap().unwrap();
    assert_eq!(entry.settled, Some(settled(1)));
}

#[tokio::test]
async fn a_ledger_that_is_down_says_so_within_its_budget() {
    let Some(World { s3: _s3, proxy, ledger, .. }) = world().await else { return };
    for trouble in
        [Trouble::Refuse(500), Trouble::Refuse(503), Trouble::Refuse(403), Trouble::Close]
    {
        proxy.always(trouble);
        let (key, claim) = (key(1), claim("first"));
        let budget = Duration::from_secs(3);
        let recalled = tokio::time::timeout(budget, ledger.recall(&key)).await;
        let recalled = recalled.expect("an answer in time");
        assert!(matches!(recalled, Err(LedgerFault::Unavailable(_))), "{trouble:?}: {recalled:?}");
        let claimed = tokio::time::timeout(budget, ledger.claim(&key, &claim)).await;
        let claimed = claimed.expect("an answer in time");
        assert!(matches!(claimed, Err(LedgerFault::Unavailable(_))), "{trouble:?}: {claimed:?}");
    }
}

async fn bytes(opened: Opened) -> Result<Vec<u8>, ContentFault> {
    opened
        .body
        .try_fold(Vec::new(), |all, chunk| async move { Ok([all, chunk.to_vec()].concat()) })
        .await
}

#[tokio::test]
async fn a_body_that_breaks_off_is_read_on_from_the_same_object_or_not_at_all() {
    let Some(World { s3, proxy, content, .. }) = world().await else { return };
    let large: Vec<u8> = (0..300_000_u32).map(|it| it.to_le_bytes()[0]).collect();
    s3.object("files", "a.bin", &[], &large).await;
    proxy.plan("GET /files/a.bin", Trouble::HeadOnly);
    proxy.plan("GET /files/a.bin", Trouble::Cut(50_000));
    let opened = content.open("a.bin", &Want::whole()).await.unwrap();
    assert!(bytes(opened).await.unwrap() == large, "read on twice");
    proxy.plan("GET /files/a.bin", Trouble::Cut(50_000));
    let opened = content.open("a.bin", &Want::whole()).await.unwrap();
    let other = vec![0; large.len()];
    s3.object("files", "a.bin", &[], &other).await;
    let got = bytes(opened).await;
    assert!(matches!(got, Err(ContentFault::Unavailable(_))), "never from another object");
}

/// A settlement may take longer than the storage keeps an idle body open.
#[tokio::test]
async fn a_body_that_died_while_a_payment_settled_is_opened_again_in_its_version() {
    let Some(World { s3, proxy, content, .. }) = world().await else { return };
    s3.keep_versions("files").await;
    let large: Vec<u8> = (0..300_000_u32).map(|it| it.to_le_bytes()[0]).collect();
    s3.object("files", "a.bin", &[], &large).await;
    proxy.plan("GET /files/a.bin", Trouble::Cut(50_000));
    let opened = content.open("a.bin", &Want::whole()).await.unwrap();
    s3.object("files", "a.bin", &[], b"another text").await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(bytes(opened).await.unwrap() == large, "the version that was opened");
    let asked = proxy.seen();
    assert!(asked.iter().any(|line| line.contains("versionId=")), "{asked:?}");
}

#[tokio::test]
async fn a_missing_object_is_missing_and_a_forbidden_one_is_not() {
    let Some(World { s3: _s3, proxy, content, .. }) = world().await else { return };
    let missing = content.open("nothing", &Want::whole()).await.err();
    assert_eq!(missing, Some(ContentFault::Missing));
    proxy.always(Trouble::Refuse(403));
    let forbidden = content.open("nothing", &Want::whole()).await.err();
    assert!(matches!(forbidden, Some(ContentFault::Unavailable(_))), "{forbidden:?}");
}
