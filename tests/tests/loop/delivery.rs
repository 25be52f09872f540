//! What is settled and cannot be sent is owed: the payer is told so with its receipt, and fetches it
//! by the name that it gave its purchase.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use agent::decisions::terms::Terms;
use agent::{Agent, LocalKey};
use sandbox::faults::Endpoint;
use sandbox::world::{Options, Sandbox};

use crate::market::Market;

/// Long enough to take the file away while the money moves.
const SETTLING: &str = "settle:delay=3000*1";
/// More than is read when a file is opened: such a file can be lost while the money moves.
const GOODS_BYTES: usize = 64 * 1024;
const LOOKS_MAX: usize = 1000;
const LOOK: Duration = Duration::from_millis(10);

async fn until(what: &str, mut there: impl FnMut() -> bool) {
    for _ in 0..LOOKS_MAX {
        if there() {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
    panic!("{what} never came");
}

#[tokio::test]
async fn an_agent_fetches_what_it_is_owed_by_the_name_of_its_purchase() {
    let sandbox = Sandbox::start(Options::instant().fault(SETTLING).unwrap()).await.unwrap();
    // Only the name shows who bought: everybody here has the same address.
    let sections =
        format!("url = \"{}\"\n[redelivery]\nsame_client_seconds = 0", sandbox.facilitator_url());
    let market = Market::around(sandbox, "doubt", &sections).await;
    let (path, goods) = (market.content("premium/a.json"), vec![b'x'; GOODS_BYTES]);
    std::fs::write(&path, &goods).unwrap();
    let secret = sandbox::accounts::testers()[1].secret();
    let terms = Terms::up_to("$0.01".parse().unwrap()).unwrap();
    let agent = Agent::builder(LocalKey::from_hex(&secret.to_string()).unwrap(), terms);
    let agent = agent.build().unwrap();
    let url = market.url("/premium/a.json");
    let buying = tokio::spawn(async move {
        let mut got = agent.fetch(&url).await.unwrap();
        (got.bytes().await.unwrap(), got.receipt().unwrap().is_settled())
    });

    // Opened and claimed: by now the object can only be lost.
    until("the claim", || market.records().contains(&"claim.json".to_owned())).await;
    let written = path.metadata().unwrap().modified().unwrap();
    let mut file = File::options().write(true).truncate(true).open(&path).unwrap();
    let log = || std::fs::read_to_string(market.folder.path().join("access.log")).unwrap();
    until("the reply", || log().contains("delivery_pending")).await;
    assert_eq!(market.sold(), 1);

    // It is back as it was, and the agent comes for it by itself.
    file.write_all(&goods).unwrap();
    file.set_modified(written).unwrap();
    drop(file);
    let (bytes, settled) = buying.await.unwrap();
    assert_eq!((&bytes[..], settled), (&goods[..], true));
    assert_eq!(market.sandbox.journal().count(Endpoint::Settle), 1, "charged once");
    assert_eq!(market.sold(), 1);
    let lines: Vec<_> =
        log().lines().filter(|it| it.contains("nonce")).map(str::to_owned).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("503") && lines[1].contains("200"), "{lines:?}");
}
