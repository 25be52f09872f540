//! A merchant among scripted neighbours that write down every call.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use merchant::adapters::content::StoreContent;
use merchant::adapters::ledger::StoreLedger;
use merchant::decisions::evidence::Evidence;
use merchant::decisions::faults::FacilitatorFault;
use merchant::decisions::gate::{self, Asked, Gate};
use merchant::decisions::object::Want;
use merchant::front::access_log::AccessLog;
use merchant::front::{Caller, Front};
use merchant::settings::Settings;
use merchant::walk::{Answer, Merchant, Sale, Trace};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    Attribute, AttributeValue, Attributes, ObjectStore, ObjectStoreExt, PutOptions,
};
use serde_json::Value;
use wire::header::{PAYMENT_HEADER_BYTES_MAX, decode_json};
use wire::{Message, PaymentKey, SettlementResponse, VerifyResponse};

use crate::neighbours::{
    HeldClock, Journal, ScriptedChain, ScriptedFacilitator, WatchedContent, WatchedLedger,
};

/// When every test begins.
pub(crate) const NOW: u64 = 1_800_000_000;
/// Where requests come from.
pub(crate) const HOME: &str = "192.0.2.1";
/// The object's bytes.
pub(crate) const OBJECT: &[u8] = b"{\"answer\":42}";

/// A merchant, its neighbours, and what they were asked.
pub(crate) struct World {
    pub(crate) merchant:
        Merchant<ScriptedFacilitator, WatchedContent, WatchedLedger, HeldClock, ScriptedChain>,
    pub(crate) records: Arc<dyn ObjectStore>,
    content: Arc<dyn ObjectStore>,
    journal: Journal,
}

/// The merchant as the server and the Lambda have it.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) front:
        Arc<Front<ScriptedFacilitator, WatchedContent, WatchedLedger, HeldClock, ScriptedChain>>,
    journal: Journal,
    /// While this is held, no record is forced to the disk.
    pub(crate) disk: Arc<tokio::sync::Mutex<()>>,
    persisted: Arc<Mutex<Vec<PaymentKey>>>,
}

/// What a payer got.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

const CONFIG: &str = r#"
public_url = "https://files.test"
pay_to = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
networks = ["base-sepolia"]
[content]
url = "memory:"
[ledger]
url = "memory:"
[facilitator]
url = "https://facilitator.test"
[[routes]]
path = "/premium/"
price = "$0.001"
description = "Answers"
[[routes]]
path = "/premium/gold/"
price = "$0.01"
[[routes]]
path = "/free/"
free = true
"#;

impl World {
    pub(crate) async fn new() -> Self {
        Self::configured("").await
    }

    /// A world whose configuration begins with these further lines.
    pub(crate) async fn configured(lines: &str) -> Self {
        Self::of_config(&format!("{lines}\n{CONFIG}")).await
    }

    /// A world whose configuration ends with these further sections.
    pub(crate) async fn with_rules(sections: &str) -> Self {
        Self::of_config(&format!("{CONFIG}\n{sections}")).await
    }

    /// A world with the ledger of another one, paid on this network only.
    pub(crate) async fn with_ledger_of(other: &Self, network: &str) -> Self {
        let mut world = Self::of_config(&CONFIG.replace("base-sepolia", network)).await;
        world.records = Arc::clone(&other.records);
        world.merchant.ledger.inner = StoreLedger::new(Arc::clone(&other.records));
        world
    }

