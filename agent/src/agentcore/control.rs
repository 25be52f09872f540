//! The service that sets up: credential providers, managers, connectors. One function for each
//! operation. Secrets go into one of them and come out of none.

use std::fmt;

use reqwest::Method;
use serde_json::{Value, json};
use wire::UnixTime;
use zeroize::Zeroizing;

use super::account::Manager;
use super::payments::{ServerUrl, formless, id};
use crate::aws::service::Call;
use crate::aws::{CallError, Service};

/// How many pages of a list are read.
const PAGES_MAX: usize = 10;

/// The service that sets up.
#[derive(Debug, Clone)]
pub struct Control(Service);

/// What a wallet provider knows its customer by. Not printed.
#[derive(Clone)]
pub enum ProviderSecrets {
    /// Coinbase Developer Platform.
    CoinbaseCdp {
        /// The API key's id.
        api_key_id: String,
        /// The API key's secret.
        api_key_secret: Zeroizing<String>,
        /// What signs with the project's wallets.
        wallet_secret: Zeroizing<String>,
    },
    /// Stripe's Privy.
    StripePrivy {
        /// The app's id.
        app_id: String,
        /// The app's secret.
        app_secret: Zeroizing<String>,
        /// The authorization key's id.
        authorization_id: String,
        /// The authorization key.
        authorization_key: Zeroizing<String>,
    },
}

/// A connector as Amazon has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connector {
    /// Its id.
    pub id: String,
    /// `READY`, `PENDING_AUTHENTICATION` and so on.
    pub status: String,
    /// Where its owner gives consent, while it waits for that.
    pub consent: Option<ServerUrl>,
}

impl ProviderSecrets {
    /// The provider's name in the model.
    #[must_use]
    pub fn vendor(&self) -> &'static str {
        match self {
            Self::CoinbaseCdp { .. } => "CoinbaseCDP",
            Self::StripePrivy { .. } => "StripePrivy",
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::CoinbaseCdp { api_key_id, api_key_secret, wallet_secret } => {
                json!({ "coinbaseCdpConfiguration": {
                    "apiKeyId": api_key_id,
                    "apiKeySecret": api_key_secret.as_str(),
                    "walletSecret": wallet_secret.as_str(),
                }})
            }
            Self::StripePrivy { app_id, app_secret, authorization_id, authorization_key } => {
                json!({ "stripePrivyConfiguration": {
                    "appId": app_id,
                    "appSecret": app_secret.as_str(),
                    "authorizationId": authorization_id,
                    "authorizationPrivateKey": authorization_key.as_str(),
                }})
            }
        }
    }
}

impl Control {
    /// Through this service.
    #[must_use]
    pub fn new(service: Service) -> Self {
        Self(service)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
        now: UnixTime,
    ) -> Result<Value, CallError> {
        self.0.call(&Call { method, path, query, headers: &[], body }, now).await
    }

    /// The ARN of the credential provider of this name. Safe to repeat.
    pub async fn provider(&self, name: &str, now: UnixTime) -> Result<String, CallError> {
        let (path, body) = ("/identities/GetPaymentCredentialProvider", json!({ "name": name }));
        id(&self.call(Method::POST, path, &[], Some(&body), now).await?, "credentialProviderArn")
    }

    /// Keeps a provider's secrets at Amazon. Names are unique: repeating it is a conflict.
    pub async fn create_provider(
        &self,
        name: &str,
        secrets: &ProviderSecrets,
        now: UnixTime,
    ) -> Result<String, CallError> {
        let body = json!({
            "name": name,
            "credentialProviderVendor": secrets.vendor(),
            "providerConfigurationInput": secrets.to_value(),
        });
        let path = "/identities/CreatePaymentCredentialProvider";
        id(&self.call(Method::POST, path, &[], Some(&body), now).await?, "credentialProviderArn")
    }

    /// Deletes a credential provider and what it kept. Safe to repeat.
    pub async fn delete_provider(&self, name: &str, now: UnixTime) -> Result<(), CallError> {
        let (path, body) = ("/identities/DeletePaymentCredentialProvider", json!({ "name": name }));
        self.call(Method::POST, path, &[], Some(&body), now).await.map(|_| ())
    }

    /// The manager of this name. Safe to repeat.
    pub async fn find_manager(
        &self,
        name: &str,
        now: UnixTime,
    ) -> Result<Option<Manager>, CallError> {
        let found = self.find("/payments/managers-list", "paymentManagers", name, now).await?;
        found.as_ref().map(manager).transpose()
    }

    /// Creates a manager that assumes this role. Safe to repeat with the same token.
    pub async fn create_manager(
        &self,
        name: &str,
        role_arn: &str,
        token: &str,
        now: UnixTime,
    ) -> Result<Manager, CallError> {
        let body = json!({
            "name": name, "authorizerType": "AWS_IAM", "roleArn": role_arn, "clientToken": token,
        });
        let answer = self.call(Method::POST, "/payments/managers", &[], Some(&body), now).await?;
        manager(&answer)
    }

