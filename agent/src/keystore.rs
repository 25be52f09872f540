//! A private key under a password: Web3 Secret Storage, version 3, as other wallets write and read it.
//! Reads text and makes text; files, prompts and the environment are the caller's.
//!
//! What makes a key out of a password costs time and memory on purpose. How much is written in the file,
//! so a file that nobody has vouched for could ask for all of a machine: beyond [`MEMORY_BYTES_MAX`] and
//! the limits beside it, it is not opened.

mod derivation;
mod document;

use std::fmt;

use aes::Aes128;
use alloy_primitives::Keccak256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use subtle::ConstantTimeEq;
use wire::Address;
use zeroize::Zeroizing;

pub use derivation::{Cost, ITERATIONS_MAX, MEMORY_BYTES_MAX, WORK_MAX};

use crate::signer::LocalKey;
use crate::world::NoRandomness;
use derivation::Derivation;

/// A keystore has some 500 bytes; what is much larger is something else.
pub const FILE_BYTES_MAX: usize = 16 * 1024;

/// An encrypted key that has been read and may be opened.
#[derive(Debug, Clone)]
pub struct Keystore {
    address: Option<Address>,
    derivation: Derivation,
    iv: [u8; 16],
    ciphertext: Vec<u8>,
    mac: [u8; 32],
}

/// Why a keystore does not give its key. Holds no part of the key or the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeystoreError {
    /// Not a keystore of version 3: this member is missing or malformed.
    Broken(&'static str),
    /// A keystore that names a cipher or a derivation that nobody uses any more.
    Unsupported(&'static str),
    /// Opening it would take more memory or time than any wallet asks for.
    TooCostly,
    /// The password is not the one that it was made with, or the file was changed.
    WrongPassword,
    /// The password is right, and the key in it belongs to another account than the file says.
    OtherAddress(Address),
}

impl Keystore {
    /// Reads a keystore. Nothing is decrypted, and nothing of it is proven yet.
    pub fn read(text: &str) -> Result<Self, KeystoreError> {
        document::read(text)
    }

    /// The account, by the file's word; nothing if it does not say. [`Self::open`] holds it to that.
    #[must_use]
    pub fn claimed_address(&self) -> Option<Address> {
        self.address
    }

    /// The key. Takes as long and as much memory as the file's maker chose: about a second and 256 MiB
    /// for most.
    pub fn open(&self, password: &[u8]) -> Result<LocalKey, KeystoreError> {
        let derived = self.derivation.derive(password)?;
        let expected = mac(&derived, &self.ciphertext);
        if !bool::from(expected.ct_eq(&self.mac)) {
            return Err(KeystoreError::WrongPassword);
        }
        // Early wallets wrote a key that begins with zeros without them.
        let mut secret = Zeroizing::new([0; 32]);
        let (_, tail) = secret.split_at_mut(32 - self.ciphertext.len());
        tail.copy_from_slice(&self.ciphertext);
        crypt(&derived, &self.iv, tail);
        let key = LocalKey::from_bytes(&secret).map_err(|_| KeystoreError::Broken("ciphertext"))?;
        let address = crate::Signer::address(&key);
        match self.address {
            Some(claimed) if claimed != address => Err(KeystoreError::OtherAddress(address)),
            Some(_) | None => Ok(key),
        }
    }
}

/// Encrypts a key. Every call draws a salt, an initialisation vector and a name anew.
pub fn seal(key: &LocalKey, password: &[u8], cost: Cost) -> Result<String, NoRandomness> {
    let (salt, iv, name) = (random::<32>()?, random::<16>()?, random::<16>()?);
    let derivation = Derivation::new(cost, salt);
    // A cost of ours is within every limit.
    let derived = derivation.derive(password).map_err(|_| NoRandomness)?;
    let mut ciphertext = key.to_bytes().to_vec();
    crypt(&derived, &iv, &mut ciphertext);
    let mac = mac(&derived, &ciphertext);
    let address = Some(crate::Signer::address(key));
    let keystore = Keystore { address, derivation, iv, ciphertext, mac };
    Ok(document::write(&keystore, name))
}

/// AES-128 in counter mode, which is its own inverse, under the first half of what was derived.
fn crypt(derived: &[u8; 32], iv: &[u8; 16], bytes: &mut [u8]) {
    let mut key = Zeroizing::new([0; 16]);
    key.copy_from_slice(&derived[..16]);
    Ctr128BE::<Aes128>::new((&*key).into(), iv.into()).apply_keystream(bytes);
}

/// Keccak-256 over the second half of what was derived, and the ciphertext.
fn mac(derived: &[u8; 32], ciphertext: &[u8]) -> [u8; 32] {
    let mut hasher = Keccak256::new();
    hasher.update(&derived[16..]);
    hasher.update(ciphertext);
    hasher.finalize().0
}

fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

impl KeystoreError {
    /// The stable code. Programs match on it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Broken(_) => "keystore_broken",
            Self::Unsupported(_) => "keystore_unsupported",
            Self::TooCostly => "keystore_too_costly",
            Self::WrongPassword => "wrong_password",
            Self::OtherAddress(_) => "keystore_of_another_account",
        }
    }
}

