//! What the function may do, word by word: any right that is not on the list is one too many.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::properties::Change::{Push, Remove, Set};
use crate::properties::Property;
use crate::template::Template;

/// Every right: action, and on what.
fn granted() -> BTreeSet<(&'static str, String)> {
    let objects = |bucket: &str| json!({ "Fn::Sub": format!("${{{bucket}.Arn}}/*") });
    let arn = |resource: &str| json!({ "Fn::GetAtt": [resource, "Arn"] });
    let parameter = |name: &str| json!({ "Ref": name });
    [
        ("s3:GetObject", objects("Content")),
        ("s3:GetObjectVersion", objects("Content")),
        ("s3:ListBucket", arn("Content")),
        ("s3:GetObject", objects("Ledger")),
        ("s3:PutObject", objects("Ledger")),
        ("s3:ListBucket", arn("Ledger")),
        ("logs:CreateLogStream", arn("FunctionLogs")),
        ("logs:PutLogEvents", arn("FunctionLogs")),
        ("ssm:GetParameter", parameter("SsmParameterArns")),
        ("secretsmanager:GetSecretValue", parameter("SecretArns")),
        ("kms:Decrypt", parameter("KmsKeyArn")),
    ]
    .map(|(action, resource)| (action, resource.to_string()))
    .into()
}

