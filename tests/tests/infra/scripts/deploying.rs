//! `scripts/deploy`: one command for the first time and for every other, and a dry run that is dry.

use std::net::SocketAddr;

use crate::stage::{Ending, Stage};

const PACKAGE: &str = "x402-merchant-x86_64-0123456789abcdef.zip";

/// An account in which nothing is deployed yet. `{url}` is where the merchant will be.
const ACCOUNT: &str = "
    -|sts get-caller-identity *|0|123456789012
    down|cloudformation describe-stacks *|254|An error occurred (ValidationError): Stack with id x402-merchant does not exist
    up|*Stacks[[]0[]].StackStatus*|0|CREATE_COMPLETE
    up|*OutputKey=='Url'*|0|{url}
    up|*OutputKey=='FunctionUrl'*|0|https://function.lambda-url.eu-central-1.on.aws/
    up|*OutputKey=='ContentBucket'*|0|shop-content
    up|*OutputKey=='LedgerBucket'*|0|shop-ledger
    up|*OutputKey=='LogGroup'*|0|/x402-merchant/x402-merchant
    up|*OutputKey=='DashboardUrl'*|0|https://dashboard.invalid
    -|*--no-execute-changeset*|0|Run: aws cloudformation describe-change-set --change-set-name arn:aws:cloudformation:eu-central-1:123456789012:changeSet/awscli/1
    -|cloudformation describe-change-set *|0|Add Distribution
";

fn stage(url: &str) -> Stage {
    let stage = Stage::new(&ACCOUNT.replace("{url}", url));
    stage.write(PACKAGE, b"zip");
    stage.write(
        "merchant.toml",
        b"[[routes]]\npath = \"/free/\"\n[[routes]]\npath = \"/premium/\"\n",
    );
    stage
}

fn deploy(stage: &Stage, words: &[&str]) -> Ending {
    stage.run("deploy", &[&["--package", PACKAGE], words].concat(), "")
}

/// A merchant as `scripts/smoke` hopes for.
fn merchant() -> SocketAddr {
    crate::smoke::merchant(|_, honest| honest)
}

/// What changes something, in order, without the paths of this machine.
fn changes(stage: &Stage) -> Vec<String> {
    let changing = ["cloudformation deploy", "s3 ", "delete-"];
    let calls = stage.calls().into_iter();
    let calls = calls.filter(|it| changing.iter().any(|word| it.contains(word)));
    let short = |call: String| {
        let words = call.split(' ').filter(|it| !it.contains("infra/"));
        let keep = |it: &&str| it.contains('=') || it.contains(':') || !it.starts_with("--");
        words.filter(keep).collect::<Vec<_>>().join(" ")
    };
    calls.map(short).collect()
}

const BUCKET: &str = "x402-merchant-packages-123456789012-eu-central-1";

#[test]
fn a_first_deployment_tells_the_function_its_address_in_a_second_pass() {
    let url = format!("http://{}", merchant());
    let stage = stage(&url);
    let ending = deploy(&stage, &["LogRetentionDays=90"]).well();
    assert_eq!(ending.said, format!("{url}\n"), "the URL and nothing else");
    let stack = format!("CodeBucket={BUCKET} CodeKey={PACKAGE} Architecture=x86_64");
    #[rustfmt::skip]
    assert_eq!(changes(&stage), [
        "cloudformation deploy x402-merchant-packages".to_owned(),
        format!("s3 cp {PACKAGE} s3://{BUCKET}/{PACKAGE}"),
        format!("cloudformation deploy x402-merchant CAPABILITY_IAM {stack} LogRetentionDays=90"),
        format!("cloudformation deploy x402-merchant CAPABILITY_IAM {stack} PublicUrl={url} LogRetentionDays=90"),
    ]);
    for refusing in ["function.lambda-url", "shop-content.s3", "shop-ledger.s3"] {
        assert_eq!(
            stage.calls_with(&format!("https://{refusing}")).len(),
            1,
            "{refusing} is tried"
        );
    }
}

