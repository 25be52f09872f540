//! The keystore as JSON. Every member is looked at; what is not there or not of its form is named.

use alloy_primitives::hex;
use serde_json::{Value, json};
use wire::Address;

use super::derivation::{Derivation, Kind};
use super::{FILE_BYTES_MAX, Keystore, KeystoreError};

use KeystoreError::{Broken, Unsupported};

pub(super) fn read(text: &str) -> Result<Keystore, KeystoreError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(Broken("its size"));
    }
    let document = wire::json::parse(text.as_bytes()).map_err(|_| Broken("JSON"))?;
    if document.get("version").and_then(Value::as_u64) != Some(3) {
        return Err(Broken("version"));
    }
    // Spelled `Crypto` by the first wallets.
    let crypto = document.get("crypto").or_else(|| document.get("Crypto"));
    let crypto = crypto.filter(|it| it.is_object()).ok_or(Broken("crypto"))?;
    if word(crypto, "cipher")? != "aes-128-ctr" {
        return Err(Unsupported("cipher"));
    }
    let ciphertext = bytes(crypto, "ciphertext")?;
    if !(1..=32).contains(&ciphertext.len()) {
        return Err(Broken("ciphertext"));
    }
    let iv = crypto.get("cipherparams").ok_or(Broken("cipherparams"))?;
    Ok(Keystore {
        address: address(&document)?,
        derivation: derivation(crypto)?,
        iv: bytes(iv, "iv")?.try_into().map_err(|_| Broken("iv"))?,
        ciphertext,
        mac: bytes(crypto, "mac")?.try_into().map_err(|_| Broken("mac"))?,
    })
}

fn derivation(crypto: &Value) -> Result<Derivation, KeystoreError> {
    let params = crypto.get("kdfparams").filter(|it| it.is_object()).ok_or(Broken("kdfparams"))?;
    let number = |name| params.get(name).and_then(Value::as_u64).ok_or(Broken(name));
    if number("dklen")? < 32 {
        return Err(Broken("dklen"));
    }
    let salt = bytes(params, "salt")?;
    match word(crypto, "kdf")? {
        "scrypt" => Derivation::scrypt(number("n")?, number("r")?, number("p")?, salt),
        "pbkdf2" if word(params, "prf")? != "hmac-sha256" => Err(Unsupported("prf")),
        "pbkdf2" => Derivation::pbkdf2(number("c")?, salt),
        _ => Err(Unsupported("kdf")),
    }
}

/// With or without `0x`, in any case; left out, or empty, by wallets that do not tell.
fn address(document: &Value) -> Result<Option<Address>, KeystoreError> {
    let text = match document.get("address") {
        None | Some(Value::Null) => return Ok(None),
        Some(it) => it.as_str().ok_or(Broken("address"))?,
    };
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let address = format!("0x{}", digits.to_lowercase()).parse();
    address.map(Some).map_err(|_| Broken("address"))
}

fn word<'a>(of: &'a Value, name: &'static str) -> Result<&'a str, KeystoreError> {
    of.get(name).and_then(Value::as_str).ok_or(Broken(name))
}

fn bytes(of: &Value, name: &'static str) -> Result<Vec<u8>, KeystoreError> {
    hex::decode(word(of, name)?).map_err(|_| Broken(name))
}

/// The members that other wallets expect, in the order in which they write them.
pub(super) fn write(it: &Keystore, name: [u8; 16]) -> String {
    let (kdf, mut params) = match it.derivation.kind {
        Kind::Scrypt { n, r, p } => ("scrypt", json!({ "dklen": 32, "n": n, "p": p, "r": r })),
        Kind::Pbkdf2 { iterations } => {
            ("pbkdf2", json!({ "c": iterations, "dklen": 32, "prf": "hmac-sha256" }))
        }
    };
    params["salt"] = hex::encode(&it.derivation.salt).into();
    let address = it.address.map(|it| it.lower_hex().trim_start_matches("0x").to_owned());
    let document = json!({
        "address": address,
        "crypto": {
            "cipher": "aes-128-ctr",
            "ciphertext": hex::encode(&it.ciphertext),
            "cipherparams": { "iv": hex::encode(it.iv) },
            "kdf": kdf,
            "kdfparams": params,
            "mac": hex::encode(it.mac),
        },
        "id": uuid(name),
        "version": 3,
    });
    format!("{document}\n")
}

