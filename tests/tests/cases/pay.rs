//! Payments that are signed for real, and bent at whichever stage a case wants: what is signed, its
//! JSON, its text, its base64, the headers.

use serde_json::{Map, Value};
use wire::eip712::TokenDomain;
use wire::header::encode_json;
use wire::signature::SecretKey;
use wire::{Authorization, Eip3009Payload, Nonce, SignatureBytes, UnixTime, v2};

use crate::market::{PRICE, payee};

type Bend<T> = Vec<Box<dyn Fn(T) -> T + Send + Sync>>;

/// A payment to be.
#[derive(Default)]
pub(crate) struct Pay {
    nonce: u8,
    /// The path whose offer it takes; that of the request, where there is none.
    pub(crate) offer_of: Option<&'static str>,
    names: Option<&'static [&'static str]>,
    sign: Vec<Box<dyn Fn(Authorization, u64) -> Authorization + Send + Sync>>,
    json: Bend<Value>,
    text: Bend<Vec<u8>>,
    base64: Bend<String>,
}

/// The payment with this nonce of the price under `/premium/`, valid since ever and for a minute
/// from now.
pub(crate) fn pay(nonce: u8) -> Pay {
    Pay { nonce, ..Pay::default() }
}

impl Pay {
    /// Takes the offer of another path.
    pub(crate) fn offer_of(self, path: &'static str) -> Self {
        Self { offer_of: Some(path), ..self }
    }

    /// Is sent in headers of these names.
    pub(crate) fn in_headers(self, names: &'static [&'static str]) -> Self {
        Self { names: Some(names), ..self }
    }

    /// Signs something else.
    pub(crate) fn signing(self, bend: fn(Authorization) -> Authorization) -> Self {
        self.signing_at(move |it, _| bend(it))
    }

    /// Signs something else, which depends on the time.
    pub(crate) fn signing_at(
        mut self,
        bend: impl Fn(Authorization, u64) -> Authorization + Send + Sync + 'static,
    ) -> Self {
        self.sign.push(Box::new(bend));
        self
    }

    /// Says something else around what was signed.
    pub(crate) fn json(mut self, bend: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.json.push(Box::new(move |mut it| {
            bend(&mut it);
            it
        }));
        self
    }

    /// Sets one member, by its JSON pointer.
    pub(crate) fn with(self, pointer: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.json(move |it| set(it, pointer, value.clone()))
    }

    /// Writes the JSON differently.
    pub(crate) fn text(mut self, bend: impl Fn(String) -> Vec<u8> + Send + Sync + 'static) -> Self {
        self.text.push(Box::new(move |it| bend(String::from_utf8(it).unwrap())));
        self
    }

    /// Writes the base64 differently.
    pub(crate) fn base64(mut self, bend: fn(String) -> String) -> Self {
        self.base64.push(Box::new(bend));
        self
    }

    /// What is signed at this time, and the signature.
    pub(crate) fn signed(&self, now: u64) -> (Authorization, SignatureBytes) {
        let authorization = Authorization {
            from: key().address(),
            to: payee(),
            value: PRICE.into(),
            valid_after: UnixTime::from_seconds(0),
            valid_before: UnixTime::from_seconds(now + 60),
            nonce: Nonce::new([self.nonce; 32]),
        };
        let authorization = self.sign.iter().fold(authorization, |it, bend| bend(it, now));
        let signature = key().sign(domain().digest(&authorization));
        (authorization, signature)
    }

    /// The headers in answer to this challenge.
    pub(crate) fn headers(
        &self,
        challenge: &Value,
        now: u64,
    ) -> impl Iterator<Item = (&'static str, String)> {
        let value = self.header(challenge, now);
        let names = self.names.unwrap_or(&["payment-signature"]);
        names.iter().map(move |name| (*name, value.clone()))
    }

    fn header(&self, challenge: &Value, now: u64) -> String {
        let (authorization, signature) = self.signed(now);
        let payload = Eip3009Payload { signature, authorization, unknown: Map::new() };
        let value = v2::PaymentPayload::echoing(challenge, 0, &payload).unwrap();
        let value = self.json.iter().fold(value, |it, bend| bend(it));
        let text = self.text.iter().fold(value.to_string().into_bytes(), |it, bend| bend(it));
        self.base64.iter().fold(encode_json(&text), |it, bend| bend(it))
    }
}

/// Sets or adds one member.
pub(crate) fn set(json: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    json.pointer_mut(parent).unwrap()[name] = value;
}

/// Who pays.
pub(crate) fn key() -> SecretKey {
    SecretKey::from_bytes(&sandbox::accounts::testers()[1].secret()).unwrap()
}

fn domain() -> TokenDomain {
    let asset = wire::networks::by_chain_id(84532).unwrap().asset.address.into();
    TokenDomain { name: "USDC".into(), version: "2".into(), chain_id: 84532, asset }
}
