//! The sandbox's USDC: where it is, what can be called on it, and what its genesis storage looks
//! like. It holds no logic of the token: that is the Solidity source alone.

use alloy_primitives::{Address, Bytes, U256, address, hex, keccak256};
use alloy_sol_types::SolValue;
use revm::bytecode::Bytecode;
use std::sync::LazyLock;

/// USDC on Base Sepolia. Source: Circle's list of contract addresses.
pub const USDC: Address = address!("036CbD53842c5426634e7929541eC2318f3dCF7e");

/// One USDC in atomic units: the token has six decimals.
pub const ONE_USDC: u64 = 1_000_000;

/// What `contracts/compile` made of `contracts/FiatTokenSandbox.sol`.
const RUNTIME_CODE: &str = include_str!("../contracts/FiatTokenSandbox.bin-runtime");

/// The slots of the first two variables in the Solidity source.
const TOTAL_SUPPLY_SLOT: U256 = U256::ZERO;
const BALANCES_SLOT: U256 = U256::ONE;

static CODE: LazyLock<Bytecode> = LazyLock::new(|| {
    let bytes = hex::decode(RUNTIME_CODE.trim()).expect("the committed code is hexadecimal");
    Bytecode::new_legacy(Bytes::from(bytes))
});

/// The token's code, analysed once for all chains of a process.
pub(crate) fn code() -> Bytecode {
    CODE.clone()
}

/// The storage of a token whose supply is spread over these accounts.
pub(crate) fn genesis_storage(balances: &[(Address, U256)]) -> Vec<(U256, U256)> {
    let supply = balances.iter().map(|(_, amount)| *amount).fold(U256::ZERO, U256::saturating_add);
    let mut storage = vec![(TOTAL_SUPPLY_SLOT, supply)];
    storage.extend(balances.iter().map(|(owner, amount)| (balance_slot(*owner), *amount)));
    storage
}

/// Solidity keeps `mapping[key]` of the variable at slot n in slot keccak256(key, n).
fn balance_slot(owner: Address) -> U256 {
    keccak256((owner, BALANCES_SLOT).abi_encode()).into()
}

pub use abi::FiatToken;

mod abi {
    alloy_sol_types::sol! {
        /// Calls, events and the names of the overloads (`…_0Call` takes v, r, s; `…_1Call` takes
        /// the signature as bytes).
        #[derive(Debug, PartialEq, Eq)]
        interface FiatToken {
            event Transfer(address indexed from, address indexed to, uint256 value);
            event Approval(address indexed owner, address indexed spender, uint256 value);
            event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
            event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);
            event Mint(address indexed minter, address indexed to, uint256 amount);
            event Blacklisted(address indexed _account);
            event UnBlacklisted(address indexed _account);
            event Pause();
            event Unpause();

            function name() external view returns (string);
            function symbol() external view returns (string);
            function currency() external view returns (string);
            function version() external view returns (string);
            function decimals() external view returns (uint8);
            function totalSupply() external view returns (uint256);
            function balanceOf(address account) external view returns (uint256);
            function allowance(address owner, address spender) external view returns (uint256);
            function nonces(address owner) external view returns (uint256);
            function paused() external view returns (bool);
            function isBlacklisted(address account) external view returns (bool);
            function DOMAIN_SEPARATOR() external view returns (bytes32);
            function authorizationState(address authorizer, bytes32 nonce) external view returns (bool);

            function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;
            function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature) external;
            function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;
            function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature) external;
            function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;
            function cancelAuthorization(address authorizer, bytes32 nonce, bytes signature) external;

            function transfer(address to, uint256 value) external returns (bool);
            function transferFrom(address from, address to, uint256 value) external returns (bool);
            function approve(address spender, uint256 value) external returns (bool);
            function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
            function permit(address owner, address spender, uint256 value, uint256 deadline, bytes signature) external;

            function mint(address to, uint256 amount) external returns (bool);
            function blacklist(address account) external;
            function unBlacklist(address account) external;
            function pause() external;
            function unpause() external;
        }
    }
}
