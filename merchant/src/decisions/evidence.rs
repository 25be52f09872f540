//! What the chain says about a payment: the only thing besides a settlement that ends doubt about
//! it. Decided from what each RPC endpoint saw; endpoints that differ, or fail, prove nothing.

use wire::{Address, AtomicAmount, Nonce, PaymentKey, TxHash, UnixTime, v2};

use crate::decisions::budget::BLOCK;

/// What is asked of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// The payment.
    pub key: PaymentKey,
    /// Who should have been paid.
    pub payee: Address,
    /// How much.
    pub amount: AtomicAmount,
    /// Nothing about the payment can be older.
    pub since: UnixTime,
    /// From this chain time on, the payment cannot be made any more.
    pub valid_before: UnixTime,
}

/// What one RPC endpoint says, all of it at one sealed block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The block's time.
    pub block_time: UnixTime,
    /// `authorizationState` of payer and nonce at that block.
    pub used: bool,
    /// What happened to the nonce up to that block.
    pub events: Vec<NonceEvent>,
}

/// An event of the token about this payer and nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceEvent {
    /// `AuthorizationCanceled`: the payer withdrew it.
    Canceled,
    /// `AuthorizationUsed`, and whether the same successful transaction moved the amount from the
    /// payer to the payee for it.
    Used {
        /// The transaction.
        transaction: TxHash,
        /// It holds the `Transfer` that belongs to this nonce.
        paid: bool,
    },
}

/// One event of the token in a transaction, as far as it tells who paid whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenEvent {
    /// `AuthorizationUsed`: this payer's nonce is spent.
    Used(Address, Nonce),
    /// `Transfer` from the first to the second.
    Transfer(Address, Address, AtomicAmount),
    /// Anything else.
    Other,
}

/// What follows from what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The money moved, whoever submitted the payment.
    Settled(TxHash),
    /// It did not, and never can.
    Void(VoidCause),
    /// It has not moved yet, and still can. Nobody but the payer and whom it showed the payment to
    /// can know the signature.
    Open,
    /// Nothing is proven.
    Unknown,
}

/// Why a payment can never be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoidCause {
    /// Its window closed unused.
    Expired,
    /// The payer canceled it.
    Canceled,
    /// The nonce was spent without paying the payee.
    SpentElsewhere,
}

impl Question {
    /// What to ask about a payment that was claimed on these terms. `since` should be early enough
    /// for somebody who submitted the payment before us.
    #[must_use]
    pub fn new(
        key: PaymentKey,
        offer: &v2::PaymentRequirements,
        since: UnixTime,
        valid_before: UnixTime,
    ) -> Option<Self> {
        Some(Self { key, payee: offer.pay_to.evm()?, amount: offer.amount, since, valid_before })
    }
}

impl VoidCause {
    /// The reason in the 402 that follows.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Expired => "invalid_exact_evm_payload_authorization_valid_before",
            Self::Canceled | Self::SpentElsewhere => "invalid_exact_evm_nonce_already_used",
        }
    }

    /// The cause with this reason, as a record names it.
    #[must_use]
    pub fn of_reason(reason: &str) -> Self {
        if reason == Self::Expired.reason() { Self::Expired } else { Self::Canceled }
    }
}

/// Did spending the nonce pay what was asked? Given all the events of the token in one successful
/// transaction, in order. Nothing where they can be read in two ways.
///
/// A facilitator may settle many payments in one transaction, also many of one payer that are alike,
/// and each `Transfer` may count for one of them only. The token marks the nonce as spent and moves
/// the money next (EIP-3009's reference implementation, `FiatTokenV2`), so the `Transfer` of a nonce
/// is the event after it: no two nonces share one. Where another order is found, a payer's only
/// nonce in the transaction leaves nothing to confuse; several do.
#[must_use]
pub fn paid(question: &Question, events: &[TokenEvent]) -> Option<bool> {
    let key = &question.key;
    let spent = TokenEvent::Used(key.payer, key.nonce);
    let transfer = TokenEvent::Transfer(key.payer, question.payee, question.amount);
    let at = events.iter().position(|it| *it == spent)?;
    if events.get(at + 1) == Some(&transfer) {
        return Some(true);
    }
    let payers = |it: &&TokenEvent| matches!(it, TokenEvent::Used(payer, _) if *payer == key.payer);
    match (events.contains(&transfer), events.iter().filter(payers).count()) {
        (false, _) => Some(false),
        (true, 1) => Some(true),
        (true, _) => None,
    }
}

/// Judges what every configured endpoint saw; a failed one saw nothing.
#[must_use]
pub fn judge(sightings: &[Option<Sighting>], valid_before: UnixTime) -> Evidence {
    let mut verdicts = sightings.iter().map(|it| match it {
        Some(sighting) => sighting.verdict(valid_before),
        None => Evidence::Unknown,
    });
    let Some(first) = verdicts.next() else { return Evidence::Unknown };
    if verdicts.all(|it| it == first) { first } else { Evidence::Unknown }
}

