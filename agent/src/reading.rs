//! Reading what came instead of content: a challenge, or the reason of a refusal. Every body is
//! capped in bytes and in time.

use std::time::Duration;

use reqwest::header::{LOCATION, RETRY_AFTER};
use serde_json::Value;
use wire::{Problem, SettlementResponse, WireError, header};

use crate::decisions::challenge::Challenge;
use crate::decisions::receipt::transaction_of;
use crate::decisions::reply::{Reply, retry_after};
use crate::error::PayError;
use crate::server_text::ServerText;
use crate::transport::{Transport, Unread, text, values};

/// Largest body of a 402 or of another refusal that is read. A challenge with every extension of
/// the field has a few KiB.
pub(crate) const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// How long the end of a body that is not needed is waited for: longer than a packet on its way,
/// shorter than a new connection is worth.
const DRAIN_MAX: Duration = Duration::from_millis(200);

/// Reads a 402's challenge: the v2 header if there is one, else the body.
pub(crate) async fn read_challenge(
    transport: &Transport,
    reply: &mut reqwest::Response,
) -> Result<Challenge, PayError> {
    let limit = header::CHALLENGE_HEADER_BYTES_MAX;
    let challenge = match values(reply, header::PAYMENT_REQUIRED)[..] {
        [] => None,
        [value] if value.len() > limit => return Err(PayError::ChallengeTooLarge { limit }),
        [value] => Some(Challenge::from_header(value).map_err(PayError::InvalidChallenge)?),
        [_, _, ..] => {
            let twice = WireError::new("PAYMENT-REQUIRED", Problem::Duplicate);
            return Err(PayError::InvalidChallenge(twice));
        }
    };
    let reading = transport.read_small(reply, REFUSAL_BYTES_MAX);
    if let Some(challenge) = challenge {
        // The connection carries the payment if its body ends soon; else another one does.
        let _ = tokio::time::timeout(DRAIN_MAX, reading).await;
        return Ok(challenge);
    }
    match reading.await {
        Ok(body) => Challenge::from_body(&body).map_err(PayError::InvalidChallenge),
        Err(Unread::TooLarge) => Err(PayError::ChallengeTooLarge { limit: REFUSAL_BYTES_MAX }),
        Err(Unread::Broken) => Err(PayError::TimedOut),
    }
}

/// The facts of a reply that is neither content nor a first challenge.
pub(crate) async fn read_refusal(transport: &Transport, reply: &mut reqwest::Response) -> Reply {
    let settlement = values(reply, header::PAYMENT_RESPONSE).first().and_then(|value| {
        header::decode::<SettlementResponse>(value, header::CHALLENGE_HEADER_BYTES_MAX).ok()
    });
    let challenge = values(reply, header::PAYMENT_REQUIRED)
        .first()
        .and_then(|value| Challenge::from_header(value).ok());
    let body = transport.read_small(reply, REFUSAL_BYTES_MAX).await.unwrap_or_default();
    let body = wire::json::parse(&body).unwrap_or_default();
    let stated = body.get("error").and_then(Value::as_str);
    let reason = settlement.as_ref().and_then(|it| it.error_reason.as_deref());
    let demanded = challenge.and_then(|it| it.reason().cloned());
    Reply {
        status: reply.status().as_u16(),
        retry_after: text(reply, &RETRY_AFTER).and_then(retry_after),
        code: stated.or(reason).map(ServerText::clean).or(demanded),
        transaction: settlement.as_ref().and_then(transaction_of),
        location: text(reply, &LOCATION).map(ServerText::clean),
    }
}
