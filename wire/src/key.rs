//! The key that every payment is known by.

use std::fmt;

use crate::address::Address;
use crate::exact::Authorization;
use crate::hex::Nonce;

/// K: what makes an EIP-3009 authorization one of a kind. The chain spends each at most once.
///
/// Neither the signature nor any byte of the header is part of it: both can be rewritten without
/// changing what is paid. EIP-3009 nonces are counted for each payer, so the nonce alone is not
/// enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentKey {
    /// EVM chain id.
    pub chain_id: u64,
    /// The token's contract.
    pub asset: Address,
    /// Who pays: the authorization's `from`.
    pub payer: Address,
    /// The authorization's nonce.
    pub nonce: Nonce,
}

impl PaymentKey {
    /// The key of an authorization on a chain and a token.
    #[must_use]
    pub const fn of(chain_id: u64, asset: Address, authorization: &Authorization) -> Self {
        Self { chain_id, asset, payer: authorization.from, nonce: authorization.nonce }
    }
}

/// `84532/<asset>/<payer>/<nonce>`, all in lower case: fit for the name of a ledger record.
impl fmt::Display for PaymentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chain_id, asset, payer, nonce } = self;
        write!(f, "{chain_id}/{}/{}/{nonce}", asset.lower_hex(), payer.lower_hex())
    }
}
