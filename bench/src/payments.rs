//! Payments, each with its own nonce, for whatever a challenge asks. The signature is no signature:
//! the facilitator stub believes everything, and no server here checks it itself.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wire::header::{self, CHALLENGE_HEADER_BYTES_MAX};
use wire::{Address, Authorization, Eip3009Payload, Nonce, SignatureBytes, UnixTime, v2};

use crate::Failure;
use crate::reply::get;

/// 65 bytes, as an Ethereum signature has.
const SIGNATURE: [u8; 65] = [0x5a; 65];

/// Makes payments for one offer.
#[derive(Debug)]
pub(crate) struct Mint {
    path: String,
    payment: v2::PaymentPayload,
    made: u64,
    /// Sets this run's nonces apart from any other's.
    run: u128,
}

impl Mint {
    /// Payments for the first offer of a challenge, which is in its header.
    pub(crate) fn new(path: &str, value: Option<&str>) -> Result<Self, Failure> {
        let unreadable = |why: &str| Failure(format!("the challenge cannot be paid: {why}"));
        let value = value.ok_or_else(|| unreadable("it has no PAYMENT-REQUIRED"))?;
        let required: v2::PaymentRequired =
            header::decode(value.as_bytes(), CHALLENGE_HEADER_BYTES_MAX)
                .map_err(|error| unreadable(&error.to_string()))?;
        let accepted = required.accepts.into_iter().next();
        let accepted = accepted.ok_or_else(|| unreadable("it has no offer"))?;
        let to = accepted.pay_to.evm().ok_or_else(|| unreadable("it is not for an EVM chain"))?;
        let signature = SignatureBytes::new(SIGNATURE.to_vec());
        let payload = Eip3009Payload {
            signature: signature.ok_or_else(|| unreadable("no signature"))?,
            authorization: Authorization {
                from: Address::new([0x11; 20]),
                to,
                value: accepted.amount,
                valid_after: UnixTime::from_seconds(0),
                valid_before: UnixTime::from_seconds(0),
                nonce: Nonce::new([0; 32]),
            },
            unknown: v2::Extensions::new(),
        };
        let payment = v2::PaymentPayload {
            resource: Some(required.resource),
            accepted,
            payload,
            extensions: v2::Extensions::new(),
            unknown: v2::Extensions::new(),
        };
        let run = since_epoch().as_nanos();
        Ok(Self { path: path.to_owned(), payment, made: 0, run })
    }

    /// A request that carries the next payment.
    pub(crate) fn request(&mut self) -> Vec<u8> {
        self.made += 1;
        let mut nonce = [0; 32];
        nonce[..16].copy_from_slice(&self.run.to_be_bytes());
        nonce[24..].copy_from_slice(&self.made.to_be_bytes());
        let authorization = &mut self.payment.payload.authorization;
        authorization.nonce = Nonce::new(nonce);
        // As payers do: valid for as long as the offer allows, from now on.
        let now = UnixTime::from_seconds(since_epoch().as_secs());
        authorization.valid_before = now.after(self.payment.accepted.max_timeout);
        let value = header::encode(&self.payment);
        get(&self.path, &format!("PAYMENT-SIGNATURE: {value}\r\n"))
    }
}

/// A clock before 1970 makes payments that nobody takes, and the measurement says so.
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
