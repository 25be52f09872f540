//! Buckets of other services than Amazon's: that a URL of the configuration leads to the service, and
//! that records are created there and never replaced. The services themselves are stood in for.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use merchant::adapters::content::StoreContent;
use merchant::adapters::ledger::StoreLedger;
use merchant::adapters::stores;
use merchant::decisions::object::{ByteRange, Want};
use merchant::ports::{Claimed, Content, Ledger, Recorded};
use merchant::settings::Settings;
use object_store::path::Path;

use crate::cloud::{Cloud, Dialect};
use crate::payments::{claim, key, settled};
use crate::places::settings_in as settings;

type Environment<'a> = &'a [(&'a str, &'a str)];

/// Each service: its URL, and what the environment says about it.
async fn services() -> Vec<(&'static str, Cloud, Settings)> {
    let google = Cloud::start(Dialect::Google).await;
    let key = r#"{"private_key":"","private_key_id":"","client_email":"","disable_oauth":true}"#;
    let environment = [("GOOGLE_BASE_URL", &*google.url), ("GOOGLE_SERVICE_ACCOUNT_KEY", key)];
    let of_google = settings("gs://files/ledger", &environment);
    let azure = Cloud::start(Dialect::Azure).await;
    let environment =
        [("AZURE_STORAGE_ENDPOINT", &*azure.url), ("AZURE_STORAGE_ACCOUNT_KEY", "aHVzaA==")];
    let of_azure = settings("az://shop/files/ledger", &environment);
    vec![("Google", google, of_google), ("Azure", azure, of_azure)]
}

#[tokio::test]
async fn a_payment_is_claimed_once_and_recorded() {
    for (name, cloud, settings) in services().await {
        let store = stores::ledger(&settings.ledger, &settings.cloud).unwrap();
        let (here, there) = (StoreLedger::new(Arc::clone(&store)), StoreLedger::new(store));
        assert_eq!(here.recall(&key(1)).await, Ok(None), "{name}");
        assert_eq!(here.claim(&key(1), &claim("first")).await, Ok(Claimed::Won), "{name}");
        let Ok(Claimed::Taken(entry)) = there.claim(&key(1), &claim("second")).await else {
            panic!("{name}: claimed twice");
        };
        assert_eq!(entry.claim.id, "first", "{name}");
        let record = settled(1);
        assert_eq!(here.record_settled(&key(1), &record).await, Ok(Recorded::Done), "{name}");
        let entry = there.recall(&key(1)).await.unwrap().unwrap();
        assert_eq!(entry.settled, Some(record), "{name}");
        let keys = cloud.keys();
        assert!(!keys.is_empty() && keys.iter().all(|it| it.starts_with("ledger/")), "{keys:?}");
    }
}

#[tokio::test]
async fn an_object_is_read_whole_and_in_part() {
    for (name, _cloud, settings) in services().await {
        let store = stores::ledger(&settings.ledger, &settings.cloud).unwrap();
        let create = object_store::PutMode::Create.into();
        store.put_opts(&Path::from("a.txt"), "0123456789".into(), create).await.unwrap();
        let content = StoreContent::new(store);
        let part = Want { range: Some(ByteRange::Bounded(2, 5)), ..Want::whole() };
        for (want, expected) in [(Want::whole(), "0123456789"), (part, "2345")] {
            let opened = content.open("a.txt", &want).await.unwrap();
            assert_eq!(opened.facts.pin.size, 10, "{name}");
            let bytes: Vec<_> = opened.body.try_collect().await.unwrap();
            assert_eq!(bytes.concat(), expected.as_bytes(), "{name}");
        }
    }
}

/// What a signed link shows without asking anybody: host, path, region and key.
#[tokio::test]
async fn a_url_of_the_configuration_leads_to_its_service() {
    let amazon =
        [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "eu-west-1")];
    let azure = [("AZURE_STORAGE_ACCOUNT_KEY", "aHVzaA==")];
    #[rustfmt::skip]
    let rows: [(&str, Environment, &str, &str); 3] = [
        ("s3://files/shop",         &amazon, "https://files.s3.eu-west-1.amazonaws.com/shop/a.txt?",   "%2Feu-west-1%2Fs3%2F"),
        ("r2://abc123/files/shop",  &amazon, "https://abc123.r2.cloudflarestorage.com/files/shop/a.txt?", "%2Fauto%2Fs3%2F"),
        ("az://shop/files/shop",    &azure,  "https://shop.blob.core.windows.net/files/shop/a.txt?",   "sig="),
    ];
    for (url, environment, place, part) in rows {
        let settings = settings(url, environment);
        let (_, bucket) = stores::content(&settings.ledger.location, &settings.cloud).unwrap();
        let (method, key) = (hyper::Method::GET, Path::from("shop/a.txt"));
        let signer = bucket.unwrap().signer;
        let link = signer.signed_url(method, &key, Duration::from_mins(1)).await.unwrap();
        assert!(link.as_str().starts_with(place) && link.as_str().contains(part), "{link}");
    }
}
