//! A purchase with a purse: reserve, sign, store, send, conclude. In that order, so that a process
//! that ends between two steps leaves a ledger that counts too much, never too little.

use crate::agent::{Agent, Quote};
use crate::book::{Entry, OpenPurchase, PurchaseId, Reserved};
use crate::decisions::budget::Denial;
use crate::decisions::draft::{Draft, Exposure, NotAsAsked, Payment};
use crate::decisions::purchase::{Fate, Next, Outcome, Stage, fate, next};
use crate::decisions::target::Target;
use crate::error::PayError;
use crate::purse::Purse;
use crate::response::Response;
use crate::signer::{Signer, SignerError};
use crate::world::{Clock, Randomness};

/// An open purchase whose payment is sent again.
pub(crate) struct Reopened {
    pub(crate) id: PurchaseId,
    /// What is asked for with it.
    pub(crate) target: String,
    pub(crate) payment: Payment,
}

impl<S: Signer, W: Clock + Randomness> Agent<S, W> {
    /// Sends the payment of an open purchase of this URL again, if the ledger has one. Nothing is
    /// signed. Safe to repeat: one authorization charges at most once.
    pub async fn resume(&self, url: &str) -> Result<Option<Response>, PayError> {
        let Some(purse) = &self.purse else { return Ok(None) };
        let asked = Target::parse(url).map_err(PayError::InvalidUrl)?;
        let Some(open) = self.reopen(purse, &asked)? else { return Ok(None) };
        let target = Target::parse(&open.target).map_err(PayError::InvalidUrl)?;
        self.present_and_conclude(purse, open.id, target, open.payment).await.map(Some)
    }

    /// The open purchase of this errand, whose payment may be sent again; that it is, is counted.
    pub(crate) fn reopen(
        &self,
        purse: &Purse,
        asked: &Target,
    ) -> Result<Option<Reopened>, PayError> {
        let open = purse.book.open(&purse.errand(asked)).map_err(PayError::Ledger)?;
        let Some(open) = open else { return Ok(None) };
        let now = self.world.now();
        match (next(open.stage, open.reserved, now, self.signer.remembers()), open.payment) {
            (Next::SendAgain, Some(payment)) => {
                let counted = purse.book.sending_again(open.id).map_err(PayError::Ledger)?;
                Ok(counted.then_some(Reopened { id: open.id, target: open.target, payment }))
            }
            (Next::Drop, _) => {
                let dropped = purse.book.drop_unsigned(open.id, now).map_err(PayError::Ledger)?;
                if dropped { Ok(None) } else { Err(PayError::InProgress) }
            }
            (Next::BuyAnew | Next::AskAgain, _) => Ok(None),
            (Next::Wait | Next::SendAgain, _) => Err(PayError::InProgress),
        }
    }

    /// Why buying this quote now would be refused by policy, budget or session, if it would. Reserves
    /// nothing and asks nobody.
    pub fn preview(&self, quote: &Quote) -> Result<Option<Denial>, PayError> {
        let Some(purse) = &self.purse else { return Ok(None) };
        let draft = self.draft(quote)?;
        let entry = purse.entry(&quote.asked, &quote.target, &draft, self.world.now());
        let facts = purse.book.facts(&entry).map_err(PayError::Ledger)?;
        let grant = purse.grant().map_err(PayError::Ledger)?;
        Ok(purse.permits(&entry, grant.as_ref(), false, &facts).err())
    }

    /// Buys a quote within what the purse allows.
    pub(crate) async fn spend(
        &self,
        purse: &Purse,
        quote: Quote,
        draft: Draft,
    ) -> Result<Response, PayError> {
        let (id, payment) = self.commit(purse, &quote, draft).await?;
        self.present_and_conclude(purse, id, quote.target, payment).await
    }

    /// Reserves, signs and stores: after this the payment may be sent.
    pub(crate) async fn commit(
        &self,
        purse: &Purse,
        quote: &Quote,
        draft: Draft,
    ) -> Result<(PurchaseId, Payment), PayError> {
        if let Some(open) = self.asked_before(purse, quote)? {
            let draft = draft.under(open.exposure.key.nonce);
            if !Exposure::of(&draft).is_of_the_same(&open.exposure) {
                // The price, the payee or the token changed since: that signature may be out there.
                return Err(PayError::InProgress);
            }
            return self.sign_and_store(purse, open.id, draft, quote).await.map(|it| (open.id, it));
        }
        let mut draft = draft;
        let mut entry = purse.entry(&quote.asked, &quote.target, &draft, self.world.now());
        let approved = agreed(purse, &entry, &quote.target).await?;
        if approved {
            // A person may have taken an hour.
            draft = self.draft(quote)?;
            entry = purse.entry(&quote.asked, &quote.target, &draft, self.world.now());
        }
        let id = reserve(purse, &entry, approved)?;
        self.sign_and_store(purse, id, draft, quote).await.map(|it| (id, it))
    }

