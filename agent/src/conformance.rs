//! Asks a seller what its rules are judged by. Nothing here can move money: the one signature that is
//! ever sent is a stranger's, over a payment from an account that it does not belong to.

use reqwest::Method;
use serde_json::json;
use wire::header::{PAYMENT_SIGNATURE, X_PAYMENT, encode_json};
use wire::{Address, UnixTime};

use crate::agent::Quote;
use crate::decisions::challenge::Challenge;
use crate::decisions::choice::judge;
use crate::decisions::conformance::{Answer, Evidence, Forged, Probe, Silence, any_price};
use crate::decisions::draft::Draft;
use crate::decisions::target::Target;
use crate::decisions::terms::Terms;
use crate::error::PayError;
use crate::reading::REFUSAL_BYTES_MAX;
use crate::signer::{LocalKey, Signer};
use crate::transport::{NoReply, Transport};
use crate::world::{Clock, Randomness, System};

/// Longer than any payment, and than what servers read of all headers.
const OVERSIZE_BYTES: usize = 64 * 1024;
/// Whose page asks: a name that nobody can have (RFC 2606).
const ORIGIN: &str = "https://page.invalid";

/// A seller, at one URL.
#[derive(Debug)]
pub struct Prober<'a> {
    transport: &'a Transport,
    target: Target,
}

impl<'a> Prober<'a> {
    /// The seller at this URL, which must not be plain http to another machine: forged or not,
    /// payments stay between the two.
    pub fn new(transport: &'a Transport, url: &str) -> Result<Self, PayError> {
        let target = Target::parse(url).map_err(PayError::InvalidUrl)?;
        if !target.is_confidential() {
            return Err(PayError::InsecureTransport);
        }
        Ok(Self { transport, target })
    }

    /// Everything that can be asked without paying, one question after the other.
    pub async fn unpaid(&self) -> Evidence {
        let garbage = || "%%%not-base64%%%".to_owned();
        let hollow = || encode_json(b"{}");
        let plain = self.get(&[]).await;
        let priced = plain.as_ref().is_ok_and(|it| it.status == 402);
        let forged = if priced { self.forged(&plain).await } else { None };
        Evidence {
            cross: self.get(&[("origin", ORIGIN.to_owned())]).await,
            head: self.ask(Method::HEAD, &[]).await,
            garbage: self.get(&[(PAYMENT_SIGNATURE, garbage())]).await,
            hollow: self.get(&[(PAYMENT_SIGNATURE, hollow())]).await,
            legacy: self.get(&[(X_PAYMENT, garbage())]).await,
            twice: self.get(&[(PAYMENT_SIGNATURE, hollow()), (PAYMENT_SIGNATURE, garbage())]).await,
            oversize: self.get(&[(PAYMENT_SIGNATURE, "A".repeat(OVERSIZE_BYTES))]).await,
            forged,
            target: self.target.clone(),
            plain,
        }
    }

    /// A payment from this account that a stranger signed; nothing if the seller's challenge has no
    /// offer for one.
    pub async fn tampered(&self, payer: Address) -> Option<Probe> {
        let plain = self.get(&[]).await;
        let value = self.forge(&plain, Some(payer)).await?;
        Some(self.get(&[(PAYMENT_SIGNATURE, value)]).await)
    }

    async fn forged(&self, plain: &Probe) -> Option<Forged> {
        let value = self.forge(plain, None).await?;
        let json = wire::header::decode_json(value.as_bytes(), usize::MAX).ok()?;
        let mut embellished = wire::json::parse(&json).ok()?;
        embellished["unheardOf"] = json!({ "a": [1, null, "\u{e9}"] });
        embellished["extensions"]["unheard-of"] = json!({ "info": { "b": true } });
        let embellished = encode_json(embellished.to_string().as_bytes());
        // A length that needs padding, so that leaving it out makes a difference.
        let padded = encode_json(&[json.trim_ascii_end(), &[b' '; 3][..pad(json.len())]].concat());
        Some(Forged {
            plain: self.get(&[(PAYMENT_SIGNATURE, value)]).await,
            unpadded: {
                let unpadded = padded.trim_end_matches('=').to_owned();
                self.get(&[(PAYMENT_SIGNATURE, unpadded)]).await
            },
            embellished: self.get(&[(PAYMENT_SIGNATURE, embellished)]).await,
        })
    }

