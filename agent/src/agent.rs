//! The walk of one purchase, top to bottom: ask, choose, sign once, send the same bytes until the
//! answer is known. IO happens here; every branch is decided in [`crate::decisions`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AGE, DATE};
use wire::header;

use crate::aftermath::{Aftermath, SendDoubt};
use crate::decisions::challenge::Challenge;
use crate::decisions::choice::{Deal, choose};
use crate::decisions::draft::{Draft, Payment};
use crate::decisions::receipt::Receipt;
use crate::decisions::reply::{Reply, Sending, Verdict, judge};
use crate::decisions::skew::compare;
use crate::decisions::target::Target;
use crate::decisions::terms::Terms;
use crate::error::PayError;
use crate::event::{Event, Observer};
use crate::handover::{Handover, follow, is_handover};
use crate::knock::knock;
use crate::purse::Purse;
use crate::reading::{read_challenge, read_refusal};
use crate::response::{Limits, Response};
use crate::signer::Signer;
use crate::transport::{NoReply, Transport, location, text, values};
use crate::world::{Clock, Randomness, System};

/// A payer: one account, one set of terms.
pub struct Agent<S, W = System> {
    pub(crate) signer: S,
    pub(crate) terms: Terms,
    pub(crate) world: W,
    pub(crate) transport: Transport,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) body_limit: u64,
    pub(crate) purse: Option<Purse>,
}

/// What asking without payment came to.
#[derive(Debug)]
pub enum Quoted {
    /// The content is free; here it is.
    Free(Response),
    /// It costs this much.
    Priced(Quote),
}

/// A challenge whose best offer the payer's terms allow. Can be bought once:
///
/// ```compile_fail,E0382
/// # async fn example(agent: agent::Agent<agent::LocalKey>, quote: agent::Quote) {
/// agent.buy(quote).await;
/// agent.buy(quote).await;
/// # }
/// ```
#[derive(Debug)]
pub struct Quote {
    pub(crate) asked: Target,
    pub(crate) target: Target,
    challenge: Challenge,
    deal: Deal,
}

impl Quote {
    /// The offer that was chosen from this challenge, for a tool call.
    #[cfg(feature = "mcp")]
    pub(crate) fn chosen(target: Target, challenge: Challenge, deal: Deal) -> Self {
        Self { asked: target.clone(), target, challenge, deal }
    }

    /// What is bought.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The chosen offer.
    #[must_use]
    pub fn deal(&self) -> &Deal {
        &self.deal
    }

    /// The same purchase by another challenge, of which this was chosen.
    pub(crate) fn replaced(self, challenge: Challenge, deal: Deal) -> Self {
        Self { challenge, deal, ..self }
    }

    /// The whole challenge.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }
}

impl<S: Signer, W: Clock + Randomness> Agent<S, W> {
    /// Gets the content of a URL and pays for it, at most once, if the terms allow.
    ///
    /// **Repeating** a call that ended with an error after payment ([`PayError::aftermath`]): with a
    /// [`Purse`], the same bytes are sent again. Without one it is a new purchase with a new
    /// signature: do not, before the chain shows that the first is void.
    pub async fn fetch(&self, url: &str) -> Result<Response, PayError> {
        if let Some(response) = self.resume(url).await? {
            return Ok(response);
        }
        match self.quote(url).await? {
            Quoted::Free(response) => Ok(response),
            Quoted::Priced(quote) => self.buy(quote).await,
        }
    }

    /// Who signs.
    pub fn signer(&self) -> &S {
        &self.signer
    }