impl fmt::Display for KeystoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(member) => write!(
                f,
                "not a keystore of version 3: `{member}` is missing or malformed; take a copy of \
                 the file that is whole"
            ),
            Self::Unsupported(what) => write!(
                f,
                "its {what} is not supported: open it with the wallet that made it and write it \
                 again with aes-128-ctr and scrypt"
            ),
            Self::TooCostly => f.write_str(
                "opening it would take more memory or time than any wallet asks for: if you trust \
                 the file, write it again with the wallet that made it",
            ),
            Self::WrongPassword => {
                f.write_str("the password is not the right one, or the file was changed")
            }
            Self::OtherAddress(address) => write!(
                f,
                "the key in it is that of {address}, which is not the account that the file names: \
                 somebody has changed the file"
            ),
        }
    }
}

impl std::error::Error for KeystoreError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Signer;

    const KEY: &str = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";

    #[test]
    fn what_is_sealed_opens_with_its_password_and_with_no_other() {
        let key = LocalKey::from_hex(KEY).unwrap();
        let text = seal(&key, b"correct horse", Cost::Light).unwrap();
        let keystore = Keystore::read(&text).unwrap();
        assert_eq!(keystore.claimed_address(), Some(key.address()));
        assert_eq!(keystore.open(b"correct horse").unwrap().address(), key.address());
        for wrong in [&b"correct horsf"[..], b"", b"correct horse ", b"Correct horse"] {
            assert_eq!(keystore.open(wrong).unwrap_err(), KeystoreError::WrongPassword);
        }
        let all = format!("{text}{keystore:?}").to_lowercase();
        assert!(!all.contains(&KEY[2..]) && !all.contains("horse"), "{all}");
    }

    #[test]
    fn no_two_files_share_a_salt_a_vector_or_a_name() {
        let key = LocalKey::from_hex(KEY).unwrap();
        let facts = |()| {
            let text = seal(&key, b"x", Cost::Light).unwrap();
            let it = wire::json::parse(text.as_bytes()).unwrap();
            let at = |path: &str| it.pointer(path).unwrap().to_string();
            [
                at("/crypto/kdfparams/salt"),
                at("/crypto/cipherparams/iv"),
                at("/id"),
                at("/crypto/mac"),
            ]
        };
        let (first, second) = (facts(()), facts(()));
        assert!(first.iter().zip(&second).all(|(a, b)| a != b), "{first:?} {second:?}");
    }

    #[test]
    fn a_changed_file_never_gives_another_key() {
        let key = LocalKey::from_hex(KEY).unwrap();
        let text = seal(&key, b"x", Cost::Light).unwrap();
        let whole = Keystore::read(&text).unwrap();
        let mut flipped = whole.clone();
        flipped.ciphertext[31] ^= 1;
        assert_eq!(flipped.open(b"x").unwrap_err(), KeystoreError::WrongPassword);
        // The vector is not under the code: a changed one shows by the account.
        let mut turned = whole.clone();
        turned.iv[0] ^= 1;
        let error = turned.open(b"x").unwrap_err();
        assert!(matches!(error, KeystoreError::OtherAddress(_)), "{error:?}");
        let renamed = Keystore { address: Some(Address::new([7; 20])), ..whole };
        assert_eq!(renamed.open(b"x").unwrap_err(), KeystoreError::OtherAddress(key.address()));
    }
}
