//! Takes the money. Whoever holds an authorization can have it settled; no facilitator is asked.

use super::lock;
use crate::chain::{CallRequest, Chain};
use crate::facilitator::Facilitator;
use crate::token::{FiatToken, USDC};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolCall;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use wire::{Eip3009Payload, Message, header};

/// How long to wait for a block.
const BLOCK_PATIENCE: Duration = Duration::from_secs(10);

/// How many payments are remembered; the transaction of any other is invented.
const SALES_KEPT: usize = 10_000;

#[derive(Debug)]
pub(super) struct Till {
    chain: Chain,
    pay_to: Address,
    /// The transactions by the authorization that they settled.
    sales: Mutex<HashMap<(Address, B256), B256>>,
}

/// A payment, and what became of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sale {
    pub(super) payer: Address,
    /// The transaction that settled it; an invented one if none did.
    pub(super) transaction: B256,
}

impl Till {
    pub(super) fn new(chain: Chain, pay_to: Address) -> Self {
        Self { chain, pay_to, sales: Mutex::default() }
    }

    pub(super) fn pay_to(&self) -> Address {
        self.pay_to
    }

    /// Reads a payment of either version and settles it, unless it is to be left. Nothing if it is no
    /// payment.
    pub(super) async fn ring(&self, payment: &str, takes: bool) -> Option<Sale> {
        let json =
            header::decode_json(payment.as_bytes(), header::PAYMENT_HEADER_BYTES_MAX).ok()?;
        let document = wire::json::parse(&json).ok()?;
        let paid = Eip3009Payload::from_value(document.get("payload")?.clone()).ok()?;
        let (payer, nonce) = (paid.authorization.from.evm(), paid.authorization.nonce.evm());
        let settled = lock(&self.sales).get(&(payer, nonce)).copied();
        let settled = match settled {
            None if takes => self.settle(&paid).await,
            known => known,
        };
        if let Some(hash) = settled {
            let mut sales = lock(&self.sales);
            if sales.len() < SALES_KEPT {
                sales.insert((payer, nonce), hash);
            }
        }
        Some(Sale { payer, transaction: settled.unwrap_or_else(|| keccak256(nonce)) })
    }

    async fn settle(&self, paid: &Eip3009Payload) -> Option<B256> {
        let it = &paid.authorization;
        let call = FiatToken::transferWithAuthorization_1Call {
            from: it.from.evm(),
            to: it.to.evm(),
            value: it.value.units(),
            validAfter: U256::from(it.valid_after.seconds()),
            validBefore: U256::from(it.valid_before.seconds()),
            nonce: it.nonce.evm(),
            signature: paid.signature.bytes().to_vec().into(),
        };
        let request = CallRequest::to(USDC, call.abi_encode());
        let hash = self.chain.send(Facilitator::account(), &request).ok()?;
        let receipt = self.chain.wait_for_receipt(hash);
        let receipt = tokio::time::timeout(BLOCK_PATIENCE, receipt).await.ok()??;
        receipt.success.then_some(hash)
    }
}
