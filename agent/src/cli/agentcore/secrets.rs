//! Secrets and settings from the environment, by the names that Amazon's, Coinbase's and Privy's own
//! tools use, and from files that nobody else can read.

use std::path::{Path, PathBuf};

use agent::agentcore::CONTROL;
use agent::agentcore::control::ProviderSecrets;
use agent::aws::Credentials;
use agent::aws::credentials::CredentialsError;
use zeroize::Zeroizing;

use super::fault::AgentCoreFault;
use super::file::private;

/// A variable that is set and not empty. What is not text counts as empty.
#[expect(clippy::disallowed_methods, reason = "read here only, when an AgentCore wallet is used")]
fn variable(name: &str) -> Option<Zeroizing<String>> {
    std::env::var(name).ok().filter(|it| !it.is_empty()).map(Zeroizing::new)
}

/// Where the account is kept, if the environment says so.
pub(super) fn account() -> Option<PathBuf> {
    variable("X402_AGENTCORE").map(|it| PathBuf::from(it.as_str()))
}

/// Who asks AWS: the environment, else a profile.
pub(super) fn credentials() -> Result<Credentials, AgentCoreFault> {
    let key = variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY"));
    if let Some((access_key, secret)) = key {
        let token = variable("AWS_SESSION_TOKEN");
        let token = token.as_ref().map(|it| it.as_str());
        return Credentials::new(&access_key, &secret, token).map_err(AgentCoreFault::Credentials);
    }
    let named = variable("AWS_SHARED_CREDENTIALS_FILE").map(|it| PathBuf::from(it.as_str()));
    let usual = || variable("HOME").map(|it| Path::new(it.as_str()).join(".aws/credentials"));
    let profile = variable("AWS_PROFILE");
    let file = named.or_else(|| usual().filter(|it| it.is_file()));
    let file = file.ok_or(AgentCoreFault::NoCredentials)?;
    let text = private("credentials", &file)?;
    let name = profile.as_ref().map_or("default", |it| it.as_str());
    Credentials::of_profile(&text, name).map_err(|why| match why {
        CredentialsError::NoProfile if profile.is_none() => AgentCoreFault::NoCredentials,
        CredentialsError::NoProfile | CredentialsError::Incomplete => {
            AgentCoreFault::Credentials(why)
        }
    })
}

/// The region that AWS tools would use.
pub(super) fn region() -> Option<String> {
    variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).map(|it| it.to_string())
}

/// Another endpoint than Amazon's, by the variables that Amazon's own tools read.
pub(super) fn endpoint(service: &str) -> Option<String> {
    let name = if service == CONTROL {
        "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL"
    } else {
        "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE"
    };
    variable(name).map(|it| it.to_string())
}

/// The provider's secrets, if there are any. Some of them without the others is a mistake.
pub(super) fn of_provider(
    vendor: &str,
    file: Option<&Path>,
) -> Result<Option<ProviderSecrets>, AgentCoreFault> {
    let text = file.map(|path| private("credentials", path)).transpose()?;
    let find = |name: &'static str| match &text {
        Some(text) => line(text, name),
        None => variable(name),
    };
    let names: &[&'static str] = if vendor == "StripePrivy" {
        &[
            "PRIVY_APP_ID",
            "PRIVY_APP_SECRET",
            "PRIVY_AUTHORIZATION_ID",
            "PRIVY_AUTHORIZATION_PRIVATE_KEY",
        ]
    } else {
        &["CDP_API_KEY_ID", "CDP_API_KEY_SECRET", "CDP_WALLET_SECRET"]
    };
    if text.is_none() && names.iter().all(|it| variable(it).is_none()) {
        return Ok(None);
    }
    let found = names.iter().map(|name| find(name).ok_or(AgentCoreFault::NoSecret(name)));
    let found: Vec<Zeroizing<String>> = found.collect::<Result<_, _>>()?;
    Ok(match &found[..] {
        [id, api, wallet] => Some(ProviderSecrets::CoinbaseCdp {
            api_key_id: id.to_string(),
            api_key_secret: api.clone(),
            wallet_secret: wallet.clone(),
        }),
        [id, secret, authorization, key] => Some(ProviderSecrets::StripePrivy {
            app_id: id.to_string(),
            app_secret: secret.clone(),
            authorization_id: authorization.to_string(),
            authorization_key: key.clone(),
        }),
        _ => None,
    })
}

/// The value of a line `NAME=VALUE`, with or without `export` before it and quotes around it.
fn line(text: &str, name: &str) -> Option<Zeroizing<String>> {
    let of = |line: &str| {
        let line = line.trim();
        let (key, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        let meant = key.trim() == name && !value.is_empty();
        meant.then(|| Zeroizing::new(value.to_owned()))
    };
    text.lines().find_map(of)
}
