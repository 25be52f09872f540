//! The reference model: what must hold after every step, whatever the merchant does.

use bytes::Bytes;
use merchant::decisions::records::{Claim, transaction_record};
use merchant::walk::Onchain;
use wire::{Authorization, Message, TxHash};

use crate::payments::{PAYEE, PRICE};
use crate::process::{Heard, Request};
use crate::world::World;

impl World {
    /// A merchant is about to send a payment to be settled.
    pub(crate) fn settling(&mut self, authorization: &Authorization, ask: &Bytes) {
        let task = self.task;
        let known = self.find(authorization.from, authorization.nonce);
        let Some(id) = known.filter(|_| self.is_signed(authorization)) else {
            return self.breach("S", "what is settled is not what was signed");
        };
        let claim = format!("{}/claim.json", self.signed[id].folder);
        if !self.records.contains_key(&claim) {
            self.breach("I3", "settle without a durable claim");
        }
        let first = self.asked.entry(task).or_insert_with(|| ask.clone());
        if first != ask {
            self.breach("S", "the same request settles other bytes");
        }
        let in_step = self.scenario.skews.iter().all(|it| *it == 0);
        let signed = &mut self.signed[id];
        signed.submitted = true;
        let beside = signed.settling.iter().any(|it| *it != task);
        if !signed.settling.contains(&task) {
            signed.settling.push(task);
        }
        if beside && in_step {
            self.breach("L", "two settle one payment at once");
        }
    }

    /// A merchant has its answer, or gave up waiting for it.
    pub(crate) fn settled(&mut self, authorization: &Authorization) {
        let task = self.task;
        if let Some(id) = self.find(authorization.from, authorization.nonce) {
            self.signed[id].settling.retain(|it| *it != task);
        }
    }

    /// A facilitator says that a payment is settled.
    pub(crate) fn told(&mut self, authorization: &Authorization) {
        if let Some(id) = self.find(authorization.from, authorization.nonce) {
            self.signed[id].told = true;
        }
    }

    /// Money moved.
    pub(crate) fn transferred(&mut self, authorization: &Authorization, hash: TxHash) {
        let Some(id) = self.find(authorization.from, authorization.nonce) else {
            return self.breach("C", "money moved that nobody signed away");
        };
        let signed = &mut self.signed[id];
        let twice = signed.transfer.replace((hash, *authorization)).is_some();
        let invited = signed.invited && !signed.selfish;
        // A late copy of a request whose payment was turned away before it was claimed: only the
        // payer's name for the purchase holds the two payments together.
        let forgotten = signed.turned_away && !signed.named;
        let purchase = signed.purchase.filter(|_| !forgotten);
        if twice {
            self.breach("C", "one authorization moved money twice");
        }
        if invited {
            self.breach("I4", "charged after an answer that invited another payment");
        }
        if let Some(purchase) = purchase {
            let purchase = &mut self.purchases[purchase];
            purchase.transfers += 1;
            if purchase.transfers > 1 {
                self.breach("N", "one purchase was charged twice");
            }
        }
        self.count_money();
    }

    /// What payers lost is what payees got.
    fn count_money(&mut self) {
        let moved: u64 = self
            .signed
            .iter()
            .filter_map(|it| it.transfer.as_ref())
            .filter(|(_, it)| it.to == PAYEE)
            .map(|(_, it)| crate::chain::amount(it))
            .sum();
        if self.chain.balance(PAYEE) != moved {
            self.breach("C", "the payee has another sum than was paid");
        }
    }

    /// A merchant answers.
    pub(crate) fn answered(&mut self, request: &Request, heard: &Heard, took: u64) {
        self.note(|| {
            let Request { signed, client, path, .. } = request;
            format!("client {client}: {path} for payment {signed}: {heard:?}")
        });
        if took > ANSWER_MAX {
            self.breach("B", "an answer took longer than a sale may");
        }
        if heard.object.is_some() {
            self.served(request, heard);
        }
        let signed = &mut self.signed[request.signed];
        signed.turned_away |= heard.invites && !signed.submitted;
        if heard.invites && signed.submitted && !signed.selfish {
            signed.invited = true;
            let paid = signed.transfer.as_ref().is_some_and(|(_, it)| it.to == PAYEE);
            if paid {
                self.breach("I4", "an answer to a charged payment invites another one");
            }
        }
    }

    fn served(&mut self, request: &Request, heard: &Heard) {
        let signed = &self.signed[request.signed];
        let price = |it: &Authorization| it.to == PAYEE && crate::chain::amount(it) == PRICE;
        let paid = signed.transfer.as_ref().is_some_and(|(_, it)| price(it));
        let believed = signed.told && self.scenario.onchain != Onchain::Always;
        let claim = self.records.get(&format!("{}/claim.json", signed.folder));
        let claim = claim.and_then(|it| Claim::from_json(it).ok());
        let bound = claim.as_ref().map(|it| it.resource.as_str());
        let version = claim.as_ref().and_then(|it| it.object.etag.as_deref());
        let stranger = signed.client != request.client;
        if !paid && !believed {
            self.breach("I2", "an object left that was not paid for");
        } else if bound != Some(&format!("https://files.test{}", request.path)) {
            self.breach("I1", "an object left that the payment is not bound to");
        } else if version != heard.object.as_deref() {
            self.breach("V", "another version left than was sold");
        } else if stranger {
            self.breach("R", "a stranger got what another one bought");
        }
        let Some(hash) = heard.transaction else {
            return self.breach("T", "an object left without a receipt");
        };
        let signed = &self.signed[request.signed];
        let holds = signed.transfer.as_ref().is_some_and(|(it, _)| *it == hash);
        let binding = self.records.get(&transaction_record(&signed.key, hash));
        let ours = signed.key.to_string();
        let elsewhere = binding.is_some_and(|it| !String::from_utf8_lossy(it).contains(&ours));
        if elsewhere && !holds {
            self.breach("T", "the receipt is of a transaction that settled another payment");
        }
    }

    /// Nothing goes wrong any more, and everybody had time.
    pub(crate) fn settle_up(&mut self) {
        let lies = self.scenario.facilitator.lies > 0 && self.scenario.onchain != Onchain::Always;
        if lies || self.scenario.facilitator.batches || !self.doubt_can_end() {
            return;
        }
        let stuck = self.purchases.iter().position(|it| {
            let gone = it.ended.as_deref() == Some("object_gone");
            it.recognisable && !it.delivered && !gone && (it.transfers > 0 || it.ended.is_none())
        });
        if let Some(number) = stuck {
            let purchase = &self.purchases[number];
            let (transfers, ended) = (purchase.transfers, purchase.ended.clone());
            let what = format!("purchase {number}: {transfers} transfers, no object, {ended:?}");
            self.breach("D", &what);
        }
    }
}

/// The longest that a sale may take, in ms: what `decisions::budget` promises, and some milliseconds
/// of the model's own.
const ANSWER_MAX: u64 = merchant::decisions::budget::SALE.as_secs() * 1000 + 1_000;
