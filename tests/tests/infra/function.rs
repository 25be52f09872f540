//! The function's URL, who may call it, and how long it may take.

use std::collections::BTreeSet;
use std::time::Duration;

use merchant::decisions::budget;
use serde_json::{Value, json};

use crate::properties::Change::{Push, Remove, Set};
use crate::properties::Property;
use crate::template::Template;

/// The longest that CloudFront waits for an origin without a quota of one's own, in seconds
/// (`AWS::CloudFront::Distribution`, `OriginReadTimeout`).
const CLOUDFRONT_SECONDS_MAX: u64 = 120;

fn the_url_answers_signed_requests_only(template: &Template) -> bool {
    let mut urls = template.all("AWS::Lambda::Url").map(|(_, it)| it);
    let signed = urls.next().is_some_and(|it| it["AuthType"] == "AWS_IAM");
    signed && urls.next().is_none()
}

fn the_url_streams(template: &Template) -> bool {
    let url = template.of("FunctionUrl");
    // The paywall answers preflights itself; a CORS setting here would answer before it.
    url["InvokeMode"] == "RESPONSE_STREAM" && url["Cors"].is_null()
}

fn cloudfront_signs_every_request(template: &Template) -> bool {
    let control = &template.of("OriginAccessControl")["OriginAccessControlConfig"];
    let origin = template.at("/Resources/Distribution/Properties/DistributionConfig/Origins/0");
    let refers = json!({ "Fn::GetAtt": ["OriginAccessControl", "Id"] });
    control["OriginAccessControlOriginType"] == "lambda"
        && control["SigningBehavior"] == "always"
        && control["SigningProtocol"] == "sigv4"
        && origin["OriginAccessControlId"] == refers
}

/// Both actions, for CloudFront and this distribution alone, and no permission besides.
fn nobody_but_this_distribution_may_call(template: &Template) -> bool {
    let arn = "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}";
    let permissions: Vec<&Value> =
        template.all("AWS::Lambda::Permission").map(|(_, it)| it).collect();
    let ours = permissions.iter().all(|it| {
        it["Principal"] == "cloudfront.amazonaws.com"
            && it["SourceArn"] == json!({ "Fn::Sub": arn })
            && it["FunctionName"] == json!({ "Fn::GetAtt": ["Function", "Arn"] })
    });
    let by_url = |it: &Value| match it["Action"].as_str() {
        Some("lambda:InvokeFunctionUrl") => it["FunctionUrlAuthType"] == "AWS_IAM",
        Some("lambda:InvokeFunction") => it["InvokedViaFunctionUrl"] == true,
        _ => false,
    };
    let actions: BTreeSet<_> = permissions.iter().filter_map(|it| it["Action"].as_str()).collect();
    ours && permissions.len() == 2 && actions.len() == 2 && permissions.iter().all(|it| by_url(it))
}

/// Settling ends before a sale does, a sale before the function, the function before CloudFront.
fn whoever_waits_waits_longest(template: &Template) -> bool {
    let sale = budget::SALE;
    let seconds = |pointer: &str| template.at(pointer).as_u64().map(Duration::from_secs);
    let origin = "/Resources/Distribution/Properties/DistributionConfig/Origins/0";
    let cloudfront = seconds(&format!("{origin}/CustomOriginConfig/OriginReadTimeout"));
    let [least, most, default] = ["MinValue", "MaxValue", "Default"]
        .map(|it| seconds(&format!("/Parameters/FunctionTimeout/{it}")));
    template.of("Function")["Timeout"] == json!({ "Ref": "FunctionTimeout" })
        && budget::SETTLE < sale
        && Some(sale) < least
        && least <= default
        && default <= most
        && most < cloudfront
        && cloudfront <= Some(Duration::from_secs(CLOUDFRONT_SECONDS_MAX))
}

/// A challenge with a wrong URL could be paid, so there is none until the URL is known.
fn the_shop_is_shut_until_it_knows_its_address(template: &Template) -> bool {
    let reserve = &template.of("Function")["ReservedConcurrentExecutions"]["Fn::If"];
    let known = json!([{ "Condition": "HasDomain" },
        { "Fn::Not": [{ "Fn::Equals": [{ "Ref": "PublicUrl" }, ""] }] }]);
    reserve[0] == "KnowsItsUrl"
        && reserve[2] == 0
        && template.at("/Conditions/KnowsItsUrl") == &json!({ "Fn::Or": known })
        && template.at("/Parameters/PublicUrl/Default") == ""
}

fn the_runtime_is_the_one_that_is_built_for(template: &Template) -> bool {
    let function = template.of("Function");
    let processors = template.at("/Parameters/Architecture");
    function["Runtime"] == "provided.al2023"
        && function["Handler"] == "bootstrap"
        && function["Architectures"] == json!([{ "Ref": "Architecture" }])
        && processors["Default"] == "arm64"
        && processors["AllowedValues"] == json!(["arm64", "x86_64"])
}

