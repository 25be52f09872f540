//! What `ProcessPayment` is asked for, and what its answer is worth. Pure: the draft goes in, a
//! request comes out; an answer goes in, a signed authorization or a reason comes out.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use wire::{Address, Eip3009Payload, Message, UnixTime, signature};

use crate::aws::sigv4::hex;
use crate::decisions::challenge::Version;
use crate::decisions::draft::Draft;

/// How much later than the draft Amazon may begin to count the window: retries included, a signature
/// that is asked for is there within a minute. A server that wants the longest window gets one that
/// is shorter by this.
pub(super) const WINDOW_SLACK: Duration = Duration::from_mins(1);

/// How far in the future an authorization may begin. AgentCore's begin "now"; a clock that is
/// further ahead than this is wrong, and so is a signature that waits.
const AHEAD_MAX: Duration = Duration::from_secs(10);

/// Signed, but not something to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The answer has not the form of its operation.
    Form,
    /// It is about another session, instrument or manager.
    OtherPayment,
    /// It is no signed EIP-3009 authorization.
    NoAuthorization,
    /// The wallet's key did not make this signature over it.
    Signature,
    /// It begins too far in the future.
    NotYet,
}

/// The ids that a payment is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids {
    /// The payment manager's ARN.
    pub manager_arn: String,
    /// The payment session.
    pub session: String,
    /// The payment instrument.
    pub instrument: String,
}

/// The name of this one payment. The draft's nonce is in the ledger before anything is asked, so
/// that whoever asks again, in whatever process, asks by the same name, and Amazon answers with the
/// same payment.
#[must_use]
pub fn client_token(ids: &Ids, draft: &Draft) -> String {
    let nonce = draft.authorization().nonce.to_string();
    let parts = ["x402-agent", &ids.session, &ids.instrument, &nonce];
    hex(&Sha256::digest(parts.join("\n").as_bytes()))
}

/// The body of `ProcessPayment`.
#[must_use]
pub fn request(ids: &Ids, draft: &Draft) -> Value {
    let version = match draft.version() {
        Version::V1 => "1",
        Version::V2 => "2",
    };
    json!({
        "paymentManagerArn": ids.manager_arn,
        "paymentSessionId": ids.session,
        "paymentInstrumentId": ids.instrument,
        "paymentType": "CRYPTO_X402",
        "paymentInput": { "cryptoX402": { "version": version, "payload": requirements(draft) } },
        "clientToken": client_token(ids, draft),
    })
}

/// The offer as the server wrote it, but for the window: what Amazon signs must end within ours,
/// although Amazon begins to count later.
fn requirements(draft: &Draft) -> Value {
    let mut offer = draft.requirements().clone();
    let longest = draft.deal().window_max().saturating_sub(WINDOW_SLACK);
    let window = draft.deal().window().min(longest.max(crate::decisions::terms::WINDOW_MIN));
    if let Some(seconds) = offer.get_mut("maxTimeoutSeconds") {
        *seconds = window.as_secs().into();
    }
    offer
}

/// The signed authorization in an answer, if it is the wallet's. What it pays, to whom and for how
/// long is judged where every wallet's word is ([`Draft::seal`]). Members beside the authorization
/// and its signature are not passed on.
pub fn proof(
    ids: &Ids,
    draft: &Draft,
    wallet: Address,
    answer: &Value,
    now: UnixTime,
) -> Result<Eip3009Payload, Unfit> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    if (text("status"), text("paymentType")) != (Some("PROOF_GENERATED"), Some("CRYPTO_X402")) {
        return Err(Unfit::Form);
    }
    let asked = (ids.manager_arn.as_str(), ids.session.as_str(), ids.instrument.as_str());
    let got = (text("paymentManagerArn"), text("paymentSessionId"), text("paymentInstrumentId"));
    if got != (Some(asked.0), Some(asked.1), Some(asked.2)) {
        return Err(Unfit::OtherPayment);
    }
    let payload = answer.pointer("/paymentOutput/cryptoX402/payload").ok_or(Unfit::Form)?;
    let payload =
        Eip3009Payload::from_value(payload.clone()).map_err(|_| Unfit::NoAuthorization)?;
    let digest = draft.deal().domain().digest(&payload.authorization);
    if signature::recover(digest, &payload.signature) != Some(wallet) {
        return Err(Unfit::Signature);
    }
    if payload.authorization.valid_after > now.after(AHEAD_MAX) {
        return Err(Unfit::NotYet);
    }
    Ok(Eip3009Payload { unknown: Map::new(), ..payload })
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "ProcessPayment answered in a form of its own",
            Self::OtherPayment => "ProcessPayment answered about another session or instrument",
            Self::NoAuthorization => "ProcessPayment returned no EIP-3009 authorization",
            Self::Signature => "ProcessPayment returned a signature that is not the wallet's",
            Self::NotYet => {
                "ProcessPayment returned an authorization that begins later: check this clock"
            }
        })
    }
}

impl std::error::Error for Unfit {}
