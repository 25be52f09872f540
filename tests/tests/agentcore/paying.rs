//! Purchases whose signature AgentCore makes: one `ProcessPayment` for one purchase, whatever is lost
//! on the way.

use serde_json::Value;

use crate::amazon::Mischief;
use crate::scene::Scene;

const ASK: &str = "/payments/processPayment";

#[tokio::test]
async fn a_purchase_is_signed_by_agentcore_and_settled_on_the_chain() {
    let scene = Scene::open().await;
    assert_eq!(scene.buy("/premium/a.json").await.code, "paid");
    assert_eq!(scene.buy("/premium/b.json").await.code, "paid");
    assert_eq!((scene.market.sold(), scene.stages()), (2, vec!["settled"; 2]));
    assert_eq!((scene.amazon.asked(ASK), scene.left().await.as_str()), (2, "0.998000 USD"));
    let call = scene.amazon.books().calls.iter().find(|it| it.path == ASK).cloned().unwrap();
    let input = &call.body["paymentInput"]["cryptoX402"];
    assert_eq!((&input["version"], &input["payload"]["amount"]), (&"2".into(), &"1000".into()));
    assert_eq!(call.header("x-amzn-bedrock-agentcore-payments-user-id"), Some("me"));
    assert_eq!(call.header("x-amzn-bedrock-agentcore-payments-agent-name"), Some("x402-agent"));
}

/// One signature, one name for it, however often it is asked for.
#[tokio::test]
async fn a_lost_answer_is_asked_for_again_by_the_same_name() {
    for lost in 1..=2 {
        let scene = Scene::open().await;
        scene.amazon.books().mischief.extend(vec![Mischief::Lose; lost]);
        assert_eq!(scene.buy("/premium/a.json").await.code, "paid", "{lost}");
        assert_eq!((scene.amazon.signatures(), scene.market.sold()), (1, 1), "{lost}");
        assert_eq!((scene.amazon.asked(ASK), names(&scene)), (lost + 1, 1), "{lost}");
        assert_eq!(scene.left().await, "0.999000 USD", "{lost}");
    }
}

/// How many names were asked by.
fn names(scene: &Scene) -> usize {
    let books = scene.amazon.books();
    let asks = books.calls.iter().filter(|it| it.path == ASK);
    let mut names: Vec<&Value> = asks.map(|it| &it.body["clientToken"]).collect();
    names.sort_by_key(ToString::to_string);
    names.dedup();
    names.len()
}

#[tokio::test]
async fn a_purchase_whose_signature_never_came_stays_reserved_and_goes_on_in_another_process() {
    let scene = Scene::open().await;
    scene.amazon.books().mischief.extend([Mischief::Lose, Mischief::Lose, Mischief::Lose]);
    let ending = scene.buy("/premium/a.json").await;
    assert_eq!(ending.code, "wallet_unanswered");
    assert_eq!((scene.stages(), scene.market.sold()), (vec!["reserved"], 0));

    // Nothing else is lost: the next process asks by the same name and sends what was signed then.
    assert_eq!(scene.buy("/premium/a.json").await.code, "paid");
    assert_eq!((scene.stages(), scene.market.sold()), (vec!["settled"], 1));
    assert_eq!((scene.amazon.signatures(), names(&scene)), (1, 1));
    assert_eq!(scene.left().await, "0.999000 USD");

    // And a later purchase of the same thing is another one.
    assert_eq!(scene.buy("/premium/a.json").await.code, "paid");
    assert_eq!((scene.market.sold(), names(&scene)), (2, 2));
}

/// The process ends while the service is asked: dropped where it stands, as by `kill -9`.
#[tokio::test]
async fn a_sudden_end_while_asking_costs_no_second_signature() {
    let scene = Scene::open().await;
    scene.amazon.books().mischief.push_back(Mischief::Lose);
    let (agent, url) = (scene.agent(), scene.market.url("/premium/a.json"));
    let asked = async {
        while scene.amazon.signatures() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = asked => {}
        _ = agent.fetch(&url) => panic!("it ends before"),
    }
    drop(agent);
    assert_eq!(scene.stages(), ["reserved"]);
    assert_eq!(scene.buy("/premium/a.json").await.code, "paid");
    assert_eq!((scene.amazon.signatures(), scene.market.sold()), (1, 1));
    assert_eq!((names(&scene), scene.stages()), (1, vec!["settled"]));
}

