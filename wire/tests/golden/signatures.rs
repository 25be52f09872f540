//! EIP-712 digests, signatures and signers against viem's, and what Circle's token makes of tampered
//! ones.

use serde_json::{Map, Value};
use wire::eip712::{TokenDomain, struct_hash};
use wire::signature::{SecretKey, recover};
use wire::{Address, Authorization, SignatureBytes};

use crate::files::eip712;

#[test]
fn every_vector_hashes_signs_and_recovers_as_viem_does() {
    let golden = eip712();
    let vectors = golden["vectors"].as_array().expect("vectors");
    assert!(vectors.len() > 40, "the vectors are there");
    for vector in vectors {
        let row = Row(vector.as_object().expect("a vector"));
        let claim = row.text("claim");
        let (domain, authorization) = (row.domain(), row.authorization());
        let digest = domain.digest(&authorization);
        assert_eq!(domain.separator().to_string(), row.text("domain_separator"), "{claim}");
        assert_eq!(struct_hash(&authorization).to_string(), row.text("struct_hash"), "{claim}");
        assert_eq!(digest.to_string(), row.text("digest"), "{claim}");

        let key = SecretKey::from_hex(row.text("private_key")).expect("a key");
        assert_eq!(key.address().to_string(), row.text("recovered"), "{claim}");
        assert_eq!(key.sign(digest).to_string(), row.text("signature"), "{claim}");
        assert_eq!(recover(digest, &key.sign(digest)), row.recovered(), "{claim}");
    }
}

/// Where the token's own recovery reverts, there is no signer. Where it only finds that the signer
/// is not the payer, there is one, and it is a stranger.
#[test]
fn a_tampered_signature_has_the_signer_that_the_token_sees() {
    let golden = eip712();
    let rows = golden["altered_signatures"].as_array().expect("altered signatures");
    assert!(rows.len() > 20, "the altered signatures are there");
    for row in rows {
        let vector = vector_of(&golden, row);
        let row = Row(row.as_object().expect("a row"));
        let authorization = Row(&vector).authorization();
        let digest = Row(&vector).domain().digest(&authorization);
        let signature = row.text("signature").parse::<SignatureBytes>();
        let signer = signature.ok().and_then(|it| recover(digest, &it));
        let claim = row.text("claim");
        match row.0["fiat_token_reverts"].as_str() {
            None => assert_eq!(signer, Some(authorization.from), "{claim}"),
            Some("FiatTokenV2: invalid signature") => {
                assert_eq!(signer, row.recovered(), "{claim}");
                assert_ne!(signer, Some(authorization.from), "{claim}");
            }
            Some(reverts) => {
                assert!(reverts.starts_with("ECRecover: "), "{claim}: {reverts}");
                assert_eq!(signer, None, "{claim}");
            }
        }
    }
}

#[test]
fn a_signature_under_a_changed_message_is_a_strangers() {
    let golden = eip712();
    let rows = golden["altered_messages"].as_array().expect("altered messages");
    assert!(rows.len() > 8, "the altered messages are there");
    for row in rows {
        let mut vector = vector_of(&golden, row);
        let payer = Row(&vector).authorization().from;
        vector.extend(row["changes"].as_object().expect("changes").clone());
        let altered = Row(&vector);
        let row = Row(row.as_object().expect("a row"));
        let digest = altered.domain().digest(&altered.authorization());
        let claim = row.text("claim");
        assert_eq!(digest.to_string(), row.text("digest"), "{claim}");
        let signature = altered.text("signature").parse().expect("a signature");
        let signer = recover(digest, &signature);
        assert_eq!(signer, row.recovered(), "{claim}");
        assert_ne!(signer, Some(payer), "{claim}");
    }
}

/// A row of the golden file.
struct Row<'a>(&'a Map<String, Value>);

impl<'a> Row<'a> {
    fn text(&self, name: &str) -> &'a str {
        self.0[name].as_str().expect(name)
    }

    fn address(&self, name: &str) -> Address {
        self.text(name).parse().expect(name)
    }

    fn recovered(&self) -> Option<Address> {
        self.0["recovered"].as_str().map(|it| it.parse().expect("an address"))
    }

    fn domain(&self) -> TokenDomain {
        TokenDomain {
            name: self.text("name").to_owned(),
            version: self.text("version").to_owned(),
            chain_id: self.0["chain_id"].as_u64().expect("a chain id"),
            asset: self.address("verifying_contract"),
        }
    }

    fn authorization(&self) -> Authorization {
        Authorization {
            from: self.address("from"),
            to: self.address("to"),
            value: self.text("value").parse().expect("a value"),
            valid_after: self.text("valid_after").parse().expect("a time"),
            valid_before: self.text("valid_before").parse().expect("a time"),
            nonce: self.text("nonce").parse().expect("a nonce"),
        }
    }
}

/// The vector that a row is derived from.
fn vector_of(golden: &Value, row: &Value) -> Map<String, Value> {
    let vectors = golden["vectors"].as_array().expect("vectors");
    let vector = vectors.iter().find(|it| it["claim"] == row["of"]).expect("the row's vector");
    vector.as_object().expect("a vector").clone()
}
