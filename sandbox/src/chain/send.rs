//! Transactions from accounts whose key is at hand: filled in, signed and submitted in one step, so
//! that two senders cannot take the same nonce. The faucet is one of them.

use super::Chain;
use super::block::BASE_FEE;
use super::call::CallRequest;
use super::config::CHAIN_ID;
use super::submit::{Admissible, SubmitError};
use crate::accounts::{Account, operator};
use crate::token::{self, FiatToken};
use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_primitives::{Address, B256, TxKind, U256};
use alloy_sol_types::SolCall;

/// The tip in wei per gas. It buys nothing here, where blocks are never full.
pub const PRIORITY_FEE: u64 = 1_000_000;

/// Gas for a transaction that names none. Nobody estimates it: what reverts shall be mined and
/// revert, as it would on Base when a sender trusts an old estimate.
pub const GAS_LIMIT_UNASKED: u64 = 1_000_000;

impl Chain {
    /// Signs a transaction with the account's next nonce and submits it. Each call is another
    /// transaction. `request.from` does not matter.
    pub fn send(&self, account: &Account, request: &CallRequest) -> Result<B256, SubmitError> {
        self.with(|core| {
            let mined = core.present().account(account.address()).nonce;
            let nonce = core.pool.next_nonce(account.address(), mined);
            core.submit(Admissible::new(signed(account, nonce, request))?)
        })
    }

    /// Gives USDC (atomic units) and ether (wei) out of nothing, in the next block. Nothing is sent
    /// for an amount of zero.
    pub fn faucet(&self, to: Address, usdc: U256, ether: U256) -> Result<Vec<B256>, SubmitError> {
        let mint = FiatToken::mintCall { to, amount: usdc }.abi_encode();
        let mint = CallRequest::to(token::USDC, mint);
        let gift = CallRequest { to: Some(to), value: ether, ..CallRequest::default() };
        let wanted = [(usdc, mint), (ether, gift)];
        let wanted = wanted.iter().filter(|(amount, _)| !amount.is_zero());
        wanted.map(|(_, request)| self.send(operator(), request)).collect()
    }
}

fn signed(account: &Account, nonce: u64, request: &CallRequest) -> TxEnvelope {
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: request.gas.unwrap_or(GAS_LIMIT_UNASKED),
        max_fee_per_gas: u128::from(2 * BASE_FEE + PRIORITY_FEE),
        max_priority_fee_per_gas: u128::from(PRIORITY_FEE),
        to: request.to.map_or(TxKind::Create, TxKind::Call),
        value: request.value,
        input: request.data.clone(),
        access_list: alloy_eips::eip2930::AccessList::default(),
    };
    let signature = account.sign(transaction.signature_hash());
    transaction.into_signed(signature).into()
}
