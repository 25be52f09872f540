//! Member by member: which values each refuses, and that the error names the member.

use serde_json::{Value, json};
use wire::{Problem, WireError};

use crate::files::message;

use self::Kind::{
    Account, Address, Amount, Boolean, Integer, List, Network, Nonce, Object, Signature, Text,
    Time, Version,
};
use self::Presence::{Optional, Required};

/// Is the member there in every message?
#[derive(Clone, Copy)]
enum Presence {
    Required,
    Optional,
}

/// What a member's value must be. Each has a list of what it must not be.
#[derive(Clone, Copy)]
enum Kind {
    Version,
    Integer,
    Boolean,
    Text,
    Amount,
    Time,
    Network,
    Address,
    Account,
    Nonce,
    Signature,
    Object,
    List,
}

const PAYMENT: &str = "payment-payload.v2.fetch-extended.json";
const PAYMENT_V1: &str = "payment-payload.v1.x402-fetch.json";
const CHALLENGE: &str = "payment-required.v2.express-extended.json";
const CHALLENGE_V1: &str = "payment-required.v1.x402-express.json";
const ASK: &str = "verify-request.v2.express.json";
const VERDICT: &str = "verify-response.v2.core.balance.json";
const RECEIPT: &str = "settle-response.v2.core.success.json";
const SUPPORTED: &str = "supported.spec.json";

#[rustfmt::skip]
const MEMBERS: &[(&str, &str, Kind, Presence)] = &[
    (PAYMENT,      "x402Version",                       Version,   Required),
    (PAYMENT,      "resource",                          Object,    Optional),
    (PAYMENT,      "resource.url",                      Text,      Required),
    (PAYMENT,      "resource.description",              Text,      Optional),
    (PAYMENT,      "resource.mimeType",                 Text,      Optional),
    (PAYMENT,      "accepted",                          Object,    Required),
    (PAYMENT,      "accepted.scheme",                   Text,      Required),
    (PAYMENT,      "accepted.network",                  Network,   Required),
    (PAYMENT,      "accepted.amount",                   Amount,    Required),
    (PAYMENT,      "accepted.asset",                    Account,   Required),
    (PAYMENT,      "accepted.payTo",                    Account,   Required),
    (PAYMENT,      "accepted.maxTimeoutSeconds",        Integer,   Required),
    (PAYMENT,      "accepted.extra",                    Object,    Optional),
    (PAYMENT,      "payload",                           Object,    Required),
    (PAYMENT,      "payload.signature",                 Signature, Required),
    (PAYMENT,      "payload.authorization",             Object,    Required),
    (PAYMENT,      "payload.authorization.from",        Address,   Required),
    (PAYMENT,      "payload.authorization.to",          Address,   Required),
    (PAYMENT,      "payload.authorization.value",       Amount,    Required),
    (PAYMENT,      "payload.authorization.validAfter",  Time,      Required),
    (PAYMENT,      "payload.authorization.validBefore", Time,      Required),
    (PAYMENT,      "payload.authorization.nonce",       Nonce,     Required),
    (PAYMENT,      "extensions",                        Object,    Optional),
    (PAYMENT_V1,   "x402Version",                       Version,   Required),
    (PAYMENT_V1,   "scheme",                            Text,      Required),
    (PAYMENT_V1,   "network",                           Text,      Required),
    (PAYMENT_V1,   "payload",                           Object,    Required),
    (PAYMENT_V1,   "payload.signature",                 Signature, Required),
    (PAYMENT_V1,   "payload.authorization",             Object,    Required),
    (PAYMENT_V1,   "payload.authorization.value",       Amount,    Required),
    (CHALLENGE,    "x402Version",                       Version,   Required),
    (CHALLENGE,    "error",                             Text,      Optional),
    (CHALLENGE,    "resource",                          Object,    Required),
    (CHALLENGE,    "resource.url",                      Text,      Required),
    (CHALLENGE,    "accepts",                           List,      Required),
    (CHALLENGE,    "accepts[0].scheme",                 Text,      Required),
    (CHALLENGE,    "accepts[0].network",                Network,   Required),
    (CHALLENGE,    "accepts[0].amount",                 Amount,    Required),
    (CHALLENGE,    "accepts[0].asset",                  Account,   Required),
    (CHALLENGE,    "accepts[0].payTo",                  Account,   Required),
    (CHALLENGE,    "accepts[0].maxTimeoutSeconds",      Integer,   Required),
    (CHALLENGE,    "accepts[0].extra",                  Object,    Optional),
    (CHALLENGE,    "extensions",                        Object,    Optional),
    (CHALLENGE_V1, "x402Version",                       Version,   Required),
    (CHALLENGE_V1, "error",                             Text,      Optional),
    (CHALLENGE_V1, "accepts",                           List,      Required),
    (CHALLENGE_V1, "accepts[0].scheme",                 Text,      Required),
    (CHALLENGE_V1, "accepts[0].network",                Text,      Required),
    (CHALLENGE_V1, "accepts[0].maxAmountRequired",      Amount,    Required),
    (CHALLENGE_V1, "accepts[0].resource",               Text,      Required),
    (CHALLENGE_V1, "accepts[0].payTo",                  Account,   Required),
    (CHALLENGE_V1, "accepts[0].maxTimeoutSeconds",      Integer,   Required),
    (CHALLENGE_V1, "accepts[0].asset",                  Account,   Required),
    (ASK,          "x402Version",                       Version,   Required),
    (ASK,          "paymentPayload",                    Object,    Required),
    (ASK,          "paymentPayload.x402Version",        Version,   Required),
    (ASK,          "paymentPayload.payload.authorization.nonce", Nonce, Required),
    (ASK,          "paymentRequirements",               Object,    Required),
    (ASK,          "paymentRequirements.amount",        Amount,    Required),
    (VERDICT,      "isValid",                           Boolean,   Required),
    (VERDICT,      "invalidReason",                     Text,      Optional),
    (VERDICT,      "payer",                             Text,      Optional),
    (RECEIPT,      "success",                           Boolean,   Required),
    (RECEIPT,      "transaction",                       Text,      Optional),
    (RECEIPT,      "network",                           Text,      Optional),
    (RECEIPT,      "payer",                             Text,      Optional),
    (SUPPORTED,    "kinds",                             List,      Required),
    (SUPPORTED,    "kinds[1].x402Version",              Integer,   Required),
    (SUPPORTED,    "kinds[1].scheme",                   Text,      Required),
];

