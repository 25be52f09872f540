//! A chain on a clock driven by hand, and what payers and payees do on it.

use alloy_primitives::{Address, B256, Bytes, Signature, U256, keccak256};
use alloy_sol_types::{SolCall, SolStruct, eip712_domain, sol};
use sandbox::accounts::{Account, testers};
use sandbox::chain::{BlockId, CallError, CallRequest, Chain, ChainConfig, Receipt, Revert};
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
    #[derive(Debug)]
    struct Permit { address owner; address spender; uint256 value; uint256 nonce; uint256 deadline; }
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

#[expect(non_snake_case, reason = "the generated structs have Solidity's names")]
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

    pub(crate) fn signed(&self) -> Signature {
        payer().sign(digest(&self.transfer()))
    }

    /// `transferWithAuthorization` with the signature as bytes.
    pub(crate) fn call(&self, signature: impl Into<Bytes>) -> Vec<u8> {
        let Self { from, to, value, nonce, .. } = *self;
        let (validAfter, validBefore) = self.window();
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
        .abi_encode()
    }

    /// `transferWithAuthorization` with v, r and s.
    pub(crate) fn call_in_parts(&self, signature: Signature) -> Vec<u8> {
        let Self { from, to, value, nonce, .. } = *self;
        let (validAfter, validBefore) = self.window();
        let (v, r, s) = parts(signature);
        FiatToken::transferWithAuthorization_0Call {
            from,
            to,
            value,
            validAfter,
            validBefore,
            nonce,
            v,
            r,
            s,
        }
        .abi_encode()
    }

    /// `receiveWithAuthorization`, signed, in both forms.
    pub(crate) fn receive_calls(&self) -> [Vec<u8>; 2] {
        let Self { from, to, value, nonce, .. } = *self;
        let (validAfter, validBefore) = self.window();
        let order = ReceiveWithAuthorization { from, to, value, validAfter, validBefore, nonce };
        let signed = payer().sign(digest(&order));
        let (v, r, s) = parts(signed);
        let signature = signed.as_bytes().into();
        let in_parts = FiatToken::receiveWithAuthorization_0Call {
            from,
            to,
            value,
            validAfter,
            validBefore,
            nonce,
            v,
            r,
            s,
        };
        let in_bytes = FiatToken::receiveWithAuthorization_1Call {
            from,
            to,
            value,
            validAfter,
            validBefore,
            nonce,
            signature,
        };
        [in_parts.abi_encode(), in_bytes.abi_encode()]
    }

    /// `cancelAuthorization`, signed by this account, in both forms.
    pub(crate) fn cancel_calls(&self, signer: &Account) -> [Vec<u8>; 2] {
        let (authorizer, nonce) = (self.from, self.nonce);
        let consent = signer.sign(digest(&CancelAuthorization { authorizer, nonce }));
        let (v, r, s) = parts(consent);
        let signature = consent.as_bytes().into();
        [
            FiatToken::cancelAuthorization_0Call { authorizer, nonce, v, r, s }.abi_encode(),
            FiatToken::cancelAuthorization_1Call { authorizer, nonce, signature }.abi_encode(),
        ]
    }

    fn window(&self) -> (U256, U256) {
        (U256::from(self.valid_after), U256::from(self.valid_before))
    }
}

fn parts(signature: Signature) -> (u8, B256, B256) {
    (27 + u8::from(signature.v()), signature.r().into(), signature.s().into())
}

/// The first permit of an owner.
pub(crate) fn permit(
    owner: Address,
    spender: Address,
    value: U256,
    deadline: u64,
    signer: &Account,
) -> Vec<u8> {
    let deadline = U256::from(deadline);
    let order = Permit { owner, spender, value, nonce: U256::ZERO, deadline };
    let signature = signer.sign(digest(&order)).as_bytes().into();
    FiatToken::permit_1Call { owner, spender, value, deadline, signature }.abi_encode()
}

/// What becomes of a call of the token: asked about the block to come, and then sent into it. Both
/// must agree. The error is the token's own words.
pub(crate) fn attempt(
    chain: &Chain,
    from: &Account,
    call: Vec<u8>,
) -> Result<Arc<Receipt>, String> {
    let request = CallRequest::to(USDC, call).from(from.address());
    let asked = match chain.call(&request, BlockId::Pending) {
        Ok(_) => Ok(()),
        Err(CallError::Revert(revert)) => Err(revert.reason().expect("the token gives reasons")),
        Err(other) => panic!("{other}"),
    };
    let receipt = mined(chain, chain.send(from, &request).expect("the sender is rich"));
    let sent = receipt.revert.clone().map(|data| Revert { data }.reason().expect("as above"));
    assert_eq!(asked.clone().err(), sent);
    assert_eq!(receipt.success, asked.is_ok());
    asked.map(|()| receipt)
}

/// The receipt of a transaction after the next block.
pub(crate) fn mined(chain: &Chain, hash: B256) -> Arc<Receipt> {
    chain.mine();
    chain.receipt(hash).expect("the transaction is in the block")
}
