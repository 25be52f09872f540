//! The content's contract, on every storage: what was opened is what is sent, whole or in part.

use std::sync::Arc;

use futures_util::TryStreamExt;
use merchant::adapters::content::StoreContent;
use merchant::decisions::faults::ContentFault;
use merchant::decisions::object::{ByteRange, Want};
use merchant::ports::{Content, Opened};
use object_store::path::Path;
use object_store::{Attribute, AttributeValue, Attributes, ObjectStore, PutOptions};

use crate::places::{self, Place, put};
use crate::s3::S3;

const GOODS: &[u8] = b"0123456789";

fn content(place: &Place) -> StoreContent {
    StoreContent::new(Arc::clone(&place.store))
}

async fn bytes(opened: Opened) -> Result<Vec<u8>, ContentFault> {
    opened
        .body
        .try_fold(Vec::new(), |all, chunk| async move { Ok([all, chunk.to_vec()].concat()) })
        .await
}

/// The bytes of an object, or the fault.
async fn read(content: &StoreContent, key: &str, want: &Want) -> Result<Vec<u8>, ContentFault> {
    bytes(content.open(key, want).await?).await
}

#[tokio::test]
async fn an_object_is_sent_with_what_the_storage_knows_of_it() {
    for place in places::all().await {
        let (content, name) = (content(&place), place.name);
        put(&place.store, "a/b.json", GOODS).await;
        let opened = content.open("a/b.json", &Want::whole()).await.unwrap();
        let facts = opened.facts.clone();
        assert_eq!((facts.pin.key.as_str(), facts.pin.size), ("a/b.json", 10), "{name}");
        assert_eq!(facts.range, 0..10, "{name}");
        assert_eq!(facts.content_type.as_deref(), Some("application/json"), "{name}");
        let etag = facts.pin.etag.clone().unwrap();
        assert!(etag.starts_with('"') && etag.ends_with('"'), "{name} {etag}");
        assert!(facts.last_modified.unwrap().ends_with(" GMT"), "{name}");
        assert_eq!(bytes(opened).await.unwrap(), GOODS, "{name}");
        let known = Want { if_none_match: Some(format!("W/\"x\", {etag}")), ..Want::whole() };
        let unchanged = read(&content, "a/b.json", &known).await;
        assert!(
            matches!(&unchanged, Err(ContentFault::NotModified(it)) if it.pin == facts.pin),
            "{name}"
        );
    }
}

/// Read with the object and without it, so that a challenge and a payment see the same price.
#[tokio::test]
async fn an_object_says_what_it_costs_where_the_storage_keeps_metadata() {
    let mut told = Vec::new();
    for place in places::all().await {
        let (content, name) = (content(&place), place.name);
        put(&place.store, "plain.json", GOODS).await;
        let price = (Attribute::Metadata("x402-price".into()), AttributeValue::from("$0.05"));
        let options = PutOptions::from(Attributes::from_iter([price]));
        let path = Path::from("dear.json");
        let kept = place.store.put_opts(&path, GOODS.into(), options).await.is_ok();
        let expected = kept.then(|| "$0.05".to_owned());
        for (key, price) in [("dear.json", expected), ("plain.json", None)] {
            let looked = content.look(key).await;
            if !kept && key == "dear.json" {
                assert_eq!(looked, Err(ContentFault::Missing), "{name}");
                continue;
            }
            let (looked, opened) =
                (looked.unwrap(), content.open(key, &Want::whole()).await.unwrap());
            assert_eq!((&looked.price, &opened.facts.price), (&price, &price), "{name} {key}");
            assert_eq!(looked.pin, opened.facts.pin, "{name} {key}");
        }
        assert_eq!(content.look("nothing").await, Err(ContentFault::Missing), "{name}");
        told.extend(kept.then_some(name));
    }
    assert!(told.contains(&"memory") && !told.contains(&"folder"), "{told:?}");
}

