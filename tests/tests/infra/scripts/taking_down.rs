//! `scripts/destroy`: only after the name was typed, and the buckets only when told.

use crate::stage::Stage;

const STACK: &str = "
    -|cloudformation describe-stacks *|0|arn:aws:cloudformation:eu-central-1:123456789012:stack/shop/1
    -|*--logical-resource-id Content *|0|shop-content
    -|*--logical-resource-id Ledger *|0|shop-ledger
";

#[test]
fn nothing_is_taken_down_unless_its_name_is_typed() {
    for typed in ["", "y", "yes", "Shop", "shop2"] {
        let stage = Stage::new(STACK);
        stage.run("destroy", &["--stack", "shop"], typed).refused("nothing was done");
        assert_eq!(stage.calls_with("delete").len(), 0, "{typed}");
    }
}

#[test]
fn the_buckets_stay_unless_told() {
    let stage = Stage::new(STACK);
    let ending = stage.run("destroy", &["--stack", "shop"], "shop").well();
    let deleted = stage.calls_with("delete");
    #[rustfmt::skip]
    assert_eq!(deleted, [
        "cloudformation delete-stack --stack-name shop",
        "cloudformation wait stack-delete-complete --stack-name shop",
    ]);
    for bucket in ["shop-content", "shop-ledger"] {
        assert!(ending.complained.contains(&format!("kept the bucket {bucket}")));
    }
}

#[test]
fn every_version_goes_before_its_bucket() {
    let versions = r#"
        once|s3api list-object-versions --bucket shop-content *|0|{"Objects":[{"Key":"a","VersionId":"1"}]}
        once|s3api list-object-versions --bucket shop-content *|0|{"Objects":[{"Key":"b","VersionId":"2"}]}
        -|s3api list-object-versions *|0|{"Objects":[]}
    "#;
    let stage = Stage::new(&format!("{versions}{STACK}"));
    let ending = stage.run("destroy", &["--stack", "shop", "--delete-buckets"], "shop").well();
    assert!(ending.complained.contains("payments that are still in doubt"));
    let calls = stage.calls_with("s3api");
    assert!(calls[1].ends_with(r#"--delete {"Objects":[{"Key":"a","VersionId":"1"}]}"#));
    let short = |it: &String| it.split(" --").take(2).collect::<Vec<_>>().join(" ");
    #[rustfmt::skip]
    assert_eq!(calls.iter().map(short).collect::<Vec<_>>(), [
        "s3api list-object-versions bucket shop-content",
        "s3api delete-objects bucket shop-content",
        "s3api list-object-versions bucket shop-content",
        "s3api delete-objects bucket shop-content",
        "s3api list-object-versions bucket shop-content",
        "s3api delete-bucket bucket shop-content",
        "s3api list-object-versions bucket shop-ledger",
        "s3api delete-bucket bucket shop-ledger",
    ]);
}

#[test]
fn a_stack_that_is_not_there_is_not_taken_down() {
    let stage = Stage::new("-|cloudformation describe-stacks *|254|does not exist");
    stage.run("destroy", &["--stack", "shop"], "shop").refused("there is no stack shop");
}