    async fn of_config(config: &str) -> Self {
        let journal = Journal::default();
        let content: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        for key in ["premium/a", "premium/b", "premium/gold/a", "free/a.txt"] {
            content.put(&Path::parse(key).unwrap(), OBJECT.into()).await.unwrap();
        }
        let records: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let since_start = Arc::<Mutex<Duration>>::default();
        let settings = Settings::load(config, std::path::Path::new("/"), std::iter::empty());
        let settings = settings.unwrap();
        let merchant = Merchant {
            policy: Arc::new(settings.policy),
            facilitator: ScriptedFacilitator {
                verify: Arc::default(),
                settle: Arc::default(),
                asked: Arc::default(),
                takes: Mutex::default(),
                held: Mutex::default(),
                clock: Arc::clone(&since_start),
                journal: Arc::clone(&journal),
            },
            content: WatchedContent {
                inner: StoreContent::new(Arc::clone(&content)),
                broken: Arc::default(),
                journal: Arc::clone(&journal),
            },
            ledger: WatchedLedger {
                inner: StoreLedger::new(Arc::clone(&records)),
                broken: Arc::default(),
                disk: Arc::default(),
                persisted: Arc::default(),
                journal: Arc::clone(&journal),
            },
            clock: HeldClock {
                since_start,
                ids: Arc::default(),
                patient: false,
                journal: Arc::clone(&journal),
            },
            chain: ScriptedChain { answers: Mutex::default(), journal: Arc::clone(&journal) },
            rules: settings.rules,
        };
        Self { merchant, records, content, journal }
    }

    pub(crate) fn verify_answers(&self, answers: &[Result<Value, FacilitatorFault>]) {
        let read = |it: Value| VerifyResponse::from_value(it).unwrap();
        let answers = answers.iter().cloned().map(|it| it.map(read));
        self.merchant.facilitator.verify.lock().unwrap().extend(answers);
    }

    pub(crate) fn settle_answers(&self, answers: &[Result<Value, FacilitatorFault>]) {
        let read = |it: Value| SettlementResponse::from_value(it).unwrap();
        let answers = answers.iter().cloned().map(|it| it.map(read));
        self.merchant.facilitator.settle.lock().unwrap().extend(answers);
    }

    /// Puts an object up for sale, or another in its place.
    pub(crate) async fn publish(&self, key: &str, bytes: &'static [u8]) {
        self.content.put(&Path::parse(key).unwrap(), bytes.into()).await.unwrap();
    }

    /// The same with a price in its metadata.
    pub(crate) async fn publish_at(&self, key: &str, bytes: &'static [u8], price: &'static str) {
        let price = (Attribute::Metadata("x402-price".into()), AttributeValue::from(price));
        let options = PutOptions::from(Attributes::from_iter([price]));
        let path = Path::parse(key).unwrap();
        self.content.put_opts(&path, bytes.into(), options).await.unwrap();
    }

    /// Takes an object away.
    pub(crate) async fn withdraw(&self, key: &str) {
        self.content.delete(&Path::parse(key).unwrap()).await.unwrap();
    }

    /// What the chain says when it is asked; nothing further is as if no endpoint were configured.
    pub(crate) fn chain_says(&self, answers: &[Evidence]) {
        let answers = answers.iter().copied().map(Some);
        self.merchant.chain.answers.lock().unwrap().extend(answers);
    }

    /// Moves the clock.
    pub(crate) fn pass(&self, span: Duration) {
        *self.merchant.clock.since_start.lock().unwrap() += span;
    }

    /// The calls since the last look, in order.
    pub(crate) fn calls(&self) -> String {
        std::mem::take(&mut *self.journal.lock().unwrap()).join(", ")
    }

    /// The requests that the facilitator got, as it got them.
    pub(crate) fn facilitator_asked(&self) -> Vec<Bytes> {
        self.merchant.facilitator.asked.lock().unwrap().clone()
    }

    /// A GET with these headers.
    pub(crate) async fn get(&self, target: &str, headers: &[(&str, String)]) -> Got {
        self.ask("GET", target, headers).await
    }

    /// A GET from another address.
    pub(crate) async fn get_from(
        &self,
        client: &str,
        target: &str,
        headers: &[(&str, String)],
    ) -> Got {
        self.ask_from(client, "GET", target, headers).await
    }

    /// A request, as the server would pass it on.
    pub(crate) async fn ask(&self, method: &str, target: &str, headers: &[(&str, String)]) -> Got {
        self.ask_from(HOME, method, target, headers).await
    }

