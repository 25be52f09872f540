//! The buckets: private, kept, and one of them written to only by creating.

use merchant::decisions::budget::RECORD_MARGIN;
use serde_json::{Value, json};

use crate::properties::Change::{Push, Remove, Set};
use crate::properties::Property;
use crate::template::Template;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

fn buckets(template: &Template) -> Vec<(&str, &Value)> {
    template.all("AWS::S3::Bucket").collect()
}

pub(crate) fn buckets_are_private(template: &Template) -> bool {
    let blocked = json!({ "BlockPublicAcls": true, "BlockPublicPolicy": true,
        "IgnorePublicAcls": true, "RestrictPublicBuckets": true });
    let owner = json!([{ "ObjectOwnership": "BucketOwnerEnforced" }]);
    buckets(template).iter().all(|(_, it)| {
        it["PublicAccessBlockConfiguration"] == blocked
            && it["OwnershipControls"]["Rules"] == owner
            && it["WebsiteConfiguration"].is_null()
            && it["AccessControl"].is_null()
            && it["BucketEncryption"]["ServerSideEncryptionConfiguration"].is_array()
    })
}

/// The statements of the policies of a bucket.
fn statements<'a>(template: &'a Template, bucket: &str) -> Vec<&'a Value> {
    let of = json!({ "Ref": bucket });
    let policies = template.all("AWS::S3::BucketPolicy").filter(|(_, it)| it["Bucket"] == of);
    policies
        .flat_map(|(_, it)| it["PolicyDocument"]["Statement"].as_array().into_iter().flatten())
        .collect()
}

pub(crate) fn buckets_are_reached_over_tls_only(template: &Template) -> bool {
    buckets(template).iter().all(|(name, _)| {
        let arns =
            json!([{ "Fn::GetAtt": [name, "Arn"] }, { "Fn::Sub": format!("${{{name}.Arn}}/*") }]);
        let statement = json!({ "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*",
            "Action": "s3:*", "Resource": arns,
            "Condition": { "Bool": { "aws:SecureTransport": "false" } } });
        statements(template, name).contains(&&statement)
    })
}

/// CloudFront included: what it could read, it could give away by a path that nobody priced.
pub(crate) fn bucket_policies_only_deny(template: &Template) -> bool {
    let all = buckets(template);
    let mut statements = all.iter().flat_map(|(name, _)| statements(template, name));
    statements.all(|it| it["Effect"] == "Deny")
        && template.all("AWS::CloudFront::CloudFrontOriginAccessIdentity").count() == 0
}

pub(crate) fn buckets_outlive_the_stack(template: &Template) -> bool {
    buckets(template).iter().all(|(name, _)| {
        let resource = template.at(&format!("/Resources/{name}"));
        resource["DeletionPolicy"] == "Retain" && resource["UpdateReplacePolicy"] == "Retain"
    })
}

fn versions_are_kept(template: &Template) -> bool {
    ["Content", "Ledger"]
        .iter()
        .all(|it| template.of(it)["VersioningConfiguration"]["Status"] == "Enabled")
}

fn records_are_only_created(template: &Template) -> bool {
    let statement = json!({ "Sid": "RecordsAreOnlyCreated", "Effect": "Deny", "Principal": "*",
        "Action": "s3:PutObject", "Resource": { "Fn::Sub": "${Ledger.Arn}/*" },
        "Condition": { "Null": { "s3:if-none-match": "true" } } });
    statements(template, "Ledger").contains(&&statement)
}

fn records_outlive_what_leans_on_them(template: &Template) -> bool {
    let rule = &template.of("Ledger")["LifecycleConfiguration"]["Rules"][0];
    let least = template.at("/Parameters/LedgerRetentionDays/MinValue").as_u64();
    // One rule for all records: a claim that went before its settlement would be a hole.
    template.of("Ledger")["LifecycleConfiguration"]["Rules"].as_array().map(Vec::len) == Some(1)
        && rule["ExpirationInDays"] == json!({ "Ref": "LedgerRetentionDays" })
        && least > Some(RECORD_MARGIN.as_secs() / SECONDS_PER_DAY)
}

fn what_is_for_sale_never_expires(template: &Template) -> bool {
    let rules = template.of("Content")["LifecycleConfiguration"]["Rules"].as_array().unwrap();
    rules.iter().all(|it| it["ExpirationInDays"].is_null() && it["ExpirationDate"].is_null())
}

