//! Secrets that are kept elsewhere, fetched once at the start: from AWS by one signed POST and no
//! SDK, or from a file. Remembers nothing, and shows a secret to nobody but its caller.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use object_store::aws::AwsAuthorizer;
use object_store::client::{HttpRequest, HttpRequestBody};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::adapters::buckets;
use crate::settings::{CloudEnvironment, Keeper, SecretReference};

/// A Lambda has ten seconds to start (AWS Lambda developer guide, "Init phase"); a secret that does
/// not come in half of that stops the start with a sentence instead of a silence.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Secrets Manager keeps up to 64 KiB (AWS documentation, "Secrets Manager quotas"), escaped in JSON.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Why a secret could not be fetched: one sentence for the operator. Never holds an answer's body,
/// which might hold the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretError(String);

impl std::fmt::Display for SecretError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SecretError {}

/// Fetches a secret. Safe to repeat.
pub async fn fetch(
    cloud: &CloudEnvironment,
    secret: &SecretReference,
) -> Result<String, SecretError> {
    let failed = |why: &str| SecretError(format!("cannot fetch the secret {secret}: {why}"));
    let (service, target, ask, member) = match secret.keeper {
        Keeper::File => return read(Path::new(&secret.name)).map_err(|why| failed(&why)),
        Keeper::ParameterStore => (
            "ssm",
            "AmazonSSM.GetParameter",
            json!({ "Name": secret.name, "WithDecryption": true }),
            "/Parameter/Value",
        ),
        Keeper::SecretsManager => (
            "secretsmanager",
            "secretsmanager.GetSecretValue",
            json!({ "SecretId": secret.name }),
            "/SecretString",
        ),
    };
    let (region, url) = cloud.keeper(secret.keeper).map_err(|error| failed(&error.to_string()))?;
    let body = ask.to_string();
    let request = http::Request::post(url.as_str())
        .header(CONTENT_TYPE, "application/x-amz-json-1.1")
        .header("x-amz-target", target)
        .body(HttpRequestBody::from(body.clone()))
        .map_err(|_| failed("the endpoint's URL cannot be used"))?;
    let request = sign(request, cloud, (service, region)).await.map_err(|why| failed(&why))?;
    let client = buckets::client().map_err(|error| failed(&error.to_string()))?;
    let sending = client.post(url).headers(request.headers().clone()).timeout(ANSWER_MAX);
    let answer = sending.body(body).send().await;
    let answer = answer.map_err(|error| failed(&error.without_url().to_string()))?;
    let status = answer.status();
    let answer = answer.bytes().await.map_err(|error| failed(&error.without_url().to_string()))?;
    let answer: Value = match answer.len() {
        0..=ANSWER_BYTES_MAX => serde_json::from_slice(&answer).unwrap_or_default(),
        _ => Value::Null,
    };
    if !status.is_success() {
        let kind = answer["__type"].as_str().and_then(|it| it.rsplit('#').next());
        let kind: String = kind.unwrap_or("no reason given").chars().take(80).collect();
        return Err(failed(&format!("AWS answers {} ({kind})", status.as_u16())));
    }
    let text = answer.pointer(member).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| failed("AWS's answer holds no text"))
}

/// Reads a secret file. What others on the machine may read is no secret.
fn read(path: &Path) -> Result<String, String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let found = file.metadata().map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err("it is not a file".into());
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o077 != 0 {
        return Err("others on this machine may read it; run chmod 600 on it".into());
    }
    if found.len() > ANSWER_BYTES_MAX as u64 {
        return Err(format!("it is larger than {ANSWER_BYTES_MAX} bytes"));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|error| error.to_string())?;
    Ok(text)
}

async fn sign(
    mut request: HttpRequest,
    cloud: &CloudEnvironment,
    (service, region): (&str, &str),
) -> Result<HttpRequest, String> {
    let credentials = buckets::aws_credentials(cloud).map_err(|error| error.to_string())?;
    let credentials = credentials.get_credential().await;
    let credentials = credentials.map_err(|error| format!("there are no credentials: {error}"))?;
    AwsAuthorizer::new(&credentials, service, region)
        .try_authorize(&mut request, None)
        .map_err(|error| error.to_string())?;
    Ok(request)
}