    /// A manager's status. Safe to repeat.
    pub async fn manager_status(&self, id_: &str, now: UnixTime) -> Result<String, CallError> {
        let path = format!("/payments/managers/{id_}");
        id(&self.call(Method::GET, &path, &[], None, now).await?, "status")
    }

    /// Begins to delete a manager. Safe to repeat.
    pub async fn delete_manager(&self, id: &str, now: UnixTime) -> Result<(), CallError> {
        let path = format!("/payments/managers/{id}");
        self.call(Method::DELETE, &path, &[], None, now).await.map(|_| ())
    }

    /// The id of the manager's connector of this name. Safe to repeat.
    pub async fn find_connector(
        &self,
        manager: &str,
        name: &str,
        now: UnixTime,
    ) -> Result<Option<String>, CallError> {
        let path = format!("/payments/managers/{manager}/connectors-list");
        let found = self.find(&path, "paymentConnectors", name, now).await?;
        found.map(|it| id(&it, "paymentConnectorId")).transpose()
    }

    /// Creates a connector with this credential provider, or one whose owner gives consent at the
    /// wallet provider's. Safe to repeat with the same token.
    pub async fn create_connector(
        &self,
        manager: &str,
        name: &str,
        vendor: &str,
        provider_arn: Option<&str>,
        token: &str,
        now: UnixTime,
    ) -> Result<Connector, CallError> {
        let member = if vendor == "StripePrivy" { "stripePrivy" } else { "coinbaseCDP" };
        let with = |arn: &str| json!({ member: { "credentialProviderArn": arn } });
        let providers: Vec<_> = provider_arn.into_iter().map(with).collect();
        let mode = if providers.is_empty() { "QUICK_CREATE" } else { "MANUAL" };
        let body = json!({
            "name": name, "type": vendor, "credentialProviderConfigurations": providers,
            "provisionMode": mode, "clientToken": token,
        });
        let path = format!("/payments/managers/{manager}/connectors");
        connector(&self.call(Method::POST, &path, &[], Some(&body), now).await?)
    }

    /// A connector as it stands. Safe to repeat.
    pub async fn connector(
        &self,
        manager: &str,
        id: &str,
        now: UnixTime,
    ) -> Result<Connector, CallError> {
        let path = format!("/payments/managers/{manager}/connectors/{id}");
        connector(&self.call(Method::GET, &path, &[], None, now).await?)
    }

    /// Begins to delete a connector. Safe to repeat.
    pub async fn delete_connector(
        &self,
        manager: &str,
        id: &str,
        now: UnixTime,
    ) -> Result<(), CallError> {
        let path = format!("/payments/managers/{manager}/connectors/{id}");
        self.call(Method::DELETE, &path, &[], None, now).await.map(|_| ())
    }

    /// The entry of this name in a list, deleted ones left out.
    async fn find(
        &self,
        path: &str,
        member: &str,
        name: &str,
        now: UnixTime,
    ) -> Result<Option<Value>, CallError> {
        let mut next = None::<String>;
        for _ in 0..PAGES_MAX {
            let mut query = vec![("maxResults", "100")];
            query.extend(next.as_deref().map(|it| ("nextToken", it)));
            let page = self.call(Method::POST, path, &query, None, now).await?;
            let listed = page.get(member).and_then(Value::as_array).ok_or_else(formless)?;
            let text = |it: &Value, name: &str| {
                it.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            let meant = |it: &&Value| text(it, "name") == name && text(it, "status") != "DELETING";
            if let Some(found) = listed.iter().find(meant) {
                return Ok(Some(found.clone()));
            }
            next = page.get("nextToken").and_then(Value::as_str).map(str::to_owned);
            if next.is_none() {
                break;
            }
        }
        Ok(None)
    }
}

fn manager(answer: &Value) -> Result<Manager, CallError> {
    let (arn, id) = (id(answer, "paymentManagerArn")?, path_id(answer, "paymentManagerId")?);
    Ok(Manager { id, arn })
}

fn connector(answer: &Value) -> Result<Connector, CallError> {
    let consent = answer.get("authorizationUrl").and_then(Value::as_str);
    Ok(Connector {
        id: path_id(answer, "paymentConnectorId")?,
        status: id(answer, "status")?,
        consent: consent.and_then(ServerUrl::read),
    })
}

/// An id that becomes part of a path.
fn path_id(answer: &Value, name: &str) -> Result<String, CallError> {
    let id = id(answer, name)?;
    if id.contains(['/', '.', ':']) { Err(formless()) } else { Ok(id) }
}

/// Shows whose secrets they are, and no part of them.
impl fmt::Debug for ProviderSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderSecrets({})", self.vendor())
    }
}
