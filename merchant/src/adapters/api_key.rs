//! API keys that sign each request: a JSON Web Token (RFC 7519) for one method, host and path, good
//! for two minutes. As Coinbase's own client makes them (`@coinbase/x402` 2.1.0 over
//! `@coinbase/cdp-sdk` 1.57.0); `tests/tests/facilitators` holds the two together. Shows no key.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use serde_json::{Value, json};
use wire::UnixTime;

/// How long a token is good for (`@coinbase/cdp-sdk` 1.57.0, `generateJwt`).
const TOKEN_SECONDS: u64 = 120;
/// An Ed25519 key as Coinbase hands it out: seed and public key, 32 bytes each.
const ED25519_BYTES: usize = 64;
/// Object identifiers of elliptic curve keys and of the curve P-256 (RFC 5480, 2.1.1), as the
/// algorithm of a PKCS #8 key.
const P256_ALGORITHM: &[u8] = &[
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x03, 0x01, 0x07,
];

/// A key with its name.
pub struct ApiKey {
    id: String,
    pair: Pair,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair, SystemRandom),
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").finish_non_exhaustive()
    }
}

impl ApiKey {
    /// Reads a key: base64 of an Ed25519 seed and its public key, or PEM of a P-256 key. Says what is
    /// wrong with it, and nothing of what it holds.
    pub fn read(id: String, text: &str) -> Result<Self, &'static str> {
        // As it stands in a JSON file, where a line break is written in two characters.
        let text = text.replace("\\n", "\n");
        let pair = if text.contains("-----BEGIN") { of_pem(&text) } else { of_base64(&text) };
        Ok(Self { id, pair: pair? })
    }

    /// A token for one request, which is named by method, host and path: `POST host/path`. Nothing
    /// where the machine has no chance to offer.
    #[must_use]
    pub fn token(&self, request: &str, now: UnixTime, nonce: &str) -> Option<String> {
        let algorithm = match self.pair {
            Pair::Ed25519(_) => "EdDSA",
            Pair::P256(..) => "ES256",
        };
        let now = now.seconds();
        let header = json!({ "alg": algorithm, "kid": self.id, "typ": "JWT", "nonce": nonce });
        let claims = json!({
            "sub": self.id,
            "iss": "cdp",
            "uris": [request],
            "iat": now,
            "nbf": now,
            "exp": now.saturating_add(TOKEN_SECONDS),
        });
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = match &self.pair {
            Pair::Ed25519(pair) => URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes())),
            Pair::P256(pair, chance) => {
                URL_SAFE_NO_PAD.encode(pair.sign(chance, signed.as_bytes()).ok()?)
            }
        };
        Some(format!("{signed}.{signature}"))
    }
}

fn of_base64(text: &str) -> Result<Pair, &'static str> {
    let bytes = decode(text).ok_or("is neither PEM nor base64")?;
    if bytes.len() != ED25519_BYTES {
        return Err("is not a key of 64 bytes");
    }
    let (seed, public) = bytes.split_at(ED25519_BYTES / 2);
    let pair = Ed25519KeyPair::from_seed_and_public_key(seed, public);
    pair.map(Pair::Ed25519).map_err(|_| "holds two halves that do not belong together")
}

fn of_pem(text: &str) -> Result<Pair, &'static str> {
    let within = |label: &str| {
        let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
        let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
        decode(body)
    };
    let document = match (within("PRIVATE KEY"), within("EC PRIVATE KEY")) {
        (Some(pkcs8), _) => pkcs8,
        (None, Some(sec1)) => wrap(&sec1),
        (None, None) => return Err("is PEM without a private key in it"),
    };
    let chance = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &document, &chance);
    if let Ok(pair) = pair {
        return Ok(Pair::P256(pair, chance));
    }
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&document);
    pair.map(Pair::Ed25519).map_err(|_| "is PEM, but not of a P-256 or Ed25519 key")
}

fn decode(base64: &str) -> Option<Vec<u8>> {
    let digits: String = base64.chars().filter(|it| !it.is_ascii_whitespace()).collect();
    STANDARD.decode(digits).ok()
}

