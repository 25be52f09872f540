//! Buckets of storage services, as stores. Credentials come from where the service's own tools look
//! for them: environment, container, instance.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{
    AmazonS3Builder, AmazonS3ConfigKey, AwsCredentialProvider, S3ConditionalPut,
};
use object_store::client::{HttpClient, HttpConnector};
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::signer::Signer;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use crate::adapters::stores::StoreError;
use crate::adapters::tls;
use crate::decisions::budget;
use crate::settings::{Bucket, CloudEnvironment, S3Options, Service};

/// Making a connection: within a region that is milliseconds, and a second one must still fit into
/// a storage operation's budget.
const CONNECT_MAX: Duration = Duration::from_secs(1);
/// How long a storage may be silent, at the head and between two chunks.
const SILENCE_MAX: Duration = budget::STORAGE;
/// Amazon S3 closes idle connections after some seconds; a fresh one costs less than a dead one.
const IDLE_MAX: Duration = Duration::from_secs(15);
/// A 503 of S3 asks for a moment's patience, and no more than fits into one operation's budget.
const RETRIES_MAX: usize = 3;
const BACKOFF_FIRST: Duration = Duration::from_millis(25);
const BACKOFF_MAX: Duration = Duration::from_millis(250);
/// No try begins later than that.
const RETRY_UNTIL: Duration = Duration::from_secs(2);
const _: () = assert!(RETRY_UNTIL.as_millis() < budget::STORAGE.as_millis());

/// A bucket's part of the keys, and who signs URLs of its objects.
#[derive(Debug, Clone)]
pub struct OpenBucket {
    /// The objects below the bucket's prefix.
    pub store: Arc<dyn ObjectStore>,
    /// Signs URLs; wants whole keys.
    pub signer: Arc<dyn Signer>,
    /// The prefix.
    pub prefix: Path,
}

/// Opens a bucket. Asks nobody: whether it is there, and ours, shows with the first object.
pub fn open(bucket: &Bucket, cloud: &CloudEnvironment) -> Result<OpenBucket, StoreError> {
    let failed = |error: object_store::Error| {
        StoreError(format!("cannot set up the storage of {bucket}: {error}"))
    };
    match &bucket.service {
        Service::S3(options) => {
            let s3 = s3(&bucket.name, options, cloud)?.build().map_err(failed)?;
            Ok(below(bucket, Arc::new(s3)))
        }
        #[cfg(feature = "server")]
        Service::Google => {
            let empty = object_store::gcp::GoogleCloudStorageBuilder::new();
            let builder = told(cloud, "GOOGLE_", empty, |it, key, text| it.with_config(key, text))
                .with_bucket_name(&bucket.name)
                .with_http_connector(connector()?)
                .with_retry(retry());
            Ok(below(bucket, Arc::new(builder.build().map_err(failed)?)))
        }
        #[cfg(feature = "server")]
        Service::Azure(account) => {
            let empty = object_store::azure::MicrosoftAzureBuilder::new();
            let builder = told(cloud, "AZURE_", empty, |it, key, text| it.with_config(key, text))
                .with_account(account)
                .with_container_name(&bucket.name)
                .with_http_connector(connector()?)
                .with_retry(retry());
            Ok(below(bucket, Arc::new(builder.build().map_err(failed)?)))
        }
        #[cfg(not(feature = "server"))]
        Service::Google | Service::Azure(_) => Err(StoreError(format!(
            "the Lambda opens no {bucket}: keep the files in Amazon S3, or run the server"
        ))),
    }
}

/// AWS credentials from the environment, the container or the instance, kept fresh.
pub(super) fn aws_credentials(
    cloud: &CloudEnvironment,
) -> Result<AwsCredentialProvider, StoreError> {
    // The library hands its credentials out through a store; no bucket of this name is ever asked.
    let store = s3("credentials", &S3Options::default(), cloud)?.build();
    let store = store.map_err(|error| StoreError(format!("cannot set up AWS: {error}")))?;
    Ok(Arc::clone(store.credentials()))
}

fn below<S: ObjectStore + Signer>(bucket: &Bucket, service: Arc<S>) -> OpenBucket {
    let prefix = Path::from(bucket.prefix.as_str());
    let signer: Arc<dyn Signer> = Arc::clone(&service) as Arc<dyn Signer>;
    let store: Arc<dyn ObjectStore> = if bucket.prefix.is_empty() {
        service
    } else {
        Arc::new(PrefixStore::new(service as Arc<dyn ObjectStore>, prefix.clone()))
    };
    OpenBucket { store, signer, prefix }
}

/// A builder that knows what the environment says about its service. Variables that it does not know
/// are others' matter.
fn told<B, K: FromStr>(
    cloud: &CloudEnvironment,
    prefix: &'static str,
    empty: B,
    with: impl Fn(B, K, &str) -> B,
) -> B {
    let mut builder = empty;
    for (name, text) in cloud.with(prefix) {
        if let Ok(key) = name.to_ascii_lowercase().parse() {
            builder = with(builder, key, text);
        }
    }
    builder
}

fn s3(
    name: &str,
    options: &S3Options,
    cloud: &CloudEnvironment,
) -> Result<AmazonS3Builder, StoreError> {
    let empty = AmazonS3Builder::new();
    let mut builder = told(cloud, "AWS_", empty, |it, key, text| it.with_config(key, text));
    let told = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint];
    let told = told.iter().find_map(|key| builder.get_config_value(key));
    let ours = options.endpoint.as_ref().map(|it| it.as_str().to_owned());
    let path_style = options.path_style || (ours.is_none() && told.is_some());
    if let Some(endpoint) = ours.or(told) {
        let endpoint = endpoint.trim_end_matches('/');
        // With the bucket in the host's name, the library wants a host that has it already.
        let host = |it: &str| it.replacen("://", &format!("://{name}."), 1);
        let endpoint = if path_style { endpoint.to_owned() } else { host(endpoint) };
        builder = builder.with_config(AmazonS3ConfigKey::S3Endpoint, endpoint);
    }
    if let Some(region) = &options.region {
        builder = builder.with_region(region);
    }
    Ok(builder
        .with_bucket_name(name)
        .with_virtual_hosted_style_request(!path_style)
        // The ledger rests on these; no variable of the environment turns them off.
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_http_connector(connector()?)
        .with_retry(retry()))
}

fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig { init_backoff: BACKOFF_FIRST, max_backoff: BACKOFF_MAX, base: 2. },
        max_retries: RETRIES_MAX,
        retry_timeout: RETRY_UNTIL,
    }
}

/// One client for all that a store asks, with our TLS and our patience.
pub(crate) fn client() -> Result<reqwest::Client, StoreError> {
    let tls = tls::config().map_err(StoreError)?;
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_MAX)
        .read_timeout(SILENCE_MAX)
        .pool_idle_timeout(IDLE_MAX)
        .tcp_nodelay(true)
        .build()
        .map_err(|error| StoreError(format!("cannot set up the HTTP client: {error}")))
}

fn connector() -> Result<Connector, StoreError> {
    client().map(Connector)
}

#[derive(Debug)]
struct Connector(reqwest::Client);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}