#[rustfmt::skip]
pub(crate) const ALL: &[Property] = &[
    Property { claim: "the function's URL answers signed requests only", holds: the_url_answers_signed_requests_only, broken_by: &[
        Set("/Resources/FunctionUrl/Properties/AuthType", r#""NONE""#),
        Remove("/Resources/FunctionUrl/Properties/AuthType"),
        Set("/Resources/Open", r#"{"Type":"AWS::Lambda::Url","Properties":{"AuthType":"NONE"}}"#),
    ]},
    Property { claim: "the function's URL streams and leaves CORS to the paywall", holds: the_url_streams, broken_by: &[
        Set("/Resources/FunctionUrl/Properties/InvokeMode", r#""BUFFERED""#),
        Remove("/Resources/FunctionUrl/Properties/InvokeMode"),
        Set("/Resources/FunctionUrl/Properties/Cors", r#"{"AllowOrigins":["*"]}"#),
    ]},
    Property { claim: "CloudFront signs every request", holds: cloudfront_signs_every_request, broken_by: &[
        Set("/Resources/OriginAccessControl/Properties/OriginAccessControlConfig/SigningBehavior", r#""no-override""#),
        Set("/Resources/OriginAccessControl/Properties/OriginAccessControlConfig/SigningBehavior", r#""never""#),
        Set("/Resources/OriginAccessControl/Properties/OriginAccessControlConfig/OriginAccessControlOriginType", r#""s3""#),
        Set("/Resources/OriginAccessControl/Properties/OriginAccessControlConfig/SigningProtocol", r#""none""#),
        Remove("/Resources/Distribution/Properties/DistributionConfig/Origins/0/OriginAccessControlId"),
    ]},
    Property { claim: "nobody but this distribution may call the function", holds: nobody_but_this_distribution_may_call, broken_by: &[
        Remove("/Resources/AllowUrl"),
        Remove("/Resources/AllowInvoke"),
        Remove("/Resources/AllowUrl/Properties/SourceArn"),
        Remove("/Resources/AllowInvoke/Properties/SourceArn"),
        Set("/Resources/AllowUrl/Properties/SourceArn", r#"{"Fn::Sub":"arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/*"}"#),
        Set("/Resources/AllowUrl/Properties/Principal", r#""*""#),
        Set("/Resources/AllowInvoke/Properties/Principal", r#""*""#),
        Set("/Resources/AllowUrl/Properties/FunctionUrlAuthType", r#""NONE""#),
        Remove("/Resources/AllowInvoke/Properties/InvokedViaFunctionUrl"),
        Set("/Resources/AllowInvoke/Properties/InvokedViaFunctionUrl", "false"),
        Set("/Resources/AllowInvoke/Properties/Action", r#""lambda:*""#),
        Set("/Resources/Third", r#"{"Type":"AWS::Lambda::Permission","Properties":{"Action":"lambda:InvokeFunctionUrl","Principal":"*"}}"#),
    ]},
    Property { claim: "whoever waits for another waits longest", holds: whoever_waits_waits_longest, broken_by: &[
        Set("/Resources/Distribution/Properties/DistributionConfig/Origins/0/CustomOriginConfig/OriginReadTimeout", "30"),
        Set("/Resources/Distribution/Properties/DistributionConfig/Origins/0/CustomOriginConfig/OriginReadTimeout", "180"),
        Remove("/Resources/Distribution/Properties/DistributionConfig/Origins/0/CustomOriginConfig/OriginReadTimeout"),
        Set("/Parameters/FunctionTimeout/MinValue", "30"),
        Remove("/Parameters/FunctionTimeout/MinValue"),
        Set("/Parameters/FunctionTimeout/MaxValue", "900"),
        Remove("/Parameters/FunctionTimeout/MaxValue"),
        Set("/Resources/Function/Properties/Timeout", "3"),
    ]},
    Property { claim: "the shop is shut until it knows its address", holds: the_shop_is_shut_until_it_knows_its_address, broken_by: &[
        Remove("/Resources/Function/Properties/ReservedConcurrentExecutions"),
        Set("/Resources/Function/Properties/ReservedConcurrentExecutions/Fn::If/2", "1"),
        Set("/Parameters/PublicUrl/Default", r#""https://example.com""#),
        Push("/Conditions/KnowsItsUrl/Fn::Or", r#"{"Fn::Equals":["a","a"]}"#),
    ]},
    Property { claim: "the runtime is the one that the package is built for", holds: the_runtime_is_the_one_that_is_built_for, broken_by: &[
        Set("/Resources/Function/Properties/Runtime", r#""provided.al2""#),
        Set("/Resources/Function/Properties/Architectures", r#"["x86_64"]"#),
        Set("/Parameters/Architecture/Default", r#""x86_64""#),
    ]},
];
