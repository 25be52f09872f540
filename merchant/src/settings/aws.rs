//! Where AWS is, for the secrets that it keeps: told by the environment variables that AWS's own
//! tools read. Credentials are not among it; whoever signs a request looks for those.

use url::Url;

use super::{Keeper, SettingsError, origin};

/// What the environment says about AWS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AwsSettings {
    /// `AWS_REGION`, or `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
    parameter_store: Option<String>,
    secrets_manager: Option<String>,
    everything: Option<String>,
}

impl AwsSettings {
    pub(super) fn of_env(env: &[(String, String)]) -> Self {
        let get = |name: &str| env.iter().find(|(it, _)| it == name).map(|(_, text)| text.clone());
        Self {
            region: get("AWS_REGION").or_else(|| get("AWS_DEFAULT_REGION")),
            parameter_store: get("AWS_ENDPOINT_URL_SSM"),
            secrets_manager: get("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
            everything: get("AWS_ENDPOINT_URL"),
        }
    }

    /// The region and the URL of a keeper of secrets.
    pub fn endpoint(&self, keeper: Keeper) -> Result<(&str, Url), SettingsError> {
        let (variable, own, host) = match keeper {
            Keeper::ParameterStore => ("AWS_ENDPOINT_URL_SSM", &self.parameter_store, "ssm"),
            Keeper::SecretsManager => {
                ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &self.secrets_manager, "secretsmanager")
            }
        };
        let Some(region) = self.region.as_deref() else {
            let remedy = "set it to the region that keeps the secret, such as eu-central-1";
            return Err(SettingsError::new("AWS_REGION", "is missing", remedy));
        };
        let url = match own.as_ref().or(self.everything.as_ref()) {
            Some(url) => url.clone(),
            None => format!("https://{host}.{region}.amazonaws.com"),
        };
        Ok((region, origin::base(variable, &url)?))
    }
}
