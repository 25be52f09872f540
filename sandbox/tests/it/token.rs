//! The rules of the token, one by one, as calls and as transactions.

use crate::world::{Authorization, START, attempt, chain, payee, payer, relayer};
use alloy_primitives::{Address, B256, Bytes, Signature, U256, b256, uint};
use alloy_sol_types::{SolCall, SolEvent};
use sandbox::accounts::{operator, testers};
use sandbox::chain::{BlockId, CHAIN_ID, CallRequest, Chain};
use sandbox::token::{FiatToken, USDC};

const TOO_EARLY: &str = "FiatTokenV2: authorization is not yet valid";
const EXPIRED: &str = "FiatTokenV2: authorization is expired";
const USED: &str = "FiatTokenV2: authorization is used or canceled";
const WRONG_SIGNATURE: &str = "FiatTokenV2: invalid signature";
const BLACKLISTED: &str = "Blacklistable: account is blacklisted";
const PAUSED: &str = "Pausable: paused";

#[test]
fn the_domain_is_that_of_usdc_on_base_sepolia() {
    let chain = chain();
    let question = CallRequest::to(USDC, FiatToken::DOMAIN_SEPARATORCall {}.abi_encode());
    // Computed by viem's hashDomain for name USDC, version 2, chain 84532 and this address.
    let expected = b256!("71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818");
    assert_eq!(chain.call(&question, BlockId::Latest).unwrap().as_ref(), expected.as_slice());
}

#[test]
fn chain_and_token_are_those_that_the_wire_knows() {
    let network = wire::networks::by_chain_id(CHAIN_ID).unwrap();
    assert_eq!(network.name, "Base Sepolia");
    assert_eq!(network.asset.address, USDC);
    assert_eq!((network.asset.eip712_name, network.asset.eip712_version), ("USDC", "2"));
}

#[test]
fn the_token_calls_itself_as_circle_does() {
    fn ask<C: SolCall>(chain: &Chain, question: &C) -> C::Return {
        let request = CallRequest::to(USDC, question.abi_encode());
        C::abi_decode_returns(&chain.call(&request, BlockId::Latest).unwrap()).unwrap()
    }
    let chain = chain();
    assert_eq!(ask(&chain, &FiatToken::nameCall {}), "USDC");
    assert_eq!(ask(&chain, &FiatToken::symbolCall {}), "USDC");
    assert_eq!(ask(&chain, &FiatToken::currencyCall {}), "USD");
    assert_eq!(ask(&chain, &FiatToken::versionCall {}), "2");
    assert_eq!(ask(&chain, &FiatToken::decimalsCall {}), 6);
    let owned = testers().iter().map(|it| chain.usdc_balance(it.address()));
    assert_eq!(ask(&chain, &FiatToken::totalSupplyCall {}), owned.sum::<U256>());
}

#[test]
fn selectors_and_topics_are_those_of_circle() {
    let selectors = [
        (FiatToken::authorizationStateCall::SELECTOR, "e94a0102"),
        (FiatToken::transferWithAuthorization_0Call::SELECTOR, "e3ee160e"),
        (FiatToken::transferWithAuthorization_1Call::SELECTOR, "cf092995"),
        (FiatToken::receiveWithAuthorization_0Call::SELECTOR, "ef55bec6"),
        (FiatToken::cancelAuthorization_0Call::SELECTOR, "5a049a70"),
    ];
    for (selector, expected) in selectors {
        assert_eq!(alloy_primitives::hex::encode(selector), expected);
    }
    // Source: USDC on Base, any transfer on a block explorer.
    assert_eq!(
        FiatToken::Transfer::SIGNATURE_HASH,
        b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")
    );
    assert_eq!(
        FiatToken::AuthorizationUsed::SIGNATURE_HASH,
        b256!("98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5")
    );
}

#[test]
fn both_ends_of_the_window_are_exclusive_to_the_second() {
    let now = START + 2; // the time of the next block
    #[rustfmt::skip]
    let cases = [
        // valid after   before     then
        (0,              now + 1,   Ok(())),
        (now - 1,        now + 1,   Ok(())),
        (now,            now + 1,   Err(TOO_EARLY)),
        (now + 1,        now + 9,   Err(TOO_EARLY)),
        (0,              now,       Err(EXPIRED)),
        (0,              now - 1,   Err(EXPIRED)),
        (now,            now,       Err(TOO_EARLY)),
    ];
    for (valid_after, valid_before, expected) in cases {
        let chain = chain();
        let authorization =
            Authorization { valid_after, valid_before, ..Authorization::new("window") };
        let call = authorization.call(authorization.signed().as_bytes());
        let ending = attempt(&chain, relayer(), call).map(drop);
        assert_eq!(ending, expected.map_err(str::to_owned), "{valid_after} to {valid_before}");
    }
}