impl Sighting {
    fn verdict(&self, valid_before: UnixTime) -> Evidence {
        let paid = self.events.iter().find_map(|event| match event {
            NonceEvent::Used { transaction, paid: true } => Some(*transaction),
            NonceEvent::Used { paid: false, .. } | NonceEvent::Canceled => None,
        });
        match (self.used, paid, self.events.first()) {
            (true, Some(transaction), _) => Evidence::Settled(transaction),
            (true, None, Some(NonceEvent::Canceled)) => Evidence::Void(VoidCause::Canceled),
            (true, None, Some(NonceEvent::Used { .. })) => {
                Evidence::Void(VoidCause::SpentElsewhere)
            }
            // Spent, but the event was not found: the endpoint keeps too few logs. Or events of an
            // unused nonce: the answers are not of one state.
            (true, None, None) | (false, _, Some(_)) => Evidence::Unknown,
            // One block more than needed, in case the newest is replaced by a younger one.
            (false, _, None) if self.block_time >= valid_before.after(BLOCK) => {
                Evidence::Void(VoidCause::Expired)
            }
            (false, _, None) => Evidence::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: u64 = 1000;

    #[expect(clippy::unnecessary_wraps, reason = "a column of the table holds None, too")]
    fn saw(time: u64, used: bool, events: &[NonceEvent]) -> Option<Sighting> {
        let block_time = UnixTime::from_seconds(time);
        Some(Sighting { block_time, used, events: events.to_vec() })
    }

    #[test]
    fn a_transfer_pays_for_one_nonce_only() {
        let address = |it: u8| Address::new([it; 20]);
        let (payer, other, shop) = (address(1), address(2), address(3));
        let key = PaymentKey { chain_id: 1, asset: address(9), payer, nonce: Nonce::new([1; 32]) };
        let (amount, time) = (AtomicAmount::from(1000), UnixTime::from_seconds(END));
        let question = Question { key, payee: shop, amount, since: time, valid_before: time };
        let used = |payer: Address, nonce: u8| TokenEvent::Used(payer, Nonce::new([nonce; 32]));
        let moved = |from, to, units: u64| TokenEvent::Transfer(from, to, units.into());
        let (ours, pay) = (used(payer, 1), moved(payer, shop, 1000));
        #[rustfmt::skip]
        let rows: Vec<(&str, Vec<TokenEvent>, Option<bool>)> = vec![
            ("alone",                        vec![ours, pay],                                              Some(true)),
            ("alone, transfer first",        vec![pay, ours],                                              Some(true)),
            ("with a fee between",           vec![ours, moved(payer, other, 1), pay],                      Some(true)),
            ("first of two alike",           vec![ours, pay, used(payer, 2), pay],                         Some(true)),
            ("second of two alike",          vec![used(payer, 2), pay, ours, pay],                         Some(true)),
            ("beside another payer",         vec![used(other, 1), moved(other, shop, 1000), ours, pay],   Some(true)),
            ("no transfer at all",           vec![ours],                                                   Some(false)),
            ("another amount",               vec![ours, moved(payer, shop, 999)],                         Some(false)),
            ("another payee",                vec![ours, moved(payer, other, 1000)],                        Some(false)),
            ("another's transfer",           vec![ours, moved(other, shop, 1000)],                        Some(false)),
            ("the second took the money",    vec![ours, moved(payer, payer, 1000), used(payer, 2), pay],   None),
            ("two spent, one transfer",      vec![used(payer, 2), ours, pay],                              Some(true)),
            ("two spent, the other's",       vec![ours, used(payer, 2), pay],                              None),
            ("two, transfers first",         vec![pay, used(payer, 2), pay, ours],                         None),
            ("not our nonce",                vec![used(payer, 2), pay],                                    None),
            ("nothing",                      vec![],                                                       None),
        ];
        for (name, events, expected) in rows {
            assert_eq!(paid(&question, &events), expected, "{name}");
        }
    }

    #[test]
    fn only_agreeing_endpoints_prove_anything() {
        let (one, other) = (TxHash::new([1; 32]), TxHash::new([2; 32]));
        let paid = |transaction| NonceEvent::Used { transaction, paid: true };
        let unpaid = NonceEvent::Used { transaction: one, paid: false };
        let open = || saw(END - 1, false, &[]);
        let settled = || saw(END - 1, true, &[paid(one)]);
        #[rustfmt::skip]
        let rows: Vec<(&str, Vec<Option<Sighting>>, Evidence)> = vec![
            ("nobody asked",             vec![],                                      Evidence::Unknown),
            ("no answer",                vec![None],                                  Evidence::Unknown),
            ("unused, in time",          vec![open()],                                Evidence::Open),
            ("unused, just expired",     vec![saw(END + 1, false, &[])],              Evidence::Open),
            ("unused, expired",          vec![saw(END + 2, false, &[])],              Evidence::Void(VoidCause::Expired)),
            ("paid",                     vec![settled()],                             Evidence::Settled(one)),
            ("paid, long ago",           vec![saw(END + 99, true, &[paid(one)])],     Evidence::Settled(one)),
            ("canceled",                 vec![saw(END - 1, true, &[NonceEvent::Canceled])], Evidence::Void(VoidCause::Canceled)),
            ("spent without paying us",  vec![saw(END - 1, true, &[unpaid])],         Evidence::Void(VoidCause::SpentElsewhere)),
            ("spent, event not found",   vec![saw(END - 1, true, &[])],               Evidence::Unknown),
            ("event of an unused nonce", vec![saw(END - 1, false, &[paid(one)])],     Evidence::Unknown),
            ("two agree",                vec![settled(), settled()],                  Evidence::Settled(one)),
            ("two name two",             vec![settled(), saw(END, true, &[paid(other)])], Evidence::Unknown),
            ("one lags",                 vec![settled(), open()],                     Evidence::Unknown),
            ("one is down",              vec![settled(), None],                       Evidence::Unknown),
            ("one is past the end",      vec![open(), saw(END + 9, false, &[])],      Evidence::Unknown),
        ];
        for (name, sightings, expected) in rows {
            assert_eq!(judge(&sightings, UnixTime::from_seconds(END)), expected, "{name}");
        }
    }
}
