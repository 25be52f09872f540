//! The service that pays: instruments, sessions, `ProcessPayment`. One function for each operation.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use wire::{Address, UnixTime};

use super::order::{Ids, request};
use crate::aws::moment;
use crate::aws::service::Call;
use crate::aws::{CallError, Service};
use crate::decisions::draft::Draft;
use crate::server_text::ServerText;

/// Who somebody is among the users of a manager.
const USER: &str = "x-amzn-bedrock-agentcore-payments-user-id";
/// Which program asks, for Amazon's traces.
const AGENT: (&str, &str) = ("x-amzn-bedrock-agentcore-payments-agent-name", "x402-agent");

/// How many pages of a list are read: ten of a hundred each. More is not this program's set-up.
const PAGES_MAX: usize = 10;
const PAGE: u64 = 100;

/// The payments service, as one user of one manager.
#[derive(Debug, Clone)]
pub struct Payments {
    service: Service,
    user: String,
    manager_arn: String,
}

/// A payment session as Amazon has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionStanding {
    /// Its id.
    pub id: String,
    /// The most that may be spent in it, as Amazon writes it: `1.00 USD`; empty for no limit.
    pub limit: ServerText,
    /// What is left, the same way; empty where Amazon does not say.
    pub available: ServerText,
    /// When it ends: nothing is signed in it from then on.
    pub expires: UnixTime,
}

/// An instrument as Amazon has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrument {
    /// Its id.
    pub id: String,
    /// `INITIATED`, `ACTIVE`, `FAILED`, `DELETED` or `BLOCKED`.
    pub status: String,
    /// `ETHEREUM` or `SOLANA`.
    pub network: String,
    /// The wallet's account, once it has one.
    pub address: Option<Address>,
    /// Where its owner gives the agent leave to sign, and money to pay with.
    pub consent: Option<ServerUrl>,
}

/// A link of Amazon's or of a wallet provider's: https, and nothing that steers a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// The link, if it can be shown as one. 4096 is the model's limit.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let plain = text.len() <= 4096 && text.bytes().all(|it| it.is_ascii_graphic());
        (plain && text.starts_with("https://")).then(|| Self(text.to_owned()))
    }

    /// The link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is missing in an answer that should have it.
pub(super) fn formless() -> CallError {
    CallError::Unanswered("the answer has not the form of its operation")
}

/// A member that must be there, and be an id: no blanks, nothing that steers a terminal or a path.
pub(super) fn id(document: &Value, name: &str) -> Result<String, CallError> {
    let text = document.get(name).and_then(Value::as_str).ok_or_else(formless)?;
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"-_:/.".contains(&it);
    let sound = !text.is_empty() && text.len() <= 2048 && text.bytes().all(plain);
    if sound { Ok(text.to_owned()) } else { Err(formless()) }
}

impl Payments {
    /// As this user of this manager.
    #[must_use]
    pub fn new(service: Service, user: String, manager_arn: String) -> Self {
        Self { service, user, manager_arn }
    }

    async fn post(&self, path: &str, body: &Value, now: UnixTime) -> Result<Value, CallError> {
        let headers = [(USER, self.user.as_str()), AGENT];
        let method = Method::POST;
        let call = Call { method, path, query: &[], headers: &headers, body: Some(body) };
        self.service.call(&call, now).await
    }

    /// Asks for a payment's signature. Safe to repeat with the same draft: the client token is the
    /// same, and so is then the payment.
    pub async fn process(
        &self,
        ids: &Ids,
        draft: &Draft,
        now: UnixTime,
    ) -> Result<Value, CallError> {
        self.post("/payments/processPayment", &request(ids, draft), now).await
    }

    /// Creates a session with a limit in dollars. Safe to repeat with the same token.
    pub async fn create_session(
        &self,
        dollars: &str,
        life: Duration,
        token: &str,
        now: UnixTime,
    ) -> Result<SessionStanding, CallError> {
        let body = json!({
            "paymentManagerArn": self.manager_arn,
            "limits": { "maxSpendAmount": { "value": dollars, "currency": "USD" } },
            "expiryTimeInMinutes": life.as_secs() / 60,
            "clientToken": token,
        });
        session(&self.post("/payments/createPaymentSession", &body, now).await?)
    }

    /// A session as it stands. Safe to repeat.
    pub async fn session(&self, id: &str, now: UnixTime) -> Result<SessionStanding, CallError> {
        let body = json!({ "paymentManagerArn": self.manager_arn, "paymentSessionId": id });
        session(&self.post("/payments/getPaymentSession", &body, now).await?)
    }

    /// Ends a session for good. Safe to repeat.
    pub async fn delete_session(&self, id: &str, now: UnixTime) -> Result<(), CallError> {
        let body = json!({ "paymentManagerArn": self.manager_arn, "paymentSessionId": id });
        self.post("/payments/deletePaymentSession", &body, now).await.map(|_| ())
    }

