//! The rules that need a purchase, downhill, in the order of the table. What could move money is
//! bought through the agent, so that terms, policy and ledger hold for it as for everything else.

use agent::agent::Quoted;
use agent::conformance::{Prober, by_version_1, underpaying};
use agent::decisions::conformance::{Evidence, Finding, PAID};
use agent::decisions::draft::Payment;
use agent::decisions::receipt::Standing;
use agent::decisions::target::Target;
use agent::{Agent, PayError, Response, Signer, Terms};
use sha2::{Digest, Sha256};

use crate::cli::asking::Conformance;
use crate::cli::e2e::visit::{receipt, refused};
use crate::cli::wallet::Wallet;

/// What is needed to buy.
pub(super) struct Purchase<'a> {
    pub(super) args: &'a Conformance,
    pub(super) agent: &'a Agent<Wallet>,
    pub(super) terms: &'a Terms,
    pub(super) prober: &'a Prober<'a>,
}

/// What was bought, and how it looked.
struct Bought {
    target: Target,
    payment: Payment,
    sha256: [u8; 32],
    transaction: Option<wire::TxHash>,
}

impl Purchase<'_> {
    /// A finding for each rule of [`PAID`].
    pub(super) async fn judge(&self, evidence: &Evidence) -> Vec<Finding> {
        let mut findings = vec![self.tampered().await];
        let not_reached = || Finding::unknown("nothing was bought");
        let response = match self.buy().await {
            Ok(response) => response,
            Err(finding) => {
                findings.push(finding);
                findings.resize_with(PAID.len(), not_reached);
                return findings;
            }
        };
        let said = response.receipt().map(|it| match receipt(it) {
            Ok(((), words)) => Finding::holds(words),
            Err(words) => Finding::broken(words),
        });
        let private = private(response.header("cache-control"));
        let bought = match read(response).await {
            Ok(bought) => bought,
            Err(why) => {
                findings.push(Finding::broken(why));
                findings.resize_with(PAID.len(), not_reached);
                return findings;
            }
        };
        let words = format!("200, {} bytes signed for", bought.payment.value().len());
        findings.push(Finding::holds(words));
        findings.push(said.unwrap_or_else(|| Finding::broken("no receipt")));
        findings.push(private);
        findings.push(self.replay(&bought).await);
        findings.push(self.elsewhere(&bought).await);
        findings.push(self.by_version_1(evidence).await);
        // Last: a payment that was refused keeps its place in the ledger until its window ends.
        findings.push(self.underpaid().await);
        findings
    }

    async fn tampered(&self) -> Finding {
        match self.prober.tampered(self.agent.signer().address()).await {
            None => Finding::unknown("the challenge has no offer that this agent can draft"),
            Some(probe) => Finding::refused(&probe, true),
        }
    }

    async fn quote(&self) -> Result<agent::Quote, Finding> {
        match self.agent.quote(&self.args.url).await {
            Ok(Quoted::Priced(quote)) => Ok(quote),
            Ok(Quoted::Free(_)) => Err(Finding::broken("it is free now")),
            Err(why) => Err(Finding::unknown(why.to_string())),
        }
    }

    /// Terms, policy and wallet are ours: where they say no, nothing is known of the seller.
    async fn buy(&self) -> Result<Response, Finding> {
        let quote = self.quote().await?;
        let response = self.agent.buy(quote).await.map_err(|why| unbought(&why))?;
        match response.status() {
            200 => Ok(response),
            status => Err(Finding::broken(format!("status {status}"))),
        }
    }

    async fn replay(&self, it: &Bought) -> Finding {
        match self.agent.present(it.target.clone(), it.payment.clone()).await {
            Err(why) => refusal(&why),
            Ok(response) => match read(response).await {
                Err(why) => Finding::broken(why),
                Ok(again) if again.sha256 != it.sha256 => Finding::broken("other content came"),
                Ok(again) => match (it.transaction, again.transaction) {
                    (Some(first), Some(second)) if first != second => {
                        Finding::broken(format!("another transaction is named: {second}"))
                    }
                    (Some(_), Some(_)) => {
                        Finding::holds("the same content, by the same transaction")
                    }
                    (None, _) | (_, None) => {
                        Finding::unknown("the same content, without saying by which transaction")
                    }
                },
            },
        }
    }

    async fn elsewhere(&self, it: &Bought) -> Finding {
        let Some(url) = &self.args.also else {
            return Finding::not_applicable(
                "give another priced URL of the same server with --also",
            );
        };
        let target = match Target::parse(url) {
            Ok(target) if target.origin() == it.target.origin() => target,
            Ok(_) => return Finding::not_applicable("--also is on another server"),
            Err(why) => return Finding::not_applicable(why.to_string()),
        };
        match self.agent.present(target, it.payment.clone()).await {
            Ok(response) => Finding::broken(format!("status {}: handed out", response.status())),
            Err(why) => refusal(&why),
        }
    }

    async fn underpaid(&self) -> Finding {
        let quote = match self.quote().await {
            Ok(quote) => quote,
            Err(finding) => return finding,
        };
        let Some(less) = underpaying(quote, self.terms) else {
            return Finding::not_applicable("there is nothing to take away");
        };
        match self.agent.buy(less).await {
            Ok(response) => Finding::broken(format!("status {}: handed out", response.status())),
            Err(why) if why.aftermath().is_some() => refusal(&why),
            Err(why) => Finding::unknown(why.to_string()),
        }
    }

    async fn by_version_1(&self, evidence: &Evidence) -> Finding {
        let body = evidence.plain.as_ref().ok().and_then(|it| it.body.as_deref());
        let quote = match self.quote().await {
            Ok(quote) => quote,
            Err(finding) => return finding,
        };
        let Some(quote) = by_version_1(quote, body.unwrap_or_default(), self.terms) else {
            return Finding::not_applicable("version 1 is not offered");
        };
        match self.agent.buy(quote).await {
            Err(why) => unbought(&why),
            Ok(response) => {
                let header = response.header(wire::header::X_PAYMENT_RESPONSE).is_some();
                let standing = response.receipt().map(|it| it.standing.clone());
                match (header, standing) {
                    (false, _) => Finding::broken("content without X-PAYMENT-RESPONSE"),
                    (true, Some(Standing::Settled)) => Finding::holds("bought and receipted"),
                    (true, Some(Standing::Unknown(doubt))) => Finding::broken(doubt.to_string()),
                    (true, None) => Finding::broken("no receipt"),
                }
            }
        }
    }
}

