//! What is printed, for debugging or for people, holds neither the key nor an unsettled signature.

use std::path::Path;
use std::sync::{Arc, Mutex};

use agent::agent::Quoted;
use agent::{Event, LocalKey};
use sandbox::hostile::Hostile;
use tempfile::tempdir;
use wire::Address;

use crate::command::run_with;
use crate::reconciling::sandbox;
use crate::scene::{CountingWallet, PATH, StillWorld, after_demand, agent, honest, terms};
use crate::server::{Act, Server};
use crate::wares::{KEY, PAYEE, offer};

#[tokio::test]
async fn debug_output_holds_no_secret() {
    let server = Server::start().await;
    let url = server.url(PATH);
    server.script(honest(&url, vec![offer()]));
    server.script(honest(&url, vec![offer()]));
    server.script(after_demand(&url, vec![Act::Close; 7]));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&seen);
    let agent = agent(&CountingWallet::default(), &StillWorld::default(), terms())
        .observer(move |event: Event<'_>| listener.lock().unwrap().push(format!("{event:?}")))
        .build()
        .unwrap();
    let mut all = vec![format!("{agent:?} {:?}", LocalKey::from_hex(KEY).unwrap())];
    let Quoted::Priced(quote) = agent.quote(&url).await.unwrap() else { panic!() };
    all.push(format!("{quote:?} {:?}", agent.draft(&quote).unwrap()));
    // The quote took the first demand; the delivery behind it answers this unpaid request.
    let _free = agent.fetch(&url).await.unwrap();
    let paid = agent.fetch(&url).await.unwrap();
    all.push(format!("{paid:?}"));
    let error = agent.fetch(&url).await.unwrap_err();
    all.push(format!("{error:?} {error}"));
    all.append(&mut seen.lock().unwrap());
    let all = all.join("\n");
    assert!(!all.to_lowercase().contains(KEY.trim_start_matches("0x")));
    for payment in server.payments() {
        assert!(!all.contains(&payment), "a payment's bytes");
        let json = wire::header::decode_json(payment.as_bytes(), 16_384).unwrap();
        let document = wire::json::parse(&json).unwrap();
        let signature = document["payload"]["signature"].as_str().unwrap();
        assert!(!all.contains(signature), "a signature");
    }
    assert_eq!(server.payments().len(), 8);
}

/// Everything that a folder's files say, and their names. Not the ledger: it keeps payments, and only
/// its owner can read it.
fn written(folder: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        all += &path.display().to_string();
        if path.is_dir() {
            all += &written(&path);
        } else if !path.file_name().unwrap().to_str().unwrap().starts_with("ledger") {
            all += &String::from_utf8_lossy(&std::fs::read(path).unwrap());
        }
    }
    all
}

