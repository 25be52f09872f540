//! What a payer is told when there is no content.

use std::time::Duration;

use wire::SettlementResponse;

use crate::decisions::codes::Code;

/// How long to wait before asking again, where nobody knows better: one block.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// How long a facilitator's own wish may make a payer wait.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(1);

/// A reply without content: a code, and what goes with it. A 402 is not among what can be built
/// here; it needs the route's offers (see [`Stop::Challenge`](crate::decisions::order::Stop::Challenge)).
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    code: Code,
    because: Option<String>,
    retry_after: Option<Duration>,
    settlement: Option<Box<SettlementResponse>>,
}

impl Refusal {
    /// A refusal with this code. Every 503 asks the payer to come back.
    #[must_use]
    pub fn new(code: Code) -> Self {
        let again = code.status() == http::StatusCode::SERVICE_UNAVAILABLE;
        Self { code, because: None, retry_after: again.then_some(RETRY_AFTER), settlement: None }
    }

    /// Adds which rule was broken, in our own words.
    #[must_use]
    pub fn because(self, rule: String) -> Self {
        Self { because: Some(rule), ..self }
    }

    /// Asks the payer to wait as long as a neighbour wishes, within reason.
    #[must_use]
    pub fn after(self, wish: Option<Duration>) -> Self {
        let wish = wish.map(|it| it.clamp(RETRY_AFTER, RETRY_AFTER_MAX));
        Self { retry_after: wish.or(self.retry_after), ..self }
    }

    /// Adds what is known of the settlement.
    #[must_use]
    pub fn with_settlement(self, settlement: SettlementResponse) -> Self {
        Self { settlement: Some(Box::new(settlement)), ..self }
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// Which rule was broken.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.because.as_deref()
    }

    /// How long the payer should wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// What is known of the settlement.
    #[must_use]
    pub fn settlement(&self) -> Option<&SettlementResponse> {
        self.settlement.as_deref()
    }
}