impl Kind {
    /// Values that a hasty or hostile sender could write instead.
    fn never(self) -> Vec<Value> {
        let hex = |digits: usize| format!("0x{}", "ab".repeat(digits / 2));
        match self {
            Version => vec![json!("2"), json!(0), json!(3), json!(-2), json!(2.0), json!([2])],
            Integer => vec![json!("60"), json!(-1), json!(60.0), json!(1e30), json!([]), json!({})],
            Boolean => {
                vec![json!("true"), json!("false"), json!(1), json!(0), json!([]), json!({})]
            }
            Text => vec![json!(1), json!(true), json!([]), json!({}), json!(["exact"])],
            Amount => {
                let texts = ["", "-1", "+1", "01", "1.0", "1e3", "0x10", " 1", "1_000", "\u{661}"];
                texts.iter().map(|it| json!(it)).chain([json!(10_000), json!(1.5)]).collect()
            }
            Time => vec![json!(1_800_000_000), json!(""), json!("-1"), json!("01"), json!("1.5")],
            Network => vec![json!("base"), json!("eip155"), json!("eip155:01"), json!(8453)],
            Address => vec![json!(""), json!("0x"), json!(hex(38)), json!(hex(42)), json!(1)],
            Account => vec![json!(""), json!("0x ab"), json!("x".repeat(129)), json!(1), json!({})],
            Nonce => vec![json!(""), json!("0x"), json!(hex(62)), json!(hex(66)), json!(7)],
            Signature => vec![json!(""), json!("0x"), json!("0xa"), json!(hex(8194)), json!({})],
            Object => vec![json!(1), json!("{}"), json!([]), json!([{}]), json!(true)],
            List => vec![json!(1), json!("[]"), json!({}), json!(true)],
        }
    }
}

#[test]
fn a_value_of_the_wrong_form_is_refused_by_the_members_name() {
    for (file, path, kind, _) in MEMBERS {
        let golden = message(file);
        for wrong in kind.never() {
            let mut document = golden.value();
            *member(&mut document, path) = wrong.clone();
            let error = golden.echo(&document.to_string()).expect_err(&format!("{path} {wrong}"));
            assert_eq!(error.field(), *path, "{file} {wrong}");
            assert!(matches!(error.problem(), Problem::Expected(_)), "{file} {path} {wrong}");
        }
    }
}

#[test]
fn a_required_member_is_missed_by_its_name_and_null_is_no_value() {
    for (file, path, _, presence) in MEMBERS {
        let golden = message(file);
        let mut without = golden.value();
        remove(&mut without, path);
        let mut with_null = golden.value();
        *member(&mut with_null, path) = Value::Null;
        let echoes = [without, with_null].map(|it| golden.echo(&it.to_string()));
        assert_eq!(echoes[0], echoes[1], "{file} {path}");
        let missing = WireError::new(path, Problem::Missing);
        match presence {
            Required => assert_eq!(echoes[0], Err(missing), "{file}"),
            Optional => assert!(echoes[0].is_ok(), "{file} {path}"),
        }
    }
}

#[test]
fn an_item_that_is_not_an_object_is_refused_by_its_index() {
    for (file, path) in [(CHALLENGE, "accepts"), (CHALLENGE_V1, "accepts"), (SUPPORTED, "kinds")] {
        let golden = message(file);
        let mut document = golden.value();
        member(&mut document, path).as_array_mut().expect("a list").insert(1, json!("x"));
        let expected = WireError::new(&format!("{path}[1]"), Problem::Expected("an object"));
        assert_eq!(golden.echo(&document.to_string()), Err(expected), "{file}");
    }
}

/// Each version says what the other members mean, so it is looked at before any of them.
#[test]
fn a_payment_of_the_other_version_is_refused_by_its_version() {
    let rows = [(PAYMENT, PAYMENT_V1, "the integer 2"), (PAYMENT_V1, PAYMENT, "the integer 1")];
    for (reader, text, form) in rows {
        let expected = WireError::new("x402Version", Problem::Expected(form));
        assert_eq!(message(reader).echo(&message(text).text), Err(expected), "{text}");
    }
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace(['.', '['], "/").replace(']', ""))
}

fn member<'v>(document: &'v mut Value, path: &str) -> &'v mut Value {
    document.pointer_mut(&pointer(path)).expect(path)
}

fn remove(document: &mut Value, path: &str) {
    let pointer = pointer(path);
    let (parent, name) = pointer.rsplit_once('/').expect("a path");
    let parent = document.pointer_mut(parent).and_then(Value::as_object_mut).expect(path);
    assert!(parent.shift_remove(name).is_some(), "{path} is in the golden message");
}