/// Why x402 payments signed with `validAfter = now` fail at first.
#[test]
fn the_newest_block_may_be_too_early_for_what_the_next_one_takes() {
    let chain = chain();
    let authorization = Authorization { valid_after: START, ..Authorization::new("now") };
    let request = CallRequest::to(USDC, authorization.call(authorization.signed().as_bytes()));
    let refused = chain.call(&request, BlockId::Latest).unwrap_err();
    assert_eq!(refused.to_string(), format!("execution reverted: {TOO_EARLY}"));
    assert!(chain.call(&request, BlockId::Pending).is_ok());
    assert!(chain.estimate_gas(&request, BlockId::Pending).is_ok());
    chain.mine();
    assert!(chain.call(&request, BlockId::Latest).is_ok());
}

#[test]
fn a_payment_moves_money_once_in_either_form() {
    let in_parts = |it: &Authorization| it.call_in_parts(it.signed());
    let in_bytes = |it: &Authorization| it.call(it.signed().as_bytes());
    for form in [in_parts, in_bytes] {
        let chain = chain();
        let before = [payer(), payee()].map(|it| chain.usdc_balance(it.address()));
        let authorization = Authorization::new("once");
        assert!(!chain.authorization_state(authorization.from, authorization.nonce));

        let receipt = attempt(&chain, relayer(), form(&authorization)).unwrap();
        let after = [payer(), payee()].map(|it| chain.usdc_balance(it.address()));
        assert_eq!(after, [before[0] - authorization.value, before[1] + authorization.value]);
        assert!(chain.authorization_state(authorization.from, authorization.nonce));

        // Circle marks the authorization before it moves the money.
        let used = FiatToken::AuthorizationUsed::decode_log(&receipt.logs[0]).unwrap();
        assert_eq!((used.authorizer, used.nonce), (authorization.from, authorization.nonce));
        let moved = FiatToken::Transfer::decode_log(&receipt.logs[1]).unwrap();
        assert_eq!(
            (moved.from, moved.to, moved.value),
            (authorization.from, authorization.to, authorization.value)
        );
        assert_eq!(receipt.logs.len(), 2);

        assert_eq!(attempt(&chain, relayer(), form(&authorization)).unwrap_err(), USED);
    }
}

#[test]
fn only_the_payers_own_low_signature_counts() {
    // The order of secp256k1. Source: SEC 2.
    let order =
        uint!(115792089237316195423570985008687907852837564279074904382605163141518161494337_U256);
    let authorization = Authorization::new("signature");
    let good = authorization.signed();
    let twin = Signature::new(good.r(), order - good.s(), !good.v());
    let stranger = relayer().sign(crate::world::digest(&authorization.transfer()));
    let with_v = |v: u8| [&good.as_bytes()[..64], &[v]].concat();
    #[rustfmt::skip]
    let cases = [
        (good.as_bytes().to_vec(),                             Ok(())),
        (stranger.as_bytes().to_vec(),                         Err(WRONG_SIGNATURE)),
        (Signature::new(good.r(), good.s(), !good.v()).as_bytes().to_vec(), Err(WRONG_SIGNATURE)),
        (twin.as_bytes().to_vec(),                             Err("ECRecover: invalid signature 's' value")),
        (with_v(0),                                            Err("ECRecover: invalid signature 'v' value")),
        (with_v(29),                                           Err("ECRecover: invalid signature 'v' value")),
        (Signature::new(U256::ZERO, good.s(), false).as_bytes().to_vec(), Err("ECRecover: invalid signature")),
        (good.as_bytes()[..64].to_vec(),                       Err("ECRecover: invalid signature length")),
        (Vec::new(),                                           Err("ECRecover: invalid signature length")),
    ];
    for (signature, expected) in cases {
        let ending = attempt(&chain(), relayer(), authorization.call(signature.clone()));
        let expected = expected.map_err(str::to_owned);
        assert_eq!(ending.map(drop), expected, "{}", Bytes::from(signature));
    }
}

#[test]
fn what_is_signed_is_what_moves() {
    let signed = Authorization::new("altered");
    let altered = [
        Authorization { to: relayer().address(), ..signed.clone() },
        Authorization { value: U256::from(1_001), ..signed.clone() },
        Authorization { valid_before: signed.valid_before + 1, ..signed.clone() },
        Authorization { nonce: B256::ZERO, ..signed.clone() },
        Authorization { from: payee().address(), ..signed.clone() },
    ];
    for authorization in altered {
        let call = authorization.call(signed.signed().as_bytes());
        assert_eq!(attempt(&chain(), relayer(), call).unwrap_err(), WRONG_SIGNATURE);
    }
}

#[test]
fn money_that_is_not_there_does_not_move() {
    let chain = chain();
    let value = chain.usdc_balance(payer().address()) + U256::ONE;
    let authorization = Authorization { value, ..Authorization::new("too much") };
    let call = authorization.call(authorization.signed().as_bytes());
    let refused = attempt(&chain, relayer(), call).unwrap_err();
    assert_eq!(refused, "ERC20: transfer amount exceeds balance");
    assert!(!chain.authorization_state(authorization.from, authorization.nonce));
}

#[test]
fn only_the_payee_may_receive() {
    for form in [0, 1] {
        let chain = chain();
        let authorization = Authorization::new("receive");
        let calls = authorization.receive_calls();
        let refused = attempt(&chain, relayer(), calls[form].clone()).unwrap_err();
        assert_eq!(refused, "FiatTokenV2: caller must be the payee");
        assert!(attempt(&chain, payee(), calls[form].clone()).is_ok());
        assert_eq!(attempt(&chain, payee(), calls[1 - form].clone()).unwrap_err(), USED);
    }
}

