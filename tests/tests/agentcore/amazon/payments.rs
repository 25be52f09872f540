//! The service that pays: instruments, sessions with a limit, and `ProcessPayment`.

use agent::world::{Clock, System};
use serde_json::{Value, json};

use super::proof::prove;
use super::{Answer, Books, Received, Thing, form, refusal, sound_token, wallet_key};

/// What `ProcessPayment` does wrong, once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mischief {
    /// Signs, and the answer is lost.
    Lose,
    /// Answers so, and does nothing.
    Answer(u16, &'static str, &'static str),
    /// Forgets the client token: another nonce, another signature.
    Forget,
    /// Signs, then changes a member of the authorization and signs that instead.
    Instead(&'static str, String),
    /// Signs an authorization that is valid from "now" to so many seconds later.
    Window(u64),
    /// Changes the answer after signing.
    Tamper(&'static str, Value),
}

fn missing(what: &str) -> Answer {
    refusal(404, "ResourceNotFoundException", &format!("{what} not found"))
}

fn invalid(why: &str) -> Answer {
    refusal(400, "ValidationException", why)
}

/// The answer, if the operation is one of these.
pub(super) fn answer(books: &mut Books, call: &Received) -> Option<Answer> {
    let operation = call.path.strip_prefix("/payments/").filter(|_| call.method == "POST")?;
    if call.header("x-amzn-bedrock-agentcore-payments-user-id").is_none_or(str::is_empty) {
        return Some(invalid("userId"));
    }
    let body = &call.body;
    let arn = body["paymentManagerArn"].as_str().unwrap_or_default();
    if !books.managers.iter().any(|it| it.document["paymentManagerArn"] == arn) {
        return Some(missing("payment manager"));
    }
    let done = match operation {
        "createPaymentInstrument" => create_instrument(books, body),
        "getPaymentInstrument" => find(&books.instruments, body, "paymentInstrumentId").map(told),
        "listPaymentInstruments" => Ok(list(books)),
        "deletePaymentInstrument" => delete_instrument(books, body),
        "getPaymentInstrumentBalance" => balance(books, body),
        "createPaymentSession" => create_session(books, body),
        "getPaymentSession" => find(&books.sessions, body, "paymentSessionId").map(told),
        "deletePaymentSession" => delete_session(books, body),
        "processPayment" => process(books, body),
        _ => return None,
    };
    Some(done.unwrap_or_else(|refused| refused))
}

fn find<'a>(things: &'a [Thing], body: &Value, name: &str) -> Result<&'a Thing, Answer> {
    things.iter().find(|it| body[name] == it.id.as_str()).ok_or_else(|| missing(name))
}

fn told(thing: &Thing) -> Answer {
    (200, thing.document.clone())
}

fn create_instrument(books: &mut Books, body: &Value) -> Result<Answer, Answer> {
    let required = [
        "paymentConnectorId",
        "paymentInstrumentDetails",
        "paymentInstrumentType",
        "paymentManagerArn",
    ];
    form(body, &required, &["clientToken"])?;
    let wallet = &body["paymentInstrumentDetails"]["embeddedCryptoWallet"];
    form(wallet, &["linkedAccounts", "network"], &[])?;
    let connector = books.connectors.iter().find(|it| body["paymentConnectorId"] == it.id.as_str());
    let connector =
        connector.filter(|it| it.status == "READY").ok_or_else(|| missing("connector"))?;
    let of = connector.id.clone();
    if wallet["network"] != "ETHEREUM" || !sound_token(body) {
        return Err(invalid("network"));
    }
    let id = format!("payment-instrument-{:0>15}", books.fresh());
    let mut details = json!({
        "network": "ETHEREUM", "linkedAccounts": wallet["linkedAccounts"],
        "walletAddress": wallet_key().address().to_string(),
    });
    let status = if books.wants_consent { "INITIATED" } else { "ACTIVE" };
    if books.wants_consent {
        details["redirectUrl"] = format!("https://consent.example/wallet?id={id}").into();
    }
    let document = json!({ "paymentInstrument": {
        "paymentInstrumentId": id, "paymentManagerArn": body["paymentManagerArn"],
        "paymentConnectorId": of, "userId": "x", "status": status,
        "paymentInstrumentType": "EMBEDDED_CRYPTO_WALLET",
        "paymentInstrumentDetails": { "embeddedCryptoWallet": details },
        "createdAt": "2026-11-21T15:45:00Z", "updatedAt": "2026-11-21T15:45:00Z",
    }});
    let status = status.to_owned();
    books.instruments.push(Thing { id, of, status, document: document.clone(), looks: 0 });
    Ok((201, document))
}

fn list(books: &Books) -> Answer {
    let these = books.instruments.iter().map(|it| it.document["paymentInstrument"].clone());
    (200, json!({ "paymentInstruments": these.collect::<Vec<_>>() }))
}

fn delete_instrument(books: &mut Books, body: &Value) -> Result<Answer, Answer> {
    form(body, &["paymentConnectorId", "paymentInstrumentId", "paymentManagerArn"], &[])?;
    let id = find(&books.instruments, body, "paymentInstrumentId")?.id.clone();
    for it in books.instruments.iter_mut().filter(|it| it.id == id) {
        it.set_status("DELETED");
    }
    Ok((200, json!({ "status": "DELETED" })))
}

fn balance(books: &Books, body: &Value) -> Result<Answer, Answer> {
    let required =
        ["chain", "paymentConnectorId", "paymentInstrumentId", "paymentManagerArn", "token"];
    form(body, &required, &[])?;
    let id = &find(&books.instruments, body, "paymentInstrumentId")?.id;
    Ok((
        200,
        json!({ "paymentInstrumentId": id, "tokenBalance": {
            "amount": "10000000", "decimals": 6, "token": "USDC", "network": "ETHEREUM",
            "chain": body["chain"],
        }}),
    ))
}

