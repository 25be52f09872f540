//! What a wallet returns is checked before it is sent: a remote one may err, or be taken over.

use agent::decisions::draft::Draft;
use agent::signer::SignerError;
use agent::{Agent, LocalKey, Signer};
use wire::{Address, AtomicAmount, Eip3009Payload, Nonce, UnixTime};

use crate::scene::{NOW, PATH, SHORT, StillWorld, honest, terms};
use crate::server::Server;
use crate::wares::{KEY, offer};

type Change = fn(&mut Eip3009Payload);

/// A wallet that changes the authorization.
struct Wilful(Change);

impl Signer for Wilful {
    fn address(&self) -> Address {
        LocalKey::from_hex(KEY).unwrap().address()
    }

    async fn sign(&self, draft: &Draft) -> Result<Eip3009Payload, SignerError> {
        let mut payload = LocalKey::from_hex(KEY).unwrap().sign(draft).await?;
        (self.0)(&mut payload);
        Ok(payload)
    }
}

struct Absent;

impl Signer for Absent {
    fn address(&self) -> Address {
        Address::new([1; 20])
    }

    async fn sign(&self, _: &Draft) -> Result<Eip3009Payload, SignerError> {
        Err(SignerError::Unavailable("no network".into()))
    }
}

#[tokio::test]
async fn a_wallet_may_choose_nonce_and_window_and_nothing_else() {
    #[rustfmt::skip]
    let rows: [(&str, Change, bool); 9] = [
        ("as asked",           |_| (),                                                                     true),
        ("own nonce",          |it| it.authorization.nonce = Nonce::new([9; 32]),                          true),
        ("shorter window",     |it| it.authorization.valid_before = UnixTime::from_seconds(NOW + 30),      true),
        ("own window, capped", |it| it.authorization.valid_before = UnixTime::from_seconds(NOW + 300),     true),
        ("longer than ours",   |it| it.authorization.valid_before = UnixTime::from_seconds(NOW + 301),     false),
        ("never valid",        |it| it.authorization.valid_after = it.authorization.valid_before,          false),
        ("more money",         |it| it.authorization.value = AtomicAmount::from(10_001),                   false),
        ("another payee",      |it| it.authorization.to = Address::new([2; 20]),                           false),
        ("another payer",      |it| it.authorization.from = Address::new([2; 20]),                         false),
    ];
    for (claim, change, sent) in rows {
        let server = Server::start().await;
        server.script(honest(&server.url(PATH), vec![offer()]));
        let agent = Agent::builder(Wilful(change), terms()).world(StillWorld::default());
        let outcome = agent.patience(SHORT).build().unwrap().fetch(&server.url(PATH)).await;
        let code = outcome.err().map(|why| why.code());
        assert_eq!(code, (!sent).then_some("signed_something_else"), "{claim}");
        assert_eq!(server.payments().len(), usize::from(sent), "{claim}");
    }
}

#[tokio::test]
async fn without_a_signature_nothing_is_sent() {
    let server = Server::start().await;
    server.script(honest(&server.url(PATH), vec![offer()]));
    let agent = Agent::builder(Absent, terms()).world(StillWorld::default()).build().unwrap();
    let error = agent.fetch(&server.url(PATH)).await.unwrap_err();
    assert_eq!(error.to_string(), "the wallet cannot be reached: no network");
    assert_eq!((error.code(), server.payments().len()), ("not_signed", 0));
}
