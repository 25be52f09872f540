//! Content as it streams in, counted and capped, with the receipt beside it.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::decisions::draft::Payment;
use crate::decisions::receipt::Receipt;
use crate::decisions::target::Target;
use crate::error::PayError;

/// Largest content by default. Five times what a Lambda function URL can stream (200 MB).
pub const BODY_BYTES_MAX: u64 = 1 << 30;

/// Content, free or paid for.
#[derive(Debug)]
pub struct Response {
    target: Target,
    paid: Option<(Payment, Receipt)>,
    body: reqwest::Response,
    received: u64,
    limits: Limits,
}

/// What a body may take, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) bytes: u64,
    /// What is left of the time to wait for it.
    pub(crate) time: Duration,
}

impl Response {
    pub(crate) fn new(
        target: Target,
        paid: Option<(Payment, Receipt)>,
        body: reqwest::Response,
        limits: Limits,
    ) -> Self {
        Self { target, paid, body, received: 0, limits }
    }

    /// What was asked for, after redirects.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The HTTP status: a success.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.body.status().as_u16()
    }

    /// A header's value, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.body.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// The size that the server announced.
    #[must_use]
    pub fn announced_bytes(&self) -> Option<u64> {
        self.body.content_length()
    }

    /// The server's word on the payment, judged; nothing if the content was free.
    #[must_use]
    pub fn receipt(&self) -> Option<&Receipt> {
        self.paid.as_ref().map(|(_, receipt)| receipt)
    }

    /// The payment that was sent; nothing if the content was free.
    #[must_use]
    pub fn payment(&self) -> Option<&Payment> {
        self.paid.as_ref().map(|(payment, _)| payment)
    }

    /// Gives the content up and keeps what it was paid with, to present it once more.
    #[must_use]
    pub fn into_payment(self) -> Option<(Target, Payment)> {
        let (payment, _) = self.paid?;
        Some((self.target, payment))
    }

    /// The next piece of the content, as the server sent it, or nothing after the last. An error
    /// means that the content is not complete; the receipt still tells about the money.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, PayError> {
        let limit = self.limits.bytes;
        let too_large = PayError::BodyTooLarge { limit };
        if self.announced_bytes().is_some_and(|bytes| bytes > limit) {
            return Err(too_large);
        }
        let received = self.received;
        let interrupted = || PayError::BodyInterrupted { received };
        let began = Instant::now();
        let chunk = tokio::time::timeout(self.limits.time, self.body.chunk()).await;
        self.limits.time = self.limits.time.saturating_sub(began.elapsed());
        let chunk = chunk.map_err(|_| interrupted())?.map_err(|_| interrupted())?;
        let Some(chunk) = chunk else {
            return Ok(None);
        };
        self.received += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if self.received > limit { Err(too_large) } else { Ok(Some(chunk)) }
    }

    /// The whole content in memory.
    pub async fn bytes(&mut self) -> Result<Vec<u8>, PayError> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    }
}
