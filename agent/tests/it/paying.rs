//! A purchase that goes well: what is signed, what is sent, and that nothing else is.

use std::sync::atomic::Ordering;

use agent::agent::Quoted;
use serde_json::Value;
use wire::eip712::TokenDomain;
use wire::signature::recover;
use wire::{Message, UnixTime, header, v1, v2};

use crate::scene::{CountingWallet, NOW, PATH, StillWorld, agent, buy, honest, play, terms};
use crate::server::{Reply, Server};
use crate::wares::{BASE_SEPOLIA_USDC, PAYEE, PAYER, challenge_v1, offer, settlement};

fn decoded(payment: &str) -> Value {
    let json = header::decode_json(payment.as_bytes(), header::PAYMENT_HEADER_BYTES_MAX).unwrap();
    wire::json::parse(&json).unwrap()
}

#[tokio::test]
async fn a_priced_file_costs_one_signature_and_two_requests() {
    let ending = play(terms(), |url| honest(url, vec![offer()])).await;
    assert_eq!((ending.word(), ending.signatures, ending.requests), ("paid", 1, 2));
    assert_eq!((ending.payments.len(), ending.pauses.len()), (1, 0));
    let (body, receipt) = ending.outcome.unwrap();
    assert_eq!(body, b"the report\n");
    assert!(receipt.unwrap().is_settled());
}

#[tokio::test]
async fn a_free_file_costs_nothing() {
    let ending = play(terms(), |_| vec![Reply::new(200).body("free").into()]).await;
    assert_eq!((ending.word(), ending.signatures, ending.payments.len()), ("free", 0, 0));
}

#[tokio::test]
async fn the_signature_covers_the_offer_and_recovers_to_the_payer() {
    let ending = play(terms(), |url| honest(url, vec![offer()])).await;
    let document = decoded(&ending.payments[0]);
    assert_eq!(document["accepted"], offer(), "the offer goes back as it came");
    let payment = v2::PaymentPayload::from_value(document).unwrap();
    let signed = payment.payload.authorization;
    assert_eq!((signed.from.to_string(), signed.to.to_string()), (PAYER.into(), PAYEE.into()));
    assert_eq!(signed.value.to_string(), "10000");
    assert_eq!(signed.valid_after, UnixTime::EPOCH);
    assert_eq!(signed.valid_before, UnixTime::from_seconds(NOW + 60));
    let domain = TokenDomain {
        name: "USDC".into(),
        version: "2".into(),
        chain_id: 84532,
        asset: BASE_SEPOLIA_USDC.parse().unwrap(),
    };
    let recovered = recover(domain.digest(&signed), &payment.payload.signature);
    assert_eq!(recovered, Some(signed.from));
}

#[tokio::test]
async fn what_the_server_wrote_goes_back_letter_by_letter() {
    let mut strange = offer();
    strange["payTo"] = PAYEE.to_lowercase().into();
    strange["asset"] = BASE_SEPOLIA_USDC.to_lowercase().into();
    strange["extra"]["note"] = "Grüße 💶".into();
    strange["unheardOf"] = serde_json::json!([1, { "a": null }]);
    let server = Server::start().await;
    let url = server.url(PATH);
    let mut sent = crate::wares::challenge(&url, vec![strange.clone()]);
    sent["extensions"] = serde_json::json!({ "bazaar": { "info": { "x": 1 } } });
    server
        .script([crate::wares::demand(&sent).into(), crate::wares::delivery(&settlement()).into()]);
    let ending = buy(&server, terms()).await;
    let document = decoded(&ending.payments[0]);
    assert_eq!(document["accepted"].to_string(), strange.to_string());
    assert_eq!(document["resource"].to_string(), sent["resource"].to_string());
    assert_eq!(document["extensions"], sent["extensions"]);
}

