//! The same payments before every judge: our merchant without anybody's help, and each facilitator.
//! Where they differ, a row of `docs/interop.md` says so, and why.

use futures_util::future::join_all;
use serde_json::{Value, json};
use wire::header::encode_json;

use crate::chain::{Anvil, Chain};
use crate::facilitators::{Facilitator, Kind};
use crate::flaws::{FLAWS, Flaw, Place, payment};
use crate::installed;
use crate::purchase::{PATH, payee, short};
use crate::relay::pass_on;
use crate::stall::Lonely;
use crate::table::{Table, titles};
use crate::tap::Exchange;

/// Payments with several flaws at once.
const MIXTURES: usize = 40;
const FLAWS_AT_ONCE: usize = 3;

/// What a judge says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Takes,
    Refuses(String),
}

impl Verdict {
    fn told(&self) -> String {
        match self {
            Self::Takes => "takes".into(),
            Self::Refuses(why) => format!("`{why}`"),
        }
    }
}

/// Every flaw before every judge; then mixtures of them, which each judge must refuse exactly if it
/// refuses one of their flaws.
pub(crate) async fn verdicts() -> (Table, Vec<String>) {
    let anvil = Anvil::start(&installed::anvil().unwrap()).await;
    let start = |(account, kind)| Facilitator::start(kind, &anvil, account);
    let facilitators = join_all(Kind::ALL.into_iter().enumerate().map(start)).await;
    let merchant = Lonely::open().await;
    let mixed = mixtures();
    let alone = FLAWS.iter().map(|it| vec![*it]);
    let cases: Vec<Vec<Flaw>> = alone.chain(mixed.iter().cloned()).collect();
    let asking = join_all(facilitators.iter().map(|it| by_facilitator(it, &cases)));
    let (ours, theirs) = tokio::join!(by_us(&merchant, &anvil.chain, &cases), asking);
    let judges: Vec<Vec<Verdict>> = std::iter::once(ours).chain(theirs).collect();

    let mut broken = Vec::new();
    for (number, flaws) in mixed.iter().enumerate() {
        for (judge, verdicts) in judges.iter().enumerate() {
            let refuses = |flaw: &Flaw| verdicts[index(flaw)] != Verdict::Takes;
            let seen = &verdicts[FLAWS.len() + number];
            if flaws.iter().any(refuses) == (*seen == Verdict::Takes) {
                let names: Vec<_> = flaws.iter().map(|it| it.name).collect();
                broken.push(format!("judge {judge} on {names:?}: {seen:?}"));
            }
        }
    }
    broken.extend(unexplained(&judges));
    (table(&judges), broken)
}

/// What judges differ about must have a reason, and nothing else. That our merchant asks about what
/// every facilitator refuses is no difference: signatures and balances are theirs to judge.
fn unexplained(judges: &[Vec<Verdict>]) -> Vec<String> {
    let differ = |number: usize| {
        let takes: Vec<bool> = judges.iter().map(|it| it[number] == Verdict::Takes).collect();
        let theirs = &takes[1..];
        !(theirs.iter().all(|it| *it) && takes[0] || theirs.iter().all(|it| !*it))
    };
    let wrong =
        FLAWS.iter().enumerate().filter(|(number, it)| differ(*number) == it.why.is_empty());
    wrong.map(|(_, it)| format!("{}: {:?} is why they differ?", it.name, it.why)).collect()
}

/// What our merchant offers, as it writes it.
fn requirements() -> Value {
    json!({
        "scheme": "exact",
        "network": "eip155:84532",
        "amount": "1000",
        "asset": sandbox::token::USDC.to_string(),
        "payTo": payee().to_string(),
        "maxTimeoutSeconds": 60,
        "extra": { "name": "USDC", "version": "2" },
    })
}

fn index(flaw: &Flaw) -> usize {
    FLAWS.iter().position(|it| it.name == flaw.name).unwrap()
}

/// The same ones in every run.
fn mixtures() -> Vec<Vec<Flaw>> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut draw = |below: usize| {
        // Xorshift: there is nothing to guess here.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let mut mixtures = Vec::new();
    while mixtures.len() < MIXTURES {
        let mut mixture: Vec<Flaw> = Vec::new();
        for _ in 0..FLAWS_AT_ONCE {
            let flaw = FLAWS[draw(FLAWS.len())];
            let free =
                flaw.place != Place::Nowhere && mixture.iter().all(|it| it.place != flaw.place);
            if free {
                mixture.push(flaw);
            }
        }
        if mixture.len() > 1 {
            mixtures.push(mixture);
        }
    }
    mixtures
}

/// Signed when it is asked about, so that no machine is too slow for it.
async fn signed(chain: &Chain, flaws: &[Flaw]) -> Value {
    payment(flaws, &requirements(), chain.now().await)
}

async fn by_facilitator(facilitator: &Facilitator, cases: &[Vec<Flaw>]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for flaws in cases {
        let payment = signed(&facilitator.chain, flaws).await;
        let version = &payment["x402Version"];
        let asked = json!({ "x402Version": version, "paymentPayload": payment, "paymentRequirements": requirements() });
        let body = asked.to_string();
        let request = format!(
            "POST /verify HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = facilitator.tap.ask_behind(request.as_bytes()).await;
        let json = answer.json();
        let reason = json["invalidReason"].as_str();
        verdicts.push(match (&json["isValid"], reason) {
            (Value::Bool(true), _) => Verdict::Takes,
            (_, Some(reason)) => Verdict::Refuses(reason.to_owned()),
            (_, None) => Verdict::Refuses(answer.status().to_string()),
        });
    }
    verdicts
}

async fn by_us(merchant: &Lonely, chain: &Chain, cases: &[Vec<Flaw>]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for flaws in cases {
        let payment = signed(chain, flaws).await;
        let header = encode_json(payment.to_string().as_bytes());
        let request = format!(
            "GET {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\npayment-signature: {header}\r\n\r\n"
        );
        let answer = pass_on(request.as_bytes(), &merchant.address).await;
        let answer = Exchange { request: request.into_bytes(), answer };
        let code = answer.json()["error"].as_str().unwrap_or_default().to_owned();
        verdicts.push(match (answer.status(), code.as_str()) {
            // It would ask the facilitator, who is not there.
            (503, "facilitator_unavailable") => Verdict::Takes,
            (status, code) => Verdict::Refuses(short(&format!("{status} {code}"))),
        });
    }
    verdicts
}

fn table(judges: &[Vec<Verdict>]) -> Table {
    let mut head = vec!["a payment with".to_owned(), "our merchant, before it asks".to_owned()];
    head.extend(titles());
    head.push("why they differ".into());
    let rows = FLAWS.iter().enumerate().map(|(number, flaw)| {
        let verdicts = judges.iter().map(|it| it[number].told());
        let ends = |text: &str| std::iter::once(text.to_owned());
        ends(flaw.name).chain(verdicts).chain(ends(flaw.why)).collect()
    });
    Table { name: "verdicts", head, rows: rows.collect() }
}