    /// Takes away what a power cut may take: records that nobody forced to the disk yet.
    pub(crate) async fn cut_the_power(&self, which: &str) {
        let listed: Vec<_> = self.records.list(None).map(|it| it.unwrap().location).collect().await;
        let lost: Vec<_> = listed.iter().filter(|it| it.as_ref().contains(which)).collect();
        assert_eq!(lost.len(), 1, "{which}");
        self.records.delete(lost[0]).await.unwrap();
    }

    /// The merchant behind the front that every door shares.
    pub(crate) fn behind_a_door(mut self, persisting_first: bool) -> Door {
        self.merchant.clock.patient = true;
        let ledger = &self.merchant.ledger;
        let (disk, persisted) = (Arc::clone(&ledger.disk), Arc::clone(&ledger.persisted));
        let front = Front::new(self.merchant, AccessLog::off(), 8);
        let front = if persisting_first { front.persisting_first() } else { front };
        Door { front: Arc::new(front), journal: self.journal, disk, persisted }
    }

    async fn ask_from(
        &self,
        client: &str,
        method: &str,
        target: &str,
        headers: &[(&str, String)],
    ) -> Got {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let map = header_map(headers);
        let policy = &self.merchant.policy;
        let asked = Asked { method: &method, target, headers: &map };
        let answer = match gate::judge(policy, asked) {
            Gate::Answered(reply) => Answer::Reply(reply),
            Gate::Free(path, want) => self.merchant.give(&path, &want).await,
            Gate::Quoted(route, path, person) => self.merchant.quote(route, &path, person).await,
            Gate::Document(document, path, want) => {
                self.merchant.publish(document, &path, &want).await
            }
            Gate::Paid(route, path, payment) => {
                let url = policy.url(&path);
                let sale = Sale::new(route, &path, url, &payment, Some(client));
                let sale = sale.wanting(Want::of_headers(&map));
                Box::pin(self.merchant.sell(&sale, &mut Trace::default())).await
            }
        };
        Got::of(answer).await
    }
}

impl Door {
    /// A GET.
    pub(crate) async fn get(&self, target: &str, headers: &[(&str, String)]) -> Got {
        let map = header_map(headers);
        let asked = Asked { method: &Method::GET, target, headers: &map };
        let caller = Caller { peer: HOME.parse().ok(), ..Caller::default() };
        let (answer, _line) = self.front.answer(asked, caller).await;
        Got::of(answer).await
    }

    /// The calls since the last look, in order.
    pub(crate) fn calls(&self) -> String {
        std::mem::take(&mut *self.journal.lock().unwrap()).join(", ")
    }

    /// How many settlements were forced to the disk.
    pub(crate) fn persisted(&self) -> usize {
        self.persisted.lock().unwrap().len()
    }
}

fn header_map(headers: &[(&str, String)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::try_from(*name).unwrap();
        map.append(name, HeaderValue::try_from(value).unwrap());
    }
    map
}

impl Got {
    async fn of(answer: Answer) -> Self {
        match answer {
            Answer::Reply(reply) => {
                let json: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
                let error = json.get("error").and_then(Value::as_str).unwrap_or(reply.code);
                let (status, headers) = (reply.status, reply.headers);
                Self { status, code: error.to_owned(), headers, body: reply.body.to_vec() }
            }
            Answer::Object(delivery) => {
                let chunks: Vec<_> = delivery.body.collect().await;
                let body = chunks.into_iter().flat_map(|it| it.unwrap().to_vec()).collect();
                let (status, headers) = (delivery.status, delivery.headers);
                Self { status, code: "object".into(), headers, body }
            }
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|it| it.to_str().unwrap())
    }

    /// A base64 JSON header, decoded.
    pub(crate) fn message(&self, name: &str) -> Option<Value> {
        let json = decode_json(self.header(name)?.as_bytes(), 2 * PAYMENT_HEADER_BYTES_MAX);
        Some(serde_json::from_slice(&json.unwrap()).unwrap())
    }

    /// Status and code, for tables.
    pub(crate) fn ending(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.code)
    }

    /// Is a new payment invited? Either sign of it counts.
    pub(crate) fn invites_payment(&self) -> bool {
        self.status == StatusCode::PAYMENT_REQUIRED || self.headers.contains_key("payment-required")
    }
}
