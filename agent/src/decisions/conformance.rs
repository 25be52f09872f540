//! The rules that a seller over HTTP can be held to, and which of them hold by what was seen. What is
//! in the specification is required; what payers lose money or sales over is advised.

mod challenge;
mod manners;

use std::fmt;

use serde_json::Value;
use wire::header::PAYMENT_REQUIRED;

pub(crate) use challenge::any_price;

use super::target::Target;
use crate::server_text::ServerText;

/// How binding a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The specification says so, or money is lost.
    Required,
    /// Payers in the field need it.
    Advised,
}

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its stable name.
    pub id: &'static str,
    /// How binding it is.
    pub level: Level,
    /// What must hold.
    pub claim: &'static str,
    /// Who says so.
    pub source: &'static str,
}

/// Whether a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Holds,
    /// It does not.
    Broken,
    /// There is nothing that it is about.
    NotApplicable,
    /// It could not be seen.
    Unknown,
}

/// A verdict, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Does the rule hold?
    pub verdict: Verdict,
    /// What was seen.
    pub seen: String,
}

/// An answer, as far as rules are about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Every header, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body; nothing if it was too large or broke off.
    pub body: Option<Vec<u8>>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// No connection.
    NotConnected,
    /// The connection broke off, or time ran out.
    NoAnswer,
}

/// What came of one question.
pub type Probe = Result<Answer, Silence>;

/// What was asked without paying, and what came.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// What was asked for.
    pub target: Target,
    /// A plain GET.
    pub plain: Probe,
    /// The same once more, as a page of another origin asks.
    pub cross: Probe,
    /// A HEAD.
    pub head: Probe,
    /// A GET with a payment that is no base64.
    pub garbage: Probe,
    /// A GET with a payment that is an empty object.
    pub hollow: Probe,
    /// A GET with a version 1 payment that is no base64.
    pub legacy: Probe,
    /// A GET with two payments.
    pub twice: Probe,
    /// A GET with a payment that is longer than any.
    pub oversize: Probe,
    /// GETs with a payment that a stranger signed; nothing if the challenge allows none.
    pub forged: Option<Forged>,
}

/// One payment with a stranger's signature, in three spellings.
#[derive(Debug, Clone)]
pub struct Forged {
    /// As it is.
    pub plain: Probe,
    /// Without the padding of its base64.
    pub unpadded: Probe,
    /// With members and an extension that nobody knows.
    pub embellished: Probe,
}

/// A rule and how it is judged without paying.
type Judged = (Rule, fn(&Evidence) -> Finding);

const HTTP: &str = "x402 v2, transports/http: Payment Required Signaling";
const CORE: &str = "x402 v2 specification, 5.1: PaymentRequired";
const ERRORS: &str = "x402 v2, transports/http: Error Handling";

