//! The wallet of one command: a key, or none. Without a key everything up to signing still works.

use agent::Signer;
use agent::decisions::draft::Draft;
use agent::signer::{LocalKey, SignerError};
use wire::{Address, Eip3009Payload};

/// A key, if there is one.
#[derive(Debug)]
pub(crate) struct Wallet(pub(crate) Option<LocalKey>);

impl Wallet {
    /// Can it sign?
    pub(crate) fn has_key(&self) -> bool {
        self.0.is_some()
    }
}

impl Signer for Wallet {
    /// The zero address where there is no key; nothing is ever signed for it.
    fn address(&self) -> Address {
        self.0.as_ref().map_or(Address::new([0; 20]), Signer::address)
    }

    async fn sign(&self, draft: &Draft) -> Result<Eip3009Payload, SignerError> {
        match &self.0 {
            Some(key) => key.sign(draft).await,
            None => Err(SignerError::Declined("there is no key".into())),
        }
    }
}
