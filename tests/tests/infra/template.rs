//! A `CloudFormation` template as a JSON value, short tags written out: `!Ref X` is `{"Ref": "X"}`.

use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// A parsed template.
#[derive(Debug, Clone)]
pub(crate) struct Template(pub(crate) Value);

impl Template {
    /// The merchant's stack.
    pub(crate) fn merchant() -> Self {
        Self::read("infra/merchant.yaml")
    }

    pub(crate) fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(root().join(path)).unwrap();
        let documents = Yaml::load_from_str(&text).unwrap_or_else(|it| panic!("{path}: {it}"));
        let [document] = &documents[..] else { panic!("{path}: one document") };
        Self(json_of(document))
    }

    /// What stands there; null where nothing does.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// Properties of a resource.
    pub(crate) fn of(&self, resource: &str) -> &Value {
        self.at(&format!("/Resources/{resource}/Properties"))
    }

    /// Names and properties of all resources of a type.
    pub(crate) fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let resources = self.0["Resources"].as_object().into_iter().flatten();
        let found = resources.filter(move |(_, it)| it["Type"] == kind);
        found.map(|(name, it)| (name.as_str(), &it["Properties"]))
    }
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn json_of(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(scalar) => json_of_scalar(scalar),
        Yaml::Sequence(items) => items.iter().map(json_of).collect(),
        Yaml::Mapping(members) => {
            let member = |(name, value): (&Yaml<'_>, &Yaml<'_>)| (text(name), json_of(value));
            Value::Object(members.iter().map(member).collect::<Map<_, _>>())
        }
        Yaml::Tagged(tag, node) => written_out(&tag.suffix, json_of(node)),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            panic!("a template needs nothing of YAML beyond values and tags: {node:?}")
        }
    }
}

fn json_of_scalar(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(it) => json!(it),
        Scalar::Integer(it) => json!(it),
        Scalar::FloatingPoint(it) => json!(it.into_inner()),
        Scalar::String(it) => json!(it),
    }
}

fn text(node: &Yaml<'_>) -> String {
    node.as_str().unwrap_or_else(|| panic!("names are text: {node:?}")).to_owned()
}

/// `CloudFormation` User Guide, "Intrinsic function reference": the short form of `Fn::X` is `!X`,
/// but for `Ref` and `Condition`, which have no prefix, and `!GetAtt A.B`, which is a list in full.
fn written_out(tag: &str, value: Value) -> Value {
    let (name, value) = match (tag, &value) {
        ("Ref" | "Condition", _) => (tag.to_owned(), value),
        ("GetAtt", Value::String(path)) => {
            let (resource, attribute) = path.split_once('.').unwrap();
            ("Fn::GetAtt".to_owned(), json!([resource, attribute]))
        }
        _ => (format!("Fn::{tag}"), value),
    };
    json!({ name: value })
}

#[test]
fn short_tags_are_written_out() {
    let yaml = "a: !Ref X\nb: !GetAtt X.Arn\nc: !If [C, !Sub '${X}/*', 1]\nd: !Not [!Condition C]";
    let [document] = &Yaml::load_from_str(yaml).unwrap()[..] else { panic!("one document") };
    #[rustfmt::skip]
    assert_eq!(json_of(document), json!({
        "a": { "Ref": "X" },
        "b": { "Fn::GetAtt": ["X", "Arn"] },
        "c": { "Fn::If": ["C", { "Fn::Sub": "${X}/*" }, 1] },
        "d": { "Fn::Not": [{ "Condition": "C" }] },
    }));
}

/// `CloudFormation` quotas: a template that is sent along, and not from a bucket.
const TEMPLATE_BYTES_MAX: u64 = 51_200;

#[test]
fn templates_are_small_enough_to_be_sent_along() {
    for path in ["infra/merchant.yaml", "infra/artifacts.yaml"] {
        let bytes = std::fs::metadata(root().join(path)).unwrap().len();
        assert!(bytes <= TEMPLATE_BYTES_MAX, "{path}: {bytes} bytes");
    }
}
