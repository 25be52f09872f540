//! Where a key may come from, and that it never comes out again.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::tempdir;

use crate::command::{run, run_with, shop};
use crate::scene::{after_demand, honest};
use crate::server::Reply;
use crate::wares::{KEY, PAYER, offer};

fn key_file(folder: &Path, text: &str, mode: u32) {
    let path = folder.join("key");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_key_file_must_be_the_owners_alone() {
    let bare = KEY.trim_start_matches("0x");
    #[rustfmt::skip]
    let rows = [
        ("private",            KEY.to_owned(),       0o600, 0, ""),
        ("read-only",          KEY.to_owned(),       0o400, 0, ""),
        ("without 0x, line",   format!("{bare}\n"),  0o600, 0, ""),
        ("group may read",     KEY.to_owned(),       0o640, 3, "has mode 0640: run chmod 600 key"),
        ("anyone may read",    KEY.to_owned(),       0o644, 3, "has mode 0644"),
        ("anyone may write",   KEY.to_owned(),       0o602, 3, "has mode 0602"),
        ("empty",              String::new(),        0o600, 3, "64 hexadecimal digits"),
        ("too short",          KEY[..64].to_owned(), 0o600, 3, "64 hexadecimal digits"),
        ("zero",               "0".repeat(64),       0o600, 3, "64 hexadecimal digits"),
        ("beyond the curve",   "f".repeat(64),       0o600, 3, "64 hexadecimal digits"),
        ("a megabyte",         "f".repeat(1 << 20),  0o600, 3, "64 hexadecimal digits"),
    ];
    for (claim, text, mode, exit, said) in rows {
        let folder = tempdir().unwrap();
        key_file(folder.path(), &text, mode);
        let ran = run_with(folder.path(), &["address", "--key-file", "key"], &[]).await;
        assert_eq!(ran.exit, exit, "{claim}: {}", ran.err);
        assert!(ran.err.contains(said), "{claim}: {}", ran.err);
        let address = if exit == 0 { format!("{PAYER}\n") } else { String::new() };
        assert_eq!(ran.text(), address, "{claim}");
    }
}

#[tokio::test]
async fn no_key_is_needed_before_there_is_a_price() {
    let folder = tempdir().unwrap();
    let (_server, url) = shop(|_| vec![Reply::new(200).body("free").into()]).await;
    let ran = run_with(folder.path(), &["get", &url], &[]).await;
    assert_eq!((ran.exit, ran.text()), (0, "free"));
    let (server, url) = shop(|url| honest(url, vec![offer()])).await;
    let ran = run_with(folder.path(), &["get", &url], &[]).await;
    let said = "error: no wallet: give --wallet or set X402_WALLET (keystore:FILE, kms:KEY, file:FILE), \
                or set X402_PRIVATE_KEY\n";
    assert_eq!((ran.exit, ran.err.as_str()), (3, said));
    assert_eq!(server.payments().len(), 0);
    let ran = run_with(folder.path(), &["address"], &[]).await;
    assert_eq!((ran.exit, ran.err.as_str()), (3, said));
    let ran = run_with(folder.path(), &["address", "--key-file", "none"], &[]).await;
    assert_eq!(ran.exit, 3);
    let ran = run_with(folder.path(), &["address", "--key-file", "."], &[]).await;
    assert_eq!((ran.exit, ran.err.contains("not a regular file")), (3, true));
}

#[tokio::test]
async fn a_key_among_the_arguments_is_refused_and_not_repeated() {
    let folder = tempdir().unwrap();
    let given = format!("--key={KEY}");
    let bare = KEY.trim_start_matches("0x");
    for arguments in [&["get", KEY][..], &["get", "https://a.example/", bare], &[&given], &[bare]] {
        let ran = run_with(folder.path(), arguments, &[]).await;
        assert_eq!((ran.exit, ran.text()), (2, ""));
        assert!(ran.err.contains("looks like a private key"), "{}", ran.err);
        assert!(!ran.err.contains(bare), "{}", ran.err);
    }
}

#[tokio::test]
async fn no_output_ever_contains_the_key() {
    let digits = KEY.trim_start_matches("0x");
    let folder = tempdir().unwrap();
    key_file(folder.path(), KEY, 0o644);
    let conflict = |url: &str| after_demand(url, [Reply::new(409).into()]);
    let good = |url: &str| honest(url, vec![offer()]);
    for flags in [
        &[][..],
        &["-v"],
        &["--json"],
        &["--json", "-v"],
        &["--dry-run"],
        &["--dry-run", "--json"],
        &["--key-file", "key"],
    ] {
        for script in [&good as &dyn Fn(&str) -> Vec<_>, &conflict] {
            let (_server, url) = shop(script).await;
            let ran = run(folder.path(), &[&["get", &url], flags].concat()).await;
            let all = format!("{}{}", ran.text(), ran.err).to_lowercase();
            assert!(!all.contains(digits), "{flags:?}");
        }
    }
    let ran = run_with(folder.path(), &["address"], &[("X402_PRIVATE_KEY", &KEY[..65])]).await;
    assert!(ran.exit == 3 && !ran.err.contains(&digits[..20]), "a key with a typing error");
    let ran = run(folder.path(), &["--help"]).await;
    assert!(!ran.text().contains(digits), "help shows no environment");
}