    /// Asks without paying and chooses an offer. Nothing is signed. Safe to repeat.
    pub async fn quote(&self, url: &str) -> Result<Quoted, PayError> {
        let target = Target::parse(url).map_err(PayError::InvalidUrl)?;
        if !target.is_confidential() {
            return Err(PayError::InsecureTransport);
        }
        let asked = target.clone();
        let (target, mut reply) = knock(&self.transport, target, |it| self.notice(it)).await?;
        let clocks = compare(text(&reply, &DATE), text(&reply, &AGE), self.world.now());
        match reply.status().as_u16() {
            402 => {}
            status @ 200..=299 => {
                self.notice(Event::Free { status });
                return Ok(Quoted::Free(self.content(target, None, reply)));
            }
            status => {
                let code = read_refusal(&self.transport, &mut reply).await.code;
                return Err(PayError::UnexpectedStatus { status, code });
            }
        }
        let challenge = read_challenge(&self.transport, &mut reply).await?;
        self.notice(Event::Challenged { challenge: &challenge });
        let deal = choose(&challenge, &target, &self.terms).map_err(PayError::Refused)?;
        clocks.map_err(PayError::ClockSkew)?;
        self.notice(Event::Chosen { deal: &deal });
        Ok(Quoted::Priced(Quote { asked, target, challenge, deal }))
    }

    /// The authorization that buying this quote now would sign. Its nonce is used by nothing else.
    pub fn draft(&self, quote: &Quote) -> Result<Draft, PayError> {
        let nonce = self.world.nonce().map_err(PayError::NoRandomness)?;
        let payer = self.signer.address();
        let deal = quote.deal.clone();
        let draft = Draft::new(&quote.challenge, deal, payer, self.world.now(), nonce);
        let draft = if draft.invites_identifier() {
            draft.identified(self.world.nonce().map_err(PayError::NoRandomness)?)
        } else {
            draft
        };
        if draft.fits_a_header() { Ok(draft) } else { Err(PayError::PaymentTooLarge) }
    }

    /// Signs once and sends the payment until its outcome is known; with a [`Purse`], reserved
    /// before and concluded after.
    pub async fn buy(&self, quote: Quote) -> Result<Response, PayError> {
        let draft = self.draft(&quote)?;
        if let Some(purse) = &self.purse {
            return self.spend(purse, quote, draft).await;
        }
        let payment = self.sign(draft).await?;
        self.present(quote.target, payment).await
    }

    /// The one signature of a purchase.
    pub(crate) async fn sign(&self, draft: Draft) -> Result<Payment, PayError> {
        self.notice(Event::Signing { draft: &draft, payer: self.signer.address() });
        let payload = self.signer.sign(&draft).await.map_err(PayError::NotSigned)?;
        draft.seal(&payload).map_err(PayError::SignedElse)
    }

    /// Sends the same bytes until there is content, a refusal, or no patience left. Safe to repeat:
    /// one authorization charges at most once. Use it again for content that broke off
    /// ([`Response::into_payment`]); a server may then still refuse.
    pub async fn present(&self, target: Target, payment: Payment) -> Result<Response, PayError> {
        let mut sending = Sending::start(self.world.now());
        loop {
            sending.count();
            self.notice(Event::Sending { payment: &payment, attempt: sending.sends() });
            let sent = self.transport.get(&target, Some(&payment)).await;
            if !matches!(sent, Err(NoReply::NotConnected(_) | NoReply::Blocked(_))) {
                sending.may_have_arrived();
            }
            let (asked, doubt, failure) = match sent {
                Ok(reply) => match self.hear(&target, &payment, sending.sends(), reply).await? {
                    Heard::Content(receipt, content) => {
                        return Ok(self.receive(target, payment, *receipt, content));
                    }
                    Heard::Doubt(asked, doubt) => (asked, doubt, None),
                },
                Err(failure) => (None, failure.doubt(), Some(failure)),
            };
            let Some(pause) = sending.pause(asked, self.world.now()) else {
                return Err(given_up(sending, &payment, doubt, failure));
            };
            self.notice(Event::Waiting { doubt: &doubt, pause });
            self.world.sleep(pause).await;
        }
    }