#[rustfmt::skip]
pub(crate) const ALL: &[Property] = &[
    Property { claim: "buckets are private", holds: buckets_are_private, broken_by: &[
        Set("/Resources/Content/Properties/PublicAccessBlockConfiguration/BlockPublicAcls", "false"),
        Set("/Resources/Content/Properties/PublicAccessBlockConfiguration/BlockPublicPolicy", "false"),
        Set("/Resources/Ledger/Properties/PublicAccessBlockConfiguration/IgnorePublicAcls", "false"),
        Remove("/Resources/Ledger/Properties/PublicAccessBlockConfiguration/RestrictPublicBuckets"),
        Remove("/Resources/Content/Properties/OwnershipControls"),
        Remove("/Resources/Ledger/Properties/BucketEncryption"),
        Set("/Resources/Content/Properties/WebsiteConfiguration", r#"{"IndexDocument":"index.html"}"#),
        Set("/Resources/Content/Properties/AccessControl", r#""PublicRead""#),
        Set("/Resources/Third", r#"{"Type":"AWS::S3::Bucket","Properties":{}}"#),
    ]},
    Property { claim: "buckets are reached over TLS only", holds: buckets_are_reached_over_tls_only, broken_by: &[
        Remove("/Resources/ContentPolicy"),
        Remove("/Resources/LedgerPolicy/Properties/PolicyDocument/Statement/0"),
        Set("/Resources/ContentPolicy/Properties/PolicyDocument/Statement/0/Condition/Bool/aws:SecureTransport", r#""true""#),
        Set("/Resources/ContentPolicy/Properties/PolicyDocument/Statement/0/Effect", r#""Allow""#),
        Remove("/Resources/ContentPolicy/Properties/PolicyDocument/Statement/0/Resource/1"),
    ]},
    Property { claim: "bucket policies only deny", holds: bucket_policies_only_deny, broken_by: &[
        Push("/Resources/ContentPolicy/Properties/PolicyDocument/Statement", r#"{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Action":"s3:GetObject","Resource":{"Fn::Sub":"${Content.Arn}/*"}}"#),
        Set("/Resources/Identity", r#"{"Type":"AWS::CloudFront::CloudFrontOriginAccessIdentity","Properties":{}}"#),
    ]},
    Property { claim: "buckets outlive the stack", holds: buckets_outlive_the_stack, broken_by: &[
        Set("/Resources/Content/DeletionPolicy", r#""Delete""#),
        Remove("/Resources/Ledger/DeletionPolicy"),
        Remove("/Resources/Ledger/UpdateReplacePolicy"),
    ]},
    Property { claim: "versions are kept", holds: versions_are_kept, broken_by: &[
        Set("/Resources/Content/Properties/VersioningConfiguration/Status", r#""Suspended""#),
        Remove("/Resources/Ledger/Properties/VersioningConfiguration"),
    ]},
    Property { claim: "records are only created", holds: records_are_only_created, broken_by: &[
        Remove("/Resources/LedgerPolicy/Properties/PolicyDocument/Statement/1"),
        Set("/Resources/LedgerPolicy/Properties/PolicyDocument/Statement/1/Condition/Null/s3:if-none-match", r#""false""#),
        Set("/Resources/LedgerPolicy/Properties/PolicyDocument/Statement/1/Effect", r#""Allow""#),
        Set("/Resources/LedgerPolicy/Properties/Bucket", r#"{"Ref":"Content"}"#),
    ]},
    Property { claim: "records outlive what leans on them", holds: records_outlive_what_leans_on_them, broken_by: &[
        Set("/Resources/Ledger/Properties/LifecycleConfiguration/Rules/0/ExpirationInDays", "1"),
        Set("/Parameters/LedgerRetentionDays/MinValue", "7"),
        Push("/Resources/Ledger/Properties/LifecycleConfiguration/Rules", r#"{"Id":"claims","Prefix":"payments/","ExpirationInDays":1,"Status":"Enabled"}"#),
    ]},
    Property { claim: "what is for sale never expires", holds: what_is_for_sale_never_expires, broken_by: &[
        Set("/Resources/Content/Properties/LifecycleConfiguration/Rules/0/ExpirationInDays", "30"),
    ]},
];

#[test]
fn packages_are_kept_as_privately_as_content() {
    let template = Template::read("infra/artifacts.yaml");
    assert_eq!(buckets(&template).len(), 1);
    assert!(buckets_are_private(&template));
    assert!(buckets_are_reached_over_tls_only(&template));
    assert!(bucket_policies_only_deny(&template));
    assert!(buckets_outlive_the_stack(&template));
}
