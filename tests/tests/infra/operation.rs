//! What an operator leans on: logs that end, alarms that go off, limits that answer rightly.

use serde_json::{Value, json};

use crate::properties::Change::{Remove, Set};
use crate::properties::Property;
use crate::template::{Template, root};

fn logs_are_kept_for_a_while(template: &Template) -> bool {
    let logging = &template.of("Function")["LoggingConfig"];
    template.of("FunctionLogs")["RetentionInDays"] == json!({ "Ref": "LogRetentionDays" })
        && logging["LogGroup"] == json!({ "Ref": "FunctionLogs" })
        && logging["LogFormat"] == "JSON"
}

/// What wakes somebody, and from which count in five minutes on.
#[rustfmt::skip]
const ALARMS: [(&str, &str, u64); 4] = [
    ("x402-merchant", "UnknownSettlements",  1),
    ("x402-merchant", "FacilitatorFailures", 5),
    ("AWS/Lambda",   "Errors",              1),
    ("AWS/Lambda",   "Throttles",           1),
];

/// Who gets the mail has a page to open.
fn leads_to_the_runbook(description: &str) -> bool {
    let runbook = std::fs::read_to_string(root().join("docs/runbook.md")).unwrap();
    let named = description.split_once("docs/runbook.md#").map(|(_, name)| name);
    let headings = runbook.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    named.is_some_and(|name| headings.map(str::to_lowercase).any(|it| it == name))
}

