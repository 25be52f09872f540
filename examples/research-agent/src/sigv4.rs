//! AWS Signature Version 4 for one POST with a short body. A page of code instead of an SDK, because
//! it is all that one call needs.

use std::fmt::Write;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// An access key.
#[derive(Clone)]
pub struct AccessKey {
    /// Its public half.
    pub id: String,
    /// Its secret half.
    pub secret: Zeroizing<String>,
    /// The token of a temporary key.
    pub token: Option<Zeroizing<String>>,
}

/// What is signed.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The host, with a port that is not the scheme's own.
    pub host: &'a str,
    /// The path as it travels, escaped once.
    pub path: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// Where and when it is signed for.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The region.
    pub region: &'a str,
    /// The service's signing name.
    pub service: &'a str,
    /// Seconds since 1970.
    pub unix_seconds: u64,
}

/// The headers that sign a request, `Authorization` among them.
#[must_use]
pub fn sign(
    request: Request<'_>,
    scope: Scope<'_>,
    key: &AccessKey,
) -> Vec<(&'static str, String)> {
    let seconds = i64::try_from(scope.unix_seconds).unwrap_or_default();
    let time = chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    let (time, day) =
        (time.format("%Y%m%dT%H%M%SZ").to_string(), time.format("%Y%m%d").to_string());
    let mut headers = vec![("host", request.host.to_owned()), ("x-amz-date", time.clone())];
    if let Some(token) = &key.token {
        headers.push(("x-amz-security-token", token.to_string()));
    }
    let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let lines = lines.concat();
    // Escaped once more, as every service but S3 wants it.
    let path: Vec<_> = request.path.split('/').map(escaped).collect();
    let (method, path, body) = (request.method, path.join("/"), hex(&Sha256::digest(request.body)));
    let canonical = format!("{method}\n{path}\n\n{lines}\n{names}\n{body}");
    let place = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let digest = hex(&Sha256::digest(canonical));
    let message = format!("AWS4-HMAC-SHA256\n{time}\n{place}\n{digest}");
    let secret = Zeroizing::new(format!("AWS4{}", key.secret.as_str()));
    let parts = [&day, scope.region, scope.service, "aws4_request", &message];
    let signature = parts.iter().fold(secret.as_bytes().to_vec(), |key, it| keyed(&key, it));
    let id = &key.id;
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={id}/{place}, SignedHeaders={names}, Signature={}",
        hex(&signature)
    );
    headers.retain(|(name, _)| *name != "host");
    headers.push(("authorization", authorization));
    headers
}

/// RFC 3986: everything but unreserved characters as `%XX`.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

fn keyed(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The service's own test vectors `get-vanilla` and `post-vanilla`.
    #[test]
    fn signatures_are_those_of_the_published_vectors() {
        let key = AccessKey {
            id: "AKIDEXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned().into(),
            token: None,
        };
        let scope = Scope { region: "us-east-1", service: "service", unix_seconds: 1_440_938_160 };
        #[rustfmt::skip]
        let rows = [
            ("GET",  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ];
        for (method, signature) in rows {
            let request = Request { method, host: "example.amazonaws.com", path: "/", body: b"" };
            let headers = sign(request, scope, &key);
            let (_, authorization) = headers.iter().find(|(it, _)| *it == "authorization").unwrap();
            assert!(authorization.ends_with(&format!("Signature={signature}")), "{authorization}");
            assert_eq!(headers[0], ("x-amz-date", "20150830T123600Z".to_owned()));
        }
    }

    #[test]
    fn a_models_name_is_escaped() {
        assert_eq!(escaped("a.b-v1:0/x"), "a.b-v1%3A0%2Fx");
    }
}
