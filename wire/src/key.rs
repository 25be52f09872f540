//! The key that every payment is known by.

use std::fmt;
use std::str::FromStr;

use crate::address::Address;
use crate::exact::Authorization;
use crate::hex::Nonce;
use crate::members::Form;

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

/// The text is not the one spelling of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyError;

impl Form for PaymentKey {
    const FORM: &'static str = "a payment key: chain id, asset, payer and nonce, between slashes";
}

impl FromStr for PaymentKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let [chain_id, asset, payer, nonce] =
            text.split('/').collect::<Vec<_>>().try_into().map_err(|_| KeyError)?;
        let key = Self {
            chain_id: chain_id.parse().map_err(|_| KeyError)?,
            asset: asset.parse().map_err(|_| KeyError)?,
            payer: payer.parse().map_err(|_| KeyError)?,
            nonce: nonce.parse().map_err(|_| KeyError)?,
        };
        if key.to_string() == text { Ok(key) } else { Err(KeyError) }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be {}", PaymentKey::FORM)
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_spelling() {
        let (a, p, n) = ("aa".repeat(20), "bb".repeat(20), "cc".repeat(32));
        let good = format!("84532/0x{a}/0x{p}/0x{n}");
        assert_eq!(good.parse::<PaymentKey>().map(|it| it.to_string()), Ok(good.clone()));
        for bad in [good.to_uppercase(), format!("0{good}"), format!("{good}/"), String::new()] {
            assert_eq!(bad.parse::<PaymentKey>(), Err(KeyError), "{bad}");
        }
    }
}
