//! The same against moto's KMS, which other people wrote: real requests, real keys of OpenSSL's. It
//! hashes a digest once more whatever it is told, so that its signatures are of something else: the
//! public key is compared, and the signature must be refused.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::tempdir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use wire::signature::remote::address_of_public_key;

use super::run_at;
use crate::command::shop;
use crate::keystores::skip;
use crate::scene::honest;
use crate::wares::offer;

#[tokio::test]
async fn another_teams_kms_shows_its_key_and_pays_nothing_with_a_signature_of_something_else() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let found = Command::new("scripts/tools").arg("moto_server").current_dir(root).output().await;
    let found = found.unwrap();
    if !found.status.success() {
        return skip("the wallet against moto's KMS", &String::from_utf8_lossy(&found.stderr));
    }
    let program = String::from_utf8(found.stdout).unwrap();
    // Port 0: it takes a free one and says which on standard error.
    let mut moto = Command::new(program.trim());
    moto.args(["-H", "127.0.0.1", "-p", "0"]).stdin(Stdio::null()).stdout(Stdio::null());
    let mut moto = moto.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut said = BufReader::new(moto.stderr.take().unwrap()).lines();
    let url = loop {
        let line = tokio::time::timeout(Duration::from_mins(1), said.next_line()).await;
        let line = line.expect("moto starts").unwrap().expect("moto goes on");
        if let Some((_, address)) = line.split_once("Running on ") {
            break address.split_whitespace().next().unwrap().to_owned();
        }
    };
    tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });

    let arn = create(&url, "ECC_SECG_P256K1").await;
    let public = ask(&url, "GetPublicKey", &json!({ "KeyId": arn })).await;
    let der = wire::header::decode_json(public["PublicKey"].as_str().unwrap().as_bytes(), 200);
    let address = address_of_public_key(&der.unwrap()).unwrap().to_string();

    let (folder, wallet) = (tempdir().unwrap(), format!("kms:{arn}"));
    let ran = run_at(folder.path(), &url, &["address", "--wallet", &wallet], &[]).await;
    assert_eq!((ran.exit, ran.text().trim()), (0, address.as_str()), "{}", ran.err);
    let (server, page) = shop(|url| honest(url, vec![offer()])).await;
    let ran = run_at(folder.path(), &url, &["get", &page, "--wallet", &wallet], &[]).await;
    assert!(ran.exit == 9 && ran.err.contains("signed something else"), "{}", ran.err);
    assert_eq!(server.payments().len(), 0);

    let other = format!("kms:{}", create(&url, "ECC_NIST_P256").await);
    let ran = run_at(folder.path(), &url, &["address", "--wallet", &other], &[]).await;
    assert!(ran.exit == 9 && ran.err.contains("ECC_SECG_P256K1"), "{}", ran.err);
    let none = wallet.replace(&arn[arn.len() - 4..], "0000");
    let ran = run_at(folder.path(), &url, &["address", "--wallet", &none], &[]).await;
    assert!(ran.exit == 9 && ran.err.contains("no such key"), "{}", ran.err);
}

async fn create(url: &str, spec: &str) -> String {
    let asked = json!({ "KeySpec": spec, "KeyUsage": "SIGN_VERIFY" });
    let made = ask(url, "CreateKey", &asked).await;
    made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

async fn ask(url: &str, operation: &str, body: &Value) -> Value {
    // Another test may have done so; one is enough.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let scope = "AWS4-HMAC-SHA256 Credential=a/20261121/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=0";
    let request = client
        .post(url)
        .header("x-amz-target", format!("TrentService.{operation}"))
        .header("content-type", "application/x-amz-json-1.1")
        .header("authorization", scope)
        .body(body.to_string());
    let answer = request.send().await.unwrap().bytes().await.unwrap();
    serde_json::from_slice(&answer).unwrap()
}
