//! The contract, row by row: what each kind of request gets, and which neighbours it costs.

use http::StatusCode;
use merchant::decisions::faults::FacilitatorFault;
use serde_json::{Value, json};

use crate::payments::*;
use crate::world::{NOW, OBJECT, World};

#[tokio::test]
async fn a_request_without_payment_costs_no_io() {
    let world = World::new().await;
    #[rustfmt::skip]
    let rows = [
        // method     target                     ending
        ("GET",      "/premium/a",              "402 payment_required"),
        ("HEAD",     "/premium/a",              "402 payment_required"),
        ("GET",      "/premium/nothing",        "402 payment_required"),
        ("GET",      "/premium",                "402 payment_required"),
        ("GET",      "/premium/",               "402 payment_required"),
        ("GET",      "/premium?x=/free",        "402 payment_required"),
        ("GET",      "/premiumfoo",             "404 not_found"),
        ("GET",      "/PREMIUM/a",              "404 not_found"),
        ("GET",      "/",                       "404 not_found"),
        ("GET",      "/free/",                  "404 not_found"),
        ("GET",      "//premium/a",             "400 ambiguous_path"),
        ("GET",      "/free/../premium/a",      "400 ambiguous_path"),
        ("GET",      "/free/..%2fpremium/a",    "400 ambiguous_path"),
        ("GET",      "/%70remium/a",            "400 ambiguous_path"),
        ("OPTIONS",  "/premium/a",              "204 preflight"),
        ("OPTIONS",  "*",                       "204 preflight"),
        ("POST",     "/premium/a",              "405 method_not_allowed"),
        ("PUT",      "/free/a.txt",             "405 method_not_allowed"),
        ("TRACE",    "/premium/a",              "405 method_not_allowed"),
        ("PURGE",    "/premium/a",              "405 method_not_allowed"),
        ("get",      "/premium/a",              "405 method_not_allowed"),
    ];
    for (method, target, ending) in rows {
        let got = world.ask(method, target, &[]).await;
        assert_eq!(got.ending(), ending, "{method} {target}");
        assert_eq!(world.calls(), "", "{method} {target}");
        assert_eq!(got.status == StatusCode::PAYMENT_REQUIRED, got.invites_payment());
        assert_eq!(got.header("cache-control"), Some("no-store"), "{method} {target}");
        assert_eq!(got.header("access-control-allow-origin"), Some("*"), "{method} {target}");
    }
    let long = format!("/premium/{}", "a".repeat(8193));
    assert_eq!(world.get(&long, &[]).await.ending(), "404 not_found");
}

#[tokio::test]
async fn the_challenge_states_our_offer_under_our_own_name() {
    let world = World::new().await;
    let forged = [
        ("host", "evil.test".to_owned()),
        ("x-forwarded-host", "evil.test".to_owned()),
        ("forwarded", "host=evil.test".to_owned()),
    ];
    let got = world.get("/premium/a?utm=1", &forged).await;
    let offer = json!({
        "scheme": "exact", "network": "eip155:84532", "amount": "1000", "asset": ASSET,
        "payTo": PAYEE, "maxTimeoutSeconds": 60, "extra": { "name": "USDC", "version": "2" },
    });
    let challenge = got.message("payment-required").unwrap();
    assert_eq!(challenge["x402Version"], 2);
    assert_eq!(challenge["error"], "payment_required");
    assert_eq!(challenge["resource"]["url"], "https://files.test/premium/a");
    assert_eq!(challenge["resource"]["description"], "Answers");
    assert_eq!(challenge["accepts"], json!([offer]));

    let body: Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(body["x402Version"], 1);
    assert_eq!(body["accepts"][0]["network"], "base-sepolia");
    assert_eq!(body["accepts"][0]["maxAmountRequired"], "1000");
    assert_eq!(body["accepts"][0]["resource"], "https://files.test/premium/a");

    let gold = world.get("/premium/gold/a", &[]).await.message("payment-required").unwrap();
    assert_eq!(gold["accepts"][0]["amount"], "10000", "the longest prefix wins");
}