    /// What an answer to the paid request comes to; an error ends the purchase.
    async fn hear(
        &self,
        target: &Target,
        payment: &Payment,
        sends: u32,
        mut reply: reqwest::Response,
    ) -> Result<Heard, PayError> {
        let receipt = Box::new(receipt_of(&reply, payment));
        if reply.status().is_success() {
            return Ok(Heard::Content(receipt, reply));
        }
        let said = location(&reply);
        let reply = read_refusal(&self.transport, &mut reply).await;
        if is_handover(reply.status) && receipt.is_settled() {
            match follow(&self.transport, target, said, |it| self.notice(it)).await {
                Handover::Content(content) => return Ok(Heard::Content(receipt, content)),
                Handover::Failed(doubt) => return Ok(Heard::Doubt(None, doubt)),
                Handover::NotFollowed => {}
            }
        }
        let asked = reply.retry_after;
        refused(judge(reply.status), reply, payment, sends).map(|doubt| Heard::Doubt(asked, doubt))
    }

    fn receive(
        &self,
        target: Target,
        payment: Payment,
        receipt: Receipt,
        content: reqwest::Response,
    ) -> Response {
        let status = content.status().as_u16();
        self.notice(Event::Delivered { status, receipt: &receipt });
        self.content(target, Some((payment, receipt)), content)
    }

    fn content(
        &self,
        target: Target,
        paid: Option<(Payment, Receipt)>,
        body: reqwest::Response,
    ) -> Response {
        let limits = Limits { bytes: self.body_limit, time: self.transport.patience().content };
        Response::new(target, paid, body, limits)
    }

    pub(crate) fn notice(&self, event: Event<'_>) {
        if let Some(observer) = &self.observer {
            observer.notice(event);
        }
    }
}

/// What an answer to the paid request comes to, unless it ends the purchase.
enum Heard {
    /// The content, from the merchant or from the store that it named.
    Content(Box<Receipt>, reqwest::Response),
    /// Worth another attempt, after the pause that the server asks for.
    Doubt(Option<Duration>, SendDoubt),
}

/// The server's word on the payment, in either version's header.
fn receipt_of(reply: &reqwest::Response, payment: &Payment) -> Receipt {
    let mut words = values(reply, header::PAYMENT_RESPONSE);
    if words.is_empty() {
        words = values(reply, header::X_PAYMENT_RESPONSE);
    }
    Receipt::judge(&words, *payment.exposure())
}

/// Either the doubt that is worth another attempt, or the end.
fn refused(
    verdict: Verdict,
    reply: Reply,
    payment: &Payment,
    attempts: u32,
) -> Result<SendDoubt, PayError> {
    let Reply { status, code, transaction, location, .. } = reply;
    let last = SendDoubt::Answered { status, code, transaction, location };
    let end = match verdict {
        Verdict::Again => return Ok(last),
        Verdict::Rechallenged => PayError::Rechallenged,
        Verdict::Redirected => PayError::RedirectedAfterPayment,
        Verdict::Conflict => PayError::Conflict,
        Verdict::Blocked => PayError::Blocked,
        Verdict::Rejected => PayError::Rejected,
    };
    Err(end(Box::new(Aftermath { exposure: *payment.exposure(), attempts, last })))
}

fn given_up(
    sending: Sending,
    payment: &Payment,
    last: SendDoubt,
    failure: Option<NoReply>,
) -> PayError {
    match failure {
        Some(NoReply::NotConnected(why)) if sending.provably_unsent() => {
            PayError::NotSent(why.into())
        }
        Some(NoReply::Blocked(why)) if sending.provably_unsent() => PayError::NotSent(why.into()),
        Some(_) | None => {
            let (exposure, attempts) = (*payment.exposure(), sending.sends());
            PayError::Unknown(Box::new(Aftermath { exposure, attempts, last }))
        }
    }
}

/// Shows the account and the terms, and nothing of the signer.
impl<S: Signer, W> fmt::Debug for Agent<S, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (payer, terms) = (self.signer.address(), &self.terms);
        f.debug_struct("Agent").field("payer", &payer).field("terms", terms).finish_non_exhaustive()
    }
}
