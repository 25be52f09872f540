//! Block 0: who owns what, and which contracts are there. They stand where clients expect them on
//! Base Sepolia; none is deployed by a transaction.

use super::config::{ChainConfig, Endowment};
use super::state::State;
use crate::token;
use alloy_primitives::{Address, Bytes, U256, address, hex};
use revm::bytecode::Bytecode;
use revm::state::AccountInfo;
use std::sync::LazyLock;

/// Source: viem 2.57.1, `baseSepolia.contracts.multicall3`.
const MULTICALL3: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");

/// Contracts that some facilitators insist on seeing before they start, though EIP-3009 payments
/// from plain accounts never call them. Here they refuse every call. Source: x402-rs 2.0.2.
const REFUSERS: [Address; 3] = [
    address!("dAcD51A54883eb67D95FAEb2BBfdC4a9a6BD2a3B"), // the validator of EIP-6492 signatures
    address!("000000000022D473030F116dDEE9F6B43aC78BA3"), // Permit2
    address!("402085c248EeA27D92E8b30b2C58ed07f9E20001"), // the exact scheme's Permit2 proxy
];

/// PUSH0 PUSH0 REVERT.
const REFUSAL: [u8; 3] = hex!("5f5ffd");

/// What `contracts/compile` made of `contracts/MulticallSandbox.sol`, analysed once per process.
static MULTICALL_CODE: LazyLock<Bytecode> = LazyLock::new(|| {
    let code = include_str!("../../contracts/MulticallSandbox.bin-runtime");
    Bytecode::new_legacy(hex::decode(code.trim()).expect("the committed code is hex").into())
});

/// The state that a chain starts with.
pub(super) fn state(config: &ChainConfig) -> State {
    let mut state = State::default();
    let operator = Endowment::of_operator();
    for endowment in config.endowments.iter().chain([&operator]) {
        state.place(endowment.owner, AccountInfo::from_balance(endowment.ether), &[]);
    }
    let usdc: Vec<_> = config.endowments.iter().map(|it| (it.owner, it.usdc)).collect();
    place(&mut state, token::USDC, token::code(), &token::genesis_storage(&usdc));
    place(&mut state, MULTICALL3, MULTICALL_CODE.clone(), &[]);
    for address in REFUSERS {
        place(&mut state, address, Bytecode::new_legacy(Bytes::from_static(&REFUSAL)), &[]);
    }
    state
}

fn place(state: &mut State, address: Address, code: Bytecode, storage: &[(U256, U256)]) {
    // Contracts start with nonce 1 since EIP-161.
    let info = AccountInfo { nonce: 1, ..AccountInfo::from_bytecode(code) };
    state.place(address, info, storage);
}
