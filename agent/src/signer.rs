//! The wallet as the agent sees it: an address, and a signature when asked. Which payments are made
//! is not decided here.

use std::error::Error;
use std::fmt;
use std::future::Future;

use wire::signature::{SecretKey, SecretKeyError};
use wire::{Address, Eip3009Payload};
use zeroize::Zeroizing;

use crate::decisions::draft::Draft;
use crate::world::NoRandomness;

/// How often a key is drawn. One in 2^128 draws is no key; two in a row are a broken generator.
const DRAWS_MAX: u32 = 2;

/// Signs drafted payments for one account.
///
/// **Not safe to repeat**: a second call is a second signature, and with a wallet that picks its
/// own nonces a second payment. The agent calls it once for each purchase.
pub trait Signer: Send + Sync {
    /// The account that pays.
    fn address(&self) -> Address;

    /// Signs the draft. A remote wallet may choose nonce and window itself; what it returns is
    /// checked against the draft.
    fn sign(
        &self,
        draft: &Draft,
    ) -> impl Future<Output = Result<Eip3009Payload, SignerError>> + Send;

    /// Does a second call for the same nonce give the same signature, also from another process? Then
    /// an ask whose answer was lost is asked again instead of being given up.
    fn remembers(&self) -> bool {
        false
    }
}

/// Why there is no signature.
#[derive(Debug)]
pub enum SignerError {
    /// The wallet refuses this payment; asking again is useless.
    Declined(Box<dyn Error + Send + Sync>),
    /// The wallet could not be asked.
    Unavailable(Box<dyn Error + Send + Sync>),
    /// The wallet was asked, and its answer was lost: it may have signed. Nobody else was given the
    /// signature.
    Unanswered(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for SignerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declined(why) => write!(f, "the wallet declined: {why}"),
            Self::Unavailable(why) => write!(f, "the wallet cannot be reached: {why}"),
            Self::Unanswered(why) => write!(
                f,
                "the wallet's answer was lost; nothing was sent, and within two minutes the same \
                 command asks for the same signature: {why}"
            ),
        }
    }
}

impl Error for SignerError {}

/// A private key in this process's memory: for small amounts and for tests.
#[derive(Debug, Clone)]
pub struct LocalKey(SecretKey);

impl LocalKey {
    /// Reads a key from hexadecimal text, with or without `0x`.
    pub fn from_hex(text: &str) -> Result<Self, SecretKeyError> {
        SecretKey::from_hex(text).map(Self)
    }

    /// A key that nobody has had before, from the operating system's generator.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = Zeroizing::new([0; 32]);
        for _ in 0..DRAWS_MAX {
            getrandom::fill(bytes.as_mut()).map_err(|_| NoRandomness)?;
            if let Ok(key) = Self::from_bytes(&bytes) {
                return Ok(key);
            }
        }
        Err(NoRandomness)
    }

    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SecretKeyError> {
        SecretKey::from_bytes(bytes).map(Self)
    }

    #[cfg(feature = "keystore")]
    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.to_bytes()
    }
}

impl From<SecretKey> for LocalKey {
    fn from(key: SecretKey) -> Self {
        Self(key)
    }
}

impl Signer for LocalKey {
    fn address(&self) -> Address {
        self.0.address()
    }

    async fn sign(&self, draft: &Draft) -> Result<Eip3009Payload, SignerError> {
        Ok(draft.signed_with(self.0.sign(draft.digest())))
    }
}
