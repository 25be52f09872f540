//! The walk of a set-up: one of each in the end, wherever it was interrupted; consent where a person is
//! needed; and nothing left of it after a removal.

use agent::agentcore::control::ProviderSecrets;
use agent::agentcore::outcome::{Outcome, Wish};

use crate::amazon::{Amazon, Cut};
use crate::scene::{Drawer, holds_no_secret, remove, set_up, wish};

/// How many there are of each: providers, managers, connectors, instruments, sessions.
fn counts(amazon: &Amazon) -> [usize; 5] {
    let it = amazon.books();
    let instruments = it.instruments.iter().filter(|it| it.status != "DELETED").count();
    [it.providers.len(), it.managers.len(), it.connectors.len(), instruments, it.sessions.len()]
}

fn is_ready(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Ready { .. })
}

#[tokio::test]
async fn a_set_up_makes_one_of_each_and_the_next_one_finds_them() {
    let (amazon, drawer) = (Amazon::open().await, Drawer::default());
    let (outcome, told) = set_up(&amazon, &drawer, &wish()).await;
    assert!(is_ready(&outcome.unwrap()));
    let parts = ["credential provider", "manager", "connector", "instrument", "session"];
    assert_eq!(told, parts.map(|it| format!("made {it}")));
    assert_eq!(counts(&amazon), [1; 5]);
    let first = drawer.account();
    assert!(first.ids().is_some() && first.pending.is_none());

    // Neither secrets nor a role are needed for what is there.
    let again = Wish { role_arn: None, secrets: None, ..wish() };
    let (outcome, told) = set_up(&amazon, &drawer, &again).await;
    assert!(is_ready(&outcome.unwrap()));
    assert_eq!(told, parts.map(|it| format!("found {it}")));
    assert_eq!((counts(&amazon), drawer.account()), ([1; 5], first));
}

/// After each call, heard or not, the process ends. The next one completes the set-up, with what is
/// written down or, where even that is lost, by the names.
#[tokio::test]
async fn a_set_up_goes_on_wherever_it_was_interrupted() {
    let (amazon, drawer) = (Amazon::open().await, Drawer::default());
    set_up(&amazon, &drawer, &wish()).await.0.unwrap();
    let calls = amazon.books().calls.len();
    assert!(calls >= 11, "{calls} calls");
    for at in 0..calls {
        for cut in [Cut::Unheard, Cut::Heard] {
            for forgets in [false, true] {
                let (amazon, drawer) = (Amazon::open().await, Drawer::default());
                amazon.books().cut = Some((at, cut));
                let (outcome, _) = set_up(&amazon, &drawer, &wish()).await;
                assert!(outcome.is_err(), "{at} {cut:?}");
                amazon.books().cut = None;
                if forgets {
                    *drawer.0.lock().unwrap() = None;
                }
                let (outcome, _) = set_up(&amazon, &drawer, &wish()).await;
                let case = format!("call {at} {cut:?}, forgets: {forgets}");
                assert!(is_ready(&outcome.unwrap()), "{case}");
                let [most @ .., sessions] = counts(&amazon);
                assert_eq!(most, [1; 4], "{case}");
                // A session has no name: without the account, one that was made is not found.
                let lost = forgets && cut == Cut::Heard && at == calls - 1;
                assert_eq!(sessions, 1 + usize::from(lost), "{case}");
                assert!(drawer.account().pending.is_none(), "{case}");
            }
        }
    }
}

#[tokio::test]
async fn a_person_consents_and_the_set_up_goes_on() {
    let (amazon, drawer) = (Amazon::open().await, Drawer::default());
    amazon.books().wants_consent = true;
    for _ in 0..2 {
        let (outcome, _) = set_up(&amazon, &drawer, &wish()).await;
        let Outcome::Consent { what, link } = outcome.unwrap() else { panic!("ready") };
        let link = link.unwrap();
        assert_eq!(what, "instrument");
        assert!(link.as_str().starts_with("https://consent.example/wallet?id=payment-instrument-"));
    }
    assert_eq!(counts(&amazon), [1, 1, 1, 1, 0], "no session runs while a person is waited for");
    amazon.books().instruments[0].set_status("ACTIVE");
    assert!(is_ready(&set_up(&amazon, &drawer, &wish()).await.0.unwrap()));
    assert_eq!(counts(&amazon), [1; 5]);
}

#[tokio::test]
async fn a_connector_can_get_its_own_consent_instead_of_secrets() {
    let (amazon, drawer) = (Amazon::open().await, Drawer::default());
    let quick = Wish { quick: true, secrets: None, ..wish() };
    let (outcome, _) = set_up(&amazon, &drawer, &quick).await;
    let Outcome::Consent { what: "connector", link: Some(link) } = outcome.unwrap() else {
        panic!("no consent is asked for")
    };
    assert!(link.as_str().starts_with("https://consent.example/connector?id="));
    amazon.books().connectors[0].status = "READY".into();
    assert!(is_ready(&set_up(&amazon, &drawer, &quick).await.0.unwrap()));
    assert_eq!(counts(&amazon), [0, 1, 1, 1, 1]);
}