#[test]
fn a_canceled_authorization_never_pays() {
    for form in [0, 1] {
        let chain = chain();
        let authorization = Authorization::new("cancel");
        let by_stranger = authorization.cancel_calls(relayer());
        let refused = attempt(&chain, relayer(), by_stranger[form].clone()).unwrap_err();
        assert_eq!(refused, WRONG_SIGNATURE);

        let calls = authorization.cancel_calls(payer());
        let receipt = attempt(&chain, relayer(), calls[form].clone()).unwrap();
        let log = FiatToken::AuthorizationCanceled::decode_log(&receipt.logs[0]).unwrap();
        assert_eq!((log.authorizer, log.nonce), (authorization.from, authorization.nonce));
        assert_eq!(receipt.logs.len(), 1);
        // This is why the state alone does not mean "paid".
        assert!(chain.authorization_state(authorization.from, authorization.nonce));

        let call = authorization.call(authorization.signed().as_bytes());
        assert_eq!(attempt(&chain, relayer(), call).unwrap_err(), USED);
        assert_eq!(attempt(&chain, relayer(), calls[1 - form].clone()).unwrap_err(), USED);
    }
}

#[test]
fn the_blocklist_stops_both_sides_and_a_pause_stops_everybody() {
    let block = |account: Address| FiatToken::blacklistCall { account }.abi_encode();
    let unblock = |account: Address| FiatToken::unBlacklistCall { account }.abi_encode();
    let (from, to) = (payer().address(), payee().address());
    #[rustfmt::skip]
    let cases = [
        (block(from),                          unblock(from),                          BLACKLISTED),
        (block(to),                            unblock(to),                            BLACKLISTED),
        (FiatToken::pauseCall {}.abi_encode(), FiatToken::unpauseCall {}.abi_encode(), PAUSED),
    ];
    for (stop, resume, expected) in cases {
        let chain = chain();
        let authorization = Authorization::new("stopped");
        let call = authorization.call(authorization.signed().as_bytes());
        assert!(attempt(&chain, relayer(), stop.clone()).is_err(), "only the operator may");
        attempt(&chain, operator(), stop).unwrap();
        assert_eq!(attempt(&chain, relayer(), call.clone()).unwrap_err(), expected);
        let plain = FiatToken::transferCall { to, value: U256::ONE }.abi_encode();
        assert_eq!(attempt(&chain, payer(), plain).unwrap_err(), expected);
        attempt(&chain, operator(), resume).unwrap();
        assert!(attempt(&chain, relayer(), call).is_ok());
    }
}

#[test]
fn allowances_are_spent_and_permits_grant_them() {
    let chain = chain();
    let (owner, spender) = (payer().address(), relayer().address());
    let take = FiatToken::transferFromCall { from: owner, to: spender, value: U256::from(7) };
    let refused = attempt(&chain, relayer(), take.abi_encode()).unwrap_err();
    assert_eq!(refused, "ERC20: transfer amount exceeds allowance");
    let grant = FiatToken::approveCall { spender, value: U256::from(7) };
    attempt(&chain, payer(), grant.abi_encode()).unwrap();
    attempt(&chain, relayer(), take.abi_encode()).unwrap();
    assert!(attempt(&chain, relayer(), take.abi_encode()).is_err());

    let permit = |deadline: u64, signer| {
        crate::world::permit(owner, spender, U256::from(7), deadline, signer)
    };
    let late = attempt(&chain, relayer(), permit(START, payer())).unwrap_err();
    assert_eq!(late, "FiatTokenV2: permit is expired");
    let forged = attempt(&chain, relayer(), permit(START + 600, relayer())).unwrap_err();
    assert_eq!(forged, "EIP2612: invalid signature");
    attempt(&chain, relayer(), permit(START + 600, payer())).unwrap();
    attempt(&chain, relayer(), take.abi_encode()).unwrap();
}

#[test]
fn only_the_operator_mints() {
    let chain = chain();
    let to = Address::repeat_byte(0xdd);
    let mint = |amount: u64| FiatToken::mintCall { to, amount: U256::from(amount) }.abi_encode();
    let refused = attempt(&chain, payer(), mint(5)).unwrap_err();
    assert_eq!(refused, "FiatToken: caller is not a minter");
    let refused = attempt(&chain, operator(), mint(0)).unwrap_err();
    assert_eq!(refused, "FiatToken: mint amount not greater than 0");
    let receipt = attempt(&chain, operator(), mint(5)).unwrap();
    let minted = FiatToken::Mint::decode_log(&receipt.logs[0]).unwrap();
    assert_eq!(
        (minted.minter, minted.to, minted.amount),
        (operator().address(), to, U256::from(5))
    );
    let moved = FiatToken::Transfer::decode_log(&receipt.logs[1]).unwrap();
    assert_eq!(moved.from, Address::ZERO);
    assert_eq!(chain.usdc_balance(to), U256::from(5));
}
