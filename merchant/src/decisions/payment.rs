//! A payment as it arrives: from headers to nouns, in either version of the protocol.

use http::{HeaderMap, HeaderName};
use serde_json::Value;
use wire::header::{
    PAYMENT_HEADER_BYTES_MAX, PAYMENT_JSON_BYTES_MAX, PAYMENT_SIGNATURE, X_PAYMENT, decode_json,
};
use wire::{Authorization, Eip3009Payload, Network, Problem, WireError, v1, v2};

use crate::decisions::codes::Code;
use crate::decisions::refusal::Refusal;

/// Parsed once: every request is looked through for both.
static V2_HEADER: HeaderName = HeaderName::from_static(PAYMENT_SIGNATURE);
static V1_HEADER: HeaderName = HeaderName::from_static(X_PAYMENT);

/// The extension in which a payer names its purchase.
pub(super) const PAYMENT_IDENTIFIER: &str = "payment-identifier";
/// Shortest name (x402 specification, extension `payment-identifier`).
pub(super) const IDENTIFIER_CHARS_MIN: usize = 16;
/// Longest name (the same).
pub(super) const IDENTIFIER_CHARS_MAX: usize = 128;

/// A well-formed payment. Nothing in it is believed yet.
#[derive(Debug, Clone, PartialEq)]
pub enum Payment {
    /// From `PAYMENT-SIGNATURE`.
    V2(Box<v2::PaymentPayload>),
    /// From `X-PAYMENT`. It names only scheme and network, so the network is kept resolved.
    V1(Box<v1::PaymentPayload>, Option<Network>),
}

/// The payer's own name for a purchase (extension `payment-identifier`): 16 to 128 characters of
/// `[A-Za-z0-9_-]`, random, and not on the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentIdentifier(String);

impl Payment {
    /// Reads the payment of a request, if it carries one.
    pub fn of_headers(headers: &HeaderMap, v1_enabled: bool) -> Result<Option<Self>, Refusal> {
        let v2 = single(headers, &V2_HEADER)?;
        let v1 = if v1_enabled { single(headers, &V1_HEADER)? } else { None };
        let payment = match (v2, v1) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                return Err(malformed("a request must not carry both payment headers"));
            }
            (Some(header), None) => Self::V2(Box::new(read(header)?)),
            (None, Some(header)) => {
                let payment: v1::PaymentPayload = read(header)?;
                let network = Network::parse_any(&payment.network).ok();
                Self::V1(Box::new(payment), network)
            }
        };
        let authorization = payment.authorization();
        if authorization.valid_after >= authorization.valid_before {
            return Err(malformed("payload.authorization.validAfter must be before validBefore"));
        }
        payment.identifier().map(|_| Some(payment))
    }

    /// The signed payload.
    #[must_use]
    pub fn payload(&self) -> &Eip3009Payload {
        match self {
            Self::V2(payment) => &payment.payload,
            Self::V1(payment, _) => &payment.payload,
        }
    }

    /// What was signed.
    #[must_use]
    pub fn authorization(&self) -> &Authorization {
        &self.payload().authorization
    }

    /// Did the payer speak version 1?
    #[must_use]
    pub fn is_v1(&self) -> bool {
        matches!(self, Self::V1(..))
    }

    /// The payer's name for this purchase, if it gave one.
    pub fn identifier(&self) -> Result<Option<PaymentIdentifier>, Refusal> {
        let Self::V2(payment) = self else { return Ok(None) };
        let info = payment.extensions.get(PAYMENT_IDENTIFIER).and_then(|it| it.get("info"));
        let Some(id) = info.and_then(|it| it.get("id")).filter(|it| !it.is_null()) else {
            return Ok(None);
        };
        let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        let lengths = IDENTIFIER_CHARS_MIN..=IDENTIFIER_CHARS_MAX;
        let formed = |it: &&str| lengths.contains(&it.len()) && it.bytes().all(letter);
        match id.as_str().filter(formed) {
            Some(id) => Ok(Some(PaymentIdentifier(id.to_owned()))),
            None => Err(malformed(
                "extensions.payment-identifier.info.id must be 16 to 128 of A-Z a-z 0-9 _ -",
            )),
        }
    }

    /// The payment as a version 2 message, for the facilitator. A version 1 payment names no offer;
    /// it is given the one that it was matched with.
    #[must_use]
    pub fn to_v2(&self, offer: &v2::PaymentRequirements) -> v2::PaymentPayload {
        match self {
            Self::V2(payment) => (**payment).clone(),
            Self::V1(payment, _) => v2::PaymentPayload {
                resource: None,
                accepted: offer.clone(),
                payload: payment.payload.clone(),
                extensions: v2::Extensions::new(),
                unknown: serde_json::Map::<String, Value>::new(),
            },
        }
    }
}

impl PaymentIdentifier {
    /// The name's text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// The header's one value. Two values, or values that a proxy joined, would let two readers believe
/// two payments.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a [u8]>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => Ok(Some(value.as_bytes())),
        (Some(_), Some(_)) => Err(malformed("the payment header stands twice")),
    }
}

fn read<T: wire::Message>(header: &[u8]) -> Result<T, Refusal> {
    let json = decode_json(header, PAYMENT_HEADER_BYTES_MAX).and_then(|json| {
        // The header's limit is rounded up to whole groups of base64.
        let fits = json.len() <= PAYMENT_JSON_BYTES_MAX;
        fits.then_some(json).ok_or(WireError::new("", Problem::TooLarge(PAYMENT_JSON_BYTES_MAX)))
    });
    json.and_then(|json| T::from_json(&json)).map_err(|error| {
        match (error.problem(), error.field()) {
            (Problem::TooLarge(_), _) => Refusal::new(Code::HeaderTooLarge),
            (_, "x402Version") => refused(Code::InvalidX402Version, &error),
            _ => refused(Code::InvalidPayload, &error),
        }
    })
}

fn refused(code: Code, error: &WireError) -> Refusal {
    Refusal::new(code).because(error.to_string())
}

fn malformed(rule: &str) -> Refusal {
    Refusal::new(Code::InvalidPayload).because(rule.to_owned())
}
