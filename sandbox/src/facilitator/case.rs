//! A payment and the offer that it is judged against, whichever protocol version they came in. It
//! reads; it judges nothing.

use alloy_primitives::{Address, U256};
use serde_json::Value;
use wire::eip712::TokenDomain;
use wire::error::Problem;
use wire::facilitator::{FacilitatorRequest, FacilitatorRequestV1};
use wire::{Eip3009Payload, Message, Network, OnchainAddress, PaymentKey, WireError};

/// The body of `verify` and `settle`.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// In which version it came, and is answered.
    pub version: Version,
    /// The scheme that the payment names.
    pub paid_scheme: String,
    /// The network that the payment names, as it spells it.
    pub paid_network: String,
    /// What is asked for.
    pub offer: Offer,
    /// The signed authorization.
    pub payment: Eip3009Payload,
}

/// Protocol versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Legacy: short network names, `maxAmountRequired`.
    V1,
    /// CAIP-2 networks, `amount`.
    V2,
}

/// The merchant's requirements, as far as a facilitator looks at them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// How to pay.
    pub scheme: String,
    /// Where, as the message spells it.
    pub network: String,
    /// The same as a number, if it is an EVM network.
    pub chain_id: Option<u64>,
    /// The token's contract.
    pub asset: Address,
    /// Who is paid.
    pub pay_to: Address,
    /// How much, in atomic units.
    pub amount: U256,
    /// EIP-712 name and version of the token, if the offer has both.
    pub domain: Option<(String, String)>,
}

impl Case {
    /// Reads a body of either version.
    pub fn from_json(body: &[u8]) -> Result<Self, WireError> {
        let value = wire::json::parse(body)?;
        if value.get("x402Version").and_then(Value::as_u64) == Some(wire::v1::VERSION) {
            Self::of_v1(FacilitatorRequestV1::from_value(value)?)
        } else {
            Self::of_v2(FacilitatorRequest::from_value(value)?)
        }
    }

    fn of_v2(request: FacilitatorRequest) -> Result<Self, WireError> {
        let FacilitatorRequest { payment, requirements: it, .. } = request;
        Ok(Self {
            version: Version::V2,
            paid_scheme: payment.accepted.scheme,
            paid_network: payment.accepted.network.to_string(),
            offer: Offer {
                network: it.network.to_string(),
                chain_id: it.network.chain_id(),
                asset: evm(&it.asset, "asset")?,
                pay_to: evm(&it.pay_to, "payTo")?,
                amount: it.amount.units(),
                domain: domain(&it.extra),
                scheme: it.scheme,
            },
            payment: payment.payload,
        })
    }

    fn of_v1(request: FacilitatorRequestV1) -> Result<Self, WireError> {
        let FacilitatorRequestV1 { payment, requirements: it, .. } = request;
        Ok(Self {
            version: Version::V1,
            paid_scheme: payment.scheme,
            paid_network: payment.network,
            offer: Offer {
                chain_id: wire::networks::by_legacy_name(&it.network).map(|known| known.chain_id),
                asset: evm(&it.asset, "asset")?,
                pay_to: evm(&it.pay_to, "payTo")?,
                amount: it.max_amount_required.units(),
                domain: domain(&it.extra),
                scheme: it.scheme,
                network: it.network,
            },
            payment: payment.payload,
        })
    }

    /// Who pays.
    #[must_use]
    pub fn payer(&self) -> Address {
        self.payment.authorization.from.evm()
    }

    /// What the payment is known by, if the offer is for an EVM chain.
    #[must_use]
    pub fn key(&self) -> Option<PaymentKey> {
        let asset = self.offer.asset.into();
        Some(PaymentKey::of(self.offer.chain_id?, asset, &self.payment.authorization))
    }

    /// The EIP-712 domain that the offer states.
    #[must_use]
    pub fn token_domain(&self) -> Option<TokenDomain> {
        let (name, version) = self.offer.domain.clone()?;
        let asset = self.offer.asset.into();
        Some(TokenDomain { name, version, chain_id: self.offer.chain_id?, asset })
    }
}

impl Version {
    /// As in `x402Version`.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::V1 => wire::v1::VERSION,
            Self::V2 => wire::v2::VERSION,
        }
    }

    /// A network as messages of this version name it.
    #[must_use]
    pub fn network_name(self, chain_id: u64) -> String {
        let network = Network::evm(chain_id);
        match self {
            Self::V1 => network.known().and_then(|it| it.legacy_name).unwrap_or("").to_owned(),
            Self::V2 => network.to_string(),
        }
    }
}

fn evm(address: &OnchainAddress, member: &str) -> Result<Address, WireError> {
    let field = format!("paymentRequirements.{member}");
    let problem = Problem::Expected("an EVM address");
    address.evm().map(wire::Address::evm).ok_or_else(|| WireError::new(&field, problem))
}

/// Empty texts count as absent, as in the SDKs.
fn domain(extra: &serde_json::Map<String, Value>) -> Option<(String, String)> {
    let text = |name: &str| extra.get(name)?.as_str().filter(|it| !it.is_empty());
    Some((text("name")?.to_owned(), text("version")?.to_owned()))
}
