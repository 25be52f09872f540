//! From a chosen offer to the bytes that pay for it. What is signed is decided here, and what came
//! back from the signer is checked here; the key itself never comes near.

use std::fmt;

use serde_json::{Map, Value};
use wire::networks::{KnownAsset, KnownNetwork};
use wire::{
    Address, AtomicAmount, Authorization, B256, Eip3009Payload, Message, Nonce, PaymentKey,
    SignatureBytes, UnixTime, header, v1, v2,
};

use super::challenge::{Challenge, Version};
use super::choice::Deal;

/// Half of a nonce's digits: 128 bits, as many as a random UUID has to offer and more than anyone
/// guesses. The field's own limit is 128 characters.
const IDENTIFIER_DIGITS: usize = 32;

/// Where a v2 challenge invites an identifier.
const INVITATION: &str = "/extensions/payment-identifier/info";

/// A payment that nobody has signed yet: everything that the signature will cover.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    version: Version,
    document: Value,
    deal: Deal,
    authorization: Authorization,
    latest_end: UnixTime,
}

/// What the signer returned is not what it was asked for. It was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAsAsked;

/// A signed payment: exactly the bytes that travel, however often they are sent.
///
/// Whoever holds these bytes before they settle can take the money to the payee, so they are not
/// printed by `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Payment {
    header: &'static str,
    value: String,
    exposure: Exposure,
}

/// What may move once a signature has left the process, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exposure {
    /// The authorization's key: with it, the chain tells whether the money moved.
    pub key: PaymentKey,
    /// The network.
    pub network: &'static KnownNetwork,
    /// The token.
    pub asset: &'static KnownAsset,
    /// How much, in atomic units of the token.
    pub amount: AtomicAmount,
    /// Who is paid.
    pub pay_to: Address,
    /// From this chain time on nothing can move any more.
    pub valid_before: UnixTime,
}

impl Draft {
    /// The authorization for a deal: valid since ever, so that no clock skew can make it too early,
    /// and until the server's window ends, never longer than the terms allow.
    #[must_use]
    pub fn new(
        challenge: &Challenge,
        deal: Deal,
        payer: Address,
        now: UnixTime,
        nonce: Nonce,
    ) -> Self {
        let latest = deal.window_max();
        let authorization = Authorization {
            from: payer,
            to: deal.pay_to(),
            value: deal.amount(),
            valid_after: UnixTime::EPOCH,
            valid_before: now.after(deal.window()),
            nonce,
        };
        Self {
            version: challenge.version(),
            document: challenge.document().clone(),
            deal,
            authorization,
            latest_end: now.after(latest),
        }
    }

    /// Gives the purchase an identifier of ours, if the server invites one (`payment-identifier`): 16
    /// random bytes that never come on the chain, so that a merchant can tell the buyer who comes
    /// back from a stranger who has read the transaction.
    #[must_use]
    pub fn identified(mut self, secret: Nonce) -> Self {
        if let Some(info) = invitation(&mut self.document) {
            let text = secret.to_string();
            let digits = text.trim_start_matches("0x").chars().take(IDENTIFIER_DIGITS);
            info.insert("id".into(), format!("pay_{}", digits.collect::<String>()).into());
        }
        self
    }

    /// The same under another nonce: that of a draft whose signature was asked for before.
    #[must_use]
    pub fn under(mut self, nonce: Nonce) -> Self {
        self.authorization.nonce = nonce;
        self
    }

    /// Does the server invite an identifier?
    #[must_use]
    pub fn invites_identifier(&self) -> bool {
        self.document.pointer(INVITATION).is_some_and(Value::is_object)
    }

    /// The protocol version of the payment.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// What is bought, and on which terms.
    #[must_use]
    pub fn deal(&self) -> &Deal {
        &self.deal
    }

    /// The authorization to sign.
    #[must_use]
    pub fn authorization(&self) -> &Authorization {
        &self.authorization
    }

    /// The EIP-712 digest to sign.
    #[must_use]
    pub fn digest(&self) -> B256 {
        self.deal.domain().digest(&self.authorization)
    }

    /// The chosen offer as the server wrote it, for wallets that want to see it whole.
    #[must_use]
    pub fn requirements(&self) -> &Value {
        &self.document["accepts"][self.deal.offer().index]
    }

