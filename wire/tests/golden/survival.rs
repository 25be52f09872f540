//! Any challenge and any payment that can be made survives its way through a header: encoded,
//! decoded, and equal.

use std::time::Duration;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Map, Value};
use wire::header::{decode, encode};
use wire::v2::{PaymentPayload, PaymentRequired, PaymentRequirements, ResourceInfo};
use wire::{
    Address, AtomicAmount, Authorization, Eip3009Payload, Network, Nonce, OnchainAddress,
    SignatureBytes, U256, UnixTime,
};

/// Generated messages are larger than real ones; the limits have tests of their own.
const BYTES_MAX: usize = 1 << 20;

proptest! {
    #[test]
    fn any_payment_survives_its_header(payment in payments()) {
        prop_assert_eq!(decode(encode(&payment).as_bytes(), BYTES_MAX), Ok(payment));
    }

    #[test]
    fn any_challenge_survives_its_header(challenge in challenges()) {
        prop_assert_eq!(decode(encode(&challenge).as_bytes(), BYTES_MAX), Ok(challenge));
    }

    #[test]
    fn any_json_survives_an_echo(value in json()) {
        prop_assert_eq!(wire::json::parse(value.to_string().as_bytes()), Ok(value));
    }
}

fn payments() -> impl Strategy<Value = PaymentPayload> {
    let signed = (vec(any::<u8>(), 1..200), authorizations(), unknown()).prop_map(
        |(signature, authorization, unknown)| {
            let signature = SignatureBytes::new(signature).expect("1 to 200 bytes");
            Eip3009Payload { signature, authorization, unknown }
        },
    );
    let parts = (option::of(resources()), offers(), signed, extensions(), unknown());
    parts.prop_map(|(resource, accepted, payload, extensions, unknown)| PaymentPayload {
        resource,
        accepted,
        payload,
        extensions,
        unknown,
    })
}

fn challenges() -> impl Strategy<Value = PaymentRequired> {
    let parts = (option::of(text()), resources(), vec(offers(), 0..4), extensions(), unknown());
    parts.prop_map(|(error, resource, accepts, extensions, unknown)| PaymentRequired {
        error,
        resource,
        accepts,
        extensions,
        unknown,
    })
}

fn authorizations() -> impl Strategy<Value = Authorization> {
    let times = (any::<u64>(), any::<u64>());
    let parts = (addresses(), addresses(), amounts(), times, any::<[u8; 32]>());
    parts.prop_map(|(from, to, value, (after, before), nonce)| Authorization {
        from,
        to,
        value,
        valid_after: UnixTime::from_seconds(after),
        valid_before: UnixTime::from_seconds(before),
        nonce: Nonce::new(nonce),
    })
}

fn offers() -> impl Strategy<Value = PaymentRequirements> {
    let money = (networks(), amounts(), accounts(), accounts());
    let parts = (text(), money, any::<u64>(), extensions(), unknown());
    parts.prop_map(|(scheme, (network, amount, asset, pay_to), seconds, extra, unknown)| {
        let max_timeout = Duration::from_secs(seconds);
        PaymentRequirements { scheme, network, amount, asset, pay_to, max_timeout, extra, unknown }
    })
}

fn resources() -> impl Strategy<Value = ResourceInfo> {
    let parts = (text(), option::of(text()), option::of(text()), unknown());
    parts.prop_map(|(url, description, mime_type, unknown)| ResourceInfo {
        url,
        description,
        mime_type,
        unknown,
    })
}

fn networks() -> impl Strategy<Value = Network> {
    let other = "(solana|cosmos|ab-1):[-_a-zA-Z0-9]{1,32}";
    prop_oneof![
        (1..u64::MAX).prop_map(Network::evm),
        other.prop_map(|it| it.parse().expect("CAIP-2"))
    ]
}

fn accounts() -> impl Strategy<Value = OnchainAddress> {
    let other = "[1-9A-HJ-NP-Za-km-z]{32,44}";
    prop_oneof![
        addresses().prop_map(OnchainAddress::Evm),
        other.prop_map(|it| it.parse().expect("printable"))
    ]
}

fn addresses() -> impl Strategy<Value = Address> {
    any::<[u8; 20]>().prop_map(Address::new)
}

fn amounts() -> impl Strategy<Value = AtomicAmount> {
    any::<[u8; 32]>().prop_map(|it| AtomicAmount::new(U256::from_be_bytes(it)))
}

/// Any text, control characters and all planes of Unicode included.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..20).prop_map(|it| it.into_iter().collect())
}

fn extensions() -> impl Strategy<Value = Map<String, Value>> {
    btree_map(text(), json(), 0..3).prop_map(|it| it.into_iter().collect())
}

/// Members whose names no version of the protocol uses.
fn unknown() -> impl Strategy<Value = Map<String, Value>> {
    let name = text().prop_map(|it| format!("x-{it}"));
    btree_map(name, json(), 0..3).prop_map(|it| it.into_iter().collect())
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(text(), inner, 0..4).prop_map(|it| it.into_iter().collect()),
        ]
    })
}