#[tokio::test]
async fn browsers_may_read_the_challenge_and_send_the_payment() {
    let world = World::new().await;
    let preflight = world.ask("OPTIONS", "/premium/a", &[]).await;
    let allowed = preflight.header("access-control-allow-headers").unwrap();
    for name in ["PAYMENT-SIGNATURE", "X-PAYMENT", "SIGN-IN-WITH-X"] {
        assert!(allowed.contains(name), "{name}");
    }
    assert_eq!(preflight.header("access-control-allow-methods"), Some("GET, HEAD, OPTIONS"));
    let challenge = world.get("/premium/a", &[]).await;
    let exposed = challenge.header("access-control-expose-headers").unwrap();
    for name in ["PAYMENT-REQUIRED", "PAYMENT-RESPONSE"] {
        assert!(exposed.contains(name), "{name}");
    }
}

#[tokio::test]
async fn a_malformed_payment_is_a_400_that_names_the_field() {
    let world = World::new().await;
    let auth = "/payload/authorization";
    #[rustfmt::skip]
    let rows: Vec<(Value, &str, &str)> = vec![
        (payment_with("/x402Version", 1),                        "400 invalid_x402_version", "x402Version"),
        (payment_with("/x402Version", "2"),                      "400 invalid_x402_version", "x402Version"),
        (payment_with("/x402Version", 2.0),                      "400 invalid_x402_version", "x402Version"),
        (payment_with("/x402Version", 3),                        "400 invalid_x402_version", "x402Version"),
        (payment_with("/x402Version", Value::Null),              "400 invalid_x402_version", "x402Version"),
        (payment_with("/accepted", Value::Null),                 "400 invalid_payload", "accepted is missing"),
        (payment_with("/accepted/amount", 1000),                 "400 invalid_payload", "accepted.amount"),
        (payment_with("/accepted/network", "base-sepolia"),      "400 invalid_payload", "accepted.network"),
        (payment_with(&format!("{auth}/value"), 10000),          "400 invalid_payload", "authorization.value"),
        (payment_with(&format!("{auth}/value"), "0x2710"),       "400 invalid_payload", "authorization.value"),
        (payment_with(&format!("{auth}/value"), ""),             "400 invalid_payload", "authorization.value"),
        (payment_with(&format!("{auth}/value"), " 10000"),       "400 invalid_payload", "authorization.value"),
        (payment_with(&format!("{auth}/value"), "010000"),       "400 invalid_payload", "authorization.value"),
        (payment_with(&format!("{auth}/value"), "-1"),           "400 invalid_payload", "authorization.value"),
        (payment_with(&format!("{auth}/nonce"), "0x8e"),         "400 invalid_payload", "authorization.nonce"),
        (payment_with(&format!("{auth}/further"), "x"),          "400 invalid_payload", "authorization.further"),
        (payment_with(&format!("{auth}/validAfter"), (NOW + 60).to_string()), "400 invalid_payload", "validAfter must be before"),
        (payment_with("/payload/signature", "0x"),               "400 invalid_payload", "payload.signature"),
        (payment_with("/extensions", json!({"payment-identifier": {"info": {"id": "short"}}})), "400 invalid_payload", "payment-identifier"),
        (json!([]),                                              "400 invalid_payload", "must be an object"),
    ];
    for (payment, ending, field) in rows {
        let got = world.get("/premium/a", &[header(&payment)]).await;
        assert_eq!(got.ending(), ending, "{payment}");
        let message = String::from_utf8_lossy(&got.body);
        assert!(message.contains(field), "{field}: {message}");
        assert!(!got.invites_payment() && world.calls().is_empty(), "{payment}");
    }
}