/// AG22: every command, in every form, when it works and when it does not.
#[tokio::test(flavor = "multi_thread")]
async fn no_command_tells_the_key_or_a_signature() {
    let (folder, sandbox) = (tempdir().unwrap(), sandbox().await);
    let (chain, here) = (sandbox.chain().clone(), "127.0.0.1:0".parse().unwrap());
    let thief = PAYEE.parse::<Address>().unwrap().evm();
    let shop = Hostile::start(chain, here, thief).await.unwrap();
    let rpc = sandbox.rpc_url();
    // Keys that are none, and must not be repeated either.
    let spoiled = format!("{KEY}00");
    std::fs::write(folder.path().join("spoiled.key"), &spoiled).unwrap();
    std::fs::set_permissions(
        folder.path().join("spoiled.key"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    let [honest, fake, again, poisoned, refused] =
        ["honest", "fake-delivery", "endless-402", "poisoned-text", "poisoned-refusal"]
            .map(|it| shop.url_of(it));
    let hash = format!("0x{}", "ab".repeat(32));
    #[rustfmt::skip]
    let lines: Vec<(i32, Vec<&str>)> = vec![
        (0,  vec!["get", &honest, "--dry-run", "--json"]),
        (0,  vec!["get", &honest, "--verbose"]),
        (0,  vec!["get", &poisoned, "--json", "-o", "file"]),
        (11, vec!["pay", &fake, "--json", "--verbose"]),
        (7,  vec!["get", &again, "--json", "--verbose"]),
        (7,  vec!["get", &refused, "--verbose"]),
        (5,  vec!["get", &honest, "--max-price", "$0.0001", "--json"]),
        (5,  vec!["get", &honest, "--budget", "$0.001"]),
        (0,  vec!["inspect", &poisoned]),
        (0,  vec!["inspect", &poisoned, "--json"]),
        (0,  vec!["wallet", "address"]),
        (0,  vec!["wallet", "balance", "--rpc", &rpc, "--json"]),
        (0,  vec!["address"]),
        (0,  vec!["ledger", "list"]),
        (0,  vec!["ledger", "list", "--json"]),
        (0,  vec!["ledger", "show", "1"]),
        (0,  vec!["ledger", "show", "3", "--json"]),
        (0,  vec!["ledger", "export"]),
        (0,  vec!["ledger", "export", "--format", "json"]),
        (0,  vec!["reconcile", "--rpc", &rpc]),
        (0,  vec!["reconcile", "--rpc", &rpc, "--json"]),
        (13, vec!["settlement", &hash, "--rpc", &rpc]),
        (14, vec!["e2e", &honest, "--rpc", &rpc, "--junit", "report.xml"]),
        (14, vec!["e2e", &honest, "--rpc", &rpc, "--json"]),
        (0,  vec!["session", "create", "--limit", "$1", "--sessions", "sessions"]),
        (0,  vec!["session", "list", "--sessions", "sessions", "--json"]),
        (3,  vec!["get", &honest, "--key-file", "spoiled.key"]),
        (2,  vec!["get", KEY]),
        (2,  vec!["get", &honest, "--key", KEY]),
    ];
    let variables = [
        ("X402_PRIVATE_KEY", KEY),
        ("X402_LEDGER", "ledger"),
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "1"),
    ];
    let mut all = String::new();
    for (exit, line) in &lines {
        let ran = run_with(folder.path(), line, &variables).await;
        let out = String::from_utf8_lossy(&ran.out).into_owned();
        assert_eq!(ran.exit, *exit, "{line:?}: {out} {}", ran.err);
        for said in [&out, &ran.err] {
            let steers =
                said.chars().find(|it| it.is_control() && *it != '\n' || *it == '\u{202e}');
            assert_eq!(steers, None, "{line:?}: {said:?}");
        }
        all += &out;
        all += &ran.err;
    }
    let bad = [("X402_PRIVATE_KEY", spoiled.as_str()), ("X402_LEDGER", "ledger")];
    let ran = run_with(folder.path(), &["get", &honest], &bad).await;
    assert_eq!(ran.exit, 3, "{}", ran.err);
    all += &ran.err;
    std::fs::remove_file(folder.path().join("spoiled.key")).unwrap();
    all += &written(folder.path());

    let all = all.to_lowercase();
    assert!(
        all.contains("report.xml") && all.contains("junit") || all.contains("testsuite"),
        "all is there"
    );
    assert!(!all.contains(KEY.trim_start_matches("0x")), "the key");
    let payments: Vec<_> = shop.visits().into_iter().filter_map(|it| it.payment).collect();
    assert!(payments.len() >= 5, "{}", payments.len());
    for payment in payments {
        assert!(!all.contains(&payment.to_lowercase()), "a payment's bytes");
        let json = wire::header::decode_json(payment.as_bytes(), 16_384).unwrap();
        let document = wire::json::parse(&json).unwrap();
        let signature = document["payload"]["signature"].as_str().unwrap();
        assert!(!all.contains(signature.trim_start_matches("0x")), "a signature");
    }
}