/// The rules that are tried without paying, in order.
#[rustfmt::skip]
const UNPAID: [Judged; 24] = [
    (must("status-402", "an unpaid request is answered 402", HTTP), challenge::status),
    (must("challenge-header", "the 402 has exactly one PAYMENT-REQUIRED", HTTP), challenge::header),
    (must("challenge-base64", "PAYMENT-REQUIRED is padded standard base64 of one JSON object without repeated members", HTTP), challenge::base64),
    (must("challenge-version", "x402Version is 2", CORE), challenge::version),
    (must("challenge-accepts", "accepts has at least one offer", CORE), challenge::accepts),
    (must("offer-members", "every offer has scheme, network, amount, asset, payTo and maxTimeoutSeconds", CORE), challenge::members),
    (must("offer-forms", "networks are CAIP-2, amounts decimal strings of atomic units, EVM accounts addresses", CORE), challenge::forms),
    (must("offer-domain", "exact offers on EVM chains name the token's EIP-712 domain, and truly", "x402 v2, schemes/exact: EVM"), challenge::domain),
    (must("resource-url", "resource.url is the URL that was asked for", CORE), challenge::resource),
    (must("extensions", "every extension is an object with an object \"info\"", "x402 v2 specification, 5.1: extensions"), challenge::extensions),
    (should("challenge-size", "PAYMENT-REQUIRED has at most 8 KiB", "nginx proxy_buffer_size; Node.js reads 16 KiB of headers in all"), challenge::size),
    (should("challenge-stable", "asking again brings the same offers", "payers that ask, decide and ask again"), challenge::stable),
    (should("body", "the 402's body is a JSON object with a text \"error\"", "language models and the AgentCore plugin read the body"), challenge::body),
    (should("v1-body", "a version 1 body, where there is one, makes the same offers", "x402 v1, transports/http"), challenge::legacy),
    (should("no-store", "the 402 says Cache-Control: no-store", "@x402/core 2.27.0; a cache would sell one payer's challenge to the next"), manners::no_store),
    (should("cors", "the 402 lets pages of other origins read PAYMENT-REQUIRED", "Fetch standard: Access-Control-Expose-Headers"), manners::cors),
    (should("head", "HEAD brings the same status and challenge, and no body", "RFC 9110, 9.3.2"), manners::head),
    (must("garbage-payment", "a payment that is no base64 is refused with 4xx", ERRORS), manners::garbage),
    (must("hollow-payment", "a payment that is an empty object is refused with 4xx", ERRORS), manners::hollow),
    (must("garbage-v1-payment", "an X-PAYMENT that is no base64 is refused with 4xx", ERRORS), manners::legacy),
    (must("two-payments", "two PAYMENT-SIGNATURE headers are refused with 4xx", "RFC 9110, 5.3: a header that is no list comes once"), manners::twice),
    (must("oversize-payment", "a payment header of 64 KiB is refused with 4xx", "RFC 6585, 5"), manners::oversize),
    (must("forged-payment", "a payment with a stranger's signature is refused with 4xx", ERRORS), manners::forged),
    (should("lenient-payment", "padding and members that nobody knows change nothing about a payment", "@x402/core 2.27.0 reads both; the specification grows by members"), manners::lenient),
];

/// The rules that need a purchase, in order.
#[rustfmt::skip]
pub const PAID: [Rule; 8] = [
    must("tampered-payment", "a payment from this account with a stranger's signature is refused with 4xx", ERRORS),
    must("paid-200", "one payment brings the content", ERRORS),
    must("payment-response", "the content comes with one PAYMENT-RESPONSE that agrees with what was signed", "x402 v2, transports/http: Settlement Response Delivery"),
    should("paid-private", "paid content says Cache-Control: private or no-store", "@x402/core 2.27.0; a shared cache would hand it to everyone"),
    must("replay", "the same payment again charges nothing, and brings the same content or a refusal", "x402 v2 specification, 10.1: replay attacks"),
    must("elsewhere", "the same payment buys nothing else", "x402 v2 specification, 10.1: replay attacks"),
    should("v1-payment", "where version 1 is offered, X-PAYMENT buys as well, with X-PAYMENT-RESPONSE", "x402 v1, transports/http"),
    must("wrong-amount", "a payment of one unit less is refused", "x402 v2, schemes/exact: EVM"),
];

const fn must(id: &'static str, claim: &'static str, source: &'static str) -> Rule {
    Rule { id, level: Level::Required, claim, source }
}

const fn should(id: &'static str, claim: &'static str, source: &'static str) -> Rule {
    Rule { id, level: Level::Advised, claim, source }
}

/// Judges every rule that is tried without paying.
#[must_use]
pub fn judge(evidence: &Evidence) -> Vec<(Rule, Finding)> {
    let all = UNPAID.iter().enumerate();
    let judged = all.map(|(index, (rule, judge))| {
        // The first rule says whether there is anything to judge.
        let out_of_reach = if index == 0 { None } else { evidence.out_of_reach() };
        (*rule, out_of_reach.unwrap_or_else(|| judge(evidence)))
    });
    judged.collect()
}