    /// Creates a wallet on EVM chains that is linked to this e-mail address, if there is one. Safe to
    /// repeat with the same token.
    pub async fn create_instrument(
        &self,
        connector: &str,
        email: Option<&str>,
        token: &str,
        now: UnixTime,
    ) -> Result<Instrument, CallError> {
        let link = |it: &str| json!({ "email": { "emailAddress": it } });
        let links: Vec<_> = email.into_iter().map(link).collect();
        let body = json!({
            "paymentManagerArn": self.manager_arn,
            "paymentConnectorId": connector,
            "paymentInstrumentType": "EMBEDDED_CRYPTO_WALLET",
            "paymentInstrumentDetails":
                { "embeddedCryptoWallet": { "network": "ETHEREUM", "linkedAccounts": links } },
            "clientToken": token,
        });
        instrument(&self.post("/payments/createPaymentInstrument", &body, now).await?)
    }

    /// An instrument as it stands. Safe to repeat.
    pub async fn instrument(
        &self,
        connector: &str,
        id: &str,
        now: UnixTime,
    ) -> Result<Instrument, CallError> {
        let body = self.of_instrument(connector, id);
        instrument(&self.post("/payments/getPaymentInstrument", &body, now).await?)
    }

    /// Deletes an instrument; the wallet behind it stays its owner's. Safe to repeat.
    pub async fn delete_instrument(
        &self,
        connector: &str,
        id: &str,
        now: UnixTime,
    ) -> Result<(), CallError> {
        let body = self.of_instrument(connector, id);
        self.post("/payments/deletePaymentInstrument", &body, now).await.map(|_| ())
    }

    /// The ids of this user's instruments at a connector, and their status. Safe to repeat.
    pub async fn instruments(
        &self,
        connector: &str,
        now: UnixTime,
    ) -> Result<Vec<(String, String)>, CallError> {
        let (mut found, mut next) = (Vec::new(), None::<String>);
        for _ in 0..PAGES_MAX {
            let mut body = json!({
                "paymentManagerArn": self.manager_arn, "paymentConnectorId": connector,
                "maxResults": PAGE,
            });
            if let Some(next) = next {
                body["nextToken"] = next.into();
            }
            let page = self.post("/payments/listPaymentInstruments", &body, now).await?;
            let listed = page.get("paymentInstruments").and_then(Value::as_array);
            for it in listed.ok_or_else(formless)? {
                found.push((id(it, "paymentInstrumentId")?, id(it, "status")?));
            }
            next = page.get("nextToken").and_then(Value::as_str).map(str::to_owned);
            if next.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// How much USDC an instrument holds on a chain (`BASE`, `BASE_SEPOLIA`), in atomic units as
    /// Amazon writes them. Safe to repeat.
    pub async fn balance(
        &self,
        connector: &str,
        id: &str,
        chain: &str,
        now: UnixTime,
    ) -> Result<wire::AtomicAmount, CallError> {
        let mut body = self.of_instrument(connector, id);
        body["chain"] = chain.into();
        body["token"] = "USDC".into();
        let answer = self.post("/payments/getPaymentInstrumentBalance", &body, now).await?;
        let amount = answer.pointer("/tokenBalance/amount").and_then(Value::as_str);
        amount.and_then(|it| it.parse().ok()).ok_or_else(formless)
    }

    fn of_instrument(&self, connector: &str, id: &str) -> Value {
        json!({
            "paymentManagerArn": self.manager_arn,
            "paymentConnectorId": connector,
            "paymentInstrumentId": id,
        })
    }
}

fn session(answer: &Value) -> Result<SessionStanding, CallError> {
    let it = answer.get("paymentSession").ok_or_else(formless)?;
    let minutes = it.get("expiryTimeInMinutes").and_then(Value::as_u64).ok_or_else(formless)?;
    let created = it.get("createdAt").and_then(Value::as_str).and_then(moment::parse);
    let money = |path: &str| {
        let amount = it.pointer(path)?;
        let (value, currency) = (amount.get("value")?.as_str()?, amount.get("currency")?.as_str()?);
        Some(format!("{value} {currency}"))
    };
    let money = |path: &str| ServerText::clean(&money(path).unwrap_or_default());
    Ok(SessionStanding {
        id: id(it, "paymentSessionId")?,
        limit: money("/limits/maxSpendAmount"),
        available: money("/availableLimits/availableSpendAmount"),
        expires: created.ok_or_else(formless)?.after(Duration::from_mins(minutes)),
    })
}

fn instrument(answer: &Value) -> Result<Instrument, CallError> {
    let it = answer.get("paymentInstrument").ok_or_else(formless)?;
    let wallet = it.pointer("/paymentInstrumentDetails/embeddedCryptoWallet");
    let wallet = wallet.ok_or_else(formless)?;
    let text = |name: &str| wallet.get(name).and_then(Value::as_str);
    Ok(Instrument {
        id: id(it, "paymentInstrumentId")?,
        status: id(it, "status")?,
        network: id(wallet, "network")?,
        address: text("walletAddress").and_then(|it| it.parse().ok()),
        consent: text("redirectUrl").and_then(ServerUrl::read),
    })
}
