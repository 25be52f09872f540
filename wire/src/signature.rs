//! Signing digests and recovering signers on secp256k1. The merchant uses neither: whether a
//! signature is good is the facilitator's verdict, and a contract wallet's cannot be recovered.

pub mod remote;

use std::fmt;

use alloy_primitives::{B256, Signature};
use k256::ecdsa::SigningKey;
use zeroize::Zeroizing;

use crate::address::Address;
use crate::hex::SignatureBytes;

/// A secp256k1 private key. Never printed; wiped from memory when dropped.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

/// The text is not a private key: `0x` (or nothing) and 64 hexadecimal digits, not zero and below
/// the curve's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretKeyError;

impl SecretKey {
    /// Reads a key from hexadecimal text, with or without `0x`.
    pub fn from_hex(text: &str) -> Result<Self, SecretKeyError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let mut bytes = Zeroizing::new([0; 32]);
        let read = crate::hex::digits_into(digits, bytes.as_mut());
        if read { Self::from_bytes(&bytes) } else { Err(SecretKeyError) }
    }

    /// The key with these bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SecretKeyError> {
        SigningKey::from_slice(bytes).map(Self).map_err(|_| SecretKeyError)
    }

    /// The key's bytes, to be stored under a password. Wiped when dropped.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(&Zeroizing::new(self.0.to_bytes()));
        bytes
    }

    /// The EVM address that this key controls.
    #[must_use]
    pub fn address(&self) -> Address {
        alloy_primitives::Address::from_private_key(&self.0).into()
    }

    /// Signs a digest: r, s (low) and v (27 or 28), 65 bytes. Deterministic (RFC 6979).
    ///
    /// # Panics
    /// Never: signing a 32-byte prehash with a valid key cannot fail.
    #[must_use]
    pub fn sign(&self, digest: B256) -> SignatureBytes {
        let signed = self.0.sign_prehash_recoverable(digest.as_slice());
        let signature = Signature::from(signed.expect("a valid key signs any 32-byte digest"));
        SignatureBytes::new(signature.as_bytes().to_vec()).expect("65 bytes are within the limit")
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.address())
    }
}

impl fmt::Display for SecretKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a private key must be 64 hexadecimal digits, with or without 0x")
    }
}

impl std::error::Error for SecretKeyError {}

/// The address whose key made this signature over this digest, or nothing when it is not a 65-byte
/// ECDSA signature with v 27 or 28 and a low s, as the token's contract demands (FiatToken, `ECRecover`).
#[must_use]
pub fn recover(digest: B256, signature: &SignatureBytes) -> Option<Address> {
    let bytes: &[u8; 65] = signature.bytes().try_into().ok()?;
    if !matches!(bytes[64], 27 | 28) {
        return None;
    }
    let signature = Signature::from_raw_array(bytes).ok()?;
    if signature.normalize_s().is_some() {
        return None;
    }
    signature.recover_address_from_prehash(&digest).ok().map(Address::from)
}