impl Evidence {
    /// Why nothing but the status can be judged, if so.
    fn out_of_reach(&self) -> Option<Finding> {
        match &self.plain {
            Err(_) => Some(Finding::unknown("the seller did not answer")),
            Ok(it) if it.status != 402 => {
                Some(Finding::not_applicable("the URL has no price for this request"))
            }
            Ok(_) => None,
        }
    }

    /// The answer to the plain GET.
    fn demand(&self) -> Option<&Answer> {
        self.plain.as_ref().ok()
    }

    /// The challenge, read as leniently as payers do.
    fn challenge(&self) -> Result<Value, Finding> {
        let lenient = self.demand().and_then(Answer::challenge);
        lenient.ok_or_else(|| Finding::unknown("there is no challenge that can be read"))
    }
}

impl Answer {
    /// Every value of a header.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_slice())
    }

    /// A header as text: all its values as one list.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self.values(name).map(String::from_utf8_lossy).collect();
        if values.is_empty() { None } else { Some(values.join(", ")) }
    }

    /// Is this word an element of a header that is a list?
    fn lists(&self, name: &str, word: &str) -> bool {
        let elements = self.text(name).unwrap_or_default();
        elements.split(',').any(|it| it.trim() == "*" || it.trim().eq_ignore_ascii_case(word))
    }

    /// The first challenge in the headers, padded or not.
    fn challenge(&self) -> Option<Value> {
        let value = self.values(PAYMENT_REQUIRED).next()?;
        let json = wire::header::decode_json(value, usize::MAX).ok()?;
        wire::json::parse(&json).ok().filter(Value::is_object)
    }

    /// The reason that it states, in its challenge, its body or its settlement.
    fn reason(&self) -> Option<ServerText> {
        let stated = |it: &Value, name: &str| it[name].as_str().map(ServerText::clean);
        let body = self.body.as_ref().and_then(|it| wire::json::parse(it).ok());
        let settlement = self.values(wire::header::PAYMENT_RESPONSE).next();
        let settlement = settlement
            .and_then(|it| wire::header::decode_json(it, usize::MAX).ok())
            .and_then(|it| wire::json::parse(&it).ok());
        { settlement.as_ref().and_then(|it| stated(it, "errorReason")) }
            .or_else(|| stated(&self.challenge()?, "error"))
            .or_else(|| stated(&body?, "error"))
            .filter(|it| !it.is_empty())
    }
}

impl Finding {
    /// The rule holds.
    pub fn holds(seen: impl Into<String>) -> Self {
        Self { verdict: Verdict::Holds, seen: seen.into() }
    }

    /// The rule is broken.
    pub fn broken(seen: impl Into<String>) -> Self {
        Self { verdict: Verdict::Broken, seen: seen.into() }
    }

    /// The rule is about nothing here.
    pub fn not_applicable(seen: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotApplicable, seen: seen.into() }
    }

    /// Nobody knows.
    pub fn unknown(seen: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unknown, seen: seen.into() }
    }

    /// Is this probe a refusal that blames the request? `patient` where the seller has to ask somebody
    /// who may be out of reach.
    #[must_use]
    pub fn refused(probe: &Probe, patient: bool) -> Self {
        match probe {
            Err(Silence::NotConnected) => Self::unknown("the seller could not be reached"),
            Err(Silence::NoAnswer) => Self::broken("no answer"),
            Ok(it) => {
                let seen = it.to_string();
                match it.status {
                    400..=499 => Self::holds(seen),
                    503 if patient => Self::unknown(seen),
                    200..=299 => Self::broken(format!("{seen}: handed out")),
                    _ => Self::broken(seen),
                }
            }
        }
    }
}

impl Verdict {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Broken => "broken",
            Self::NotApplicable => "not_applicable",
            Self::Unknown => "unknown",
        }
    }
}

/// `402 invalid_signature`.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        self.reason().map_or(Ok(()), |it| write!(f, " {it}"))
    }
}