#[tokio::test]
async fn a_payment_header_is_one_well_formed_value() {
    let world = World::new().await;
    let good = header(&payment()).1;
    let named = |name, value: &str| (name, value.to_owned());
    let v2 = "payment-signature";
    #[rustfmt::skip]
    let rows: Vec<(Vec<(&str, String)>, &str)> = vec![
        (vec![named(v2, "!!!")],                                     "400 invalid_payload"),
        (vec![named(v2, "bm90IGpzb24=")],                            "400 invalid_payload"),
        (vec![named(v2, "e317fQ==")],                                "400 invalid_payload"),
        (vec![named(v2, &format!("{good},{good}"))],                 "400 invalid_payload"),
        (vec![named(v2, &good), named(v2, &good)],                   "400 invalid_payload"),
        (vec![named(v2, &good), named("x-payment", &good)],          "400 invalid_payload"),
        (vec![named("x-payment", &good)],                            "400 invalid_x402_version"),
        (vec![named(v2, &v1_header("base-sepolia").1)],              "400 invalid_x402_version"),
        (vec![named(v2, &"A".repeat(10_924))],                       "431 header_too_large"),
        (vec![named(v2, &"A".repeat(10_920))],                       "400 invalid_payload"),
    ];
    for (headers, ending) in rows {
        let got = world.get("/premium/a", &headers).await;
        assert_eq!(got.ending(), ending, "{:.80}", headers[0].1);
        assert!(!got.invites_payment() && world.calls().is_empty());
    }
    let head = world.ask("HEAD", "/premium/a", &[header(&payment())]).await;
    assert_eq!(head.ending(), "400 method_not_payable");
    assert_eq!(world.calls(), "");
}

#[tokio::test]
async fn a_payment_that_does_not_fit_is_looked_up_and_then_challenged() {
    let world = World::new().await;
    let auth = "/payload/authorization";
    let other = "0x1111111111111111111111111111111111111111";
    #[rustfmt::skip]
    let rows = [
        (payment_with("/accepted/amount", "999"),                "no_matching_payment_requirements"),
        (payment_with("/accepted/payTo", other),                 "no_matching_payment_requirements"),
        (payment_with("/accepted/asset", other),                 "no_matching_payment_requirements"),
        (payment_with("/accepted/network", "eip155:8453"),       "no_matching_payment_requirements"),
        (payment_with("/accepted/scheme", "upto"),               "no_matching_payment_requirements"),
        (payment_with("/accepted/maxTimeoutSeconds", 61),        "no_matching_payment_requirements"),
        (payment_with("/accepted/extra/name", "USD Coin"),       "no_matching_payment_requirements"),
        (payment_with(&format!("{auth}/value"), "999"),          "invalid_exact_evm_payload_authorization_value_mismatch"),
        (payment_with(&format!("{auth}/value"), "1001"),         "invalid_exact_evm_payload_authorization_value_mismatch"),
        (payment_with(&format!("{auth}/to"), other),             "invalid_exact_evm_payload_recipient_mismatch"),
        (payment_with(&format!("{auth}/validBefore"), (NOW + 13).to_string()),  "invalid_exact_evm_payload_authorization_valid_before"),
        (payment_with(&format!("{auth}/validBefore"), (NOW + 121).to_string()), "invalid_exact_evm_payload_authorization_valid_before"),
    ];
    for (payment, reason) in rows {
        let got = world.get("/premium/a", &[header(&payment)]).await;
        assert_eq!(got.ending(), format!("402 {reason}"), "{payment}");
        assert_eq!(got.message("payment-required").unwrap()["error"], reason);
        assert_eq!(world.calls(), "recall", "no verify, no settle, no object: {payment}");
    }
    let cheap = world.get("/premium/gold/a", &[header(&payment())]).await;
    assert_eq!(cheap.ending(), "402 no_matching_payment_requirements");
}

