//! What the environment says about storage services and keepers of secrets, in the variables that
//! their own tools read: credentials, regions, endpoints. Shown to nobody; interpreted by whoever
//! speaks to the service.

use std::fmt;

use url::Url;

use super::{Keeper, SettingsError, origin};

/// Beginnings of the variables' names, one for each service.
const PREFIXES: [&str; 3] = ["AWS_", "GOOGLE_", "AZURE_"];

/// The variables.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct CloudEnvironment(Vec<(String, String)>);

impl CloudEnvironment {
    /// The variables among these that are about a service.
    #[must_use]
    pub fn of(env: &[(String, String)]) -> Self {
        let about = |name: &str| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        Self(env.iter().filter(|(name, text)| about(name) && !text.is_empty()).cloned().collect())
    }

    /// The variables whose names begin like this.
    pub fn with(&self, prefix: &'static str) -> impl Iterator<Item = (&str, &str)> {
        let found = self.0.iter().filter(move |(name, _)| name.starts_with(prefix));
        found.map(|(name, text)| (name.as_str(), text.as_str()))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(it, _)| it == name).map(|(_, text)| text.as_str())
    }

    /// The region and the URL of a keeper of secrets.
    pub fn keeper(&self, keeper: Keeper) -> Result<(&str, Url), SettingsError> {
        let (variable, host) = match keeper {
            Keeper::ParameterStore => ("AWS_ENDPOINT_URL_SSM", "ssm"),
            Keeper::SecretsManager => ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "secretsmanager"),
            Keeper::File => {
                let problem = "is asked for a secret that a file keeps";
                return Err(SettingsError::new("AWS_REGION", problem, "read the file"));
            }
        };
        let region = self.get("AWS_REGION").or_else(|| self.get("AWS_DEFAULT_REGION"));
        let Some(region) = region else {
            let remedy = "set it to the region that keeps the secret, such as eu-central-1";
            return Err(SettingsError::new("AWS_REGION", "is missing", remedy));
        };
        let url = match self.get(variable).or_else(|| self.get("AWS_ENDPOINT_URL")) {
            Some(url) => url.to_owned(),
            None => format!("https://{host}.{region}.amazonaws.com"),
        };
        Ok((region, origin::base(variable, &url)?))
    }
}

impl fmt::Debug for CloudEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