fn alarms_go_off(template: &Template) -> bool {
    let topic = json!([{ "Fn::If": ["HasAlarmEmail", { "Ref": "AlarmTopic" },
        { "Ref": "AWS::NoValue" }] }]);
    let goes_off = |it: &Value, namespace: &str, metric: &str, threshold: u64| {
        it["Namespace"] == namespace
            && it["MetricName"] == metric
            && it["Dimensions"]
                == json!([{ "Name": "FunctionName", "Value": { "Ref": "Function" } }])
            && it["Statistic"] == "Sum"
            && it["Period"] == 300
            && it["EvaluationPeriods"] == 1
            && it["Threshold"] == threshold
            && it["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
            && it["AlarmActions"] == topic
            && it["AlarmDescription"].as_str().is_some_and(leads_to_the_runbook)
    };
    ALARMS.iter().all(|(namespace, metric, threshold)| {
        let mut alarms = template.all("AWS::CloudWatch::Alarm");
        alarms.any(|(_, it)| goes_off(it, namespace, metric, *threshold))
    })
}

fn the_dashboard_is_json(template: &Template) -> bool {
    let body = template.of("Dashboard")["DashboardBody"]["Fn::Sub"].as_str();
    body.is_some_and(|it| serde_json::from_str::<Value>(it).is_ok())
}

/// Not a 403, which reads as a refused payment; and never a 402.
fn too_many_requests_are_told_so(template: &Template) -> bool {
    let rule = &template.of("WebAcl")["Rules"][0];
    let limit = &rule["Statement"]["RateBasedStatement"];
    let acl = template.at("/Resources/Distribution/Properties/DistributionConfig/WebACLId");
    rule["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 429
        && limit["AggregateKeyType"] == "IP"
        && limit["Limit"] == json!({ "Ref": "RateLimit" })
        && acl["Fn::If"][0] == "HasRateLimit"
        && acl["Fn::If"][1] == json!({ "Fn::GetAtt": ["WebAcl", "Arn"] })
}

fn a_domain_comes_with_its_certificate(template: &Template) -> bool {
    let certificate = template.at("/Parameters/CertificateArn/AllowedPattern").as_str();
    let rule = template.at("/Rules/AnOwnDomainNeedsItsCertificate");
    let given = |name: &str| json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": name }, ""] }] });
    certificate.is_some_and(|it| it.contains(":acm:us-east-1:"))
        && rule["RuleCondition"] == given("DomainName")
        && rule["Assertions"][0]["Assert"] == given("CertificateArn")
}

fn every_parameter_explains_itself(template: &Template) -> bool {
    let parameters = template.at("/Parameters").as_object().unwrap();
    let bounded = |it: &Value| {
        ["AllowedValues", "AllowedPattern", "MinValue"].iter().any(|name| !it[*name].is_null())
    };
    let explained = |it: &Value| it["Description"].as_str().is_some_and(|it| it.len() > 20);
    parameters.iter().all(|(name, it)| explained(it) && (bounded(it) || name == "CodeBucket"))
}

#[rustfmt::skip]
pub(crate) const ALL: &[Property] = &[
    Property { claim: "logs are kept for a while, and not for ever", holds: logs_are_kept_for_a_while, broken_by: &[
        Remove("/Resources/FunctionLogs/Properties/RetentionInDays"),
        Remove("/Resources/Function/Properties/LoggingConfig"),
        Set("/Resources/Function/Properties/LoggingConfig/LogFormat", r#""Text""#),
    ]},
    Property { claim: "alarms go off", holds: alarms_go_off, broken_by: &[
        Remove("/Resources/UnknownSettlementAlarm"),
        Remove("/Resources/FacilitatorAlarm"),
        Remove("/Resources/ErrorAlarm"),
        Remove("/Resources/ThrottleAlarm"),
        Set("/Resources/UnknownSettlementAlarm/Properties/Threshold", "10"),
        Set("/Resources/UnknownSettlementAlarm/Properties/Statistic", r#""Average""#),
        Remove("/Resources/UnknownSettlementAlarm/Properties/Dimensions"),
        Remove("/Resources/UnknownSettlementAlarm/Properties/AlarmActions"),
        Set("/Resources/UnknownSettlementAlarm/Properties/ComparisonOperator", r#""LessThanThreshold""#),
        Set("/Resources/ThrottleAlarm/Properties/AlarmDescription", r#""docs/runbook.md#nowhere""#),
    ]},
    Property { claim: "the dashboard can be read", holds: the_dashboard_is_json, broken_by: &[
        Set("/Resources/Dashboard/Properties/DashboardBody/Fn::Sub", r#""{,}""#),
    ]},
    Property { claim: "too many requests are told so", holds: too_many_requests_are_told_so, broken_by: &[
        Set("/Resources/WebAcl/Properties/Rules/0/Action", r#"{"Block":{}}"#),
        Set("/Resources/WebAcl/Properties/Rules/0/Action/Block/CustomResponse/ResponseCode", "402"),
        Set("/Resources/WebAcl/Properties/Rules/0/Statement/RateBasedStatement/Limit", "2000000000"),
        Remove("/Resources/Distribution/Properties/DistributionConfig/WebACLId"),
    ]},
    Property { claim: "a domain comes with its certificate", holds: a_domain_comes_with_its_certificate, broken_by: &[
        Remove("/Rules/AnOwnDomainNeedsItsCertificate"),
        Set("/Parameters/CertificateArn/AllowedPattern", r#"".*""#),
    ]},
    Property { claim: "every parameter explains itself and has bounds", holds: every_parameter_explains_itself, broken_by: &[
        Remove("/Parameters/RateLimit/Description"),
        Remove("/Parameters/DomainName/AllowedPattern"),
    ]},
];

/// The source of what the function counts, as text: the tests are built without the Lambda.
const METRICS: &str = "merchant/src/lambda/metrics.rs";

/// An alarm on a metric that nobody counts never goes off, and nobody notices.
#[test]
fn alarms_and_dashboard_speak_of_what_the_function_counts() {
    let source = std::fs::read_to_string(root().join(METRICS)).unwrap();
    let counted = |name: &str| source.contains(&format!("(\"{name}\","));
    let template = Template::merchant();
    let alarms = template.all("AWS::CloudWatch::Alarm").map(|(_, it)| it);
    let ours = |it: &&Value| it["Namespace"].as_str().is_some_and(|it| !it.starts_with("AWS/"));
    let alarms: Vec<&Value> = alarms.filter(ours).collect();
    assert_eq!(alarms.len(), 2);
    for alarm in alarms {
        let (namespace, metric) = (&alarm["Namespace"], alarm["MetricName"].as_str().unwrap());
        assert!(source.contains(&format!("NAMESPACE: &str = {namespace};")), "{namespace}");
        assert!(counted(metric), "{metric}");
    }
    assert!(source.contains("[\"FunctionName\"]") || source.contains("&[\"FunctionName\"]"));
    let body = template.of("Dashboard")["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    for metric in [
        "Challenges",
        "Verified",
        "Settled",
        "UnknownSettlements",
        "FacilitatorFailures",
        "SkewWaits",
        "FacilitatorLatency",
        "StorageLatency",
        "ColdStarts",
        "Revenue",
        "Refusals",
    ] {
        assert!(body.contains(metric) && counted(metric), "{metric}");
    }
    for (metric, dimension) in [("Revenue", "asset"), ("Refusals", "code")] {
        let row = source.lines().find(|it| it.contains(&format!("(\"{metric}\",")));
        assert!(row.is_some_and(|it| it.contains(&format!("&[\"{dimension}\"]"))), "{metric}");
        let searched =
            format!("{{x402-merchant,FunctionName,{dimension}}} MetricName=\\\"{metric}");
        assert!(body.contains(&searched), "{searched}");
    }
}
