//! What CloudFront asks the function, and that it keeps no answer.

use serde_json::{Value, json};

use crate::properties::Change::{Push, Remove, Set};
use crate::properties::Property;
use crate::template::Template;

const CONFIG: &str = "/Resources/Distribution/Properties/DistributionConfig";

/// Error codes whose caching can be set (CloudFront API Reference, `CustomErrorResponse`).
const ERRORS: [u64; 11] = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/// Headers in an origin request policy (CloudFront quotas).
const FORWARDED_MAX: usize = 10;

fn config(template: &Template) -> &Value {
    template.at(CONFIG)
}

fn behaviour(template: &Template) -> &Value {
    &config(template)["DefaultCacheBehavior"]
}

/// The one resource of its type, and the behaviour refers to it.
fn policy<'a>(template: &'a Template, kind: &'a str, reference: &str) -> Option<&'a Value> {
    let mut all = template.all(kind);
    let (name, properties) = all.next()?;
    let referred = behaviour(template)[reference] == json!({ "Ref": name });
    (referred && all.next().is_none()).then_some(properties)
}

fn one_origin_for_every_path(template: &Template) -> bool {
    let origins = config(template)["Origins"].as_array().map_or(0, Vec::len);
    let absent =
        ["CacheBehaviors", "OriginGroups", "DefaultRootObject", "S3Origin", "CustomOrigin"];
    let url = json!({ "Fn::GetAtt": ["FunctionUrl", "FunctionUrl"] });
    let host = json!({ "Fn::Select": [2, { "Fn::Split": ["/", url] }] });
    template.all("AWS::CloudFront::Distribution").count() == 1
        && origins == 1
        && config(template)["Origins"][0]["DomainName"] == host
        && behaviour(template)["TargetOriginId"] == config(template)["Origins"][0]["Id"]
        && absent.iter().all(|name| config(template)[*name].is_null())
        && behaviour(template)["FunctionAssociations"].is_null()
        && behaviour(template)["LambdaFunctionAssociations"].is_null()
}

fn nothing_is_cached(template: &Template) -> bool {
    let Some(policy) = policy(template, "AWS::CloudFront::CachePolicy", "CachePolicyId") else {
        return false;
    };
    let policy = &policy["CachePolicyConfig"];
    let legacy = ["ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL"];
    ["MinTTL", "DefaultTTL", "MaxTTL"].iter().all(|it| policy[*it] == 0)
        && legacy.iter().all(|it| behaviour(template)[*it].is_null())
}

fn errors_are_not_kept(template: &Template) -> bool {
    let rows = config(template)["CustomErrorResponses"].as_array();
    let expected = ERRORS.map(|code| json!({ "ErrorCode": code, "ErrorCachingMinTTL": 0 }));
    rows.is_some_and(|rows| rows[..] == expected)
}

fn a_request_is_tried_once(template: &Template) -> bool {
    config(template)["Origins"][0]["ConnectionAttempts"] == 1
}

fn only_what_the_paywall_reads_is_forwarded(template: &Template) -> bool {
    let kind = "AWS::CloudFront::OriginRequestPolicy";
    let Some(policy) = policy(template, kind, "OriginRequestPolicyId") else { return false };
    let policy = &policy["OriginRequestPolicyConfig"];
    let headers = policy["HeadersConfig"]["Headers"].as_array();
    let names = headers.into_iter().flatten().filter_map(Value::as_str);
    let names: Vec<String> = names.map(str::to_ascii_lowercase).collect();
    let needed = [
        "payment-signature",
        "x-payment",
        "sign-in-with-x",
        "cloudfront-viewer-address",
        "accept",
        "sec-fetch-mode",
    ];
    policy["HeadersConfig"]["HeaderBehavior"] == "whitelist"
        && needed.iter().all(|it| names.iter().any(|name| name == it))
        && names.len() <= FORWARDED_MAX
        && !names.iter().any(|it| matches!(&**it, "host" | "authorization" | "cookie"))
        && policy["CookiesConfig"]["CookieBehavior"] == "none"
        && policy["QueryStringsConfig"]["QueryStringBehavior"] == "none"
}

fn nothing_travels_in_plain_text(template: &Template) -> bool {
    let origin = &config(template)["Origins"][0]["CustomOriginConfig"];
    let certificates = &config(template)["ViewerCertificate"]["Fn::If"];
    behaviour(template)["ViewerProtocolPolicy"] == "https-only"
        && origin["OriginProtocolPolicy"] == "https-only"
        && origin["OriginSSLProtocols"] == json!(["TLSv1.2"])
        && certificates[0] == "HasDomain"
        && certificates[1]["MinimumProtocolVersion"] == "TLSv1.2_2021"
}

