//! An observer hears every step, in order, while it happens.

use std::sync::{Arc, Mutex};

use agent::Event;

use crate::scene::{CountingWallet, PATH, StillWorld, after_demand, agent, terms};
use crate::server::{Act, Reply, Server};
use crate::wares::{delivery, settlement};

fn word(event: Event<'_>) -> String {
    match event {
        Event::Asking { .. } => "asking".into(),
        Event::Redirected { target } => format!("redirected to {}", target.url().path()),
        Event::Free { status } => format!("free {status}"),
        Event::Challenged { challenge } => format!("challenged {}", challenge.version()),
        Event::Chosen { deal } => format!("chosen {}", deal.amount()),
        Event::Signing { draft, .. } => format!("signing {}", draft.authorization().value),
        Event::Sending { payment, attempt } => format!("sending {attempt} {}", payment.header()),
        Event::Waiting { doubt, pause } => format!("waiting {} s, {doubt}", pause.as_secs()),
        Event::Delivered { status, receipt } => {
            format!("delivered {status} {}", receipt.is_settled())
        }
        Event::HandedOver { target } => format!("handed over to {target}"),
        _ => "something new".into(),
    }
}

#[tokio::test]
async fn every_step_is_told_in_order() {
    let server = Server::start().await;
    server.script([Reply::new(307).header("location", "/moved.txt").into()]);
    let doubt = Reply::new(503).body(r#"{"error":"settlement_in_progress"}"#);
    let acts: [Act; 3] = [Act::Close, doubt.into(), delivery(&settlement()).into()];
    server.script(after_demand(&server.url("/moved.txt"), acts));
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let agent = agent(&CountingWallet::default(), &StillWorld::default(), terms())
        .observer(move |event: Event<'_>| listener.lock().unwrap().push(word(event)))
        .build()
        .unwrap();
    agent.fetch(&server.url(PATH)).await.unwrap();
    let expected = [
        "asking",
        "redirected to /moved.txt",
        "asking",
        "challenged v2",
        "chosen 10000",
        "signing 10000",
        "sending 1 payment-signature",
        "waiting 2 s, the connection broke",
        "sending 2 payment-signature",
        "waiting 4 s, status 503 (settlement_in_progress)",
        "sending 3 payment-signature",
        "delivered 200 true",
    ];
    assert_eq!(*told.lock().unwrap(), expected);
}
