//! A wallet at AWS KMS: what is asked of it, over the wire format of AWS JSON 1.1, and what its answers
//! come to. Whatever it says, nothing is sent without a signature of its own key over what was asked.

mod endpoint;
mod peer;

use std::path::Path;

use serde_json::{Value, json};
use tempfile::tempdir;
use wire::{B256, Eip3009Payload, Message};

use crate::command::{Ran, run_with, shop};
use crate::scene::honest;
use crate::wares::{KEY, PAYER, offer};
use endpoint::{Answer, Endpoint, SPKI_PREFIX, point};

pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const WALLET: &str = "kms:alias/agent?region=eu-west-1";

pub(crate) async fn run_at(
    folder: &Path,
    endpoint: &str,
    arguments: &[&str],
    more: &[(&str, &str)],
) -> Ran {
    let usual = [
        ("AWS_ENDPOINT_URL_KMS", endpoint),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    run_with(folder, arguments, &[&usual[..], more].concat()).await
}

#[tokio::test]
async fn a_purchase_asks_for_the_public_key_and_for_one_signature_over_the_digest() {
    for high in [false, true] {
        let (folder, kms) = (tempdir().unwrap(), Endpoint::start(KEY).await);
        kms.high_s(high);
        let (server, url) = shop(|url| honest(url, vec![offer()])).await;
        let ran = run_at(folder.path(), &kms.url(), &["get", &url, "--wallet", WALLET], &[]).await;
        assert_eq!((ran.exit, ran.text()), (0, "the report\n"), "{}", ran.err);

        let calls = kms.calls();
        let targets: Vec<_> = calls.iter().map(|it| it.header("x-amz-target").to_owned()).collect();
        assert_eq!(targets, ["TrentService.GetPublicKey", "TrentService.Sign"]);
        for call in &calls {
            assert_eq!(call.header("content-type"), "application/x-amz-json-1.1");
            let signed = call.header("authorization");
            let scope = format!("/{}/eu-west-1/kms/aws4_request", &call.header("x-amz-date")[..8]);
            assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signed}");
            assert!(signed.contains(&scope), "{signed}");
            for name in ["host", "x-amz-date", "x-amz-target"] {
                assert!(signed.contains(name), "{name} is not signed: {signed}");
            }
            assert!(!call.head.contains(SECRET), "the secret stays at home");
            assert_eq!(call.body["KeyId"], "alias/agent");
        }
        let asked = &calls[1].body;
        assert_eq!(
            (&asked["MessageType"], &asked["SigningAlgorithm"]),
            (&json!("DIGEST"), &json!("ECDSA_SHA_256"))
        );
        let digest = wire::header::decode_json(asked["Message"].as_str().unwrap().as_bytes(), 64);
        let digest = B256::from_slice(&digest.unwrap());

        let payments = server.payments();
        assert_eq!(payments.len(), 1);
        let json = wire::header::decode_json(payments[0].as_bytes(), 16 << 10).unwrap();
        let document = wire::json::parse(&json).unwrap();
        let payload = Eip3009Payload::from_value(document["payload"].clone()).unwrap();
        let signer = wire::signature::recover(digest, &payload.signature);
        assert_eq!(signer.map(|it| it.to_string()), Some(PAYER.into()), "low s, right v");
        assert_eq!(payload.authorization.from.to_string(), PAYER);
    }
}

#[tokio::test]
async fn address_and_dry_run_sign_nothing() {
    let (folder, kms) = (tempdir().unwrap(), Endpoint::start(KEY).await);
    let ran =
        run_at(folder.path(), &kms.url(), &["address", "--wallet", WALLET, "--json"], &[]).await;
    assert_eq!(ran.json(), json!({ "address": PAYER, "proven": true }), "{}", ran.err);
    let (_server, url) = shop(|url| honest(url, vec![offer()])).await;
    let dry = ["get", &url, "--wallet", WALLET, "--dry-run"];
    let ran = run_at(folder.path(), &kms.url(), &dry, &[]).await;
    assert!(ran.exit == 0 && ran.text().contains(PAYER), "{}", ran.err);
    assert!(kms.calls().iter().all(|it| it.header("x-amz-target").ends_with("GetPublicKey")));
}

