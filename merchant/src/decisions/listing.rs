//! What a challenge declares for catalogues and statistics, about the goods and not about the payment:
//! the extensions `bazaar` and `builder-code` of x402. A payer only sends them on to the facilitator,
//! so what reaches the facilitator is ours, whatever the payer made of it.

use serde_json::{Map, Value, json};
use wire::v2;

/// The catalogue's extension: how a resource is asked for, and what it answers.
pub const BAZAAR: &str = "bazaar";
/// ERC-8021: whose work led to a transaction.
pub const BUILDER_CODE: &str = "builder-code";
/// Longest code (`@x402/extensions` 2.27.0, `BUILDER_CODE_PATTERN`).
pub const CODE_CHARS_MAX: usize = 32;
/// Most codes of services in one transaction: five of the payer's, five of the merchant's, one of the
/// facilitator's (the same).
const SERVICE_CODES_MAX: usize = 11;
/// Most that a payer may send: its own and ours (the same).
const ECHOED_CODES_MAX: usize = 10;
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What a route declares of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listing {
    resource: v2::ResourceInfo,
    extensions: v2::Extensions,
}

impl Listing {
    /// The listing of these goods.
    #[must_use]
    pub fn new(resource: v2::ResourceInfo, extensions: v2::Extensions) -> Self {
        Self { resource, extensions }
    }

    /// What the challenge declares.
    #[must_use]
    pub fn extensions(&self) -> &v2::Extensions {
        &self.extensions
    }

    /// Does what the payer sends of it hold all that we declared, unchanged? It need not send any.
    #[must_use]
    pub fn is_echoed_by(&self, theirs: &v2::Extensions) -> bool {
        self.extensions.iter().all(|(name, ours)| {
            let Some(theirs) = theirs.get(name) else { return true };
            let echoed = holds(info(ours), info(theirs));
            if name == BUILDER_CODE { echoed && has_room(info(theirs)) } else { echoed }
        })
    }

    /// Puts what the facilitator lists into a payment on its way there: our own words, at our own
    /// URL. A code that the payer added is its own, and stays.
    pub fn complete(&self, payment: &mut v2::PaymentPayload, url: String) {
        if self.extensions.contains_key(BAZAAR) {
            payment.resource = Some(v2::ResourceInfo { url, ..self.resource.clone() });
        }
        for (name, ours) in &self.extensions {
            let keep = name == BUILDER_CODE && payment.extensions.contains_key(name);
            if !keep {
                payment.extensions.insert(name.clone(), ours.clone());
            }
        }
    }
}

fn info(extension: &Value) -> &Value {
    extension.get("info").unwrap_or(&Value::Null)
}

/// Is all of ours among theirs, with the same values? Theirs may hold more; a list is one value.
fn holds(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => ours
            .iter()
            .all(|(name, value)| theirs.get(name).is_some_and(|theirs| holds(value, theirs))),
        (ours, theirs) => ours == theirs,
    }
}

fn has_room(info: &Value) -> bool {
    let codes = info.get("s").and_then(Value::as_array);
    codes.is_none_or(|it| it.len() <= ECHOED_CODES_MAX)
}

/// A file that is asked for by GET, without parameters; with an example of one in JSON where there is
/// one. As `@x402/extensions` 2.27.0 declares it.
#[must_use]
pub fn bazaar(example: Option<Value>) -> Value {
    let mut info = Map::new();
    info.insert("input".into(), json!({ "type": "http", "queryParams": {}, "method": "GET" }));
    let mut properties = Map::new();
    properties.insert(
        "input".into(),
        json!({
            "type": "object",
            "properties": {
                "type": { "type": "string", "const": "http" },
                "method": { "type": "string", "enum": ["GET"] },
                "queryParams": { "type": "object", "properties": {} },
            },
            "required": ["type", "method"],
            "additionalProperties": false,
        }),
    );
    if let Some(example) = example {
        properties.insert(
            "output".into(),
            json!({
                "type": "object",
                "properties": { "type": { "type": "string" }, "example": { "type": "object" } },
                "required": ["type"],
            }),
        );
        info.insert("output".into(), json!({ "type": "json", "example": example }));
    }
    let schema = json!({
        "$schema": DRAFT, "type": "object", "properties": properties, "required": ["input"],
    });
    json!({ "info": info, "schema": schema })
}

