//! What is printed for debugging holds neither the key nor an unsettled signature.

use std::sync::{Arc, Mutex};

use agent::agent::Quoted;
use agent::{Event, LocalKey};

use crate::scene::{CountingWallet, PATH, StillWorld, after_demand, agent, honest, terms};
use crate::server::{Act, Server};
use crate::wares::{KEY, offer};

#[tokio::test]
async fn debug_output_holds_no_secret() {
    let server = Server::start().await;
    let url = server.url(PATH);
    server.script(honest(&url, vec![offer()]));
    server.script(honest(&url, vec![offer()]));
    server.script(after_demand(&url, vec![Act::Close; 7]));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&seen);
    let agent = agent(&CountingWallet::default(), &StillWorld::default(), terms())
        .observer(move |event: Event<'_>| listener.lock().unwrap().push(format!("{event:?}")))
        .build()
        .unwrap();
    let mut all = vec![format!("{agent:?} {:?}", LocalKey::from_hex(KEY).unwrap())];
    let Quoted::Priced(quote) = agent.quote(&url).await.unwrap() else { panic!() };
    all.push(format!("{quote:?} {:?}", agent.draft(&quote).unwrap()));
    // The quote took the first demand; the delivery behind it answers this unpaid request.
    let _free = agent.fetch(&url).await.unwrap();
    let paid = agent.fetch(&url).await.unwrap();
    all.push(format!("{paid:?}"));
    let error = agent.fetch(&url).await.unwrap_err();
    all.push(format!("{error:?} {error}"));
    all.append(&mut seen.lock().unwrap());
    let all = all.join("\n");
    assert!(!all.to_lowercase().contains(KEY.trim_start_matches("0x")));
    for payment in server.payments() {
        assert!(!all.contains(&payment), "a payment's bytes");
        let json = wire::header::decode_json(payment.as_bytes(), 16_384).unwrap();
        let document = wire::json::parse(&json).unwrap();
        let signature = document["payload"]["signature"].as_str().unwrap();
        assert!(!all.contains(signature), "a signature");
    }
    assert_eq!(server.payments().len(), 8);
}