    /// The header's value of a payment that its payer has not signed.
    async fn forge(&self, plain: &Probe, payer: Option<Address>) -> Option<String> {
        let plain = plain.as_ref().ok()?;
        let header = plain.values(wire::header::PAYMENT_REQUIRED).next()?;
        let challenge = Challenge::from_header(header).ok()?;
        let terms = any_price().ok()?;
        let mut offers = challenge.offers().iter();
        let deal = offers.find_map(|it| judge(it, &self.target, &terms).ok())?;
        let stranger = || LocalKey::from_hex(&System.nonce().ok()?.to_string()).ok();
        let payer = payer.or_else(|| Some(stranger()?.address()))?;
        let now: UnixTime = System.now();
        let draft = Draft::new(&challenge, deal, payer, now, System.nonce().ok()?);
        let payload = stranger()?.sign(&draft).await.ok()?;
        draft.seal(&payload).ok().map(|it| it.value().to_owned())
    }

    async fn get(&self, headers: &[(&'static str, String)]) -> Probe {
        self.ask(Method::GET, headers).await
    }

    async fn ask(&self, method: Method, headers: &[(&'static str, String)]) -> Probe {
        let sent = self.transport.send(method, &self.target, headers).await;
        let mut reply = sent.map_err(|why| match why {
            NoReply::NotConnected(_) | NoReply::Blocked(_) => Silence::NotConnected,
            NoReply::TimedOut | NoReply::Broken(_) => Silence::NoAnswer,
        })?;
        let text =
            |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
                (name.as_str().to_owned(), value.as_bytes().to_vec())
            };
        let (status, headers) =
            (reply.status().as_u16(), reply.headers().iter().map(text).collect());
        let body = self.transport.read_small(&mut reply, REFUSAL_BYTES_MAX).await.ok();
        Ok(Answer { status, headers, body })
    }
}

/// How many blanks make a text of this length one that base64 pads.
const fn pad(bytes: usize) -> usize {
    if bytes.is_multiple_of(3) { 1 } else { 0 }
}

/// The same purchase for one atomic unit less, which an honest seller refuses; nothing where there is
/// nothing to take away. **Buying it signs**: a seller that takes it is paid.
#[must_use]
pub fn underpaying(quote: Quote, terms: &Terms) -> Option<Quote> {
    let offer = quote.deal().offer();
    let less = offer.amount.units().checked_sub(wire::U256::from(1)).filter(|it| !it.is_zero())?;
    let mut document = quote.challenge().document().clone();
    let name = if document["accepts"][offer.index]["amount"].is_null() {
        "maxAmountRequired"
    } else {
        "amount"
    };
    document["accepts"][offer.index][name] = less.to_string().into();
    let index = offer.index;
    replaced(quote, document.to_string().as_bytes(), index, terms)
}

/// The same purchase by version 1, if this body of the seller's offers it. **Buying it signs.**
#[must_use]
pub fn by_version_1(quote: Quote, body: &[u8], terms: &Terms) -> Option<Quote> {
    let challenge = Challenge::from_body(body).ok()?;
    let legacy = challenge.version() == crate::decisions::challenge::Version::V1;
    let best = crate::decisions::choice::choose(&challenge, quote.target(), terms).ok()?;
    let index = best.offer().index;
    legacy.then(|| replaced(quote, body, index, terms)).flatten()
}

fn replaced(quote: Quote, document: &[u8], index: usize, terms: &Terms) -> Option<Quote> {
    let challenge = Challenge::from_body(document).ok()?;
    let deal = judge(challenge.offers().get(index)?, quote.target(), terms).ok()?;
    Some(quote.replaced(challenge, deal))
}