/// Refused when the wallet is looked up: no 402 is even asked for.
#[tokio::test]
async fn a_key_that_cannot_sign_is_found_out_before_anything_is_asked() {
    let spki = |point: &[u8]| [&SPKI_PREFIX[..], point].concat();
    let good = point(KEY);
    let key = |spec: &str, usage: &str, der: &[u8]| Answer::public_key(spec, usage, der);
    #[rustfmt::skip]
    let rows = [
        // claim             answer                                                              calls  code                  said
        ("P-256",            key("ECC_NIST_P256", "SIGN_VERIFY", &spki(&good)),                   1, "wallet_declined",    "ECC_SECG_P256K1"),
        ("agreement",        key("ECC_SECG_P256K1", "KEY_AGREEMENT", &spki(&good)),               1, "wallet_declined",    "SIGN_VERIFY"),
        ("half a key",       key("ECC_SECG_P256K1", "SIGN_VERIFY", &good),                        1, "wallet_declined",    "ECC_SECG_P256K1"),
        ("no such key",      Answer::error(400, "NotFoundException"),                             1, "wallet_declined",    "no such key in this region"),
        ("no permission",    Answer::error(400, "AccessDeniedException"),                         1, "wallet_declined",    "allow kms:GetPublicKey and kms:Sign"),
        ("disabled",         Answer::error(400, "DisabledException"),                             1, "wallet_declined",    "the key is disabled"),
        ("being deleted",    Answer::error(400, "KMSInvalidStateException"),                      1, "wallet_declined",    "pending deletion"),
        ("old credentials",  Answer::error(400, "ExpiredTokenException"),                         1, "wallet_declined",    "renew them"),
        ("unknown key id",   Answer::error(400, "UnrecognizedClientException"),                   1, "wallet_declined",    "renew them"),
        ("throttled",        Answer::error(400, "ThrottlingException"),                           3, "wallet_unavailable", "try again later"),
        ("their fault",      Answer::error(500, "KMSInternalException"),                          3, "wallet_unavailable", "KMSInternalException"),
        ("no JSON",          Answer::raw(200, "<html>"),                                          1, "wallet_unavailable", "KMS answered"),
    ];
    for (claim, answer, calls, code, said) in rows {
        let (folder, kms) = (tempdir().unwrap(), Endpoint::start(KEY).await);
        kms.answer("GetPublicKey", answer);
        let (server, url) = shop(|url| honest(url, vec![offer()])).await;
        let arguments = ["get", &url, "--wallet", WALLET, "--json", "-o", "content"];
        let ran = run_at(folder.path(), &kms.url(), &arguments, &[]).await;
        assert_eq!(ran.exit, 9, "{claim}: {}{}", ran.text(), ran.err);
        let told = ran.json();
        assert_eq!(told["error"]["code"], code, "{claim}: {told}");
        assert!(told["error"]["message"].as_str().unwrap().contains(said), "{claim}: {told}");
        assert!(!told.to_string().contains(SECRET) && ran.err.is_empty(), "{claim}");
        assert_eq!((kms.calls().len(), server.requests().len()), (calls, 0), "{claim}");
    }
}

/// Refused at the signature: nothing is sent, and what was reserved is free again.
#[tokio::test]
async fn without_a_signature_of_its_own_key_nothing_is_sent() {
    let other = format!("0x{}", "01".repeat(32));
    #[rustfmt::skip]
    let rows = [
        ("throttled",      Answer::error(400, "ThrottlingException"),   3, "try again later"),
        ("disabled since", Answer::error(400, "DisabledException"),     1, "the key is disabled"),
        ("no permission",  Answer::error(400, "AccessDeniedException"), 1, "allow kms:GetPublicKey and kms:Sign"),
        ("another key",    Answer::signed_by(&other),                   1, "signed something else"),
        ("no signature",   Answer::raw(200, "{}"),                      1, "signed something else"),
        ("cut off",        Answer::cut(),                               3, "KMS cannot be reached"),
    ];
    for (claim, answer, signs, said) in rows {
        let (folder, kms) = (tempdir().unwrap(), Endpoint::start(KEY).await);
        kms.answer("Sign", answer);
        let (server, url) = shop(|url| honest(url, vec![offer()])).await;
        let arguments =
            ["get", &url, "--wallet", WALLET, "--json", "-o", "content", "--ledger", "ledger"];
        let ran = run_at(folder.path(), &kms.url(), &arguments, &[]).await;
        assert_eq!(ran.exit, 9, "{claim}: {}{}", ran.text(), ran.err);
        let told = ran.json();
        assert_eq!(told["error"]["code"], "not_signed", "{claim}");
        assert!(told["error"]["message"].as_str().unwrap().contains(said), "{claim}: {told}");
        let asked =
            kms.calls().iter().filter(|it| it.header("x-amz-target").ends_with(".Sign")).count();
        assert_eq!((asked, server.payments().len()), (signs, 0), "{claim}");
        let ledger = agent::Ledger::open(&folder.path().join("ledger")).unwrap().all().unwrap();
        let stages: Vec<_> = ledger.iter().map(|it| it.stage.word()).collect();
        assert_eq!(stages, ["released"], "{claim}");
    }
}

/// A signature whose answer was lost is asked for again. Both are of one authorization, and one
/// payment is sent.
#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_pays_once() {
    let (folder, kms) = (tempdir().unwrap(), Endpoint::start(KEY).await);
    kms.answer_once("Sign", Answer::cut());
    let (server, url) = shop(|url| honest(url, vec![offer()])).await;
    let ran = run_at(folder.path(), &kms.url(), &["get", &url, "--wallet", WALLET], &[]).await;
    assert_eq!((ran.exit, server.payments().len()), (0, 1), "{}", ran.err);
    let signs: Vec<Value> = kms.calls().into_iter().skip(1).map(|it| it.body).collect();
    assert_eq!(signs.len(), 2);
    assert_eq!(signs[0]["Message"], signs[1]["Message"], "the same digest");
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let (folder, kms) = (tempdir().unwrap(), Endpoint::start(KEY).await);
    let url = kms.url();
    let alone = ["address", "--wallet", "kms:alias/agent"];
    let ran = run_at(folder.path(), &url, &alone, &[]).await;
    assert!(ran.exit == 9 && ran.err.contains("no region"), "{}", ran.err);
    let ran = run_at(folder.path(), &url, &alone, &[("AWS_REGION", "eu-west-1")]).await;
    assert_eq!(ran.exit, 0, "{}", ran.err);
    let none = [("AWS_ENDPOINT_URL_KMS", url.as_str()), ("AWS_EC2_METADATA_DISABLED", "true")];
    let ran = run_with(folder.path(), &["address", "--wallet", WALLET], &none).await;
    assert!(ran.exit == 9 && ran.err.contains("no AWS credentials"), "{}", ran.err);
    let gone = "http://127.0.0.1:1";
    let ran = run_at(folder.path(), gone, &["address", "--wallet", WALLET], &[]).await;
    assert!(ran.exit == 9 && ran.err.contains("KMS cannot be reached"), "{}", ran.err);
}
