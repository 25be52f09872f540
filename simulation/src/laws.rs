//! The reference model: what must hold after every step, whatever the merchant does.

use bytes::Bytes;
use merchant::decisions::records::{Claim, SettledRecord};
use merchant::walk::Onchain;
use wire::{Authorization, Message, TxHash};

use crate::payments::{PAYEE, PRICE};
use crate::process::{Heard, Request};
use crate::world::World;

impl World {
    /// A record is durable, written by this task.
    pub(crate) fn recorded(&mut self, name: &str, task: u64) {
        let Some(folder) = name.strip_suffix("/claim.json") else { return };
        let now = self.now();
        if let Some(signed) = self.signed.iter_mut().find(|it| it.folder == folder) {
            signed.claimed = Some((now, task));
        }
    }

    /// A merchant is about to send a payment to be settled.
    pub(crate) fn settling(&mut self, authorization: &Authorization, ask: &Bytes) {
        let task = self.task;
        let known = self.find(authorization.from, authorization.nonce);
        let Some(id) = known.filter(|_| self.is_signed(authorization)) else {
            return self.breach("S", "what is settled is not what was signed");
        };
        if !self.is_claimed(id) {
            self.breach("I3", "settle without a durable claim");
        }
        let first = self.asked.entry(task).or_insert_with(|| ask.clone());
        if first != ask {
            self.breach("S", "the same request settles other bytes");
        }
        let in_step = self.scenario.skews.iter().all(|it| *it == 0);
        let signed = &mut self.signed[id];
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
        let late = signed.turned_away;
        let forgotten = late && !signed.named;
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
            purchase.late += u32::from(late);
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
        let (now, task) = (self.now(), self.task);
        let signed = &mut self.signed[request.signed];
        // Of copies that come at once, one may be turned away while another one goes on; but no
        // answer overlooks a claim that stood before the ledger was last asked.
        let known = signed.claimed.is_some_and(|(at, by)| by == task || at + RECALL_MAX <= now);
        signed.turned_away |= heard.invites && !known;
        if heard.invites && known && !signed.selfish {
            signed.invited = true;
            let paid = signed.transfer.as_ref().is_some_and(|(_, it)| it.to == PAYEE);
            if paid {
                self.breach("I4", "an answer to a charged payment invites another one");
            }
        }
    }

    /// The payment that an object is sent for: another one of the same name, if the receipt says so.
    fn licence(&self, request: &Request, heard: &Heard) -> usize {
        let asked = &self.signed[request.signed];
        let same = |it: &&usize| {
            let signed = &self.signed[**it];
            let settled = self.records.get(&format!("{}/settled.json", signed.folder));
            let settled = settled.and_then(|it| SettledRecord::from_json(it).ok());
            signed.named && settled.is_some_and(|it| Some(it.transaction) == heard.transaction)
        };
        let purchase = asked.purchase.filter(|_| asked.named && !self.is_claimed(request.signed));
        let signed = purchase.map(|it| self.purchases[it].signed.iter());
        signed.and_then(|mut it| it.find(same)).copied().unwrap_or(request.signed)
    }

    fn is_claimed(&self, signed: usize) -> bool {
        self.records.contains_key(&format!("{}/claim.json", self.signed[signed].folder))
    }

    fn served(&mut self, request: &Request, heard: &Heard) {
        let id = self.licence(request, heard);
        let signed = &self.signed[id];
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
        let holds =
            |it: usize| self.signed[it].transfer.as_ref().is_some_and(|(it, _)| *it == hash);
        let foreign = !holds(id);
        let owner = *self.receipts.entry(hash).or_insert(id);
        // Where the ledger may fail, an unrecorded settlement is served all the same, and then only
        // an honest facilitator keeps two payments from one receipt.
        if owner != id && foreign && self.scenario.trouble == 0 {
            self.breach("T", "the receipt is of a transaction that settled another payment");
        }
    }

    /// Nothing goes wrong any more, and everybody had time.
    pub(crate) fn settle_up(&mut self) {
        let lies = self.scenario.facilitator.lies > 0 && self.scenario.onchain != Onchain::Always;
        if lies || !self.doubt_can_end() {
            return;
        }
        let stuck = self.purchases.iter().position(|it| {
            let gone = it.ended.as_deref() == Some("object_gone");
            // Who was turned away and gave up does not ask for what a late copy bought.
            let owed = it.transfers > it.late || it.ended.is_none();
            it.recognisable && !it.delivered && !gone && owed
        });
        if let Some(number) = stuck {
            let purchase = &self.purchases[number];
            let (transfers, ended) = (purchase.transfers, purchase.ended.clone());
            let what = format!("purchase {number}: {transfers} transfers, no object, {ended:?}");
            self.breach("D", &what);
        }
    }
}

/// How old the ledger's news may be in an answer, in ms: it is asked for a payment, and then for its
/// namesake.
const RECALL_MAX: u64 = 2 * merchant::decisions::budget::STORAGE.as_secs() * 1000 + 1_000;

/// The longest that a sale may take, in ms: what `decisions::budget` promises, and some milliseconds
/// of the model's own.
const ANSWER_MAX: u64 = merchant::decisions::budget::SALE.as_secs() * 1000 + 1_000;
