//! Nouns that travel as hexadecimal: nonces, transaction hashes, signatures. Read in any letter
//! case, written in lower case, so that re-cased copies of one payment are one payment.

use std::fmt;
use std::str::FromStr;

use alloy_primitives::{B256, hex as digits};

use crate::members::Form;

/// An ECDSA signature has 65 bytes; contract wallets wrap more. Cap against padding attacks:
/// nothing in the field needs more than a few hundred bytes.
pub const SIGNATURE_BYTES_MAX: usize = 4096;

/// The text is not of the noun's hexadecimal form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HexError;

impl fmt::Display for HexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not 0x and the right number of hexadecimal digits")
    }
}

impl std::error::Error for HexError {}

/// Exactly `0x` and the digits of `N` bytes.
pub(crate) fn fixed<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    digits_into(text.strip_prefix("0x")?, &mut bytes).then_some(bytes)
}

/// Exactly the digits of these bytes, without `0x`, read where they stay: a secret leaves no copy.
pub(crate) fn digits_into(text: &str, bytes: &mut [u8]) -> bool {
    // The decoder skips a prefix; the length alone would let `0x` and too few digits through.
    let digits_only = text.len() == 2 * bytes.len() && !text.starts_with("0x");
    digits_only && digits::decode_to_slice(text.as_bytes(), bytes).is_ok()
}

macro_rules! thirty_two_bytes {
    ($(#[$doc:meta])* $name:ident, $form:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(B256);

        impl $name {
            /// The value with these bytes.
            #[must_use]
            pub const fn new(bytes: [u8; 32]) -> Self {
                Self(B256::new(bytes))
            }

            /// The bytes as the EVM libraries know them.
            #[must_use]
            pub const fn evm(self) -> B256 {
                self.0
            }
        }

        impl Form for $name {
            const FORM: &'static str = $form;
        }

        impl FromStr for $name {
            type Err = HexError;

            fn from_str(text: &str) -> Result<Self, HexError> {
                fixed(text).map(Self::new).ok_or(HexError)
            }
        }

        impl From<B256> for $name {
            fn from(bytes: B256) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:#x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

thirty_two_bytes!(
    /// An EIP-3009 nonce: 32 random bytes, spent at most once for each payer and token.
    Nonce,
    "a nonce: 0x and 64 hexadecimal digits"
);

thirty_two_bytes!(
    /// The hash of an EVM transaction.
    TxHash,
    "a transaction hash: 0x and 64 hexadecimal digits"
);

/// A signature as it travels: 1 to 4,096 bytes. Not part of any key: one authorization has many
/// valid signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct SignatureBytes(Vec<u8>);

impl SignatureBytes {
    /// A signature of these bytes; nothing when there are none, or more than
    /// [`SIGNATURE_BYTES_MAX`].
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (1..=SIGNATURE_BYTES_MAX).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The raw bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Form for SignatureBytes {
    const FORM: &'static str = "a signature: 0x and 1 to 4096 bytes in hexadecimal";
}

impl FromStr for SignatureBytes {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        let text = text.strip_prefix("0x").filter(|it| !it.starts_with("0x")).ok_or(HexError)?;
        if text.len() > 2 * SIGNATURE_BYTES_MAX {
            return Err(HexError);
        }
        digits::decode(text).ok().and_then(Self::new).ok_or(HexError)
    }
}

impl fmt::Display for SignatureBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&digits::encode_prefixed(&self.0))
    }
}

/// Whoever holds an unsettled signature can move the money: it must not reach a log by way of
/// `{:?}`.
impl fmt::Debug for SignatureBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignatureBytes({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_32_bytes_in_any_letter_case() {
        let lower = format!("0x{}", "8e".repeat(32));
        let upper = format!("0x{}", "8E".repeat(32));
        assert_eq!(lower.parse::<Nonce>(), upper.parse::<Nonce>());
        assert_eq!(upper.parse::<Nonce>().unwrap().to_string(), lower);
        let digits = |n: usize| "8".repeat(n);
        #[rustfmt::skip]
        let bad = [
            String::new(), "0x".into(), digits(64), digits(66),
            format!("0x{}", digits(62)), format!("0x{}", digits(63)), format!("0x{}", digits(66)),
            format!("0X{}", digits(64)), format!("0x0x{}", digits(62)), format!("0x{}g", digits(63)),
            format!(" 0x{}", digits(64)),
        ];
        for bad in bad {
            assert_eq!(bad.parse::<Nonce>(), Err(HexError), "{bad:?}");
        }
    }

    #[test]
    fn a_signature_has_bytes_and_not_too_many() {
        for good in ["0xab", "0xABCD"] {
            assert_eq!(good.parse::<SignatureBytes>().unwrap().to_string(), good.to_lowercase());
        }
        let huge = format!("0x{}", "00".repeat(SIGNATURE_BYTES_MAX + 1));
        for bad in ["", "0x", "ab", "0xa", "0xzz", "0x0xab", &huge] {
            assert_eq!(bad.parse::<SignatureBytes>(), Err(HexError), "{bad:.20?}");
        }
    }

    #[test]
    fn a_signature_does_not_print_itself_by_accident() {
        let signature: SignatureBytes = "0xdeadbeef".parse().unwrap();
        assert_eq!(format!("{signature:?}"), "SignatureBytes(4 bytes)");
    }
}