    /// The payload with this signature over the authorization as drafted.
    #[must_use]
    pub fn signed_with(&self, signature: SignatureBytes) -> Eip3009Payload {
        Eip3009Payload { signature, authorization: self.authorization, unknown: Map::new() }
    }

    /// Will the payment fit a header that servers accept? An echo of a bloated challenge may not;
    /// that must be known before anything is signed.
    #[must_use]
    pub fn fits_a_header(&self) -> bool {
        let Some(blank) = SignatureBytes::new(vec![0; 65]) else { return false };
        self.encode(&self.signed_with(blank))
            .is_some_and(|it| it.len() <= header::PAYMENT_HEADER_BYTES_MAX)
    }

    /// Turns what the signer returned into the payment, if it moves the same amount between the
    /// same accounts for no longer than allowed. A remote wallet may choose its own nonce and
    /// window within that.
    pub fn seal(self, payload: &Eip3009Payload) -> Result<Payment, NotAsAsked> {
        let (asked, got) = (&self.authorization, &payload.authorization);
        let same = (got.from, got.to, got.value) == (asked.from, asked.to, asked.value);
        if !same || got.valid_before > self.latest_end || got.valid_after >= got.valid_before {
            return Err(NotAsAsked);
        }
        let exposure = Exposure::covering(&self.deal, got);
        let value = self.encode(payload).ok_or(NotAsAsked)?;
        Ok(Payment { header: self.version.payment_header(), value, exposure })
    }

    fn encode(&self, payload: &Eip3009Payload) -> Option<String> {
        let index = self.deal.offer().index;
        let json = match self.version {
            Version::V2 => v2::PaymentPayload::echoing(&self.document, index, payload)?.to_string(),
            Version::V1 => v1::PaymentPayload {
                scheme: self.deal.offer().scheme.clone(),
                network: self.requirements().get("network")?.as_str()?.to_owned(),
                payload: payload.clone(),
                unknown: Map::new(),
            }
            .to_json(),
        };
        Some(header::encode_json(json.as_bytes()))
    }
}

/// The member of a v2 challenge in which a buyer's identifier goes.
fn invitation(document: &mut Value) -> Option<&mut Map<String, Value>> {
    document.pointer_mut(INVITATION)?.as_object_mut()
}

impl Version {
    /// The header in which a payment of this version travels.
    #[must_use]
    pub const fn payment_header(self) -> &'static str {
        match self {
            Self::V1 => header::X_PAYMENT,
            Self::V2 => header::PAYMENT_SIGNATURE,
        }
    }
}

impl Payment {
    /// A payment that was signed before and kept. Not checked again: it is what was sent, or was
    /// about to be.
    #[must_use]
    pub fn kept(version: Version, value: String, exposure: Exposure) -> Self {
        Self { header: version.payment_header(), value, exposure }
    }

    /// The header's name.
    #[must_use]
    pub fn header(&self) -> &'static str {
        self.header
    }

    /// The header's value. A secret until the payment has settled; public on the chain after.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What it can move.
    #[must_use]
    pub fn exposure(&self) -> &Exposure {
        &self.exposure
    }
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (header, bytes) = (self.header, self.value.len());
        write!(f, "Payment({header}, {bytes} bytes, {})", self.exposure.key)
    }
}

impl Exposure {
    /// What a draft would put at stake.
    #[must_use]
    pub fn of(draft: &Draft) -> Self {
        Self::covering(draft.deal(), draft.authorization())
    }

    /// Would both move the same money, once between them? Their windows may differ.
    #[must_use]
    pub fn is_of_the_same(&self, other: &Self) -> bool {
        (self.key, self.amount, self.pay_to) == (other.key, other.amount, other.pay_to)
    }

    fn covering(deal: &Deal, signed: &Authorization) -> Self {
        let (network, asset) = (deal.network(), deal.asset());
        Self {
            key: PaymentKey::of(network.chain_id, asset.address.into(), signed),
            network,
            asset,
            amount: signed.value,
            pay_to: signed.to,
            valid_before: signed.valid_before,
        }
    }

    /// The amount in whole tokens with the token's ticker: `0.001 USDC`.
    #[must_use]
    pub fn price(&self) -> String {
        format!("{} {}", self.amount.to_decimal(self.asset.decimals), self.asset.symbol)
    }
}

impl fmt::Display for NotAsAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the wallet signed something else than it was asked to")
    }
}

impl std::error::Error for NotAsAsked {}