/// Two processes at once: both are given the same signature, one of them stores it.
#[tokio::test]
async fn two_processes_that_buy_the_same_thing_pay_once() {
    let scene = Scene::open().await;
    let (one, two) = tokio::join!(scene.buy("/premium/a.json"), scene.buy("/premium/a.json"));
    let mut codes = [one.code, two.code];
    codes.sort_unstable();
    assert!(codes.contains(&"paid"), "{codes:?}");
    assert!(codes.iter().all(|it| ["paid", "purchase_in_progress"].contains(it)), "{codes:?}");
    let sold = scene.market.sold();
    // Where the first was through before the second began, these are two purchases.
    assert_eq!(sold, names(&scene) as u64, "{codes:?}");
    assert_eq!(u64::from(scene.amazon.signatures()), sold);
}

#[tokio::test]
async fn each_refusal_says_what_helps_and_releases_or_holds() {
    #[rustfmt::skip]
    let rows = [
        // status, code, message, how often                                                  is                   stage       words
        (400, "ValidationException",         "Payment amount exceeds the session budget", 1, "not_signed",        "released", "--new-session"),
        (400, "ValidationException",         "Payment session has expired",               1, "not_signed",        "released", "run x402-agent setup agentcore"),
        (400, "ValidationException",         "Payment instrument is not ACTIVE",          1, "not_signed",        "released", "setup agentcore status"),
        (403, "AccessDeniedException",       "User is not authorized",                    1, "not_signed",        "released", "allow it the action"),
        (403, "ExpiredTokenException",       "The security token is expired",             1, "not_signed",        "released", "renew them"),
        (429, "ThrottlingException",         "Rate exceeded",                             3, "not_signed",        "released", "cannot be reached"),
        (500, "InternalServerException",     "",                                          3, "wallet_unanswered", "reserved", "asks for the same signature"),
        (409, "ConflictException",           "another call is in progress",               3, "wallet_unanswered", "reserved", "asks for the same signature"),
        (429, "ThrottlingException",         "Rate exceeded",                             2, "paid",              "settled",  ""),
        (500, "InternalServerException",     "",                                          2, "paid",              "settled",  ""),
    ];
    for (status, code, message, times, is, stage, words) in rows {
        let scene = Scene::open().await;
        let answers = vec![Mischief::Answer(status, code, message); times];
        scene.amazon.books().mischief.extend(answers);
        let ending = scene.buy("/premium/a.json").await;
        assert_eq!(ending.code, is, "{code} {times} {ending:?}");
        assert!(ending.words.contains(words), "{code}: {ending:?}");
        assert_eq!(scene.stages(), [stage], "{code} {times}");
        assert_eq!(scene.market.sold(), u64::from(is == "paid"), "{code} {times}");
    }
}

/// After one ask in doubt, a clear no to the next does not end the doubt.
#[tokio::test]
async fn a_no_after_doubt_is_doubt() {
    let scene = Scene::open().await;
    let expired = Mischief::Answer(403, "AccessDeniedException", "");
    scene.amazon.books().mischief.extend([Mischief::Answer(500, "", ""), expired]);
    assert_eq!(scene.buy("/premium/a.json").await.code, "wallet_unanswered");
    assert_eq!(scene.stages(), ["reserved"]);
}

/// The session's limit is Amazon's to hold, too.
#[tokio::test]
async fn a_session_that_is_spent_signs_no_more() {
    let scene = Scene::open().await;
    {
        let mut books = scene.amazon.books();
        let left = "/paymentSession/availableLimits/availableSpendAmount/value";
        *books.sessions[0].document.pointer_mut(left).unwrap() = "0.001500".into();
    }
    assert_eq!(scene.buy("/premium/a.json").await.code, "paid");
    let ending = scene.buy("/premium/b.json").await;
    assert_eq!((ending.code, scene.market.sold()), ("not_signed", 1));
    assert_eq!(scene.stages(), ["settled", "released"]);
}
