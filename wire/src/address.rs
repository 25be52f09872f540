//! Addresses: the EVM's 20 bytes, and the text of chains that we pass on without reading.

use std::fmt;
use std::str::FromStr;

use crate::members::Form;

/// Longest address text of any chain that x402 names (a Solana address has 44 characters).
const TEXT_BYTES_MAX: usize = 128;

/// An EVM address. Read in any letter case, written with the EIP-55 checksum.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(alloy_primitives::Address);

/// The text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressError {
    /// Not `0x` and 40 hexadecimal digits.
    Form,
    /// Mixed letter case that contradicts EIP-55: most likely a typing error.
    Checksum,
}

impl Address {
    /// The address with these 20 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(alloy_primitives::Address::new(bytes))
    }

    /// Reads an address that a person typed: mixed letter case must agree with EIP-55. One letter
    /// case throughout carries no checksum and is taken as it is.
    pub fn parse_checksummed(text: &str) -> Result<Self, AddressError> {
        let address: Self = text.parse()?;
        let digits = &text[2..];
        let mixed = digits.bytes().any(|b| b.is_ascii_uppercase())
            && digits.bytes().any(|b| b.is_ascii_lowercase());
        if mixed && address.to_string() != text {
            return Err(AddressError::Checksum);
        }
        Ok(address)
    }

    /// The address as the EVM libraries know it.
    #[must_use]
    pub const fn evm(self) -> alloy_primitives::Address {
        self.0
    }

    /// Lower-case text, for keys: one spelling that does not depend on a hash.
    #[must_use]
    pub fn lower_hex(self) -> String {
        format!("{:#x}", self.0)
    }
}

impl Form for Address {
    const FORM: &'static str = "an address: 0x and 40 hexadecimal digits";
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        crate::hex::fixed(text).map(Self::new).ok_or(AddressError::Form)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_checksum(None))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<alloy_primitives::Address> for Address {
    fn from(address: alloy_primitives::Address) -> Self {
        Self(address)
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "an address must be 0x and 40 hexadecimal digits",
            Self::Checksum => "the address's letter case contradicts its EIP-55 checksum",
        })
    }
}

impl std::error::Error for AddressError {}

/// An asset or an account on any chain. Equal when they mean the same: EVM addresses by their
/// bytes, others by their text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OnchainAddress {
    /// An EVM address.
    Evm(Address),
    /// Another chain's address, not read further. Printable ASCII, 1 to 128 bytes.
    Other(String),
}

impl OnchainAddress {
    /// The EVM address, if it is one.
    #[must_use]
    pub const fn evm(&self) -> Option<Address> {
        match self {
            Self::Evm(address) => Some(*address),
            Self::Other(_) => None,
        }
    }
}

impl Form for OnchainAddress {
    const FORM: &'static str = "an address of 1 to 128 printable ASCII characters";
}

impl FromStr for OnchainAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Evm(address));
        }
        let printable = text.bytes().all(|b| b.is_ascii_graphic());
        let sized = (1..=TEXT_BYTES_MAX).contains(&text.len());
        if printable && sized { Ok(Self::Other(text.to_owned())) } else { Err(AddressError::Form) }
    }
}

impl From<Address> for OnchainAddress {
    fn from(address: Address) -> Self {
        Self::Evm(address)
    }
}

impl fmt::Display for OnchainAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evm(address) => address.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKSUMMED: &str = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";

    #[test]
    fn letter_case_does_not_make_another_address() {
        let lower = CHECKSUMMED.to_lowercase();
        let upper = format!("0x{}", CHECKSUMMED[2..].to_uppercase());
        for text in [CHECKSUMMED, &lower, &upper] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), CHECKSUMMED);
            assert_eq!(Address::parse_checksummed(text).unwrap().lower_hex(), lower);
        }
    }

    #[test]
    fn a_typing_error_in_mixed_case_is_found() {
        let typo = CHECKSUMMED.replace("CbD", "cbD");
        assert_eq!(Address::parse_checksummed(&typo), Err(AddressError::Checksum));
        assert!(typo.parse::<Address>().is_ok(), "the wire does not check letter case");
    }

    #[test]
    fn other_forms_are_refused() {
        for bad in ["", "0x", "0X036CbD53842c5426634e7929541eC2318f3dCF7e", &CHECKSUMMED[2..]] {
            assert_eq!(bad.parse::<Address>(), Err(AddressError::Form), "{bad:?}");
        }
        assert_eq!(format!("{CHECKSUMMED}0").parse::<Address>(), Err(AddressError::Form));
    }

    #[test]
    fn other_chains_pass_as_text() {
        let solana = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";
        assert_eq!(solana.parse(), Ok(OnchainAddress::Other(solana.into())));
        assert_eq!(
            CHECKSUMMED.parse::<OnchainAddress>(),
            CHECKSUMMED.to_lowercase().parse::<OnchainAddress>()
        );
        for bad in ["", "a b", "a\n", "ä"] {
            assert_eq!(bad.parse::<OnchainAddress>(), Err(AddressError::Form), "{bad:?}");
        }
    }
}