fn unbought(why: &PayError) -> Finding {
    if why.aftermath().is_some() {
        Finding::broken(why.to_string())
    } else {
        Finding::unknown(why.to_string())
    }
}

fn refusal(why: &PayError) -> Finding {
    match refused(why) {
        Ok(((), words)) => Finding::holds(words),
        // Doubt is not a refusal, and not content either.
        Err(words) => Finding::unknown(words),
    }
}

fn private(said: Option<&str>) -> Finding {
    let words = said.unwrap_or_default();
    let mut elements = words.split(',').map(|it| it.trim().to_ascii_lowercase());
    if elements.any(|it| it == "private" || it == "no-store") {
        Finding::holds(words)
    } else if words.is_empty() {
        Finding::broken("no Cache-Control")
    } else {
        Finding::broken(agent::server_text::ServerText::clean(words).as_str())
    }
}

async fn read(mut response: Response) -> Result<Bought, String> {
    let mut hash = Sha256::new();
    while let Some(chunk) = response.chunk().await.map_err(|it| it.to_string())? {
        hash.update(&chunk);
    }
    let transaction = response.receipt().and_then(|it| it.transaction);
    let (target, payment) = response.into_payment().ok_or("nothing was paid")?;
    Ok(Bought { target, payment, sha256: hash.finalize().into(), transaction })
}