#[tokio::test]
async fn a_paid_request_gets_the_whole_object_and_a_receipt() {
    let world = World::new().await;
    world.verify_answers(&[Ok(valid())]);
    world.settle_answers(&[Ok(settled())]);
    let mut headers = vec![header(&payment())];
    headers.extend([("range", "bytes=0-0".to_owned()), ("if-none-match", "*".to_owned())]);
    let got = world.get("/premium/a", &headers).await;
    assert_eq!(got.status, StatusCode::OK, "a first delivery is never a part, nor a 304");
    assert_eq!(got.body, OBJECT);
    assert_eq!(got.header("cache-control"), Some("private, no-store"));
    assert_eq!(got.header("accept-ranges"), Some("none"));
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
    let receipt = json!({
        "success": true, "payer": PAYER, "transaction": HASH, "network": "eip155:84532",
    });
    assert_eq!(got.message("payment-response"), Some(receipt));
    assert_eq!(got.header("x-payment-response"), None);
    assert!(!got.invites_payment());
    assert_eq!(world.calls(), "recall, open, verify, claim, settle, record");
    let asked = world.facilitator_asked();
    assert_eq!(asked[0], asked[1], "what is settled is byte for byte what was verified");
}

#[tokio::test]
async fn version_1_is_paid_in_kind_and_asked_in_version_2() {
    let world = World::new().await;
    world.verify_answers(&[Ok(valid())]);
    world.settle_answers(&[Ok(settled())]);
    let got = world.get("/premium/a", &[v1_header("base-sepolia")]).await;
    assert_eq!((got.status, &got.body[..]), (StatusCode::OK, OBJECT));
    assert_eq!(got.header("x-payment-response"), got.header("payment-response"));
    assert!(got.header("x-payment-response").is_some());

    let elsewhere = world.get("/premium/a", &[v1_header("base")]).await;
    assert_eq!(elsewhere.ending(), "402 no_matching_payment_requirements");

    let off = World::configured("v1 = false").await;
    let got = off.get("/premium/a", &[v1_header("base-sepolia")]).await;
    assert_eq!(got.ending(), "402 payment_required", "not recognised as a payment");
    let body: Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(body["x402Version"], 2);
}

#[tokio::test]
async fn a_wider_extra_is_tolerated_and_not_passed_off_as_ours() {
    let world = World::new().await;
    world.verify_answers(&[Ok(valid())]);
    world.settle_answers(&[Ok(settled())]);
    let payment = payment_with("/accepted/extra/assetTransferMethod", "eip3009");
    assert_eq!(world.get("/premium/a", &[header(&payment)]).await.status, StatusCode::OK);
    let asked: Value = serde_json::from_slice(&world.facilitator_asked()[0]).unwrap();
    assert_eq!(asked["paymentRequirements"]["extra"], json!({"name": "USDC", "version": "2"}));
}

#[tokio::test]
async fn free_objects_are_sent_whole_in_parts_or_not_again() {
    let world = World::new().await;
    let etag = world.get("/free/a.txt", &[]).await.header("etag").unwrap().to_owned();
    let range = |it: &str| vec![("range", it.to_owned())];
    let tag = |it: &str| vec![("if-none-match", it.to_owned())];
    #[rustfmt::skip]
    let rows = [
        (vec![],                     200, OBJECT,          None),
        (range("bytes=0-0"),         206, &OBJECT[..1],    Some("bytes 0-0/13")),
        (range("bytes=10-99"),       206, &OBJECT[10..],   Some("bytes 10-12/13")),
        (range("bytes=-3"),          206, &OBJECT[10..],   Some("bytes 10-12/13")),
        (range("bytes=0-1,3-4"),     200, OBJECT,          None),
        (range("bytes=13-"),         416, b"",             Some("bytes */13")),
        (tag(&etag),                 304, b"",             None),
        (tag("\"other\""),           200, OBJECT,          None),
        (vec![header(&payment())],   200, OBJECT,          None),
    ];
    for (headers, status, body, content_range) in rows {
        let got = world.get("/free/a.txt", &headers).await;
        assert_eq!(got.status.as_u16(), status, "{headers:?}");
        assert_eq!(got.header("content-range"), content_range, "{headers:?}");
        if status != 416 {
            assert_eq!(got.body, body, "{headers:?}");
            assert_eq!(got.header("cache-control"), Some("public, max-age=60"));
        }
        assert_eq!(got.header("payment-response"), None);
        assert_eq!(world.calls().replace("open, open", "open"), "open");
    }
    assert_eq!(world.get("/free", &[]).await.ending(), "404 not_found");
    let missing = world.get("/free/nothing", &[]).await;
    assert_eq!(missing.ending(), "404 not_found");
    let kind = world.get("/free/a.txt", &[]).await;
    assert_eq!(kind.header("content-type"), Some("text/plain; charset=utf-8"));
}

