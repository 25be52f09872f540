//! Signatures of keys that are elsewhere: what hardware and cloud services give, as EVM chains want it.

use alloy_primitives::{B256, Signature as Recoverable};
use k256::ecdsa::{Signature, VerifyingKey};

use super::recover;
use crate::address::Address;
use crate::hex::SignatureBytes;

/// What stands before the point in a secp256k1 public key's DER (RFC 5480 `SubjectPublicKeyInfo`:
/// `id-ecPublicKey` 1.2.840.10045.2.1 with the curve 1.3.132.0.10, then 65 bytes as a bit string).
const SPKI_PREFIX: [u8; 23] = [
    0x30, 0x56, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
    0x81, 0x04, 0x00, 0x0a, 0x03, 0x42, 0x00,
];

/// The account of a public key in DER; nothing if it is not one of secp256k1, uncompressed.
#[must_use]
pub fn address_of_public_key(der: &[u8]) -> Option<Address> {
    let point = der.strip_prefix(&SPKI_PREFIX).filter(|it| it.len() == 65 && it[0] == 4)?;
    let key = VerifyingKey::from_sec1_bytes(point).ok()?;
    Some(alloy_primitives::Address::from_public_key(&key).into())
}

/// An ECDSA signature in DER over this digest, as 65 bytes with a low s and the v that leads to this
/// account; nothing if it is no signature of that account's key over the digest.
#[must_use]
pub fn from_der(der: &[u8], digest: B256, account: Address) -> Option<SignatureBytes> {
    let signature = Signature::from_der(der).ok()?;
    // Either s is valid; tokens take the low one only.
    let signature = signature.normalize_s().unwrap_or(signature);
    [false, true].into_iter().find_map(|odd| {
        let bytes = Recoverable::from((signature, k256::ecdsa::RecoveryId::new(odd, false)));
        let bytes = SignatureBytes::new(bytes.as_bytes().to_vec())?;
        (recover(digest, &bytes) == Some(account)).then_some(bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SecretKey;
    use k256::ecdsa::SigningKey;
    use k256::ecdsa::signature::hazmat::PrehashSigner;

    fn key(byte: u8) -> (SigningKey, Address) {
        let address = SecretKey::from_bytes(&[byte; 32]).unwrap().address();
        (SigningKey::from_slice(&[byte; 32]).unwrap(), address)
    }

    fn der(key: &SigningKey) -> Vec<u8> {
        let point = key.verifying_key().to_encoded_point(false);
        [&SPKI_PREFIX, point.as_bytes()].concat()
    }

    #[test]
    fn a_public_key_is_read_in_one_form_only() {
        let (signing, address) = key(7);
        let whole = der(&signing);
        assert_eq!(address_of_public_key(&whole), Some(address));
        let mut other_curve = whole.clone();
        other_curve[19] = 0x22;
        let mut off_the_curve = whole.clone();
        off_the_curve[87] ^= 1;
        let compressed =
            [&SPKI_PREFIX, signing.verifying_key().to_encoded_point(true).as_bytes()].concat();
        for bad in [other_curve, off_the_curve, compressed, whole[..87].to_vec(), Vec::new()] {
            assert_eq!(address_of_public_key(&bad), None);
        }
        assert_eq!(address_of_public_key(&[whole, vec![0]].concat()), None);
    }

    #[test]
    fn either_s_becomes_the_signature_that_the_token_takes() {
        let (signing, address) = key(7);
        for byte in 0..32 {
            let digest = B256::repeat_byte(byte);
            let low: Signature = signing.sign_prehash(digest.as_slice()).unwrap();
            let high = Signature::from_scalars(low.r(), -low.s()).unwrap();
            assert_eq!(high.normalize_s(), Some(low));
            let expected = SecretKey::from_bytes(&[7; 32]).unwrap().sign(digest);
            for given in [low, high] {
                let found = from_der(given.to_der().as_bytes(), digest, address);
                assert_eq!(found.as_ref(), Some(&expected), "{byte}");
            }
        }
    }

    #[test]
    fn what_another_key_or_nobody_signed_is_nothing() {
        let ((signing, address), (_, stranger)) = (key(7), key(8));
        let digest = B256::repeat_byte(1);
        let good: Signature = signing.sign_prehash(digest.as_slice()).unwrap();
        let good = good.to_der();
        assert!(from_der(good.as_bytes(), digest, address).is_some());
        assert_eq!(from_der(good.as_bytes(), digest, stranger), None);
        assert_eq!(from_der(good.as_bytes(), B256::repeat_byte(2), address), None);
        for garbage in [&b""[..], b"garbage", &[0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00]] {
            assert_eq!(from_der(garbage, digest, address), None);
        }
    }
}
