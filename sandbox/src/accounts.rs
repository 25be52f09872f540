//! The accounts that every sandbox knows: ten test accounts and the operator that issues its token.
//! All of these keys are public; this module refuses to make secret ones.

use alloy_primitives::{Address, B256, Signature, b256};
use k256::ecdsa::SigningKey;
use std::sync::LazyLock;

/// How many test accounts there are.
pub const TEST_ACCOUNTS: usize = 10;

/// The first ten keys of the mnemonic "test test test test test test test test test test test junk"
/// (path `m/44'/60'/0'/0/i`), which Ethereum development chains have in common.
/// Source: derived with viem 2.57.1, `mnemonicToAccount`.
const TEST_SECRETS: [B256; TEST_ACCOUNTS] = [
    b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    b256!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    b256!("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    b256!("7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
    b256!("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
    b256!("8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
    b256!("92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    b256!("4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    b256!("dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
    b256!("2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"),
];

/// keccak256("x402-sandbox operator"). The token's source names the account of this key.
const OPERATOR_SECRET: B256 =
    b256!("65134e19ba5de58980b581d3c1f57d96bf15a2bc4c2d5a054bd8af2617008b27");

static TESTERS: LazyLock<[Account; TEST_ACCOUNTS]> =
    LazyLock::new(|| TEST_SECRETS.map(Account::of_known_secret));
static OPERATOR: LazyLock<Account> = LazyLock::new(|| Account::of_known_secret(OPERATOR_SECRET));

/// A key and its address.
#[derive(Debug, Clone)]
pub struct Account {
    key: SigningKey,
    address: Address,
}

/// The bytes are not a key of secp256k1: zero, or not below the order of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAKey;

impl std::fmt::Display for NotAKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a private key of secp256k1")
    }
}

impl std::error::Error for NotAKey {}

impl Account {
    /// The account of a private key.
    pub fn from_secret(secret: B256) -> Result<Self, NotAKey> {
        let key = SigningKey::from_bytes(&secret.0.into()).map_err(|_| NotAKey)?;
        let address = Address::from_private_key(&key);
        Ok(Self { key, address })
    }

    fn of_known_secret(secret: B256) -> Self {
        Self::from_secret(secret).expect("the constants of this module are keys")
    }

    /// Where this account's money is.
    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }

    /// The private key, for a client that wants to be told it on a command line.
    #[must_use]
    pub fn secret(&self) -> B256 {
        B256::from_slice(&self.key.to_bytes())
    }

    /// Signs a digest: deterministic (RFC 6979), low s, so the same digest gives the same bytes.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "it cannot: every digest can be signed")]
    pub fn sign(&self, digest: B256) -> Signature {
        let signed = self.key.sign_prehash_recoverable(digest.as_slice());
        signed.expect("32 bytes are a digest, and a valid key can sign it").into()
    }
}

/// The ten test accounts, rich in ETH and USDC from the first block on.
#[must_use]
pub fn testers() -> &'static [Account; TEST_ACCOUNTS] {
    &TESTERS
}

/// The account that mints, blocks and pauses the token, and pays the faucet's gas.
#[must_use]
pub fn operator() -> &'static Account {
    &OPERATOR
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{address, keccak256};

    #[test]
    fn the_test_accounts_are_those_of_other_development_chains() {
        let expected = [
            address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
            address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
            address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
            address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
            address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
            address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
            address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
            address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
            address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
            address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
        ];
        assert_eq!(testers().each_ref().map(Account::address), expected);
    }

    #[test]
    fn the_operator_is_the_account_that_the_token_names() {
        assert_eq!(OPERATOR_SECRET, keccak256("x402-sandbox operator"));
        let source = include_str!("../contracts/FiatTokenSandbox.sol");
        let line = format!("OPERATOR = {};", operator().address());
        assert!(source.contains(&line), "{line}");
    }

    #[test]
    fn a_signature_leads_back_to_its_account() {
        let digest = keccak256("anything");
        let signature = testers()[3].sign(digest);
        let signer = signature.recover_address_from_prehash(&digest).unwrap();
        assert_eq!(signer, testers()[3].address());
        assert_eq!(signature, testers()[3].sign(digest));
    }

    #[test]
    fn zero_is_not_a_key() {
        assert_eq!(Account::from_secret(B256::ZERO).unwrap_err(), NotAKey);
    }
}