/// One thing or a list of them.
fn each(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

/// The statements of all policies that the function's role has, or has under a condition.
fn statements(template: &Template) -> Vec<&Value> {
    let inline = template.all("AWS::IAM::Role").flat_map(|(_, role)| {
        let policies = role["Policies"].as_array().into_iter().flatten();
        let policies = policies.map(|it| it.pointer("/Fn::If/1").unwrap_or(it));
        policies.flat_map(|it| each(&it["PolicyDocument"]["Statement"]))
    });
    let attached = ["AWS::IAM::RolePolicy", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"];
    let attached = attached.into_iter().flat_map(|kind| template.all(kind));
    let attached = attached.flat_map(|(_, it)| each(&it["PolicyDocument"]["Statement"]));
    inline.chain(attached).collect()
}

fn the_role_has_the_listed_rights_and_no_other(template: &Template) -> bool {
    let mut rights = BTreeSet::new();
    for statement in statements(template) {
        let names: Vec<&String> = statement.as_object().unwrap().keys().collect();
        if statement["Effect"] != "Allow" || names != ["Effect", "Action", "Resource"] {
            return false;
        }
        for action in each(&statement["Action"]) {
            for resource in each(&statement["Resource"]) {
                rights.insert((action.as_str().unwrap(), resource.to_string()));
            }
        }
    }
    let role = template.of("FunctionRole");
    rights == granted()
        && template.all("AWS::IAM::Role").count() == 1
        && role["ManagedPolicyArns"].is_null()
        && template.of("Function")["Role"] == json!({ "Fn::GetAtt": ["FunctionRole", "Arn"] })
}

fn only_lambda_takes_the_role(template: &Template) -> bool {
    let statement = json!([{ "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" },
        "Action": "sts:AssumeRole" }]);
    template.of("FunctionRole")["AssumeRolePolicyDocument"]["Statement"] == statement
}

/// Rights on secrets come from parameters, which must name each secret whole.
fn secrets_are_named_whole(template: &Template) -> bool {
    #[rustfmt::skip]
    let rows = [
        ("SsmParameterArns", "^(|arn:aws[a-z-]*:ssm:[a-z0-9-]+:[0-9]{12}:parameter/[0-9A-Za-z._/-]+)$",           "HasSsm"),
        ("SecretArns",       "^(|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[0-9A-Za-z/_+=.@-]+)$", "HasSecrets"),
        ("KmsKeyArn",        "^(|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9a-zA-Z-]+)$",                     "HasKmsKey"),
    ];
    let policies = template.of("FunctionRole")["Policies"].as_array();
    let conditional: Vec<&Value> =
        policies.into_iter().flatten().filter_map(|it| it.get("Fn::If")).collect();
    rows.iter().zip(conditional).all(|((parameter, pattern, condition), choice)| {
        let stated = template.at(&format!("/Parameters/{parameter}"));
        let resource = &choice[1]["PolicyDocument"]["Statement"][0]["Resource"];
        stated["Default"] == ""
            && stated["AllowedPattern"] == *pattern
            && choice[0] == *condition
            && choice[2] == json!({ "Ref": "AWS::NoValue" })
            && *resource == json!({ "Ref": parameter })
    })
}

/// Keys are fetched at run time; a parameter of the stack could be read by whoever may describe it.
fn no_secret_passes_through_the_stack(template: &Template) -> bool {
    let parameters = template.at("/Parameters").as_object().unwrap();
    let variables = &template.of("Function")["Environment"]["Variables"];
    let secret = |name: &String| {
        ["TOKEN", "SECRET", "KEY", "PASSWORD"].iter().any(|it| name.to_uppercase().contains(it))
    };
    let may = ["CodeKey", "SecretArns", "KmsKeyArn"];
    !variables.as_object().unwrap().keys().any(secret)
        && !parameters.keys().any(|name| secret(name) && !may.contains(&&**name))
}

#[rustfmt::skip]
pub(crate) const ALL: &[Property] = &[
    Property { claim: "the role has the listed rights and no other", holds: the_role_has_the_listed_rights_and_no_other, broken_by: &[
        Set("/Resources/FunctionRole/Properties/Policies/0/PolicyDocument/Statement/0/Resource", r#""*""#),
        Set("/Resources/FunctionRole/Properties/Policies/0/PolicyDocument/Statement/0/Action", r#""s3:*""#),
        Push("/Resources/FunctionRole/Properties/Policies/0/PolicyDocument/Statement/0/Action", r#""s3:PutObject""#),
        Push("/Resources/FunctionRole/Properties/Policies/1/PolicyDocument/Statement/0/Action", r#""s3:DeleteObject""#),
        Remove("/Resources/FunctionRole/Properties/Policies/0/PolicyDocument/Statement/1"),
        Remove("/Resources/FunctionRole/Properties/Policies/1/PolicyDocument/Statement/1"),
        Remove("/Resources/FunctionRole/Properties/Policies/0/PolicyDocument/Statement/0/Action/1"),
        Set("/Resources/FunctionRole/Properties/Policies/1/PolicyDocument/Statement/0/NotAction", r#""s3:DeleteObject""#),
        Set("/Resources/FunctionRole/Properties/Policies/2/PolicyDocument/Statement/0/Resource", r#""arn:aws:logs:*:*:*""#),
        Set("/Resources/FunctionRole/Properties/ManagedPolicyArns", r#"["arn:aws:iam::aws:policy/AdministratorAccess"]"#),
        Set("/Resources/FunctionRole/Properties/Policies/3/Fn::If/1/PolicyDocument/Statement/0/Resource", r#""*""#),
        Set("/Resources/FunctionRole/Properties/Policies/4/Fn::If/1/PolicyDocument/Statement/0/Resource", r#""*""#),
        Set("/Resources/FunctionRole/Properties/Policies/5/Fn::If/1/PolicyDocument/Statement/0/Action", r#""kms:*""#),
        Set("/Resources/More", r#"{"Type":"AWS::IAM::Policy","Properties":{"PolicyDocument":{"Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}}}}"#),
        Set("/Resources/Other", r#"{"Type":"AWS::IAM::Role","Properties":{}}"#),
        Set("/Resources/Function/Properties/Role", r#""arn:aws:iam::123456789012:role/admin""#),
    ]},
    Property { claim: "only Lambda takes the role", holds: only_lambda_takes_the_role, broken_by: &[
        Set("/Resources/FunctionRole/Properties/AssumeRolePolicyDocument/Statement/0/Principal", r#"{"AWS":"*"}"#),
        Push("/Resources/FunctionRole/Properties/AssumeRolePolicyDocument/Statement", r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}"#),
    ]},
    Property { claim: "secrets are named whole", holds: secrets_are_named_whole, broken_by: &[
        Set("/Parameters/SsmParameterArns/AllowedPattern", r#"".*""#),
        Remove("/Parameters/SecretArns/AllowedPattern"),
        Set("/Parameters/KmsKeyArn/Default", r#""*""#),
        Set("/Resources/FunctionRole/Properties/Policies/3/Fn::If/0", r#""HasSecrets""#),
        Set("/Resources/FunctionRole/Properties/Policies/4/Fn::If/1/PolicyDocument/Statement/0/Resource", r#"{"Ref":"SsmParameterArns"}"#),
    ]},
    Property { claim: "no secret passes through the stack", holds: no_secret_passes_through_the_stack, broken_by: &[
        Set("/Parameters/FacilitatorToken", r#"{"Type":"String","NoEcho":true}"#),
        Set("/Resources/Function/Properties/Environment/Variables/X402_FACILITATOR__TOKEN", r#"{"Ref":"FacilitatorToken"}"#),
    ]},
];
