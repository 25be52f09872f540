//! What a transaction settled, read from its logs: which authorizations it used, and what each of
//! them moved.

use wire::{Address, AtomicAmount, Nonce, TxHash, UnixTime};

use super::draft::Exposure;

/// One event of the token, as far as a payment is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenEvent {
    /// `AuthorizationUsed` (EIP-3009).
    Used {
        /// The token.
        asset: Address,
        /// Who signed.
        payer: Address,
        /// What was signed.
        nonce: Nonce,
    },
    /// `Transfer` (EIP-20).
    Transfer {
        /// The token.
        asset: Address,
        /// Whose money it was.
        from: Address,
        /// Whose it is.
        to: Address,
        /// How much, in atomic units of the token.
        amount: AtomicAmount,
    },
}

/// A signed payment that moved money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// The token.
    pub asset: Address,
    /// Who signed and paid.
    pub payer: Address,
    /// Who was paid.
    pub payee: Address,
    /// How much, in atomic units of the token.
    pub amount: AtomicAmount,
    /// Which authorization it was.
    pub nonce: Nonce,
}

/// How likely it is that the chain forgets a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finality {
    /// Only the sequencer has promised it.
    Latest,
    /// The chain below has it.
    Safe,
    /// The chain below has made it final.
    Finalized,
}

/// A transaction that is in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Its hash.
    pub transaction: TxHash,
    /// Did it succeed? One that failed moved nothing.
    pub succeeded: bool,
    /// The number of its block.
    pub block: u64,
    /// That block's time.
    pub time: UnixTime,
    /// The newest block's number.
    pub head: u64,
    /// The newest block's time.
    pub head_time: UnixTime,
    /// How settled the block is.
    pub finality: Finality,
    /// What it moved by signed authorizations, in order.
    pub movements: Vec<Movement>,
}

impl Settlement {
    /// How many blocks have come since.
    #[must_use]
    pub const fn blocks_ago(&self) -> u64 {
        self.head.saturating_sub(self.block)
    }

    /// The movement for this authorization of this payer.
    #[must_use]
    pub fn movement(&self, asset: Address, payer: Address, nonce: Nonce) -> Option<&Movement> {
        let signed = |it: &&Movement| (it.asset, it.payer, it.nonce) == (asset, payer, nonce);
        self.movements.iter().find(signed)
    }
}

impl Finality {
    /// Its word for programs: the block tag of JSON-RPC.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Latest => "latest",
            Self::Safe => "safe",
            Self::Finalized => "finalized",
        }
    }
}

/// Which authorizations moved what. A token tells that it used an authorization, and then what it
/// moved by it (`FiatToken` v2): the transfer that belongs to an authorization is the next one of the
/// same token from the same payer, before another authorization is used. One transfer counts once.
#[must_use]
pub fn movements(events: &[TokenEvent]) -> Vec<Movement> {
    let mut found = Vec::new();
    let mut open = None;
    for event in events {
        match (*event, open) {
            (TokenEvent::Used { asset, payer, nonce }, _) => open = Some((asset, payer, nonce)),
            (TokenEvent::Transfer { asset, from, to, amount }, Some((token, payer, nonce)))
                if (asset, from) == (token, payer) =>
            {
                found.push(Movement { asset, payer, payee: to, amount, nonce });
                open = None;
            }
            (TokenEvent::Transfer { .. }, _) => {}
        }
    }
    found
}

