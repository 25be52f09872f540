//! AG16: an agent behind a guard, against names that lead home, names that change their mind, and
//! redirects. Nothing is connected to, so nothing is asked.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use agent::decisions::guard::Guard;
use agent::guard::{Found, Lookup};
use agent::transport::Transport;
use agent::{Agent, PayError, Quoted};

use crate::scene::{CountingWallet, PATH, SHORT, StillWorld, honest, terms};
use crate::server::{Act, Reply, Server};
use crate::wares::offer;

/// Gives the addresses of each lookup in turn; the last ones for ever.
#[derive(Clone)]
struct Script {
    answers: Vec<&'static str>,
    asked: Arc<AtomicUsize>,
}

impl Script {
    fn new(answers: &[&'static str]) -> Self {
        Self { answers: answers.to_vec(), asked: Arc::default() }
    }
}

impl Lookup for Script {
    fn addresses(&self, _name: &str) -> Found {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers[asked.min(self.answers.len() - 1)];
        let found: io::Result<Vec<IpAddr>> =
            answer.split_whitespace().map(|it| it.parse().map_err(io::Error::other)).collect();
        Box::pin(async { found })
    }
}

fn agent(transport: Transport) -> (Agent<CountingWallet, StillWorld>, CountingWallet) {
    let wallet = CountingWallet::default();
    let agent = Agent::builder(wallet.clone(), terms()).world(StillWorld::default());
    (agent.transport(transport).build().unwrap(), wallet)
}

fn word<T>(outcome: &Result<T, PayError>) -> &'static str {
    outcome.as_ref().map_or_else(PayError::code, |_| "asked")
}

#[tokio::test]
async fn ag16_a_name_that_leads_home_is_not_connected_to() {
    let server = Server::start().await;
    let port = server.address.port();
    #[rustfmt::skip]
    let rows = [
        (&["127.0.0.1"][..],                 "blocked_address"),
        (&["127.0.0.1 169.254.169.254"],     "blocked_address"),
        (&["::1"],                           "blocked_address"),
        (&["::ffff:127.0.0.1"],              "blocked_address"),
        (&["10.0.0.1"],                      "blocked_address"),
        (&[""],                              "unreachable"),
    ];
    for (answers, expected) in rows {
        let guard = Guard::new().on_port(port);
        let transport = Transport::guarded_by(SHORT, guard, Script::new(answers)).unwrap();
        let (agent, wallet) = agent(transport);
        let outcome = agent.fetch(&format!("https://shop.example:{port}/")).await;
        assert_eq!(word(&outcome), expected, "{answers:?}");
        assert_eq!(wallet.signatures.load(Ordering::SeqCst), 0);
    }
    assert_eq!(server.connections(), 0, "somebody connected");
}

/// DNS rebinding: harmless when it is looked at, private when it is used. What is looked at is what is
/// used, so there is one lookup for each connection, and each is judged.
#[tokio::test]
async fn ag16_a_name_is_looked_up_and_judged_for_each_connection() {
    let server = Server::start().await;
    let port = server.address.port();
    let script = Script::new(&["192.0.2.1", "127.0.0.1"]);
    let transport =
        Transport::guarded_by(SHORT, Guard::new().on_port(port), script.clone()).unwrap();
    let (agent, _) = agent(transport);
    for _ in 0..3 {
        let outcome = agent.fetch(&format!("https://shop.example:{port}/")).await;
        assert_eq!(word(&outcome), "blocked_address");
    }
    assert_eq!(script.asked.load(Ordering::SeqCst), 3, "one lookup for each connection");
    assert_eq!(server.connections(), 0, "somebody connected");
}

/// A literal never reaches the resolver.
#[tokio::test]
async fn ag16_an_address_in_the_url_is_judged_without_a_lookup() {
    let server = Server::start().await;
    let script = Script::new(&["93.184.216.34"]);
    let guard = Guard::new().on_port(server.address.port());
    let (agent, _) = agent(Transport::guarded_by(SHORT, guard, script.clone()).unwrap());
    for host in ["127.0.0.1", "127.1", "0x7f000001", "localhost"] {
        let outcome = agent.fetch(&server.url(PATH).replace("127.0.0.1", host)).await;
        assert_eq!(word(&outcome), "blocked_address", "{host}");
    }
    assert_eq!((server.connections(), script.asked.load(Ordering::SeqCst)), (0, 0));
}

#[tokio::test]
async fn a_host_that_the_operator_allows_is_bought_from() {
    let server = Server::start().await;
    server.script(honest(&server.url(PATH), vec![offer()]));
    let guard = Guard::new().allowing(&server.address.to_string()).unwrap();
    let (agent, wallet) = agent(Transport::guarded(SHORT, guard).unwrap());
    let mut response = agent.fetch(&server.url(PATH)).await.unwrap();
    assert!(!response.bytes().await.unwrap().is_empty());
    assert_eq!(wallet.signatures.load(Ordering::SeqCst), 1);
}

/// Before paying, redirects stay on their origin, which is judged anyway; after paying, the store that
/// a merchant names is judged like any other host.
#[tokio::test]
async fn ag16_a_redirect_leads_to_no_private_host() {
    let (server, private) = (Server::start().await, Server::start().await);
    server.script(vec![Reply::new(302).header("location", private.url("/")).into()]);
    let guard = Guard::new().allowing(&server.address.to_string()).unwrap();
    let (agent, _) = agent(Transport::guarded(SHORT, guard).unwrap());
    let outcome = agent.quote(&server.url(PATH)).await;
    assert!(matches!(outcome, Err(PayError::CrossOriginRedirect(_))));
    assert!(!matches!(outcome, Ok(Quoted::Free(_))));

    let url = server.url(PATH);
    let mut script = honest(&url, vec![offer()]);
    if let Some(Act::Reply(delivery)) = script.last_mut() {
        delivery.status = 303;
        delivery.headers.push(("location".into(), private.url("/goods")));
    }
    server.script(script);
    let outcome = agent.fetch(&url).await;
    assert_eq!(word(&outcome), "redirect_after_payment");
    assert_eq!(private.connections(), 0, "the private host was connected to");
}