    /// The reservation of this errand whose signature a wallet that remembers was asked for. It was
    /// permitted when it was reserved, and counts ever since.
    fn asked_before(&self, purse: &Purse, quote: &Quote) -> Result<Option<OpenPurchase>, PayError> {
        if !self.signer.remembers() {
            return Ok(None);
        }
        let open = purse.book.open(&purse.errand(&quote.asked)).map_err(PayError::Ledger)?;
        let now = self.world.now();
        Ok(open.filter(|it| next(it.stage, it.reserved, now, true) == Next::AskAgain))
    }

    async fn sign_and_store(
        &self,
        purse: &Purse,
        id: PurchaseId,
        draft: Draft,
        quote: &Quote,
    ) -> Result<Payment, PayError> {
        let payment = match self.sign(draft).await {
            Ok(payment) => payment,
            Err(why) => {
                let lost = matches!(why, PayError::NotSigned(SignerError::Unanswered(_)));
                let outcome = if lost { Outcome::Unanswered } else { Outcome::NeverSigned };
                self.conclude(purse, id, outcome);
                return Err(why);
            }
        };
        // From here on the ledger can send the payment by itself; before, nobody has it.
        let stored = purse.book.signed(id, &payment, self.world.now()).map_err(PayError::Ledger)?;
        if !stored {
            let open = purse.book.open(&purse.errand(&quote.asked)).map_err(PayError::Ledger)?;
            if open.is_none_or(|it| it.id != id || it.stage != Stage::Reserved) {
                return Err(PayError::InProgress);
            }
            // The reservation stands: it is the authorization that has paid for something before.
            self.conclude(purse, id, Outcome::NeverSigned);
            return Err(PayError::SignedElse(NotAsAsked));
        }
        Ok(payment)
    }

    async fn present_and_conclude(
        &self,
        purse: &Purse,
        id: PurchaseId,
        target: Target,
        payment: Payment,
    ) -> Result<Response, PayError> {
        let outcome = self.present(target, payment).await;
        self.conclude(
            purse,
            id,
            match &outcome {
                Ok(response) => response.receipt().map_or(Outcome::Undelivered, Outcome::Delivered),
                Err(PayError::NotSent(_)) => Outcome::NeverSent,
                Err(_) => Outcome::Undelivered,
            },
        );
        outcome
    }

    /// Writes down what came of it.
    pub(crate) fn conclude(&self, purse: &Purse, id: PurchaseId, outcome: Outcome<'_>) {
        let fate = fate(outcome);
        if fate != Fate::Hold {
            // A ledger that cannot be written goes on counting the purchase: too much, not too
            // little. The content, or the reason why there is none, matters more now.
            let _ = purse.book.conclude(id, fate, self.world.now());
        }
    }
}

/// Asks somebody if policy wants that. True if they agreed, false if nobody needs to.
async fn agreed(purse: &Purse, entry: &Entry, target: &Target) -> Result<bool, PayError> {
    let facts = purse.book.facts(entry).map_err(PayError::Ledger)?;
    let grant = purse.grant().map_err(PayError::Ledger)?;
    match purse.permits(entry, grant.as_ref(), false, &facts) {
        Ok(()) => Ok(false),
        Err(denial) if purse.approved(denial, entry, target).await => Ok(true),
        Err(denial) => Err(PayError::Denied(denial)),
    }
}

/// Judges and reserves while nobody else can. What somebody agreed to is judged again with
/// everything else.
fn reserve(purse: &Purse, entry: &Entry, approved: bool) -> Result<PurchaseId, PayError> {
    let grant = purse.grant().map_err(PayError::Ledger)?;
    let judge = |facts: &_| purse.permits(entry, grant.as_ref(), approved, facts);
    match purse.book.reserve(entry, &judge).map_err(PayError::Ledger)? {
        Reserved::Yes(id) => Ok(id),
        Reserved::Denied(denial) => Err(PayError::Denied(denial)),
        Reserved::Taken => Err(PayError::InProgress),
    }
}