#[tokio::test]
async fn ranges_are_right_to_the_byte() {
    use ByteRange::{Bounded, From, Last};
    for place in places::all().await {
        let content = content(&place);
        put(&place.store, "a.bin", GOODS).await;
        #[rustfmt::skip]
        let rows: [(ByteRange, Result<&[u8], ContentFault>); 9] = [
            (Bounded(0, 0),   Ok(b"0")),
            (Bounded(2, 5),   Ok(b"2345")),
            (Bounded(8, 99),  Ok(b"89")),
            (From(7),         Ok(b"789")),
            (Last(3),         Ok(b"789")),
            (Last(99),        Ok(GOODS)),
            (From(10),        Err(ContentFault::OutsideRange(10))),
            (Bounded(10, 12), Err(ContentFault::OutsideRange(10))),
            (Last(0),         Err(ContentFault::OutsideRange(10))),
        ];
        for (range, expected) in rows {
            let want = Want { range: Some(range), ..Want::whole() };
            let got = read(&content, "a.bin", &want).await;
            assert_eq!(got.as_deref(), expected.as_ref().copied(), "{} {range:?}", place.name);
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_missing_and_no_fault() {
    for place in places::all().await {
        let content = content(&place);
        put(&place.store, "folder/a.txt", GOODS).await;
        for key in ["nothing", "folder", "folder/nothing", "folder/a.txt/b", "Folder/a.txt"] {
            let got = read(&content, key, &Want::whole()).await;
            assert_eq!(got, Err(ContentFault::Missing), "{} {key}", place.name);
        }
    }
}

#[tokio::test]
async fn names_with_all_kinds_of_characters_are_found() {
    for place in places::all().await {
        let content = content(&place);
        for key in ["a b/c+d.txt", "café/日本.txt", "it's (a) [file]!.txt", "a=b&c,d;e@f.txt"] {
            let Ok(path) = Path::parse(key) else { panic!("{key}") };
            object_store::ObjectStoreExt::put(&*place.store, &path, GOODS.into()).await.unwrap();
            let got = read(&content, key, &Want::whole()).await;
            assert_eq!(got.as_deref(), Ok(GOODS), "{} {key}", place.name);
        }
    }
}

#[tokio::test]
async fn what_was_opened_is_what_is_sent_even_when_it_is_replaced() {
    for place in places::all().await.iter().filter(|it| it.name != "memory") {
        let content = content(place);
        put(&place.store, "a.txt", GOODS).await;
        let opened = content.open("a.txt", &Want::whole()).await.unwrap();
        let pin = opened.facts.pin.clone();
        put(&place.store, "a.txt", b"another text").await;
        assert_eq!(bytes(opened).await.unwrap(), GOODS, "{}", place.name);
        let reopened = content.reopen(&pin, &Want::whole()).await;
        assert_eq!(reopened.err(), Some(ContentFault::Replaced), "{}", place.name);
    }
}

#[tokio::test]
async fn a_bucket_with_versions_gives_what_was_sold() {
    let Some(s3) = S3::start(&["files"]).await else { return };
    s3.keep_versions("files").await;
    s3.object("files", "a.txt", &[("content-encoding", "gzip")], GOODS).await;
    let content = StoreContent::new(places::open(&s3.url("files")));
    let opened = content.open("a.txt", &Want::whole()).await.unwrap();
    let pin = opened.facts.pin.clone();
    assert!(pin.version.is_some());
    assert_eq!(opened.facts.metadata[0].1, "gzip");
    s3.object("files", "a.txt", &[], b"another text").await;
    let reopened = content.reopen(&pin, &Want::whole()).await.unwrap();
    assert_eq!(reopened.facts.pin, pin);
    assert_eq!(bytes(reopened).await.unwrap(), GOODS);
    let part = Want { range: Some(ByteRange::Last(2)), ..Want::whole() };
    assert_eq!(bytes(content.reopen(&pin, &part).await.unwrap()).await.unwrap(), b"89");
}