#[tokio::test]
async fn what_cannot_be_delivered_is_not_charged() {
    let world = World::new().await;
    let paid = [header(&payment())];
    let missing = world.get("/premium/nothing", &paid).await;
    assert_eq!(missing.ending(), "404 not_found");
    assert_eq!(world.calls(), "recall, open");
    assert_eq!(world.get("/premium/", &paid).await.ending(), "404 not_found");

    *world.merchant.content.broken.lock().unwrap() = true;
    let got = world.get("/premium/a", &paid).await;
    assert_eq!(got.ending(), "503 storage_unavailable");
    assert_eq!(got.header("retry-after"), Some("2"));
    assert_eq!(world.calls(), "recall, open", "nobody was asked to take money");
    let free = world.get("/free/a.txt", &[]).await;
    assert_eq!(free.ending(), "503 storage_unavailable");
}

#[tokio::test]
async fn without_a_ledger_nothing_is_sold() {
    #[rustfmt::skip]
    let rows = [
        // broken    ending                       calls
        ("recall",  "503 ledger_unavailable",    "recall, open"),
        ("claim",   "503 ledger_unavailable",    "recall, open, verify, claim"),
        ("record",  "200 object",                "recall, open, verify, claim, settle, record"),
    ];
    for (broken, ending, calls) in rows {
        let world = World::new().await;
        world.verify_answers(&[Ok(valid())]);
        world.settle_answers(&[Ok(settled())]);
        *world.merchant.ledger.broken.lock().unwrap() = Some(broken);
        let got = world.get("/premium/a", &[header(&payment())]).await;
        assert_eq!(got.ending(), ending, "{broken}");
        assert_eq!(world.calls(), calls, "{broken}");
        assert!(!got.invites_payment(), "{broken}");
    }
}

#[tokio::test]
async fn a_facilitator_that_does_not_answer_is_not_a_refusal() {
    let busy = |seconds| FacilitatorFault::Busy(Some(std::time::Duration::from_secs(seconds)));
    #[rustfmt::skip]
    let rows = [
        (FacilitatorFault::Unreachable,      "2"),
        (FacilitatorFault::TimedOut,         "2"),
        (FacilitatorFault::Broken,           "2"),
        (FacilitatorFault::Unreadable(500),  "2"),
        (FacilitatorFault::Busy(None),       "2"),
        (busy(7),                            "7"),
        (busy(86_400),                       "60"),
    ];
    for (fault, retry_after) in rows {
        let world = World::new().await;
        world.verify_answers(&[Err(fault)]);
        let got = world.get("/premium/a", &[header(&payment())]).await;
        assert_eq!(got.ending(), "503 facilitator_unavailable", "{fault:?}");
        assert_eq!(got.header("retry-after"), Some(retry_after), "{fault:?}");
        assert_eq!(world.calls(), "recall, open, verify", "{fault:?}");
        assert!(!got.invites_payment());
    }
}
