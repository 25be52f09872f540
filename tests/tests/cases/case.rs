//! A case as a value, and the one way in which all of them are played.

use std::time::Duration;

use serde_json::Value;

use crate::alarms;
use crate::http::{self, Reply};
use crate::http2;
use crate::market::{GOODS, Market, Shop, VIEWER};
use crate::pay::Pay;
use crate::stub::Saying;
use crate::watch::How;

/// The calls of a sale as it should be.
pub(crate) const SALE: &str = "recall, open, verify, claim, settle, record";
/// The calls of a delivery to who bought before.
pub(crate) const AGAIN: &str = "recall, open, owns, reopen";
/// What a sale leaves in the ledger.
pub(crate) const SOLD: &str = "claim settled transaction";
/// What so many sales leave in the ledger.
pub(crate) fn sold(times: usize) -> String {
    let kinds = SOLD.split(' ').flat_map(|kind| std::iter::repeat_n(kind, times));
    kinds.collect::<Vec<_>>().join(" ")
}

/// How a delivery ends.
pub(crate) const SERVED: &str = "200 object";

/// One case: what is sent, what must come back, and what must have happened on the way.
pub(crate) struct Case {
    id: &'static str,
    differs: Option<&'static str>,
    scenes: Vec<Scene>,
}

/// What happens in one market.
#[derive(Default)]
struct Scene {
    shop: Shop,
    steps: Vec<Step>,
    leaves: String,
    earns: u64,
}

enum Step {
    Ask { ask: Box<Ask>, ending: &'static str, calls: &'static str },
    Look(Look),
    Alarm(&'static str),
    Act(Act),
}

type Look = Box<dyn Fn(&Market, &Reply) + Send>;
type Act = Box<dyn Fn(&Market) + Send>;

/// A request.
pub(crate) struct Ask {
    method: &'static str,
    path: &'static str,
    client: &'static str,
    headers: Vec<(&'static str, String)>,
    payment: Option<Pay>,
    http2: bool,
}

/// A GET of this path.
pub(crate) fn get(path: &'static str) -> Ask {
    let (client, headers) = ("192.0.2.1", Vec::new());
    Ask { method: "GET", path, client, headers, payment: None, http2: false }
}

/// A GET of `/premium/a` with this payment.
pub(crate) fn buy(payment: Pay) -> Ask {
    get("/premium/a").paying(payment)
}

impl Ask {
    pub(crate) fn paying(self, payment: Pay) -> Self {
        Self { payment: Some(payment), ..self }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    /// From another address than the others.
    pub(crate) fn from(self, client: &'static str) -> Self {
        Self { client, ..self }
    }

    pub(crate) fn over_http2(self) -> Self {
        Self { http2: true, ..self }
    }

    /// Sends it. The payment answers the challenge of its offer's path, which is asked for first.
    async fn send(&self, market: &Market) -> Reply {
        let mut headers = self.headers.clone();
        headers.push((VIEWER, self.client.to_owned()));
        if let Some(payment) = &self.payment {
            let path = payment.offer_of.unwrap_or(self.path);
            let challenge = http::ask(market.address, "GET", path, &[]).await;
            assert_eq!(market.calls.take(), "", "a request without a payment does no IO");
            let challenge = challenge.message("payment-required").expect("a challenge");
            headers.extend(payment.headers(&challenge, market.sandbox.chain().now()));
        }
        let headers: Vec<_> = headers.iter().map(|(name, it)| (*name, it.as_str())).collect();
        if self.http2 {
            return http2::ask(market.address, self.method, self.path, &headers).await;
        }
        http::ask(market.address, self.method, self.path, &headers).await
    }
}

impl Case {
    /// A case that leaves nothing in the ledger and earns nothing, until told otherwise.
    pub(crate) fn new(id: &'static str) -> Self {
        Self { id, differs: None, scenes: vec![Scene::default()] }
    }

    /// What the design decides otherwise than the list of cases, and why.
    pub(crate) fn differs(self, why: &'static str) -> Self {
        Self { differs: Some(why), ..self }
    }

    /// What follows happens in a market of its own, with a merchant like this.
    pub(crate) fn at(mut self, shop: Shop) -> Self {
        let fresh = Scene { shop, ..Scene::default() };
        match self.scenes.last_mut() {
            Some(scene) if scene.steps.is_empty() => *scene = fresh,
            Some(_) | None => self.scenes.push(fresh),
        }
        self
    }

    /// A request, its status and code, and every call that it made, in order.
    pub(crate) fn ask(self, ask: Ask, ending: &'static str, calls: &'static str) -> Self {
        self.step(Step::Ask { ask: Box::new(ask), ending, calls })
    }

    /// Looks closer at the last reply, or at what was left behind.
    pub(crate) fn then(self, look: impl Fn(&Market, &Reply) + Send + 'static) -> Self {
        self.step(Step::Look(Box::new(look)))
    }

    /// The last request told the operator this, as an error.
    pub(crate) fn alarms(self, line: &'static str) -> Self {
        self.step(Step::Alarm(line))
    }

    /// Something happens in the market.
    pub(crate) fn act(self, act: impl Fn(&Market) + Send + 'static) -> Self {
        self.step(Step::Act(Box::new(act)))
    }

