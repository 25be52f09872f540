//! The service that sets up: credential providers by name, managers and connectors by id.

use serde_json::{Value, json};

use super::{Answer, Books, Received, Thing, form, refusal, sound_token};

fn missing(what: &str) -> Answer {
    refusal(404, "ResourceNotFoundException", &format!("{what} not found"))
}

fn text(body: &Value, name: &str) -> String {
    body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The answer, if the operation is one of these.
pub(super) fn answer(books: &mut Books, call: &Received) -> Option<Answer> {
    let parts: Vec<_> = call.path.trim_start_matches('/').split('/').collect();
    let done = match (call.method.as_str(), &parts[..]) {
        ("POST", ["identities", operation]) => provider(books, operation, &call.body),
        ("POST", ["payments", "managers"]) => create_manager(books, &call.body),
        ("POST", ["payments", "managers-list"]) => Ok(list(&books.managers, "", "paymentManagers")),
        ("GET", ["payments", "managers", id]) => look(&mut books.managers, id, "manager"),
        ("DELETE", ["payments", "managers", id]) => delete_manager(books, id),
        ("POST", ["payments", "managers", of, "connectors"]) => {
            create_connector(books, of, &call.body)
        }
        ("POST", ["payments", "managers", of, "connectors-list"]) => {
            Ok(list(&books.connectors, of, "paymentConnectors"))
        }
        ("GET", ["payments", "managers", _, "connectors", id]) => {
            look(&mut books.connectors, id, "connector")
        }
        ("DELETE", ["payments", "managers", _, "connectors", id]) => delete_connector(books, id),
        _ => return None,
    };
    Some(done.unwrap_or_else(|refused| refused))
}

fn provider(books: &mut Books, operation: &str, body: &Value) -> Result<Answer, Answer> {
    let name = text(body, "name");
    let at = books.providers.iter().position(|it| it.of == name);
    match (operation, at) {
        ("GetPaymentCredentialProvider", Some(at)) => {
            Ok((200, books.providers[at].document.clone()))
        }
        ("DeletePaymentCredentialProvider", Some(at)) => {
            books.providers.remove(at);
            Ok((204, Value::Null))
        }
        ("CreatePaymentCredentialProvider", Some(_)) => {
            Err(refusal(409, "ConflictException", "a provider of this name exists"))
        }
        ("CreatePaymentCredentialProvider", None) => {
            form(
                body,
                &["name", "credentialProviderVendor", "providerConfigurationInput"],
                &["tags"],
            )?;
            let input = &body["providerConfigurationInput"];
            match text(body, "credentialProviderVendor").as_str() {
                "CoinbaseCDP" => form(
                    &input["coinbaseCdpConfiguration"],
                    &["apiKeyId", "apiKeySecret", "walletSecret"],
                    &[],
                )?,
                "StripePrivy" => form(
                    &input["stripePrivyConfiguration"],
                    &["appId", "appSecret", "authorizationPrivateKey", "authorizationId"],
                    &[],
                )?,
                _ => return Err(refusal(400, "ValidationException", "credentialProviderVendor")),
            }
            let arn = format!(
                "arn:aws:bedrock-agentcore:us-west-2:123456789012:token-vault/default/paymentcredentialprovider/{name}"
            );
            let document = json!({
                "name": name, "credentialProviderArn": arn,
                "credentialProviderVendor": body["credentialProviderVendor"],
                "createdTime": "2026-11-21T15:45:00Z", "lastUpdatedTime": "2026-11-21T15:45:00Z",
            });
            let (id, status) = (arn, "READY".to_owned());
            books.providers.push(Thing {
                id,
                of: name,
                status,
                document: document.clone(),
                looks: 0,
            });
            Ok((201, document))
        }
        _ => Err(missing("credential provider")),
    }
}

fn create_manager(books: &mut Books, body: &Value) -> Result<Answer, Answer> {
    let optional = ["authorizerConfiguration", "clientToken", "description", "kmsKeyArn", "tags"];
    form(body, &["authorizerType", "name", "roleArn"], &optional)?;
    let name = text(body, "name");
    let plain = name.bytes().all(|it| it.is_ascii_alphanumeric());
    if !plain || !text(body, "roleArn").starts_with("arn:aws:iam::") || !sound_token(body) {
        return Err(refusal(400, "ValidationException", "name, roleArn or clientToken"));
    }
    if books.managers.iter().any(|it| it.document["name"] == name.as_str()) {
        return Err(refusal(409, "ConflictException", "a manager of this name exists"));
    }
    let id = format!("{}-{}", name.to_lowercase(), books.fresh());
    let document = json!({
        "paymentManagerArn":
            format!("arn:aws:bedrock-agentcore:us-west-2:123456789012:payment-manager/{id}"),
        "paymentManagerId": id, "name": name, "authorizerType": "AWS_IAM",
        "roleArn": body["roleArn"], "createdAt": "2026-11-21T15:45:00Z",
    });
    let status = "CREATING".to_owned();
    let thing = Thing { id, of: String::new(), status, document, looks: 1 };
    let answer = shown(&thing);
    books.managers.push(thing);
    Ok((202, answer))
}

fn create_connector(books: &mut Books, of: &str, body: &Value) -> Result<Answer, Answer> {
    let required = ["credentialProviderConfigurations", "name", "type"];
    form(body, &required, &["clientToken", "description", "provisionMode"])?;
    if !books.managers.iter().any(|it| it.id == of && it.status == "READY") {
        return Err(missing("manager"));
    }
    let configured = body["credentialProviderConfigurations"].as_array().map_or(0, Vec::len);
    let quick = body["provisionMode"] == "QUICK_CREATE";
    let known = body["credentialProviderConfigurations"][0].as_object().is_some_and(|it| {
        let arn = it.values().next().map(|it| it["credentialProviderArn"].clone());
        books.providers.iter().any(|it| arn == Some(it.id.as_str().into()))
    });
    if !sound_token(body) || (quick && configured != 0) || (!quick && !known) {
        return Err(refusal(400, "ValidationException", "credentialProviderConfigurations"));
    }
    let name = text(body, "name");
    let id = format!("{}-{}", name.to_lowercase(), books.fresh());
    let document = json!({
        "paymentConnectorId": id, "paymentManagerId": of, "name": name, "type": body["type"],
        "credentialProviderConfigurations": body["credentialProviderConfigurations"],
        "createdAt": "2026-11-21T15:45:00Z", "lastUpdatedAt": "2026-11-21T15:45:00Z",
    });
    let (status, looks) =
        if quick { ("PENDING_AUTHENTICATION", u32::MAX) } else { ("CREATING", 1) };
    let thing = Thing { id, of: of.to_owned(), status: status.to_owned(), document, looks };
    let answer = shown(&thing);
    books.connectors.push(thing);
    Ok((202, answer))
}

fn delete_manager(books: &mut Books, id: &str) -> Result<Answer, Answer> {
    if books.connectors.iter().any(|it| it.of == id) {
        return Err(refusal(409, "ConflictException", "the manager has connectors"));
    }
    delete(&mut books.managers, id, "manager")
}

fn delete_connector(books: &mut Books, id: &str) -> Result<Answer, Answer> {
    if books.instruments.iter().any(|it| it.of == id && it.status != "DELETED") {
        return Err(refusal(409, "ConflictException", "the connector has instruments"));
    }
    delete(&mut books.connectors, id, "connector")
}

fn delete(things: &mut [Thing], id: &str, what: &str) -> Result<Answer, Answer> {
    let thing = things.iter_mut().find(|it| it.id == id).ok_or_else(|| missing(what))?;
    (thing.status, thing.looks) = ("DELETING".to_owned(), 1);
    Ok((202, json!({ "status": "DELETING" })))
}

/// Each look brings a thing nearer to its next status.
fn look(things: &mut Vec<Thing>, id: &str, what: &str) -> Result<Answer, Answer> {
    let at = things.iter().position(|it| it.id == id).ok_or_else(|| missing(what))?;
    let answer = shown(&things[at]);
    match (things[at].looks, things[at].status.as_str()) {
        (0, "DELETING") => {
            things.remove(at);
            return Err(missing(what));
        }
        (1, "CREATING") => (things[at].looks, things[at].status) = (0, "READY".to_owned()),
        (looks, _) => things[at].looks = looks.saturating_sub(u32::from(looks != u32::MAX)),
    }
    Ok((200, answer))
}

fn shown(thing: &Thing) -> Value {
    let mut document = thing.document.clone();
    document["status"] = thing.status.clone().into();
    if thing.status == "PENDING_AUTHENTICATION" {
        let link = format!("https://consent.example/connector?id={}", thing.id);
        document["authorizationUrl"] = link.into();
    }
    document
}

fn list(things: &[Thing], of: &str, member: &str) -> Answer {
    let these: Vec<_> = things.iter().filter(|it| it.of == of).map(shown).collect();
    (200, json!({ member: these }))
}
