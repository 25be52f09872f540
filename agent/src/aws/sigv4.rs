//! Signature Version 4: one header that proves who sends a request, for five minutes. Pure.

use std::fmt::Write;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use wire::UnixTime;

use super::credentials::Credentials;
use super::moment;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A request as it is about to leave.
#[derive(Debug, Clone, Copy)]
pub struct Unsigned<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The host, with its port where the URL names one.
    pub host: &'a str,
    /// The path as it travels.
    pub path: &'a str,
    /// Names and values, not encoded.
    pub query: &'a [(&'a str, &'a str)],
    /// Further headers to sign: names in small letters, values without blanks at their ends.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

/// Where a signature counts.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The region, as `us-west-2`.
    pub region: &'a str,
    /// The service's signing name.
    pub service: &'a str,
}

/// The headers that make a request a signed one.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// `x-amz-date`.
    pub date: String,
    /// `authorization`. Good for one request, for some minutes.
    pub authorization: String,
}

/// Signs a request, now.
#[must_use]
pub fn sign(
    request: &Unsigned<'_>,
    credentials: &Credentials,
    scope: Scope<'_>,
    now: UnixTime,
) -> Signed {
    let date = moment::compact(now);
    let day = &date[..8];
    let mut headers = request.headers.to_vec();
    headers.extend([("host", request.host), ("x-amz-date", date.as_str())]);
    headers.extend(credentials.token().map(|it| ("x-amz-security-token", it)));
    headers.sort_unstable();
    let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: String = headers
        .iter()
        .fold(String::new(), |lines, (name, value)| lines + name + ":" + value + "\n");
    let canonical = [
        request.method,
        &encode(request.path, "/"),
        &query(request.query),
        &lines,
        &names,
        &hex(&Sha256::digest(request.body)),
    ]
    .join("\n");
    let Scope { region, service } = scope;
    let place = format!("{day}/{region}/{service}/aws4_request");
    let to_sign =
        [ALGORITHM, &date, &place, &hex(&Sha256::digest(canonical.as_bytes()))].join("\n");
    let mut key = mac(format!("AWS4{}", credentials.secret()).as_bytes(), day);
    for part in [region, service, "aws4_request"] {
        key = mac(&key, part);
    }
    let signature = hex(&mac(&key, &to_sign));
    let who = credentials.access_key();
    let authorization = format!(
        "{ALGORITHM} Credential={who}/{place}, SignedHeaders={names}, Signature={signature}"
    );
    Signed { date, authorization }
}

/// A query as it is signed and as it travels: encoded, in the order of its names.
#[must_use]
pub fn query(pairs: &[(&str, &str)]) -> String {
    let encoded = pairs.iter().map(|(name, value)| encode(name, "") + "=" + &encode(value, ""));
    let mut encoded: Vec<_> = encoded.collect();
    encoded.sort_unstable();
    encoded.join("&")
}

/// Percent-encodes everything but RFC 3986's unreserved characters and these.
fn encode(text: &str, and: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if plain || and.as_bytes().contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Signatures that Amazon's own library (botocore 1.44.5) makes of the same requests. The first
    /// is also the `get-vanilla` of Amazon's published test suite.
    #[test]
    fn a_signature_is_the_one_that_amazons_library_makes() {
        let at = UnixTime::from_seconds(1_440_938_160);
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let lasting = Credentials::new("AKIDEXAMPLE", secret, None).unwrap();
        let passing = Credentials::new("AKIDEXAMPLE", secret, Some("session/token==")).unwrap();
        let json = ("content-type", "application/json");
        let blank = Unsigned {
            method: "GET",
            host: "example.amazonaws.com",
            path: "/",
            query: &[],
            headers: &[],
            body: b"",
        };
        let rows = [
            (
                &lasting,
                Scope { region: "us-east-1", service: "service" },
                blank,
                "host;x-amz-date",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                &passing,
                Scope { region: "us-west-2", service: "bedrock-agentcore" },
                Unsigned {
                    method: "POST",
                    host: "bedrock-agentcore.us-west-2.amazonaws.com",
                    path: "/payments/processPayment",
                    headers: &[("x-amzn-bedrock-agentcore-payments-user-id", "me"), json],
                    body: b"{\"a\":1}",
                    ..blank
                },
                "content-type;host;x-amz-date;x-amz-security-token;\
                 x-amzn-bedrock-agentcore-payments-user-id",
                "8bc71e4a3e16dc1886ce42591692d9ef107b2b7923f3680c7c8c775d98b3280c",
            ),
            (
                &lasting,
                Scope { region: "us-west-2", service: "bedrock-agentcore" },
                Unsigned {
                    method: "POST",
                    host: "bedrock-agentcore-control.us-west-2.amazonaws.com",
                    path: "/payments/managers-list",
                    query: &[("nextToken", "a/b+= c"), ("maxResults", "100")],
                    headers: &[json],
                    ..blank
                },
                "content-type;host;x-amz-date",
                "a5f6c5d7bb63672a6cde3fa994d9676b5907dcf9bd8ee6f71b5d81f5cd0d2b8f",
            ),
            (
                &lasting,
                Scope { region: "eu-central-1", service: "bedrock-agentcore" },
                Unsigned {
                    host: "127.0.0.1:8080",
                    path: "/payments/managers/x402-0123456789/connectors/caf%C3%A9",
                    ..blank
                },
                "host;x-amz-date",
                "9ba6b23b4a12ce641c421cb6f77b4ea589674d56d0ca12899eb21e52bf320e9c",
            ),
        ];
        for (credentials, scope, request, names, signature) in rows {
            let signed = sign(&request, credentials, scope, at);
            let Scope { region, service } = scope;
            let expected = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/{region}/{service}/aws4_request, \
                 SignedHeaders={names}, Signature={signature}"
            );
            assert_eq!(signed.authorization, expected, "{}", request.path);
            assert_eq!(signed.date, "20150830T123600Z");
        }
    }
}
