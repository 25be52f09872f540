//! Payment sessions: an operator grants, a payer spends within, and nothing that a payer runs can
//! make a session or raise one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::command::{Ran, names, run, shop};
use crate::scene::honest;
use crate::wares::offer;

async fn session(folder: &Path, arguments: &[&str]) -> Ran {
    let places = ["--sessions", "operator", "--ledger", "ledger", "--json"];
    run(folder, &[&["session"], arguments, &places].concat()).await
}

async fn created(folder: &Path, limit: &str) -> String {
    let ran = session(folder, &["create", "--limit", limit, "--minutes", "15"]).await;
    assert_eq!(ran.exit, 0, "{}", ran.err);
    ran.json()["id"].as_str().unwrap().to_owned()
}

/// One purchase of one cent in a session: the exit code and what was said.
async fn buy(folder: &Path, id: &str) -> (i32, String) {
    let (server, url) = shop(|url| honest(url, vec![offer()])).await;
    let flags = ["get", &url, "--session", id, "--sessions", "operator", "--ledger", "ledger"];
    let ran = run(folder, &flags).await;
    assert_eq!(server.payments().len(), usize::from(ran.exit == 0));
    (ran.exit, ran.err)
}

#[tokio::test]
async fn a_session_ends_at_its_limit() {
    let folder = tempdir().unwrap();
    let id = created(folder.path(), "$0.02").await;
    for _ in 0..2 {
        assert_eq!(buy(folder.path(), &id).await.0, 0);
    }
    let (exit, said) = buy(folder.path(), &id).await;
    assert!(exit == 5 && said.contains("session's limit would be exceeded"), "{said}");
    let shown = session(folder.path(), &["show", &id]).await.json();
    let fact = |name: &str| shown[name].as_str().unwrap().to_owned();
    assert_eq!(
        (fact("state"), fact("spent"), fact("left")),
        ("open".into(), "$0.02".into(), "$0".into())
    );
    let other = created(folder.path(), "$0.01").await;
    assert_eq!(buy(folder.path(), &other).await.0, 0, "sessions do not share a limit");
}

#[tokio::test]
async fn a_closed_or_expired_or_unknown_session_pays_nothing() {
    let folder = tempdir().unwrap();
    let id = created(folder.path(), "$1").await;
    let closed = session(folder.path(), &["close", &id]).await;
    assert_eq!((closed.exit, &closed.json()["state"]), (0, &Value::from("closed")));
    let (exit, said) = buy(folder.path(), &id).await;
    assert!(exit == 5 && said.contains("session is closed"), "{said}");

    let id = created(folder.path(), "$1").await;
    let file = folder.path().join("operator").join(format!("{id}.json"));
    let mut text: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    text["expires"] = 1.into();
    fs::write(&file, text.to_string()).unwrap();
    let (exit, said) = buy(folder.path(), &id).await;
    assert!(exit == 5 && said.contains("has expired"), "{said}");

    for id in ["s_none", "../operator/x", ""] {
        assert_eq!(buy(folder.path(), id).await.0, 5, "{id}");
    }
    fs::write(&file, "{}").unwrap();
    let id = file.file_stem().unwrap().to_str().unwrap();
    assert_eq!(buy(folder.path(), id).await.0, 12, "a file that is no session");
}

#[tokio::test]
async fn a_session_lives_fifteen_minutes_to_eight_hours_and_has_a_limit_in_dollars() {
    let folder = tempdir().unwrap();
    #[rustfmt::skip]
    let rows = [
        ("$1",        "15",  0), ("$1",    "480", 0),
        ("$1",        "14",  2), ("$1",    "481", 2), ("$1", "0", 2),
        ("1 USDC",    "60",  2), ("much",  "60",  2), ("-$1", "60", 2),
    ];
    for (limit, minutes, exit) in rows {
        let limit = format!("--limit={limit}");
        let ran = session(folder.path(), &["create", &limit, "--minutes", minutes]).await;
        assert_eq!(ran.exit, exit, "{limit} {minutes}: {}", ran.err);
    }
    let listed = session(folder.path(), &["list"]).await;
    assert_eq!(listed.text().lines().count(), 2);
}

#[tokio::test]
async fn paying_leaves_the_operators_folder_as_it_was() {
    let folder = tempdir().unwrap();
    let id = created(folder.path(), "$1").await;
    let operator = folder.path().join("operator");
    let before = (names(&operator), fs::read(operator.join(format!("{id}.json"))).unwrap());
    // Read-only, as it is for a payer that runs as another user.
    fs::set_permissions(&operator, PermissionsExt::from_mode(0o555)).unwrap();
    assert_eq!(buy(folder.path(), &id).await.0, 0);
    let after = (names(&operator), fs::read(operator.join(format!("{id}.json"))).unwrap());
    fs::set_permissions(&operator, PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_policy_can_forbid_spending_outside_of_sessions() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("policy.toml"), "session_required = true").unwrap();
    let (server, url) = shop(|url| honest(url, vec![offer()])).await;
    let flags = ["get", &url, "--policy", "policy.toml", "--ledger", "ledger"];
    let ran = run(folder.path(), &flags).await;
    assert_eq!((ran.exit, server.requests().len()), (5, 0), "{}", ran.err);
}