/// The merchant's own code, beside which a payer may put its own. As `@x402/extensions` 2.27.0
/// declares it, without the prose.
#[must_use]
pub fn builder_code(code: &str) -> Value {
    let form = json!({ "type": "string", "pattern": "^[a-z0-9_]{1,32}$" });
    json!({
        "info": { "a": code },
        "schema": {
            "$schema": DRAFT,
            "type": "object",
            "properties": {
                "a": form,
                "w": form,
                "s": { "type": "array", "maxItems": SERVICE_CODES_MAX, "items": form },
            },
            "additionalProperties": false,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        let resource = v2::ResourceInfo { description: Some("Rows".into()), ..Default::default() };
        let extensions = [
            (BAZAAR.to_owned(), bazaar(Some(json!({ "rows": 3 })))),
            (BUILDER_CODE.to_owned(), builder_code("files_1")),
        ];
        Listing::new(resource, extensions.into_iter().collect())
    }

    fn extensions(value: Value) -> v2::Extensions {
        let Value::Object(map) = value else { panic!("{value}") };
        map
    }

    /// As another team's server declares it, member by member.
    #[test]
    fn a_file_is_declared_as_the_published_package_declares_it() {
        let golden =
            include_str!("../../../wire/golden/messages/payment-required.v2.express-extended.json");
        let golden: Value = serde_json::from_str(golden).unwrap();
        let declared = bazaar(Some(json!({ "rows": 3 })));
        assert_eq!(Some(&declared), golden.pointer("/extensions/bazaar"));
    }

    #[test]
    fn an_echo_holds_what_was_declared_and_may_hold_more() {
        let ours = listing();
        let declared = |name: &str| ours.extensions()[name].clone();
        let changed = |name: &str, member: &str, value: Value| {
            let mut it = declared(name);
            it["info"][member] = value;
            json!({ name: it })
        };
        let codes = |count: usize| Value::from(vec!["wallet_1"; count]);
        #[rustfmt::skip]
        let rows = [
            (json!({}),                                                            true),
            (json!({ "another": 1 }),                                              true),
            (json!({ BAZAAR: declared(BAZAAR) }),                                  true),
            (json!({ BAZAAR: { "info": declared(BAZAAR)["info"] } }),              true),
            (changed(BAZAAR, "more", json!(1)),                                    true),
            (changed(BAZAAR, "input", json!({ "type": "http", "method": "POST" })), false),
            (changed(BAZAAR, "output", Value::Null),                               false),
            (json!({ BAZAAR: {} }),                                                false),
            (json!({ BAZAAR: null }),                                              false),
            (json!({ BAZAAR: { "info": [] } }),                                    false),
            (json!({ BUILDER_CODE: declared(BUILDER_CODE) }),                      true),
            (changed(BUILDER_CODE, "s", codes(10)),                                true),
            (changed(BUILDER_CODE, "s", codes(11)),                                false),
            (changed(BUILDER_CODE, "a", json!("mine")),                            false),
            (json!({ BUILDER_CODE: { "info": { "s": ["wallet_1"] } } }),           false),
        ];
        for (theirs, expected) in rows {
            assert_eq!(ours.is_echoed_by(&extensions(theirs.clone())), expected, "{theirs}");
        }
    }

    /// What `@x402/fetch` sends back of what `@x402/express` declared, which is what we declare.
    #[test]
    fn the_published_payers_echo_is_one() {
        let golden =
            include_str!("../../../wire/golden/messages/payment-payload.v2.fetch-extended.json");
        let payment = <v2::PaymentPayload as wire::Message>::from_json(golden.as_bytes()).unwrap();
        assert!(payment.extensions.contains_key(BAZAAR));
        let declared = bazaar(Some(json!({ "rows": 3 })));
        let ours = Listing::new(
            v2::ResourceInfo::default(),
            [(BAZAAR.to_owned(), declared)].into_iter().collect(),
        );
        assert!(ours.is_echoed_by(&payment.extensions));
    }

    #[test]
    fn what_the_facilitator_lists_is_ours_whatever_the_payer_sent() {
        let golden = include_str!("../../../wire/golden/messages/payment-payload.v2.fetch.json");
        let mut payment =
            <v2::PaymentPayload as wire::Message>::from_json(golden.as_bytes()).unwrap();
        payment.resource =
            Some(v2::ResourceInfo { url: "https://evil.test".into(), ..Default::default() });
        let mut evil = bazaar(None);
        evil["routeTemplate"] = json!("/evil/:all");
        let mut code = builder_code("files_1");
        code["info"]["s"] = json!(["wallet_1"]);
        payment.extensions =
            extensions(json!({ BAZAAR: evil, BUILDER_CODE: code, "another": { "info": {} } }));
        let signed = payment.payload.clone();
        listing().complete(&mut payment, "https://files.test/a".into());
        let resource = payment.resource.as_ref().unwrap();
        assert_eq!(
            (&*resource.url, resource.description.as_deref()),
            ("https://files.test/a", Some("Rows"))
        );
        assert_eq!(payment.extensions[BAZAAR], listing().extensions()[BAZAAR]);
        assert_eq!(payment.extensions[BUILDER_CODE], code);
        assert_eq!(payment.extensions["another"], json!({ "info": {} }));
        assert_eq!(payment.payload, signed, "what was signed is not touched");
    }
}
