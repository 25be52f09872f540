//! The start: what stops it, said in one sentence to the log and to the platform; and what it does
//! before the first request.

use std::time::Duration;

use serde_json::Value;

use crate::events::get;
use crate::function::Function;
use crate::market::{configuration, package};
use crate::payer::sign;
use crate::stub::Stub;

type Environment<'a> = &'a [(&'a str, &'a str)];

const PARAMETER: &[(&str, u16, &str)] =
    &[("/", 200, r#"{"Parameter":{"Name":"/shop/token","Value":"sesame"}}"#)];
const SECRET: &[(&str, u16, &str)] = &[("/", 200, r#"{"Name":"a","SecretString":"sesame"}"#)];
const DENIED: &[(&str, u16, &str)] =
    &[("/", 400, r#"{"__type":"AccessDeniedException","Message":"sesame"}"#)];
const ODD: &[(&str, u16, &str)] = &[("/", 200, r#"{"Parameter":{"Value":"se same"}}"#)];
const FACILITATOR: &[(&str, u16, &str)] = &[
    ("/supported", 200, r#"{"kinds":[],"extensions":[],"signers":{}}"#),
    ("/verify", 400, r#"{"isValid":false,"invalidReason":"insufficient_funds"}"#),
];

#[tokio::test]
async fn what_stops_a_start_is_said_in_one_sentence() {
    let good = configuration("memory:", "file:./ledger", "http://127.0.0.1:9");
    #[rustfmt::skip]
    let rows: &[(&str, Environment, &str)] = &[
        (&good.replace("\"$0.001\"", "\"cheap\""), &[],
            "routes[0].price \"cheap\" is not a price"),
        (&good.replace("file:./ledger", "memory:"), &[],
            "ledger.url is memory, and every instance of a function has its own: one payment could buy many files; name a bucket, such as \"s3://bucket/ledger\""),
        (&good.replace("memory:", "file:./nowhere"), &[],
            "content.url names the folder"),
        (&good.replace("memory:", "gs://files"), &[],
            "the Lambda opens no gs://files: keep the files in Amazon S3, or run the server"),
        (&good, &[("X402_PAYTO", "0x1")],
            "X402_PAYTO is not a setting; did you mean X402_PAY_TO?"),
        (&good, &[("X402_CONFIG", "other.toml")],
            "other.toml: No such file or directory (os error 2); put merchant.toml into the package, or name it in X402_CONFIG"),
        (&good, &[("X402_FACILITATOR__TOKEN", "ssm:/shop/token"), ("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:9")],
            "cannot fetch the secret ssm:/shop/token: "),
    ];
    for (configuration, environment, sentence) in rows {
        let mut function = Function::start(configuration, environment).await;
        assert_eq!(function.ended().await, Some(1), "{sentence}");
        let error = function.api.init_error().unwrap_or_else(|| panic!("{}", function.log()));
        assert_eq!(error["errorType"], "Runtime.InitError");
        let told = error["errorMessage"].as_str().unwrap();
        assert!(told.contains(sentence), "{told}");
        let log = function.log();
        let line: Value = serde_json::from_str(log.trim()).unwrap();
        assert_eq!((&line["level"], &line["sentence"]), (&"error".into(), &told.into()));
        assert!(function.init().is_none(), "it asked for no event");
    }
}

/// The token as the facilitator got it, when AWS answers like this.
async fn token(
    named: &str,
    answers: &'static [(&'static str, u16, &'static str)],
) -> Result<String, String> {
    let (aws, facilitator) = (Stub::start(answers).await, Stub::start(FACILITATOR).await);
    let environment = [
        ("X402_FACILITATOR__TOKEN", named),
        ("AWS_ENDPOINT_URL", &aws.url()),
        ("AWS_SESSION_TOKEN", "session"),
    ];
    let function = Function::start_in(package(&facilitator.url()), &environment).await;
    for _ in 0..500 {
        if let Some(error) = function.api.init_error() {
            assert!(!format!("{error}{}", function.log()).contains("sesame"), "a secret was told");
            return Err(error["errorMessage"].as_str().unwrap().to_owned());
        }
        if let Some(asked) = facilitator.asked("/supported").first() {
            let fetched = aws.asked("/");
            assert_eq!(fetched.len(), 1, "fetched once");
            let header = |name: &str| fetched[0].headers[name].to_str().unwrap().to_owned();
            let service = if named.starts_with("ssm") { "ssm" } else { "secretsmanager" };
            assert!(
                header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
            );
            assert!(
                header("authorization").contains(&format!("/us-east-1/{service}/aws4_request"))
            );
            assert_eq!(header("x-amz-security-token"), "session");
            let told = format!("{} {}", header("x-amz-target"), fetched[0].body);
            assert!(!function.log().contains("sesame"));
            return Ok(format!("{} with {told}", asked.headers["authorization"].to_str().unwrap()));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("neither asked nor failed: {}", function.log());
}

#[tokio::test]
async fn a_secret_that_aws_keeps_is_fetched_once_and_shown_to_nobody() {
    assert_eq!(
        token("ssm:/shop/token", PARAMETER).await.unwrap(),
        r#"Bearer sesame with AmazonSSM.GetParameter {"Name":"/shop/token","WithDecryption":true}"#
    );
    assert_eq!(
        token("secretsmanager:shop/token", SECRET).await.unwrap(),
        r#"Bearer sesame with secretsmanager.GetSecretValue {"SecretId":"shop/token"}"#
    );
    assert_eq!(
        token("ssm:/shop/token", DENIED).await.unwrap_err(),
        "cannot fetch the secret ssm:/shop/token: AWS answers 400 (AccessDeniedException)"
    );
    assert_eq!(
        token("secretsmanager:a", PARAMETER).await.unwrap_err(),
        "cannot fetch the secret secretsmanager:a: AWS's answer holds no text"
    );
    assert!(
        token("ssm:/shop/token", ODD)
            .await
            .unwrap_err()
            .starts_with("facilitator.token is not a bearer token")
    );
}

#[tokio::test]
async fn the_first_challenge_needs_no_network() {
    let package = package("http://127.0.0.1:9");
    std::fs::write(
        package.path().join("supported.json"),
        r#"{"kinds":[],"extensions":[],"signers":{}}"#,
    )
    .unwrap();
    let function = Function::start_in(package, &[]).await;
    assert_eq!(function.ask(&get("/premium/a.json")).await.status, 402);
    let log = function.log();
    assert!(log.contains("the facilitator does not settle what is offered"), "{log}");
    assert!(log.contains("supported.json"), "{log}");
    println!("from spawn to the first event: {:?}", function.init().unwrap());
}

#[tokio::test]
async fn the_facilitator_is_asked_before_anyone_waits_for_it() {
    let facilitator = Stub::start(FACILITATOR).await;
    let function = Function::start_in(package(&facilitator.url()), &[]).await;
    for _ in 0..500 {
        if !facilitator.asked("/supported").is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(facilitator.asked("/supported").len(), 1, "{}", function.log());
    let challenge = function.ask(&get("/premium/a.json")).await;
    let payment = sign(1, 0, 1_800_000_000).header(&challenge);
    let _ = function.ask(&get("/premium/a.json").paying(&payment)).await;
}
