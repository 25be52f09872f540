//! One transaction on one state: execution by the rules of Ethereum's Prague, which Base follows.
//! It commits nothing; the caller decides what becomes of the changes.

use super::block::{BASE_FEE, BLOCK_GAS_LIMIT, FEE_RECIPIENT};
use super::config::CHAIN_ID;
use super::state::{BlockHashes, StateView};
use alloy_primitives::{B256, U256};
use revm::context::result::{EVMError, InvalidTransaction, ResultAndState};
use revm::context::{BlockEnv, Context, TxEnv};
use revm::database_interface::WrapDatabaseRef;
use revm::primitives::hardfork::SpecId;
use revm::{ExecuteEvm, MainBuilder, MainContext};

/// Base's Isthmus upgrade brought the rules of Prague. Source: specs.optimism.io, "Isthmus".
pub(super) const SPEC: SpecId = SpecId::PRAGUE;

/// The block that a transaction sees around itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Surroundings {
    pub(super) number: u64,
    pub(super) timestamp: u64,
}

/// A transaction as it will be mined: every rule applies.
pub(super) fn execute<H: BlockHashes>(
    view: &StateView<'_, H>,
    around: Surroundings,
    transaction: TxEnv,
) -> Result<ResultAndState, InvalidTransaction> {
    run(view, around, transaction, Strictness::Mined)
}

/// A question: anybody may ask in anybody's name, with any nonce and without paying for gas.
pub(super) fn simulate<H: BlockHashes>(
    view: &StateView<'_, H>,
    around: Surroundings,
    question: TxEnv,
) -> Result<ResultAndState, InvalidTransaction> {
    run(view, around, question, Strictness::Asked)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictness {
    Mined,
    Asked,
}

fn run<H: BlockHashes>(
    view: &StateView<'_, H>,
    around: Surroundings,
    transaction: TxEnv,
    strictness: Strictness,
) -> Result<ResultAndState, InvalidTransaction> {
    let asked = strictness == Strictness::Asked;
    let mut evm = Context::mainnet()
        .with_db(WrapDatabaseRef(view))
        .with_block(BlockEnv {
            number: U256::from(around.number),
            beneficiary: FEE_RECIPIENT,
            timestamp: U256::from(around.timestamp),
            gas_limit: BLOCK_GAS_LIMIT,
            basefee: if asked { 0 } else { BASE_FEE },
            prevrandao: Some(B256::ZERO),
            ..BlockEnv::default()
        })
        .modify_cfg_chained(|cfg| {
            cfg.set_spec_and_mainnet_gas_params(SPEC);
            cfg.chain_id = CHAIN_ID;
            cfg.disable_nonce_check = asked;
            cfg.disable_eip3607 = asked;
        })
        .build_mainnet();
    evm.transact(transaction).map_err(|error| match error {
        EVMError::Transaction(invalid) => invalid,
        EVMError::Header(_) | EVMError::Custom(_) | EVMError::CustomAny(_) => {
            InvalidTransaction::Str(error.to_string().into())
        }
        EVMError::Database(never) => match never {},
    })
}