fn only_reading_methods(template: &Template) -> bool {
    behaviour(template)["AllowedMethods"] == json!(["GET", "HEAD", "OPTIONS"])
}

fn bytes_leave_as_they_are(template: &Template) -> bool {
    behaviour(template)["Compress"] == false
}

fn replies_say_what_caches_and_browsers_must_not_do(template: &Template) -> bool {
    let kind = "AWS::CloudFront::ResponseHeadersPolicy";
    let Some(policy) = policy(template, kind, "ResponseHeadersPolicyId") else { return false };
    let policy = &policy["ResponseHeadersPolicyConfig"];
    let security = &policy["SecurityHeadersConfig"];
    let transport = &security["StrictTransportSecurity"];
    // Not overriding: free objects may say that they can be kept.
    let cache =
        json!([{ "Header": "Cache-Control", "Value": "private, no-store", "Override": false }]);
    security["ContentTypeOptions"]["Override"] == true
        && transport["AccessControlMaxAgeSec"].as_u64() >= Some(31_536_000)
        && transport["Override"] == true
        && policy["CustomHeadersConfig"]["Items"] == cache
        && policy["CorsConfig"].is_null()
}

#[rustfmt::skip]
pub(crate) const ALL: &[Property] = &[
    Property { claim: "one origin answers every path", holds: one_origin_for_every_path, broken_by: &[
        Set("/Resources/Distribution/Properties/DistributionConfig/CacheBehaviors", r#"[{"PathPattern":"/free/*","TargetOriginId":"function"}]"#),
        Push("/Resources/Distribution/Properties/DistributionConfig/Origins", r#"{"Id":"content","S3OriginConfig":{}}"#),
        Set("/Resources/Distribution/Properties/DistributionConfig/Origins/0/DomainName", r#"{"Fn::GetAtt":["Content","RegionalDomainName"]}"#),
        Set("/Resources/Distribution/Properties/DistributionConfig/OriginGroups", r#"{"Quantity":1}"#),
        Set("/Resources/Distribution/Properties/DistributionConfig/DefaultRootObject", r#""index.html""#),
        Set("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/TargetOriginId", r#""content""#),
        Set("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/FunctionAssociations", r#"[{"EventType":"viewer-request"}]"#),
        Set("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/LambdaFunctionAssociations", r#"[{"EventType":"origin-request"}]"#),
        Set("/Resources/Second", r#"{"Type":"AWS::CloudFront::Distribution","Properties":{}}"#),
    ]},
    Property { claim: "nothing is cached", holds: nothing_is_cached, broken_by: &[
        Set("/Resources/CachePolicy/Properties/CachePolicyConfig/MinTTL", "1"),
        Set("/Resources/CachePolicy/Properties/CachePolicyConfig/DefaultTTL", "1"),
        Set("/Resources/CachePolicy/Properties/CachePolicyConfig/MaxTTL", "1"),
        Remove("/Resources/CachePolicy/Properties/CachePolicyConfig/DefaultTTL"),
        Set("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/CachePolicyId", r#""658327ea-f89d-4fab-a63d-7e88639e58f6""#),
        Remove("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/CachePolicyId"),
        Set("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/ForwardedValues", "{}"),
        Set("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/MaxTTL", "60"),
    ]},
    Property { claim: "no error is kept for the next payer", holds: errors_are_not_kept, broken_by: &[
        Remove("/Resources/Distribution/Properties/DistributionConfig/CustomErrorResponses"),
        Remove("/Resources/Distribution/Properties/DistributionConfig/CustomErrorResponses/0"),
        Remove("/Resources/Distribution/Properties/DistributionConfig/CustomErrorResponses/10"),
        Set("/Resources/Distribution/Properties/DistributionConfig/CustomErrorResponses/9/ErrorCachingMinTTL", "10"),
        Remove("/Resources/Distribution/Properties/DistributionConfig/CustomErrorResponses/2/ErrorCachingMinTTL"),
        Set("/Resources/Distribution/Properties/DistributionConfig/CustomErrorResponses/1/ResponseCode", "200"),
    ]},
    Property { claim: "a request is tried once", holds: a_request_is_tried_once, broken_by: &[
        Set("/Resources/Distribution/Properties/DistributionConfig/Origins/0/ConnectionAttempts", "3"),
        Remove("/Resources/Distribution/Properties/DistributionConfig/Origins/0/ConnectionAttempts"),
    ]},
    Property { claim: "only what the paywall reads is forwarded", holds: only_what_the_paywall_reads_is_forwarded, broken_by: &[
        Set("/Resources/OriginRequestPolicy/Properties/OriginRequestPolicyConfig/HeadersConfig/HeaderBehavior", r#""allViewer""#),
        Push("/Resources/OriginRequestPolicy/Properties/OriginRequestPolicyConfig/HeadersConfig/Headers", r#""Host""#),
        Push("/Resources/OriginRequestPolicy/Properties/OriginRequestPolicyConfig/HeadersConfig/Headers", r#""Authorization""#),
        Remove("/Resources/OriginRequestPolicy/Properties/OriginRequestPolicyConfig/HeadersConfig/Headers/0"),
        Remove("/Resources/OriginRequestPolicy/Properties/OriginRequestPolicyConfig/HeadersConfig/Headers/1"),
        Remove("/Resources/OriginRequestPolicy/Properties/OriginRequestPolicyConfig/HeadersConfig/Headers/2"),
        Remove("/Resources/OriginRequestPolicy/Properties/OriginRequestPolicyConfig/HeadersConfig/Headers/3"),
        Set("/Resources/OriginRequestPolicy/Properties/OriginRequestPolicyConfig/HeadersConfig/Headers", r#"["PAYMENT-SIGNATURE","X-PAYMENT","SIGN-IN-WITH-X","CloudFront-Viewer-Address","a","b","c","d","e","f","g"]"#),
        Set("/Resources/OriginRequestPolicy/Properties/OriginRequestPolicyConfig/CookiesConfig/CookieBehavior", r#""all""#),
        Set("/Resources/OriginRequestPolicy/Properties/OriginRequestPolicyConfig/QueryStringsConfig/QueryStringBehavior", r#""all""#),
        Set("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/OriginRequestPolicyId", r#""33f36d7e-f396-46d9-90e0-52428a34d9dc""#),
    ]},
    Property { claim: "nothing travels in plain text", holds: nothing_travels_in_plain_text, broken_by: &[
        Set("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/ViewerProtocolPolicy", r#""allow-all""#),
        Set("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/ViewerProtocolPolicy", r#""redirect-to-https""#),
        Set("/Resources/Distribution/Properties/DistributionConfig/Origins/0/CustomOriginConfig/OriginProtocolPolicy", r#""match-viewer""#),
        Push("/Resources/Distribution/Properties/DistributionConfig/Origins/0/CustomOriginConfig/OriginSSLProtocols", r#""TLSv1""#),
        Remove("/Resources/Distribution/Properties/DistributionConfig/Origins/0/CustomOriginConfig/OriginSSLProtocols"),
        Set("/Resources/Distribution/Properties/DistributionConfig/ViewerCertificate/Fn::If/1/MinimumProtocolVersion", r#""TLSv1""#),
    ]},
    Property { claim: "only methods that read are let through", holds: only_reading_methods, broken_by: &[
        Push("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/AllowedMethods", r#""POST""#),
        Remove("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/AllowedMethods/2"),
    ]},
    Property { claim: "bytes leave as they are", holds: bytes_leave_as_they_are, broken_by: &[
        Set("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/Compress", "true"),
    ]},
    Property { claim: "replies say what caches and browsers must not do", holds: replies_say_what_caches_and_browsers_must_not_do, broken_by: &[
        Remove("/Resources/ResponseHeadersPolicy/Properties/ResponseHeadersPolicyConfig/SecurityHeadersConfig/ContentTypeOptions"),
        Set("/Resources/ResponseHeadersPolicy/Properties/ResponseHeadersPolicyConfig/SecurityHeadersConfig/StrictTransportSecurity/AccessControlMaxAgeSec", "0"),
        Set("/Resources/ResponseHeadersPolicy/Properties/ResponseHeadersPolicyConfig/CustomHeadersConfig/Items/0/Value", r#""public""#),
        Set("/Resources/ResponseHeadersPolicy/Properties/ResponseHeadersPolicyConfig/CustomHeadersConfig/Items/0/Override", "true"),
        Set("/Resources/ResponseHeadersPolicy/Properties/ResponseHeadersPolicyConfig/CorsConfig", "{}"),
        Remove("/Resources/Distribution/Properties/DistributionConfig/DefaultCacheBehavior/ResponseHeadersPolicyId"),
    ]},
];
