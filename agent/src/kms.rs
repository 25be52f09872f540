//! A key that AWS KMS has and keeps (`ECC_SECG_P256K1`): the private key is nowhere else, and every
//! signature is asked for.
//!
//! The SDK repeats a call that broke off, and KMS then signs the same digest twice. That charges nobody
//! twice: both signatures are of one authorization, under one nonce, and the token takes a nonce once.

mod refusal;

use std::fmt;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{KeySpec, KeyUsageType, MessageType, SigningAlgorithmSpec};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use wire::signature::remote::{address_of_public_key, from_der};
use wire::{Address, Eip3009Payload};

use crate::decisions::draft::Draft;
use crate::signer::{Signer, SignerError};
use refusal::{declined, refusal};

/// Tries of one call: the first and two more. KMS's own advice for throttling.
const TRIES_MAX: u32 = 3;

/// Time for a call, its repetitions included. Well below the two minutes that a reservation waits for
/// its signature.
const CALL_MAX: Duration = Duration::from_secs(20);

/// Time for one try. KMS answers in some tens of milliseconds.
const TRY_MAX: Duration = Duration::from_secs(6);

/// Time to connect.
const CONNECT_MAX: Duration = Duration::from_secs(3);

/// A key at KMS, and its account.
#[derive(Clone)]
pub struct KmsSigner {
    client: Client,
    key: String,
    address: Address,
}

impl KmsSigner {
    /// Asks for the public key of a key, named by id, ARN or alias. Credentials, and the region where
    /// none is given, are found as Amazon's own tools find them: environment, profiles, web identity,
    /// container, machine. TLS trusts what the system trusts.
    pub async fn connect(key: String, region: Option<String>) -> Result<Self, SignerError> {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let times = TimeoutConfig::builder()
            .connect_timeout(CONNECT_MAX)
            .operation_attempt_timeout(TRY_MAX)
            .operation_timeout(CALL_MAX)
            .build();
        let mut settings = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(times)
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES_MAX));
        if let Some(region) = region {
            settings = settings.region(Region::new(region));
        }
        let settings = Box::pin(settings.load()).await;
        if settings.region().is_none() {
            return Err(declined(
                "no region: give kms:KEY?region=…, name the key by its ARN, or set AWS_REGION",
            ));
        }
        Self::of(Client::new(&settings), key).await
    }

    /// The same with a client of the caller's.
    pub async fn of(client: Client, key: String) -> Result<Self, SignerError> {
        let asking = Box::pin(client.get_public_key().key_id(&key).send());
        let answer = asking.await.map_err(refusal)?;
        let signs = answer.key_usage() == Some(&KeyUsageType::SignVerify);
        // The curve stands in the public key, too; only Amazon's own service also names it.
        let fits = answer.key_spec().is_none_or(|it| *it == KeySpec::EccSecgP256K1) && signs;
        let key_itself = answer.public_key().filter(|_| fits);
        match key_itself.and_then(|it| address_of_public_key(it.as_ref())) {
            Some(address) => Ok(Self { client, key, address }),
            None => Err(declined(
                "the key is not one for EVM accounts: create one with key spec ECC_SECG_P256K1 and \
                 key usage SIGN_VERIFY",
            )),
        }
    }
}

impl Signer for KmsSigner {
    fn address(&self) -> Address {
        self.address
    }

    async fn sign(&self, draft: &Draft) -> Result<Eip3009Payload, SignerError> {
        let digest = draft.digest();
        let call = self
            .client
            .sign()
            .key_id(&self.key)
            .message_type(MessageType::Digest)
            .message(Blob::new(digest.as_slice()))
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256);
        // Boxed: the SDK's future is large, and would be a part of every purchase's.
        let answer = Box::pin(call.send()).await.map_err(refusal)?;
        let der = answer.signature().map(AsRef::as_ref).unwrap_or_default();
        let signature = from_der(der, digest, self.address);
        let signature = signature.ok_or_else(|| {
            declined("KMS signed something else, or with another key: does an alias point elsewhere now?")
        })?;
        Ok(draft.signed_with(signature))
    }
}

/// Shows which key, and nothing of the credentials.
impl fmt::Debug for KmsSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KmsSigner({}, {})", self.key, self.address)
    }
}
