//! What KMS says instead of signing, as what a payer can do about it.

use std::error::Error;

use aws_sdk_kms::config::http::HttpResponse;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};

use crate::server_text::ServerText;
use crate::signer::SignerError;

/// The wallet will not sign, for this reason.
pub(super) fn declined(why: &str) -> SignerError {
    SignerError::Declined(why.into())
}

/// Asking again is useless until somebody has changed something, or it may help: that is all that the
/// two kinds say.
pub(super) fn refusal<E>(why: SdkError<E, HttpResponse>) -> SignerError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match &why {
        SdkError::ServiceError(it) => of_code(it.err().code(), it.err().message()),
        SdkError::TimeoutError(_) => SignerError::Unavailable(
            "KMS did not answer in time; nothing was sent, try again".into(),
        ),
        SdkError::ConstructionFailure(_)
        | SdkError::DispatchFailure(_)
        | SdkError::ResponseError(_)
        | _ => {
            let cause = innermost(&why);
            if cause.contains("credential") {
                return declined(
                    "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
                     AWS_SECRET_ACCESS_KEY, or give this machine a role",
                );
            }
            let cause = ServerText::clean(&cause);
            SignerError::Unavailable(format!("KMS cannot be reached: {cause}").into())
        }
    }
}

/// By the code; the message is Amazon's and only rides along.
fn of_code(code: Option<&str>, message: Option<&str>) -> SignerError {
    let code = code.unwrap_or("an unknown error");
    let remedy = match code {
        "AccessDeniedException" => {
            "these credentials may not use the key: allow kms:GetPublicKey and kms:Sign on it"
        }
        "NotFoundException" => "there is no such key in this region and account",
        "DisabledException" => "the key is disabled: enable it, or use another wallet",
        "KMSInvalidStateException" => "the key is pending deletion, or not ready",
        "InvalidKeyUsageException" | "UnsupportedOperationException" | "ValidationException" => {
            "the key does not sign for EVM accounts: it needs key spec ECC_SECG_P256K1 and key usage \
             SIGN_VERIFY"
        }
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "ExpiredTokenException" => {
            "the AWS credentials are wrong or have expired: renew them, and look at this machine's clock"
        }
        _ => {
            let said = ServerText::clean(message.unwrap_or_default());
            return SignerError::Unavailable(
                format!(
                    "KMS answered {}: {said}; nothing was signed, try again later",
                    ServerText::clean(code)
                )
                .into(),
            );
        }
    };
    SignerError::Declined(format!("{remedy} ({code})").into())
}

fn innermost(why: &dyn Error) -> String {
    let mut why = why;
    let mut all = why.to_string();
    while let Some(cause) = why.source() {
        why = cause;
        let text = why.to_string();
        if !text.is_empty() {
            all = format!("{all}: {text}");
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_whether_asking_again_can_help() {
        #[rustfmt::skip]
        let rows = [
            ("AccessDeniedException",         true,  "kms:Sign"),
            ("NotFoundException",             true,  "no such key"),
            ("DisabledException",             true,  "enable it"),
            ("KMSInvalidStateException",      true,  "pending deletion"),
            ("InvalidKeyUsageException",      true,  "ECC_SECG_P256K1"),
            ("ValidationException",           true,  "ECC_SECG_P256K1"),
            ("ExpiredTokenException",         true,  "renew them"),
            ("UnrecognizedClientException",   true,  "renew them"),
            ("ThrottlingException",           false, "try again later"),
            ("LimitExceededException",        false, "try again later"),
            ("KeyUnavailableException",       false, "try again later"),
            ("DependencyTimeoutException",    false, "try again later"),
            ("KMSInternalException",          false, "try again later"),
            ("SomethingNew\u{1b}[2J",         false, "try again later"),
        ];
        for (code, useless, said) in rows {
            let error = of_code(Some(code), Some("words of\u{7} a server"));
            assert_eq!(matches!(error, SignerError::Declined(_)), useless, "{code}");
            let text = error.to_string();
            assert!(text.contains(said), "{text}");
            assert!(!text.contains(char::is_control), "{text:?}");
        }
    }
}
