//! The digest that a payer signs: EIP-712 over EIP-3009's `TransferWithAuthorization`.

use alloy_primitives::B256;
use alloy_sol_types::{Eip712Domain, SolStruct, sol};

use crate::address::Address;
use crate::exact::Authorization;

sol! {
    /// EIP-3009's type, whose hash every token contract has compiled in. Field order is part of it.
    struct TransferWithAuthorization {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }
}

/// The EIP-712 domain of a token: a signature for one is worth nothing to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenDomain {
    /// The token's EIP-712 name. For USDC it differs between Base (`USD Coin`) and Base Sepolia
    /// (`USDC`).
    pub name: String,
    /// The token's EIP-712 version.
    pub version: String,
    /// The chain that the token lives on.
    pub chain_id: u64,
    /// The token's contract.
    pub asset: Address,
}

impl TokenDomain {
    fn evm(&self) -> Eip712Domain {
        Eip712Domain::new(
            Some(self.name.clone().into()),
            Some(self.version.clone().into()),
            Some(alloy_primitives::U256::from(self.chain_id)),
            Some(self.asset.evm()),
            None,
        )
    }

    /// The domain separator, as the token's `DOMAIN_SEPARATOR()` returns it.
    #[must_use]
    pub fn separator(&self) -> B256 {
        self.evm().hash_struct()
    }

    /// The digest to sign for this authorization.
    #[must_use]
    pub fn digest(&self, authorization: &Authorization) -> B256 {
        typed(authorization).eip712_signing_hash(&self.evm())
    }
}

/// The EIP-712 struct hash of the authorization, without any domain.
#[must_use]
pub fn struct_hash(authorization: &Authorization) -> B256 {
    typed(authorization).eip712_hash_struct()
}

fn typed(it: &Authorization) -> TransferWithAuthorization {
    TransferWithAuthorization {
        from: it.from.evm(),
        to: it.to.evm(),
        value: it.value.units(),
        validAfter: alloy_primitives::U256::from(it.valid_after.seconds()),
        validBefore: alloy_primitives::U256::from(it.valid_before.seconds()),
        nonce: it.nonce.evm(),
    }
}
