//! Networks by their CAIP-2 name, such as `eip155:8453`.

use std::fmt;
use std::str::FromStr;

use crate::members::Form;
use crate::networks::{self, KnownNetwork};

/// A blockchain, named as CAIP-2 does: `namespace:reference`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Network(Kind);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kind {
    Evm(u64),
    Other(String),
}

/// The text is not a CAIP-2 network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkError;

impl Network {
    /// The EVM network with this chain id.
    #[must_use]
    pub const fn evm(chain_id: u64) -> Self {
        Self(Kind::Evm(chain_id))
    }

    /// The chain id, if this is an EVM network.
    #[must_use]
    pub const fn chain_id(&self) -> Option<u64> {
        match self.0 {
            Kind::Evm(chain_id) => Some(chain_id),
            Kind::Other(_) => None,
        }
    }

    /// What we know of the network, if it is one of [`networks::NETWORKS`].
    #[must_use]
    pub fn known(&self) -> Option<&'static KnownNetwork> {
        networks::by_chain_id(self.chain_id()?)
    }

    /// Reads either a CAIP-2 name or a legacy x402 v1 name (`base-sepolia`).
    pub fn parse_any(text: &str) -> Result<Self, NetworkError> {
        match networks::by_legacy_name(text) {
            Some(known) => Ok(Self::evm(known.chain_id)),
            None => text.parse(),
        }
    }
}

impl Form for Network {
    const FORM: &'static str = "a CAIP-2 network such as eip155:8453";
}

impl FromStr for Network {
    type Err = NetworkError;

    /// CAIP-2: namespace `[-a-z0-9]{3,8}`, reference `[-_a-zA-Z0-9]{1,32}`; an EVM reference is a
    /// decimal chain id without leading zero.
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (namespace, reference) = text.split_once(':').ok_or(NetworkError)?;
        let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let any = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let formed = (3..=8).contains(&namespace.len())
            && namespace.bytes().all(lower)
            && (1..=32).contains(&reference.len())
            && reference.bytes().all(any);
        match (formed, namespace) {
            (false, _) => Err(NetworkError),
            (true, "eip155") => {
                let canonical = !reference.starts_with('0') && !reference.starts_with('+');
                let chain_id = reference.parse().ok().filter(|_| canonical);
                chain_id.map(Self::evm).ok_or(NetworkError)
            }
            (true, _) => Ok(Self(Kind::Other(text.to_owned()))),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Evm(chain_id) => write!(f, "eip155:{chain_id}"),
            Kind::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a network must be {}", Network::FORM)
    }
}

impl std::error::Error for NetworkError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_one_spelling() {
        for good in ["eip155:1", "eip155:84532", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"] {
            assert_eq!(good.parse::<Network>().map(|it| it.to_string()), Ok(good.into()));
        }
        #[rustfmt::skip]
        let bad = [
            "", ":", "base", "eip155", "eip155:", "eip155:0", "eip155:01", "eip155:0x1", "eip155:+1",
            "eip155:-1", "eip155:1 ", "EIP155:1", "eip155:18446744073709551616", "eip155:*", "ab:1",
            "ninechars:1", "solana:a:b",
        ];
        for bad in bad {
            assert_eq!(bad.parse::<Network>(), Err(NetworkError), "{bad:?}");
        }
    }

    #[test]
    fn legacy_names_lead_to_the_same_network() {
        assert_eq!(Network::parse_any("base-sepolia"), Ok(Network::evm(84532)));
        assert_eq!(Network::parse_any("eip155:84532"), Ok(Network::evm(84532)));
        assert_eq!(Network::parse_any("base_sepolia"), Err(NetworkError));
        assert_eq!(Network::evm(84532).known().map(|it| it.asset.eip712_name), Some("USDC"));
    }
}