/// Did exactly this payment move, by its own authorization? A transaction may hold many payments, and
/// a transfer that belongs to another one, of the same amount between the same accounts, proves
/// nothing about this.
#[must_use]
pub fn paid(events: &[TokenEvent], it: &Exposure) -> bool {
    let key = &it.key;
    let expected = Movement {
        asset: key.asset,
        payer: key.payer,
        payee: it.pay_to,
        amount: it.amount,
        nonce: key.nonce,
    };
    movements(events).contains(&expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::U256;

    const USDC: Address = Address::new([1; 20]);
    const OTHER: Address = Address::new([2; 20]);
    const ANN: Address = Address::new([3; 20]);
    const BEN: Address = Address::new([4; 20]);
    const SHOP: Address = Address::new([5; 20]);

    /// What is claimed, the events, and the nonces and amounts that they come to.
    type Row = (&'static str, Vec<TokenEvent>, &'static [(u8, u64)]);

    fn used(payer: Address, nonce: u8) -> TokenEvent {
        TokenEvent::Used { asset: USDC, payer, nonce: Nonce::new([nonce; 32]) }
    }

    fn transfer(asset: Address, from: Address, to: Address, units: u64) -> TokenEvent {
        let amount = AtomicAmount::new(U256::from(units));
        TokenEvent::Transfer { asset, from, to, amount }
    }

    #[test]
    fn an_authorization_owns_the_next_transfer_of_its_payer_and_none_twice() {
        let paid = transfer(USDC, ANN, SHOP, 10);
        #[rustfmt::skip]
        let rows: [Row; 9] = [
            ("nothing",                 vec![],                                            &[]),
            ("one payment",             vec![used(ANN, 1), paid],                          &[(1, 10)]),
            ("a transfer alone",        vec![paid],                                        &[]),
            ("used, nothing moved",     vec![used(ANN, 1)],                                &[]),
            ("another token moved",     vec![used(ANN, 1), transfer(OTHER, ANN, SHOP, 10)], &[]),
            ("somebody else paid",      vec![used(ANN, 1), transfer(USDC, BEN, SHOP, 10)], &[]),
            ("moved before it was used", vec![paid, used(ANN, 1)],                         &[]),
            ("two, one transfer",       vec![used(ANN, 1), used(ANN, 2), paid],            &[(2, 10)]),
            ("a batch",
             vec![used(ANN, 1), paid, used(BEN, 2), transfer(USDC, BEN, SHOP, 7), used(ANN, 3), paid],
             &[(1, 10), (2, 7), (3, 10)]),
        ];
        for (claim, events, expected) in rows {
            let found: Vec<(Nonce, AtomicAmount)> =
                movements(&events).iter().map(|it| (it.nonce, it.amount)).collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(nonce, units)| {
                    (Nonce::new([*nonce; 32]), AtomicAmount::new(U256::from(*units)))
                })
                .collect();
            assert_eq!(found, expected, "{claim}");
        }
    }

    #[test]
    fn a_payment_is_proven_by_the_transfer_of_its_own_authorization_only() {
        let network = &wire::networks::NETWORKS[0];
        let key = wire::PaymentKey {
            chain_id: network.chain_id,
            asset: USDC,
            payer: ANN,
            nonce: Nonce::new([1; 32]),
        };
        let exposure = Exposure {
            key,
            network,
            asset: &network.asset,
            amount: AtomicAmount::from(10),
            pay_to: SHOP,
            valid_before: UnixTime::EPOCH,
        };
        let ours = transfer(USDC, ANN, SHOP, 10);
        #[rustfmt::skip]
        let rows: [(&str, Vec<TokenEvent>, bool); 7] = [
            ("its own",                        vec![used(ANN, 1), ours],                                true),
            ("among others",                   vec![used(ANN, 2), ours, used(ANN, 1), ours],            true),
            ("another amount",                 vec![used(ANN, 1), transfer(USDC, ANN, SHOP, 11)],       false),
            ("another payee",                  vec![used(ANN, 1), transfer(USDC, ANN, BEN, 10)],        false),
            ("another token",                  vec![used(ANN, 1), transfer(OTHER, ANN, SHOP, 10)],      false),
            ("the transfer of another one",    vec![used(ANN, 1), used(ANN, 2), ours],                  false),
            ("ours went elsewhere, the other's came",
             vec![used(ANN, 1), transfer(USDC, ANN, BEN, 10), used(ANN, 2), ours],                      false),
        ];
        for (claim, events, expected) in rows {
            assert_eq!(paid(&events, &exposure), expected, "{claim}");
        }
    }
}