/// AG12.
#[tokio::test]
async fn a_window_is_the_servers_up_to_five_minutes() {
    for (asked, signed) in [(8, 8), (60, 60), (300, 300), (301, 300), (1_000_000_000, 300)] {
        let mut long = offer();
        long["maxTimeoutSeconds"] = asked.into();
        let ending = play(terms(), |url| honest(url, vec![long])).await;
        let document = decoded(&ending.payments[0]);
        let end = document["payload"]["authorization"]["validBefore"].as_str().unwrap();
        assert_eq!(end, (NOW + signed).to_string(), "{asked}");
    }
}

#[tokio::test]
async fn a_v1_server_is_paid_in_v1() {
    let server = Server::start().await;
    let document = challenge_v1(&server.url(PATH));
    let mut settled = settlement();
    settled["network"] = "base-sepolia".into();
    let receipt = header::encode_json(settled.to_string().as_bytes());
    server.script([
        Reply::new(402).body(document.to_string()).into(),
        Reply::new(200).header("X-PAYMENT-RESPONSE", receipt).body("the report\n").into(),
    ]);
    let ending = buy(&server, terms()).await;
    assert_eq!((ending.word(), ending.signatures), ("paid", 1));
    assert!(ending.outcome.unwrap().1.unwrap().is_settled());
    let requests = server.requests();
    assert_eq!(requests[1].header("payment-signature"), None);
    let sent = decoded(requests[1].header("x-payment").unwrap());
    let payment = v1::PaymentPayload::from_value(sent).unwrap();
    assert_eq!((payment.scheme.as_str(), payment.network.as_str()), ("exact", "base-sepolia"));
}

#[tokio::test]
async fn the_header_is_read_before_the_body() {
    let server = Server::start().await;
    let url = server.url(PATH);
    let both = crate::wares::demand(&crate::wares::challenge(&url, vec![offer()]))
        .body(challenge_v1(&url).to_string());
    server.script([both.into(), crate::wares::delivery(&settlement()).into()]);
    buy(&server, terms()).await;
    assert!(server.requests()[1].header("payment-signature").is_some());
    assert_eq!(server.requests()[1].header("x-payment"), None);
}

#[tokio::test]
async fn a_quote_and_its_draft_sign_nothing() {
    let server = Server::start().await;
    server.script(honest(&server.url(PATH), vec![offer()]));
    let (wallet, world) = (CountingWallet::default(), StillWorld::default());
    let agent = agent(&wallet, &world, terms()).build().unwrap();
    let Quoted::Priced(quote) = agent.quote(&server.url(PATH)).await.unwrap() else { panic!() };
    assert_eq!(quote.deal().amount().to_string(), "10000");
    agent.draft(&quote).unwrap();
    assert_eq!(wallet.signatures.load(Ordering::Relaxed), 0);
    assert_eq!(server.payments().len(), 0);
}

#[tokio::test]
async fn two_purchases_never_share_a_nonce() {
    let server = Server::start().await;
    for _ in 0..2 {
        server.script(honest(&server.url(PATH), vec![offer()]));
    }
    let (wallet, world) = (CountingWallet::default(), StillWorld::default());
    let agent = agent(&wallet, &world, terms()).build().unwrap();
    for _ in 0..2 {
        agent.fetch(&server.url(PATH)).await.unwrap().bytes().await.unwrap();
    }
    let nonces = server.payments();
    let nonce = |it: &str| decoded(it)["payload"]["authorization"]["nonce"].to_string();
    assert_ne!(nonce(&nonces[0]), nonce(&nonces[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_can_run_on_any_thread() {
    let server = Server::start().await;
    server.script(honest(&server.url(PATH), vec![offer()]));
    let agent = agent(&CountingWallet::default(), &StillWorld::default(), terms()).build().unwrap();
    let url = server.url(PATH);
    let task = tokio::spawn(async move { agent.fetch(&url).await.map(|it| it.status()) });
    assert_eq!(task.await.unwrap().unwrap(), 200);
}
