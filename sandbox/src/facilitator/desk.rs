//! Where callers come: `verify`, `settle` and `supported` as calls with a body and an answer, with
//! the ordered faults on the way and a line in the journal for each.

use super::case::Case;
use super::dialect::Spoken;
use super::journal::{Entry, Journal, Said};
use super::verdict::{Outcome, Reason, Refusal};
use super::{Facilitator, distort};
use crate::catalogue::Catalogue;
use crate::delivery::{Delivery, Reply};
use crate::faults::{Answer, Endpoint, Fault, Faults, Moment, Trouble};
use hyper::StatusCode;
use wire::{Message, WireError};

/// A facilitator with its faults and its journal.
#[derive(Debug)]
pub struct Desk {
    facilitator: Facilitator,
    faults: Faults,
    journal: Journal,
    catalogue: Catalogue,
}

/// One call on its way.
struct Visit {
    number: u64,
    fault: Option<Fault>,
    case: Result<Case, WireError>,
}

impl Desk {
    /// A desk of this facilitator.
    #[must_use]
    pub fn new(facilitator: Facilitator, faults: Faults, journal: Journal) -> Self {
        Self { facilitator, faults, journal, catalogue: Catalogue::default() }
    }

    /// What its discovery endpoints list.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// `POST /verify`.
    pub async fn verify(&self, body: &[u8]) -> Delivery {
        let visit = self.begin(Endpoint::Verify, Case::from_json(body)).await;
        let dialect = self.facilitator.manners().dialect;
        let ordered = match &visit.fault {
            Some(Fault::Answer(answer)) => distort::verdict(dialect, visit.case(), answer),
            Some(Fault::Trouble(..) | Fault::View(_)) | None => None,
        };
        let (spoken, finding) = if let Some(spoken) = ordered {
            (Some(spoken), "nothing".to_owned())
        } else if visit.is_kept_from_work() {
            (None, "nothing".to_owned())
        } else {
            let verdict = match &visit.case {
                Ok(case) => self.facilitator.verify(case),
                Err(error) => Err(unreadable(error)),
            };
            let finding = verdict.as_ref().map_or_else(|it| name(it.reason), |()| "valid".into());
            (Some(dialect.verdict(visit.case(), &verdict)), finding)
        };
        self.end(visit, spoken, finding, None).await
    }

    /// `POST /settle`.
    pub async fn settle(&self, body: &[u8]) -> Delivery {
        let visit = self.begin(Endpoint::Settle, Case::from_json(body)).await;
        let dialect = self.facilitator.manners().dialect;
        let truth = self.work(&visit).await;
        if let Some(Outcome::Settled(_)) = &truth {
            self.catalogue.learn(body, self.facilitator.chain().now());
        }
        let spoken = match (&visit.fault, &truth) {
            (Some(Fault::Answer(answer)), _) => {
                Some(distort::outcome(dialect, visit.case(), answer, truth.as_ref()))
            }
            (_, Some(outcome)) => Some(dialect.outcome(visit.case(), outcome)),
            (_, None) => None,
        };
        let finding = truth.as_ref().map_or_else(|| "nothing".to_owned(), finding);
        self.end(visit, spoken, finding, truth.as_ref()).await
    }

    /// Settles as far as the fault lets it.
    async fn work(&self, visit: &Visit) -> Option<Outcome> {
        if visit.fault.as_ref().is_some_and(|it| !it.settles()) {
            return None;
        }
        let case = match &visit.case {
            Ok(case) => case,
            Err(error) => return Some(Outcome::Refused(unreadable(error))),
        };
        if visit.fault != Some(Fault::Answer(Answer::Pending)) {
            return Some(self.facilitator.settle(case).await);
        }
        Some(match self.facilitator.submit(case) {
            Ok(hash) => {
                self.facilitator.remember(case, hash);
                Outcome::Pending(hash)
            }
            Err(refusal) => Outcome::Refused(refusal),
        })
    }

    /// `GET /supported`.
    pub async fn supported(&self) -> Delivery {
        let no_payment = WireError::new("", wire::Problem::Missing);
        let visit = self.begin(Endpoint::Supported, Err(no_payment)).await;
        let body = self.facilitator.supported().to_value();
        let spoken = Spoken { status: StatusCode::OK, body };
        self.end(visit, Some(spoken), "supported".to_owned(), None).await
    }

    async fn begin(&self, endpoint: Endpoint, case: Result<Case, WireError>) -> Visit {
        let fault = self.faults.take(endpoint);
        let number = self.journal.open(Entry {
            number: 0,
            at: self.facilitator.chain().now(),
            endpoint,
            key: case.as_ref().ok().and_then(Case::key),
            fault: fault.as_ref().map(ToString::to_string),
            said: None,
        });
        if let Some(Fault::Trouble(Trouble::Delay(span), Moment::Before)) = &fault {
            tokio::time::sleep(*span).await;
        }
        Visit { number, fault, case }
    }

    async fn end(
        &self,
        visit: Visit,
        spoken: Option<Spoken>,
        finding: String,
        truth: Option<&Outcome>,
    ) -> Delivery {
        if let Some(Fault::Trouble(Trouble::Delay(span), Moment::AfterSettling)) = &visit.fault {
            tokio::time::sleep(*span).await;
        }
        let reply = spoken.map(|it| Reply::json(it.status, &it.body));
        let reply = reply.unwrap_or_else(Reply::told_to_fail);
        let delivery = match &visit.fault {
            Some(Fault::Trouble(trouble, _)) => Delivery::troubled(reply, trouble),
            Some(Fault::Answer(_) | Fault::View(_)) | None => reply.into(),
        };
        let status = match &delivery {
            Delivery::Reply(reply) => Some(reply.status.as_u16()),
            Delivery::Reset | Delivery::Never => None,
        };
        let transaction = truth.and_then(Outcome::transaction);
        self.journal.close(visit.number, Said { status, finding, transaction });
        delivery
    }
}

impl Visit {
    fn case(&self) -> Option<&Case> {
        self.case.as_ref().ok()
    }

    /// A delay lets the work be done; every other trouble before it does not.
    fn is_kept_from_work(&self) -> bool {
        match &self.fault {
            Some(Fault::Trouble(Trouble::Delay(_), _) | Fault::Answer(_) | Fault::View(_))
            | None => false,
            Some(Fault::Trouble(..)) => true,
        }
    }
}

fn unreadable(error: &WireError) -> Refusal {
    Refusal::saying(Reason::Malformed, error.to_string())
}

fn finding(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Settled(_) => "settled".to_owned(),
        Outcome::Refused(refusal) => name(refusal.reason),
        Outcome::Reverted(_) => "reverted".to_owned(),
        Outcome::NoSuchTransfer(_) => "no such transfer".to_owned(),
        Outcome::Pending(_) => "pending".to_owned(),
    }
}

/// The reason in the sandbox's own words, whatever the dialect.
fn name(reason: Reason) -> String {
    format!("refused: {}", reason.name())
}
