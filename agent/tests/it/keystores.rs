//! Keystores of other teams' software open here, and ours open there.

use std::path::{Path, PathBuf};

use agent::Signer;
use agent::keystore::{Keystore, KeystoreError};
use tempfile::tempdir;
use tokio::process::Command;

use crate::command::run_with;
use crate::wares::PAYER;

pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keystores").join(name)
}

#[test]
fn keystores_of_other_software_open_with_their_password_only() {
    let definition = "0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b";
    #[rustfmt::skip]
    let rows = [
        // file                           password        told   account
        ("definition-scrypt.json",        "testpassword", false, definition),
        ("definition-pbkdf2.json",        "testpassword", false, definition),
        ("geth-31-bytes.json",            "foo",          false, "0xd1E64E5480bFaf733Ba7D48712DEcb8227797a4e"),
        ("ethers.json",                   PASSWORD,       true,  PAYER),
        ("web3-eth-accounts.json",        PASSWORD,       true,  PAYER),
        ("web3-eth-accounts-pbkdf2.json", PASSWORD,       true,  PAYER),
        ("eth-account-scrypt.json",       PASSWORD,       true,  PAYER),
        ("eth-account-pbkdf2.json",       PASSWORD,       true,  PAYER),
    ];
    for (file, password, told, account) in rows {
        let text = std::fs::read_to_string(golden(file)).unwrap();
        let keystore = Keystore::read(&text).unwrap();
        let claimed = keystore.claimed_address().map(|it| it.to_string());
        assert_eq!(claimed.as_deref(), told.then_some(account), "{file}");
        let key = keystore.open(password.as_bytes()).unwrap();
        assert_eq!(key.address().to_string(), account, "{file}");
    }
    let listed = std::fs::read_dir(golden("")).unwrap().flatten();
    let files = listed.filter(|it| it.path().extension().is_some_and(|it| it == "json")).count();
    assert_eq!(files, rows.len(), "every file is opened");
    let text = std::fs::read_to_string(golden("web3-eth-accounts.json")).unwrap();
    let error = Keystore::read(&text).unwrap().open(b"correct horse").unwrap_err();
    assert_eq!(error, KeystoreError::WrongPassword);
}

#[tokio::test]
async fn other_software_opens_ours() {
    let node = Command::new("node").arg("--version").output().await;
    if !node.is_ok_and(|it| it.status.success()) {
        return skip("our keystores in ethers", "Node.js is missing");
    }
    let installed = Command::new(golden("install")).status().await.unwrap();
    assert!(installed.success(), "keystores/install failed");
    let packages = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/keystores");
    let folder = tempdir().unwrap();
    for (file, flags) in [("light.json", &["--light"][..]), ("standard.json", &[])] {
        let arguments = [&["wallet", "new", "-o", file, "--json"], flags].concat();
        let variables = [("X402_KEYSTORE_PASSWORD", PASSWORD)];
        let made = run_with(folder.path(), &arguments, &variables).await;
        assert_eq!(made.exit, 0, "{}", made.err);
        let path = folder.path().join(file);
        let reader = golden("reader.mjs");
        let mut node = Command::new("node");
        node.arg(reader).arg(packages).arg(&path).arg(PASSWORD);
        let read = node.output().await.unwrap();
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        let account = String::from_utf8(read.stdout).unwrap();
        assert_eq!(account.trim(), made.json()["address"], "{file}");
    }
}

/// Says what is not tested here, and fails where everything must be.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
#[expect(clippy::disallowed_methods, reason = "CI is told by the environment alone")]
pub(crate) fn skip(what: &str, why: &str) {
    let mandatory = std::env::var_os("CI").is_some_and(|it| it == "true");
    assert!(!mandatory, "{what}: {why}");
    eprintln!("SKIPPED: {what}: {why}");
}
