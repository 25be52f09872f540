//! How the merchant makes itself and its goods known to facilitators, judged by the libraries that
//! Coinbase's client signs with and catalogues are built on. The built assembly asks a facilitator that writes down what it is shown.

#![expect(clippy::unwrap_used, reason = "tests")]

mod desk;
mod listing;
mod node;

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use merchant::assembly;
use merchant::decisions::faults::FacilitatorFault;
use merchant::ports::Facilitator;
use merchant::settings::Settings;
use serde_json::{Value, json};

use desk::{Desk, Shown};

const VECTORS: &str = include_str!("../../../merchant/golden/cdp-tokens.json");
/// Nobody waits for more than a test's neighbour does.
const LIMIT: Duration = Duration::from_mins(1);

/// What a facilitator at this desk is shown when it is asked for everything, with these lines in
/// `[facilitator]`.
async fn shown(desk: &Desk, folder: &Path, lines: &str) -> Vec<Shown> {
    let toml = format!(
        "public_url = \"http://localhost:4021\"\n\
         pay_to = \"0x209693Bc6afc0C5328bA36FaF03C514EF312287C\"\n\
         networks = [\"base-sepolia\"]\n\
         content.url = \"memory:\"\nledger.url = \"memory:\"\n\
         [facilitator]\nurl = \"{}/platform/v2/x402\"\n{lines}\n\
         [[routes]]\npath = \"/\"\nprice = \"$0.001\"\n",
        desk.url
    );
    let mut settings = Settings::load(&toml, folder, std::iter::empty()).unwrap();
    assembly::fetch_secrets(&mut settings).await.unwrap();
    let facilitator = assembly::facilitator(&settings.facilitator).unwrap();
    assert!(!format!("{settings:?}{facilitator:?}").contains("hush"), "secrets are not shown");
    let unreadable = FacilitatorFault::Unreadable(401);
    assert_eq!(facilitator.verify(&Bytes::from_static(b"{}"), LIMIT).await, Err(unreadable));
    assert_eq!(facilitator.settle(&Bytes::from_static(b"{}"), LIMIT).await, Err(unreadable));
    assert_eq!(facilitator.supported(LIMIT).await, Err(unreadable));
    desk.shown()
}

const REQUESTS: [&str; 3] = ["POST /verify", "POST /settle", "GET /supported"];

#[tokio::test]
async fn a_token_and_further_headers_go_with_every_request() {
    let folder = tempfile::tempdir().unwrap();
    secret_file(&folder.path().join("key"), "hush-key\n", 0o600);
    let desk = Desk::open().await;
    let lines =
        "token = \"hush\"\nheaders = [\"X-Api-Key: file:./key\", \"x-team: files and more\"]";
    let shown = shown(&desk, folder.path(), lines).await;
    assert_eq!(shown.len(), REQUESTS.len());
    for (shown, request) in shown.iter().zip(REQUESTS) {
        assert_eq!(shown.request.replace("/platform/v2/x402", ""), request);
        assert_eq!(shown.header("authorization"), Some("Bearer hush"), "{request}");
        assert_eq!(shown.header("x-api-key"), Some("hush-key"), "{request}");
        assert_eq!(shown.header("x-team"), Some("files and more"), "{request}");
    }
}

#[tokio::test]
async fn a_secret_that_others_may_read_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    secret_file(&folder.path().join("key"), "hush", 0o644);
    let toml = "public_url = \"http://localhost:4021\"\ncontent.url = \"memory:\"\n\
                ledger.url = \"memory:\"\n[facilitator]\nurl = \"x402.org\"\ntoken = \"file:./key\"\n\
                [[routes]]\npath = \"/\"\nfree = true\n";
    let mut settings = Settings::load(toml, folder.path(), std::iter::empty()).unwrap();
    let said = assembly::fetch_secrets(&mut settings).await.unwrap_err().to_string();
    assert!(said.ends_with("others on this machine may read it; run chmod 600 on it"), "{said}");
    assert!(!said.contains("hush"));
    std::fs::remove_file(folder.path().join("key")).unwrap();
    let said = assembly::fetch_secrets(&mut settings).await.unwrap_err().to_string();
    assert!(said.contains("No such file"), "{said}");
}

/// Every request is signed anew, for itself alone.
#[tokio::test]
async fn coinbases_own_library_accepts_our_signatures() {
    let golden: Value = serde_json::from_str(VECTORS).unwrap();
    let mut judged = Vec::new();
    let mut nonces = Vec::new();
    for vector in golden["vectors"].as_array().unwrap().iter().step_by(3) {
        let (id, secret) =
            (vector["keyId"].as_str().unwrap(), vector["keySecret"].as_str().unwrap());
        let folder = tempfile::tempdir().unwrap();
        secret_file(&folder.path().join("key"), secret, 0o600);
        let desk = Desk::open().await;
        let lines = format!("key_id = \"{id}\"\nkey_secret = \"file:./key\"");
        for shown in shown(&desk, folder.path(), &lines).await {
            let token = shown.header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
            let (method, path) = shown.request.split_once(' ').unwrap();
            let host = desk.url.trim_start_matches("http://");
            nonces.push(token.to_owned());
            judged.push(json!({
                "token": token, "request": format!("{method} {host}{path}"),
                "keyId": id, "keySecret": secret,
            }));
        }
    }
    assert_eq!(judged.len(), 6, "three requests with each kind of key");
    nonces.dedup();
    assert_eq!(nonces.len(), 6, "no token twice");
    // The judge must be able to say no.
    let mut stolen = judged[0].clone();
    stolen["request"] = judged[1]["request"].clone();
    judged.push(stolen);
    let mut forged = judged[3].clone();
    forged["keySecret"] = judged[0]["keySecret"].clone();
    judged.push(forged);
    let Some(verdicts) = node::run("verify.mjs", &Value::from(judged)) else { return };
    let verdicts: Vec<_> = verdicts.lines().collect();
    assert_eq!(verdicts[..6], ["good"; 6]);
    assert_eq!(verdicts.len(), 8);
    assert!(verdicts[6..].iter().all(|it| *it != "good"), "{verdicts:?}");
}

fn secret_file(path: &Path, text: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