fn create_session(books: &mut Books, body: &Value) -> Result<Answer, Answer> {
    form(body, &["expiryTimeInMinutes", "paymentManagerArn"], &["clientToken", "limits"])?;
    let minutes = body["expiryTimeInMinutes"].as_u64().unwrap_or_default();
    if !(15..=480).contains(&minutes) || !sound_token(body) {
        return Err(invalid("expiryTimeInMinutes"));
    }
    let id = format!("payment-session-{:0>15}", books.fresh());
    let limit = &body["limits"]["maxSpendAmount"];
    let now = spelled(System.now());
    let document = json!({ "paymentSession": {
        "paymentSessionId": id, "paymentManagerArn": body["paymentManagerArn"], "userId": "x",
        "limits": { "maxSpendAmount": limit }, "expiryTimeInMinutes": minutes, "createdAt": now,
        "availableLimits": { "availableSpendAmount": limit, "updatedAt": now }, "updatedAt": now,
    }});
    let (of, status) = (String::new(), "ACTIVE".to_owned());
    books.sessions.push(Thing { id, of, status, document: document.clone(), looks: 0 });
    Ok((201, document))
}

/// As the service writes times.
fn spelled(time: wire::UnixTime) -> String {
    let it = agent::aws::moment::compact(time);
    let (date, clock) = ([&it[0..4], &it[4..6], &it[6..8]], [&it[9..11], &it[11..13], &it[13..15]]);
    format!("{}T{}.123Z", date.join("-"), clock.join(":"))
}

fn delete_session(books: &mut Books, body: &Value) -> Result<Answer, Answer> {
    form(body, &["paymentManagerArn", "paymentSessionId"], &[])?;
    let id = find(&books.sessions, body, "paymentSessionId")?.id.clone();
    books.sessions.retain(|it| it.id != id);
    Ok((200, json!({ "status": "DELETED" })))
}

fn process(books: &mut Books, body: &Value) -> Result<Answer, Answer> {
    let required = [
        "paymentInput",
        "paymentInstrumentId",
        "paymentManagerArn",
        "paymentSessionId",
        "paymentType",
    ];
    form(body, &required, &["clientToken"])?;
    let input = &body["paymentInput"]["cryptoX402"];
    form(input, &["payload", "version"], &["permit2AllowanceLimit"])?;
    if !sound_token(body) || body["paymentType"] != "CRYPTO_X402" {
        return Err(invalid("clientToken or paymentType"));
    }
    if let Some(Mischief::Answer(status, code, message)) = books.mischief.front() {
        let refused = refusal(*status, code, message);
        books.mischief.pop_front();
        return Err(refused);
    }
    let instrument = find(&books.instruments, body, "paymentInstrumentId")?;
    if instrument.status != "ACTIVE" {
        return Err(invalid("Payment instrument is not ACTIVE"));
    }
    let session = find(&books.sessions, body, "paymentSessionId")?.id.clone();
    let offer = &input["payload"];
    let amount = offer.get("amount").or_else(|| offer.get("maxAmountRequired"));
    let amount: u64 = amount.and_then(Value::as_str).and_then(|it| it.parse().ok()).unwrap_or(0);
    let thing = books.sessions.iter_mut().find(|it| it.id == session).unwrap();
    let left = &mut thing.document["paymentSession"]["availableLimits"]["availableSpendAmount"];
    let micros = micros(left["value"].as_str().unwrap());
    let rest = micros.checked_sub(amount).ok_or_else(|| invalid("exceeds the session budget"))?;
    left["value"] = format!("{}.{:06}", rest / 1_000_000, rest % 1_000_000).into();
    books.signatures += 1;
    let payload =
        prove(offer, books.signatures, &books.mischief).ok_or_else(|| invalid("offer"))?;
    Ok((
        200,
        json!({
            "processPaymentId": format!("00000000-0000-0000-0000-{:012}", books.signatures),
            "paymentManagerArn": body["paymentManagerArn"], "paymentSessionId": session,
            "paymentInstrumentId": body["paymentInstrumentId"], "paymentType": "CRYPTO_X402",
            "status": "PROOF_GENERATED", "createdAt": "2026-11-21T15:45:00Z",
            "updatedAt": "2026-11-21T15:45:00Z",
            "paymentOutput": { "cryptoX402": { "version": input["version"], "payload": payload } },
        }),
    ))
}

fn micros(dollars: &str) -> u64 {
    let (whole, part) = dollars.split_once('.').unwrap_or((dollars, ""));
    whole.parse::<u64>().unwrap() * 1_000_000 + format!("{part:0<6}").parse::<u64>().unwrap()
}

impl Thing {
    /// An instrument's status, in both places.
    pub(crate) fn set_status(&mut self, status: &str) {
        status.clone_into(&mut self.status);
        self.document["paymentInstrument"]["status"] = status.into();
    }
}

impl Books {
    /// What is done to the answer of `ProcessPayment` on its way; nothing left if it is lost.
    pub(super) fn spoiled(&mut self, call: &Received, answer: Option<Answer>) -> Option<Answer> {
        let Some((200, mut document)) =
            answer.clone().filter(|_| call.path.ends_with("/processPayment"))
        else {
            return answer;
        };
        match self.mischief.pop_front() {
            Some(Mischief::Lose) => None,
            Some(Mischief::Forget) => {
                self.answered.clear();
                None
            }
            Some(Mischief::Tamper(pointer, value)) => {
                *document.pointer_mut(pointer).unwrap() = value;
                Some((200, document))
            }
            _ => answer,
        }
    }
}
