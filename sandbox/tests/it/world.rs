//! A chain on a clock driven by hand, and what payers and payees do on it.

use alloy_primitives::{Address, B256, Bytes, Signature, U256, keccak256};
use alloy_sol_types::{SolStruct, eip712_domain, sol};
use sandbox::accounts::{Account, testers};
use sandbox::chain::{Chain, ChainConfig, Receipt};
use sandbox::token::{FiatToken, USDC};
use std::sync::Arc;

/// A quiet second in November 2023, and a block boundary.
pub(crate) const START: u64 = 1_700_000_000;

/// A chain that stands at [`START`] with block 0.
pub(crate) fn chain() -> Chain {
    Chain::new(&ChainConfig::by_hand(START))
}

pub(crate) fn payer() -> &'static Account {
    &testers()[1]
}

pub(crate) fn payee() -> &'static Account {
    &testers()[2]
}

/// Somebody who only passes payments on.
pub(crate) fn relayer() -> &'static Account {
    &testers()[3]
}

sol! {
    #[derive(Debug)]
    struct TransferWithAuthorization {
        address from; address to; uint256 value; uint256 validAfter; uint256 validBefore; bytes32 nonce;
    }
    #[derive(Debug)]
    struct ReceiveWithAuthorization {
        address from; address to; uint256 value; uint256 validAfter; uint256 validBefore; bytes32 nonce;
    }
    #[derive(Debug)]
    struct CancelAuthorization { address authorizer; bytes32 nonce; }
}

/// The EIP-712 digest under the token's domain.
pub(crate) fn digest<T: SolStruct>(order: &T) -> B256 {
    let domain = eip712_domain! {
        name: "USDC", version: "2", chain_id: 84532, verifying_contract: USDC,
    };
    order.eip712_signing_hash(&domain)
}

/// What a payer signs.
#[derive(Debug, Clone)]
pub(crate) struct Authorization {
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) value: U256,
    pub(crate) valid_after: u64,
    pub(crate) valid_before: u64,
    pub(crate) nonce: B256,
}

impl Authorization {
    /// One thousandth of a USDC from the payer to the payee, good for an hour around [`START`].
    pub(crate) fn new(nonce: &str) -> Self {
        Self {
            from: payer().address(),
            to: payee().address(),
            value: U256::from(1_000),
            valid_after: 0,
            valid_before: START + 3_600,
            nonce: keccak256(nonce),
        }
    }

    pub(crate) fn transfer(&self) -> TransferWithAuthorization {
        TransferWithAuthorization {
            from: self.from,
            to: self.to,
            value: self.value,
            validAfter: U256::from(self.valid_after),
            validBefore: U256::from(self.valid_before),
            nonce: self.nonce,
        }
    }

    pub(crate) fn receive(&self) -> ReceiveWithAuthorization {
        let TransferWithAuthorization { from, to, value, validAfter, validBefore, nonce } =
            self.transfer();
        ReceiveWithAuthorization { from, to, value, validAfter, validBefore, nonce }
    }

    pub(crate) fn cancel(&self) -> CancelAuthorization {
        CancelAuthorization { authorizer: self.from, nonce: self.nonce }
    }

    pub(crate) fn signed(&self) -> Signature {
        payer().sign(digest(&self.transfer()))
    }

    /// `transferWithAuthorization` with the signature as bytes.
    pub(crate) fn call(
        &self,
        signature: impl Into<Bytes>,
    ) -> FiatToken::transferWithAuthorization_1Call {
        let TransferWithAuthorization { from, to, value, validAfter, validBefore, nonce } =
            self.transfer();
        let signature = signature.into();
        FiatToken::transferWithAuthorization_1Call {
            from,
            to,
            value,
            validAfter,
            validBefore,
            nonce,
            signature,
        }
    }
}

/// The receipt of a transaction after the next block.
pub(crate) fn mined(chain: &Chain, hash: B256) -> Arc<Receipt> {
    chain.mine();
    chain.receipt(hash).expect("the transaction is in the block")
}