#[tokio::test]
async fn privys_secrets_go_where_they_belong_and_nowhere_else() {
    let (amazon, drawer) = (Amazon::open().await, Drawer::default());
    let mut account = drawer.account();
    account.vendor = "StripePrivy".into();
    *drawer.0.lock().unwrap() = Some(account.written());
    let secrets = ProviderSecrets::StripePrivy {
        app_id: "app".into(),
        app_secret: "hush-app".to_owned().into(),
        authorization_id: "auth".into(),
        authorization_key: "wallet-auth:hush".to_owned().into(),
    };
    let shown = format!("{secrets:?}");
    let (outcome, _) = set_up(&amazon, &drawer, &Wish { secrets: Some(secrets), ..wish() }).await;
    assert!(is_ready(&outcome.unwrap()) && holds_no_secret(&shown));
    let books = amazon.books();
    let secret = books.calls.iter().filter(|it| it.text.contains("hush"));
    let paths: Vec<_> = secret.map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["/identities/CreatePaymentCredentialProvider"]);
    assert_eq!(books.connectors[0].document["type"], "StripePrivy");
    let configured = &books.connectors[0].document["credentialProviderConfigurations"][0];
    assert!(configured.get("stripePrivy").is_some());
    assert!(holds_no_secret(drawer.0.lock().unwrap().as_deref().unwrap()));
}

#[tokio::test]
async fn a_session_that_is_over_is_followed_by_another() {
    let (amazon, drawer) = (Amazon::open().await, Drawer::default());
    set_up(&amazon, &drawer, &wish()).await.0.unwrap();
    let first = drawer.account().session;
    amazon.books().sessions[0].document["paymentSession"]["createdAt"] =
        "2026-01-01T00:00:00Z".into();
    set_up(&amazon, &drawer, &wish()).await.0.unwrap();
    let second = drawer.account().session;
    assert_ne!(first, second);
    // One that runs is replaced on demand only.
    set_up(&amazon, &drawer, &Wish { new_session: true, ..wish() }).await.0.unwrap();
    assert_ne!(drawer.account().session, second);
    assert_eq!(counts(&amazon), [1, 1, 1, 1, 3]);
}

#[tokio::test]
async fn what_is_missing_or_failed_is_said() {
    let (amazon, drawer) = (Amazon::open().await, Drawer::default());
    let why = async |wish: Wish| set_up(&amazon, &drawer, &wish).await.0.unwrap_err().to_string();
    let without_secrets = why(Wish { secrets: None, ..wish() }).await;
    assert_eq!(without_secrets, "the set-up needs the wallet provider's secrets");
    assert_eq!(why(Wish { role_arn: None, ..wish() }).await, "the set-up needs --role ARN");
    set_up(&amazon, &drawer, &wish()).await.0.unwrap();
    amazon.books().instruments[0].set_status("BLOCKED");
    assert!(why(wish()).await.starts_with("the instrument is BLOCKED"));
    amazon.books().connectors[0].status = "UPDATE_FAILED".into();
    assert!(why(wish()).await.starts_with("the connector is UPDATE_FAILED"));
}

#[tokio::test]
async fn a_removal_leaves_nothing_wherever_it_was_interrupted() {
    let (amazon, drawer) = (Amazon::open().await, Drawer::default());
    set_up(&amazon, &drawer, &wish()).await.0.unwrap();
    let before = amazon.books().calls.len();
    remove(&amazon, &drawer).await.unwrap();
    let calls = amazon.books().calls.len() - before;
    assert_eq!(counts(&amazon), [0; 5]);
    assert!(drawer.0.lock().unwrap().is_none(), "the account is forgotten");
    assert!(calls >= 7, "{calls} calls");
    for at in 0..calls {
        for cut in [Cut::Unheard, Cut::Heard] {
            let (amazon, drawer) = (Amazon::open().await, Drawer::default());
            set_up(&amazon, &drawer, &wish()).await.0.unwrap();
            let begin = amazon.books().calls.len();
            amazon.books().cut = Some((begin + at, cut));
            assert!(remove(&amazon, &drawer).await.is_err(), "{at} {cut:?}");
            amazon.books().cut = None;
            remove(&amazon, &drawer).await.unwrap();
            assert_eq!(counts(&amazon), [0; 5], "call {at} {cut:?}");
        }
    }
}

#[tokio::test]
async fn after_a_removal_everything_is_made_anew() {
    let (amazon, drawer) = (Amazon::open().await, Drawer::default());
    set_up(&amazon, &drawer, &wish()).await.0.unwrap();
    let first = drawer.account();
    remove(&amazon, &drawer).await.unwrap();
    let (outcome, told) = set_up(&amazon, &drawer, &wish()).await;
    assert!(is_ready(&outcome.unwrap()) && told.iter().all(|it| it.starts_with("made ")));
    assert_ne!(drawer.account().ids(), first.ids());
    assert_eq!(counts(&amazon), [1; 5]);
}