/// A bare elliptic curve key (RFC 5915) as PKCS #8 (RFC 5208, 5) has it.
fn wrap(sec1: &[u8]) -> Vec<u8> {
    let version = der(0x02, &[0]);
    der(0x30, &[&version, P256_ALGORITHM, &der(0x04, sec1)].concat())
}

/// A value in DER (X.690, 8.1.3): tag, length, content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = length.iter().position(|it| *it != 0).unwrap_or(length.len() - 1);
    let digits = &length[significant..];
    let mut value = vec![tag];
    if content.len() >= 0x80 {
        value.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
    }
    value.extend_from_slice(digits);
    value.extend_from_slice(content);
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, KeyPair, UnparsedPublicKey};

    /// Written by `tests/tests/facilitators/vectors.mjs`, which names the packages.
    const VECTORS: &str = include_str!("../../golden/cdp-tokens.json");

    fn vectors() -> Vec<Value> {
        let golden: Value = serde_json::from_str(VECTORS).unwrap();
        golden["vectors"].as_array().unwrap().clone()
    }

    fn text<'a>(vector: &'a Value, member: &str) -> &'a str {
        vector[member].as_str().unwrap()
    }

    fn parts(token: &str) -> (Value, Value, Vec<u8>) {
        let bytes: Vec<_> =
            token.split('.').map(|it| URL_SAFE_NO_PAD.decode(it).unwrap()).collect();
        let json = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap();
        (json(&bytes[0]), json(&bytes[1]), bytes[2].clone())
    }

    #[test]
    fn our_tokens_are_those_of_coinbases_own_client() {
        let mut algorithms = Vec::new();
        for vector in vectors() {
            let theirs = text(&vector, "token");
            let (header, claims, signature) = parts(theirs);
            let key = ApiKey::read(text(&vector, "keyId").into(), text(&vector, "keySecret"));
            let key = key.unwrap();
            let now = UnixTime::from_seconds(claims["iat"].as_u64().unwrap());
            let nonce = header["nonce"].as_str().unwrap();
            let ours = key.token(text(&vector, "request"), now, nonce).unwrap();
            let signed = |token: &str| token.rsplit_once('.').unwrap().0.to_owned();
            assert_eq!(signed(&ours), signed(theirs), "byte for byte");
            let message = signed(theirs);
            match &key.pair {
                // Deterministic (RFC 8032), so all of it is.
                Pair::Ed25519(pair) => {
                    assert_eq!(ours, theirs);
                    let public = UnparsedPublicKey::new(&ED25519, pair.public_key());
                    public.verify(message.as_bytes(), &signature).unwrap();
                }
                Pair::P256(pair, _) => {
                    let public =
                        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key());
                    for token in [theirs, &ours] {
                        public.verify(message.as_bytes(), &parts(token).2).unwrap();
                    }
                }
            }
            algorithms.push(header["alg"].as_str().unwrap().to_owned());
        }
        algorithms.sort();
        algorithms.dedup();
        assert_eq!(algorithms, ["ES256", "EdDSA"]);
    }

    #[test]
    fn a_key_is_read_in_every_spelling_that_it_comes_in() {
        for vector in vectors() {
            let secret = text(&vector, "keySecret");
            let mut spellings =
                vec![secret.to_owned(), format!("{secret}\n"), secret.replace('\n', "\\n")];
            spellings.extend(vector["sec1"].as_str().map(str::to_owned));
            for spelling in spellings {
                assert!(ApiKey::read("a".into(), &spelling).is_ok());
            }
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let half = STANDARD.encode([7; 32]);
        let unrelated = STANDARD.encode([7; 64]);
        #[rustfmt::skip]
        let rows = [
            ("hush-hush",                                                       "is neither PEM nor base64"),
            (half.as_str(),                                                     "is not a key of 64 bytes"),
            (unrelated.as_str(),                                                "holds two halves that do not belong together"),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",      "is PEM without a private key in it"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",    "is PEM, but not of a P-256 or Ed25519 key"),
            ("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", "is PEM, but not of a P-256 or Ed25519 key"),
        ];
        for (text, expected) in rows {
            assert_eq!(ApiKey::read("id".into(), text).err(), Some(expected), "{text}");
        }
        let key = ApiKey::read("hush".into(), text(&vectors()[0], "keySecret")).unwrap();
        assert_eq!(format!("{key:?}"), "ApiKey { .. }");
    }
}