/// A random UUID (RFC 9562, version 4).
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex::encode(bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> Value {
        json!({
            "address": "2c7536e3605d9c16a7a3d7b1898e529396a65c23",
            "crypto": {
                "cipher": "aes-128-ctr",
                "ciphertext": "11".repeat(32),
                "cipherparams": { "iv": "22".repeat(16) },
                "kdf": "scrypt",
                "kdfparams": { "dklen": 32, "n": 4096, "p": 6, "r": 8, "salt": "33".repeat(32) },
                "mac": "44".repeat(32),
            },
            "id": "00000000-0000-4000-8000-000000000000",
            "version": 3,
        })
    }

    #[test]
    fn a_keystore_that_is_not_one_says_which_member_is_to_blame() {
        #[rustfmt::skip]
        let rows: [(&str, &str, Value, Option<KeystoreError>); 29] = [
            ("as it should be", "/version",             json!(3),                 None),
            ("no address",      "/address",             Value::Null,              None),
            ("private address", "/address",             json!(""),                None),
            ("0x address",      "/address",             json!("0x2C7536E3605D9C16a7a3D7b1898e529396a65c23"), None),
            ("any address",     "/address",             json!("0x2C75"),          Some(Broken("address"))),
            ("a number",        "/address",             json!(7),                 Some(Broken("address"))),
            ("version 1",       "/version",             json!(1),                 Some(Broken("version"))),
            ("version as text", "/version",             json!("3"),               Some(Broken("version"))),
            ("no version",      "/version",             Value::Null,              Some(Broken("version"))),
            ("crypto is text",  "/crypto",              json!("x"),               Some(Broken("crypto"))),
            ("cbc",             "/crypto/cipher",       json!("aes-128-cbc"),     Some(Unsupported("cipher"))),
            ("no cipher",       "/crypto/cipher",       Value::Null,              Some(Broken("cipher"))),
            ("31 bytes",        "/crypto/ciphertext",   json!("11".repeat(31)),   None),
            ("empty",           "/crypto/ciphertext",   json!(""),                Some(Broken("ciphertext"))),
            ("33 bytes",        "/crypto/ciphertext",   json!("11".repeat(33)),   Some(Broken("ciphertext"))),
            ("not hexadecimal", "/crypto/ciphertext",   json!("zz"),              Some(Broken("ciphertext"))),
            ("short vector",    "/crypto/cipherparams/iv", json!("22".repeat(15)), Some(Broken("iv"))),
            ("no vector",       "/crypto/cipherparams", Value::Null,              Some(Broken("iv"))),
            ("argon",           "/crypto/kdf",          json!("argon2id"),        Some(Unsupported("kdf"))),
            ("no parameters",   "/crypto/kdfparams",    Value::Null,              Some(Broken("kdfparams"))),
            ("short key",       "/crypto/kdfparams/dklen", json!(16),             Some(Broken("dklen"))),
            ("long key",        "/crypto/kdfparams/dklen", json!(64),             None),
            ("no n",            "/crypto/kdfparams/n",  Value::Null,              Some(Broken("n"))),
            ("n as float",      "/crypto/kdfparams/n",  json!(4096.5),            Some(Broken("n"))),
            ("negative n",      "/crypto/kdfparams/n",  json!(-4096),             Some(Broken("n"))),
            ("all memory",      "/crypto/kdfparams/n",  json!(1_u64 << 50),       Some(KeystoreError::TooCostly)),
            ("no salt",         "/crypto/kdfparams/salt", json!(""),              Some(Broken("salt"))),
            ("short code",      "/crypto/mac",          json!("44".repeat(31)),   Some(Broken("mac"))),
            ("no code",         "/crypto/mac",          Value::Null,              Some(Broken("mac"))),
        ];
        for (claim, member, value, expected) in rows {
            let mut document = sound();
            *document.pointer_mut(member).unwrap() = value;
            assert_eq!(read(&document.to_string()).err(), expected, "{claim}");
        }
        for (text, member) in [("", "JSON"), ("{", "JSON"), ("[]", "version"), ("{}", "version")] {
            assert_eq!(read(text).err(), Some(Broken(member)), "{text}");
        }
        let bloated = format!("{}{}", sound(), " ".repeat(FILE_BYTES_MAX));
        assert_eq!(read(&bloated).err(), Some(Broken("its size")));
    }

    #[test]
    fn pbkdf2_is_read_with_one_hash_only() {
        let mut document = sound();
        document["crypto"]["kdf"] = "pbkdf2".into();
        let params = |prf: &str| json!({ "dklen": 32, "c": 4096, "prf": prf, "salt": "33" });
        for (prf, expected) in [("hmac-sha256", None), ("hmac-sha1", Some(Unsupported("prf")))] {
            document["crypto"]["kdfparams"] = params(prf);
            assert_eq!(read(&document.to_string()).err(), expected, "{prf}");
        }
    }

    #[test]
    fn a_name_is_a_random_uuid() {
        assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
    }
}