#[test]
fn a_second_deployment_changes_what_changed_and_passes_once() {
    let url = format!("http://{}", merchant());
    let stage = stage(&url);
    stage.write("up", b"");
    deploy(&stage, &[]).well();
    let deployed = stage.calls_with("deploy --stack-name x402-merchant ");
    assert_eq!(deployed.len(), 1);
    assert!(deployed[0].contains(&format!("PublicUrl={url}")), "{deployed:?}");
    assert!(deployed[0].contains("--no-fail-on-empty-changeset"), "no change is no failure");
}

#[test]
fn a_dry_run_shows_what_would_change_and_leaves_nothing_behind() {
    let set = "arn:aws:cloudformation:eu-central-1:123456789012:changeSet/awscli/1";
    #[rustfmt::skip]
    let rows = [
        // is it up?  what is left behind to delete
        (false,       &["delete-change-set", "delete-stack"][..]),
        (true,        &["delete-change-set"][..]),
    ];
    for (up, deleted) in rows {
        let stage = stage("http://127.0.0.1:1");
        if up {
            stage.write("up", b"");
        }
        let ending = deploy(&stage, &["--dry-run"]).well();
        assert_eq!(ending.said, "Add Distribution\n");
        let deploys = stage.calls_with("cloudformation deploy");
        assert!(deploys.len() == 1 && deploys[0].contains("--no-execute-changeset"), "{deploys:?}");
        assert_eq!(stage.calls_with("s3 cp").len(), 0, "nothing is uploaded");
        assert_eq!(stage.calls_with("curl").len(), 0, "nobody is asked");
        assert_eq!(stage.calls_with(" delete-").len(), deleted.len(), "{:?}", stage.calls());
        for (call, expected) in stage.calls_with(" delete-").iter().zip(deleted) {
            assert!(call.contains(expected), "{call}");
        }
        assert_eq!(
            stage.calls_with(&format!("delete-change-set --change-set-name {set}")).len(),
            1
        );
    }
}

#[test]
fn what_cannot_end_well_is_refused_before_anything_changes() {
    let no_account = "-|sts *|253|Unable to locate credentials";
    let stuck = "-|*StackStatus*|0|ROLLBACK_COMPLETE";
    let busy = "-|*StackStatus*|0|UPDATE_IN_PROGRESS";
    let offline = "-|*StackStatus*|255|Could not connect to the endpoint URL";
    #[rustfmt::skip]
    let rows: &[(&str, &[&str], &str)] = &[
        // AWS        words                         what is said
        (no_account,  &[],                          "aws configure"),
        (stuck,       &[],                          "scripts/destroy --stack x402-merchant"),
        (busy,        &[],                          "wait until that is over"),
        (offline,     &[],                          "Could not connect"),
        ("",          &["--arch", "arm64"],         "built for x86_64, not for arm64"),
        ("",          &["RateLimit=1000"],          "us-east-1"),
        ("",          &["CodeKey=a.zip"],           "set by this script"),
        ("",          &["--package", "other.zip"],  "no other.zip"),
        ("",          &["--package", "merchant.toml"], "not made by scripts/package"),
        ("",          &["--force"],                 "unknown option --force"),
        ("",          &["RateLimit"],               "Name=value"),
    ];
    for (answer, words, said) in rows {
        let stage = Stage::new(&format!("{answer}\n{ACCOUNT}"));
        stage.write(PACKAGE, b"zip");
        stage.write("merchant.toml", b"");
        deploy(&stage, words).refused(said);
        assert_eq!(changes(&stage), Vec::<String>::new(), "{said}");
    }
}

#[test]
fn a_merchant_that_answers_wrongly_is_no_success() {
    let stage = stage("http://127.0.0.1:1");
    let ending = deploy(&stage, &[]).refused("does not do what it should");
    assert_eq!(ending.said, "");
    assert!(ending.complained.contains("aws logs tail /x402-merchant/x402-merchant"));
}

#[test]
fn without_a_package_one_is_built() {
    let url = format!("http://{}", merchant());
    let stage = stage(&url);
    stage.write("bootstrap", b"\x7fELF");
    stage.run("deploy", &["--arch", "x86_64"], "").well();
    let uploaded = stage.calls_with("s3 cp");
    assert!(uploaded[0].contains("/lambda/x402-merchant-x86_64-"), "{uploaded:?}");
}