    /// The sandbox is ordered to do wrong.
    pub(crate) fn fault(self, spelling: impl Into<String>) -> Self {
        let spelling = spelling.into();
        self.act(move |market| market.sandbox.faults().order(&spelling).unwrap())
    }

    /// From now on these calls to a storage fail.
    pub(crate) fn broken(self, calls: &'static [(&'static str, How)]) -> Self {
        self.act(move |market| market.calls.fail(calls))
    }

    /// Time passes, and a block comes with it.
    pub(crate) fn later(self, seconds: u64) -> Self {
        self.act(move |market| {
            market.sandbox.chain().advance(Duration::from_secs(seconds));
            market.sandbox.chain().mine();
        })
    }

    /// A facilitator that is a stub answers this next.
    pub(crate) fn says(self, saying: Saying) -> Self {
        self.act(move |market| {
            let stub = market.stub.as_ref().expect("the facilitator is a stub");
            stub.next.lock().unwrap().push_back(saying.clone());
        })
    }

    /// What is in this market's ledger at the end, and what its payee has, in atomic units.
    pub(crate) fn leaves(mut self, records: impl Into<String>, earned: u64) -> Self {
        let scene = self.scenes.last_mut().unwrap();
        (scene.leaves, scene.earns) = (records.into(), earned);
        self
    }

    fn step(mut self, step: Step) -> Self {
        self.scenes.last_mut().unwrap().steps.push(step);
        self
    }

    async fn play(self) {
        let id = self.id;
        assert!(self.differs.is_none_or(|it| it.len() > 20), "{id} differs, but does not say why");
        for (number, scene) in self.scenes.into_iter().enumerate() {
            scene.play(&format!("{id}, market {}", number + 1)).await;
        }
    }
}

impl Scene {
    async fn play(self, id: &str) {
        let market = Market::open(self.shop).await;
        let mut last = None;
        for (number, step) in self.steps.into_iter().enumerate() {
            match step {
                Step::Ask { ask, ending, calls } => {
                    alarms::listen();
                    let before = market.facilitated();
                    let got = ask.send(&market).await;
                    let step = format!("{id}, step {}: {}", number + 1, say(&got));
                    assert_eq!(end(&got), ending, "{step}");
                    assert_eq!(market.calls.take(), calls, "{step}");
                    market.facilitated().follow(before, calls, &step);
                    obey(&step, &ask, &got);
                    last = Some(got);
                }
                Step::Look(look) => look(&market, last.as_ref().expect("a request before")),
                Step::Alarm(line) => {
                    let told = alarms::take();
                    assert!(told.iter().any(|it| it == line), "{id}: the operator reads {told:?}");
                }
                Step::Act(act) => act(&market),
            }
        }
        assert_eq!(market.records(), self.leaves, "{id}: the ledger");
        assert_eq!(market.earned(), self.earns, "{id}: what was earned");
        assert_eq!(market.sandbox.faults().list(), [], "{id}: a fault that nothing met");
        let unsaid = market.stub.as_ref().map_or(0, |it| it.next.lock().unwrap().len());
        assert_eq!(unsaid, 0, "{id}: an answer that nobody asked for");
    }
}

/// What is true of every reply, whatever the case.
fn obey(step: &str, ask: &Ask, got: &Reply) {
    assert_eq!(got.invites_payment(), got.status == 402, "{step}: only a 402 asks for a payment");
    assert_eq!(got.header("payment-required").is_some(), got.status == 402, "{step}: challenge");
    assert_eq!(got.header("retry-after").is_some(), got.status == 503, "{step}: come back");
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"), "{step}");
    let delivered = matches!(got.status, 200 | 206);
    let caching = match (delivered, ask.path.starts_with("/premium")) {
        (true, true) => "private, no-store",
        (true, false) => "public, max-age=60",
        (false, _) => "no-store",
    };
    assert_eq!(got.header("cache-control"), Some(caching), "{step}");
    let leaked = got.body.windows(GOODS.len()).any(|it| it == GOODS);
    assert!(delivered || !leaked, "{step}: a byte of the object");
    let paid = delivered && ask.path.starts_with("/premium");
    let receipt = got.message("payment-response");
    assert!(!paid || receipt.is_some_and(|it| it["success"] == true), "{step}: no receipt");
}

/// Status and code of a reply; `object` is a body without a code, `nothing` is none at all.
fn end(got: &Reply) -> String {
    if got.body.is_empty() {
        return format!("{} nothing", got.status);
    }
    got.ending()
}

fn say(got: &Reply) -> String {
    let body = String::from_utf8_lossy(&got.body);
    format!("{} {:?} {body}", got.status, got.headers)
}

/// Plays all of them, and names every one that failed.
pub(crate) async fn play(cases: impl IntoIterator<Item = Case>) {
    let mut failed = Vec::new();
    for case in cases {
        let id = case.id;
        if tokio::spawn(case.play()).await.is_err() {
            failed.push(id);
        }
    }
    assert_eq!(failed, [""; 0], "the cases that failed");
}

/// A member of a JSON value as text.
pub(crate) fn text<'a>(json: &'a Value, pointer: &str) -> &'a str {
    json.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} of {json}"))
}
