//! Wallets at the command line: made once, never overwritten, opened by whoever has the password and
//! only when something is to be signed.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::tempdir;
use tokio::process::Command;

use crate::command::{Ran, names, run_with, shop};
use crate::keystores::{PASSWORD, golden, skip};
use crate::scene::honest;
use crate::wares::{KEY, PAYER, offer};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn private(path: &Path, text: &[u8], mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// A keystore of the test key that opens fast, and its password in a file.
fn keystore(folder: &Path) {
    let text = std::fs::read(golden("web3-eth-accounts.json")).unwrap();
    private(&folder.join("wallet.json"), &text, 0o600);
    private(&folder.join("password"), format!("{PASSWORD}\n").as_bytes(), 0o600);
}

async fn plain(folder: &Path, arguments: &[&str]) -> Ran {
    run_with(folder, arguments, &[]).await
}

#[tokio::test]
async fn a_new_wallet_is_a_private_file_that_opens_with_its_password() {
    let folder = tempdir().unwrap();
    private(&folder.path().join("password"), b"hush\n", 0o600);
    let home = folder.path().to_str().unwrap();
    let variables = [("HOME", home), ("X402_KEYSTORE_PASSWORD_FILE", "password")];
    let made = run_with(folder.path(), &["wallet", "new", "--light", "--json"], &variables).await;
    assert_eq!((made.exit, made.err.as_str()), (0, ""));
    let told = made.json();
    let (address, file) = (told["address"].as_str().unwrap(), told["file"].as_str().unwrap());
    assert_eq!(told["wallet"], format!("keystore:{file}"));
    let folder_of_it = Path::new(file).parent().unwrap();
    assert!(folder_of_it.ends_with(".config/x402-agent/wallets"), "{file}");
    assert_eq!((mode(Path::new(file)), mode(folder_of_it)), (0o600, 0o700));
    let usual = folder.path().join("usual");
    std::fs::create_dir(&usual).unwrap();
    let above = mode(folder_of_it.parent().unwrap());
    assert_eq!(above, mode(&usual), "sessions are there, too, and others may read them");

    let wallet = format!("keystore:{file}");
    let asked = ["wallet", "address", "--wallet", &wallet];
    let shown = run_with(folder.path(), &asked, &variables).await;
    assert_eq!((shown.exit, shown.text()), (0, format!("{address}\n").as_str()), "{}", shown.err);
    let tilde = format!("keystore:~/.config/x402-agent/wallets/{}.json", address.to_lowercase());
    let named = [("HOME", home), ("X402_WALLET", tilde.as_str())];
    let shown = run_with(folder.path(), &["address", "--json"], &named).await;
    assert_eq!(shown.json(), json!({ "address": address, "proven": false }), "{}", shown.err);

    let other = run_with(folder.path(), &["wallet", "new", "--light", "--json"], &variables).await;
    assert_ne!(other.json()["address"], address, "another call, another key");
    let listed = run_with(folder.path(), &["wallet", "list"], &variables).await;
    assert_eq!((listed.exit, listed.text().lines().count()), (0, 2), "{}", listed.text());
    assert!(listed.text().contains(address) && listed.text().contains(file));
}

#[tokio::test]
async fn nothing_is_ever_overwritten() {
    let folder = tempdir().unwrap();
    keystore(folder.path());
    private(&folder.path().join("key"), KEY.as_bytes(), 0o600);
    let before = std::fs::read(folder.path().join("wallet.json")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("link.json")).unwrap();
    let password = ["--password-file", "password", "--light"];
    for file in ["wallet.json", "password", "link.json", "."] {
        for command in [&["wallet", "new"][..], &["wallet", "import", "key"]] {
            let ran = plain(folder.path(), &[command, &["-o", file], &password].concat()).await;
            assert_eq!((ran.exit, ran.text()), (2, ""), "{file}: {}", ran.err);
            assert!(ran.err.contains("cannot be written"), "{}", ran.err);
        }
    }
    assert_eq!(std::fs::read(folder.path().join("wallet.json")).unwrap(), before);
    assert_eq!(names(folder.path()), ["key", "link.json", "password", "wallet.json"]);
}

#[tokio::test]
async fn a_key_is_imported_from_a_private_file_or_standard_input() {
    let folder = tempdir().unwrap();
    keystore(folder.path());
    private(&folder.path().join("key"), KEY.as_bytes(), 0o600);
    let flags = ["--password-file", "password", "--light", "-o"];
    let ran =
        plain(folder.path(), &[&["wallet", "import", "key"], &flags[..], &["a"]].concat()).await;
    assert_eq!(ran.exit, 0, "{}", ran.err);
    assert!(ran.text().contains(PAYER) && ran.text().contains("delete it there"), "{}", ran.text());

    let mut command = crate::command::command(
        folder.path(),
        &[&["wallet", "import", "-"], &flags[..], &["b"]].concat(),
        &[],
    );
    command.stdin(std::fs::File::open(folder.path().join("key")).unwrap());
    let ran = crate::command::ran(command.output().await.unwrap());
    assert!(ran.exit == 0 && ran.text().contains(PAYER), "{}", ran.err);

    private(&folder.path().join("open"), KEY.as_bytes(), 0o644);
    private(&folder.path().join("none"), b"0x12", 0o600);
    for (file, said) in [("open", "chmod 600 open"), ("none", "64 hexadecimal digits")] {
        let arguments = [&["wallet", "import", file], &flags[..], &["c"]].concat();
        let ran = plain(folder.path(), &arguments).await;
        assert_eq!((ran.exit, ran.text()), (3, ""), "{file}");
        assert!(ran.err.contains(said), "{}", ran.err);
    }
    assert!(!folder.path().join("c").exists());
}

/// What is wrong with a keystore or its password is told before anything is signed or sent.
#[tokio::test]
async fn a_keystore_that_does_not_open_pays_nothing() {
    let whole: Value =
        serde_json::from_slice(&std::fs::read(golden("web3-eth-accounts.json")).unwrap()).unwrap();
    let changed = |path: &str, value: Value| {
        let mut document = whole.clone();
        *document.pointer_mut(path).unwrap() = value;
        document.to_string()
    };
    let good = whole.to_string();
    let costly = changed("/crypto/kdfparams/n", json!(1_u64 << 40));
    let renamed = changed("/address", json!("00".repeat(20)));
    let cut = good[..200].to_owned();
    let old = changed("/version", json!(1));
    let foreign = changed("/crypto/kdf", json!("argon2id"));
    let long = "x".repeat(1025);
    #[rustfmt::skip]
    let rows = [
        // claim            keystore  mode   password     mode   code                          said
        ("wrong password",  &good,    0o600, "wrong",     0o600, "wrong_password",             "the password is not the right one"),
        ("empty password",  &good,    0o600, "",          0o600, "wrong_password",             "the password is not the right one"),
        ("two lines",       &good,    0o600, "a\nb\n",    0o600, "invalid_password",           "one line"),
        ("long password",   &good,    0o600, &long,       0o600, "invalid_password",           "at most 1,024 bytes"),
        ("open password",   &good,    0o600, PASSWORD,    0o640, "key_file_open_to_others",    "run chmod 600 password"),
        ("open keystore",   &good,    0o644, PASSWORD,    0o600, "key_file_open_to_others",    "run chmod 600 wallet.json"),
        ("cut off",         &cut,     0o600, PASSWORD,    0o600, "keystore_broken",            "`JSON` is missing or malformed"),
        ("version 1",       &old,     0o600, PASSWORD,    0o600, "keystore_broken",            "`version`"),
        ("another kdf",     &foreign, 0o600, PASSWORD,    0o600, "keystore_unsupported",       "its kdf is not supported"),
        ("all memory",      &costly,  0o600, PASSWORD,    0o600, "keystore_too_costly",        "more memory or time"),
        ("another account", &renamed, 0o600, PASSWORD,    0o600, "keystore_of_another_account", "somebody has changed the file"),
    ];
    for (claim, text, keystore_mode, password, password_mode, code, said) in rows {
        let folder = tempdir().unwrap();
        private(&folder.path().join("wallet.json"), text.as_bytes(), keystore_mode);
        private(&folder.path().join("password"), password.as_bytes(), password_mode);
        let (server, url) = shop(|url| honest(url, vec![offer()])).await;
        let arguments = [
            "get",
            &url,
            "--wallet",
            "keystore:wallet.json",
            "--password-file",
            "password",
            "--json",
            "-o",
            "content",
            "--ledger",
            "ledger",
        ];
        let ran = plain(folder.path(), &arguments).await;
        assert_eq!(ran.exit, 3, "{claim}: {}", ran.err);
        let told = ran.json();
        assert_eq!(told["error"]["code"], code, "{claim}: {told}");
        assert!(told.to_string().contains(said), "{claim}: {told}");
        assert!(!told.to_string().contains(PASSWORD), "{claim}");
        assert_eq!(server.payments().len(), 0, "{claim}");
        let ledger = agent::Ledger::open(&folder.path().join("ledger")).unwrap().all().unwrap();
        assert!(ledger.is_empty(), "{claim}: nothing was reserved");
        assert!(!folder.path().join("content").exists(), "{claim}");
    }
}

#[tokio::test]
async fn a_keystore_pays_and_is_asked_for_its_password_only_then() {
    let folder = tempdir().unwrap();
    keystore(folder.path());
    let wallet = ["--wallet", "keystore:wallet.json"];
    let opened = ["--wallet", "keystore:wallet.json", "--password-file", "password"];

    let (server, url) = shop(|url| honest(url, vec![offer()])).await;
    let ran = plain(folder.path(), &[&["get", &url], &opened[..]].concat()).await;
    assert_eq!(
        (ran.exit, ran.text(), server.payments().len()),
        (0, "the report\n", 1),
        "{}",
        ran.err
    );

    // Free content, a dry run and the address need no password; there is none to be had here.
    let (_server, url) = shop(|_| vec![crate::server::Reply::new(200).body("free").into()]).await;
    let ran = plain(folder.path(), &[&["get", &url], &wallet[..]].concat()).await;
    assert_eq!((ran.exit, ran.text()), (0, "free"), "{}", ran.err);
    let (server, url) = shop(|url| honest(url, vec![offer()])).await;
    let ran = plain(folder.path(), &[&["get", &url, "--dry-run"], &wallet[..]].concat()).await;
    assert!(ran.exit == 0 && ran.text().contains(PAYER), "{}{}", ran.text(), ran.err);
    server.clear();
    server.script(honest(&url, vec![offer()]));
    let ran = plain(folder.path(), &[&["get", &url], &wallet[..]].concat()).await;
    assert!(ran.exit == 3 && ran.err.contains("no password for the keystore"), "{}", ran.err);
    assert_eq!(server.payments().len(), 0);
}

#[tokio::test]
async fn a_wallet_is_named_in_one_way_and_the_argument_comes_first() {
    let folder = tempdir().unwrap();
    keystore(folder.path());
    private(&folder.path().join("key"), KEY.as_bytes(), 0o600);
    let other = format!("0x{}", "01".repeat(32));
    let stranger = "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1";
    let own = ("X402_PRIVATE_KEY", other.as_str());
    #[rustfmt::skip]
    let rows = [
        (&["--wallet", "file:key"][..],                     &[own][..],                                      0, PAYER),
        (&["--wallet", "env:OTHER"],                        &[("OTHER", KEY), own],                          0, PAYER),
        (&["--wallet", "env:"],                             &[own, ("X402_WALLET", "file:key")],             0, stranger),
        (&["--key-file", "key"],                            &[own, ("X402_WALLET", "env:")],                 0, PAYER),
        (&[],                                               &[own, ("X402_WALLET", "keystore:wallet.json")], 0, PAYER),
        (&[],                                               &[own, ("X402_WALLET", "")],                     0, stranger),
        (&["--wallet", "env:OTHER"],                        &[own],                                          3, "no wallet"),
        (&["--wallet", "env:OTHER"],                        &[("OTHER", "0x12")],                            3, "64 hexadecimal digits"),
        (&["--wallet", "file:none"],                        &[own],                                          3, "cannot be read"),
        (&["--wallet", "keystore:."],                       &[own],                                          3, "not a regular file"),
        (&["--wallet", "keystore:key"],                     &[own],                                          3, "not a keystore of version 3"),
        (&["--wallet", "nano:1"],                           &[own],                                          2, "the wallet must be"),
        (&["--wallet", "kms:a b"],                          &[own],                                          2, "the wallet must be"),
        (&["--wallet", "file:key", "--key-file", "key"],    &[own],                                          2, "cannot be used with"),
        (&[],                                               &[],                                             3, "no wallet: give --wallet"),
    ];
    for (arguments, variables, exit, said) in rows {
        let all = [&["wallet", "address"], arguments].concat();
        let ran = run_with(folder.path(), &all, variables).await;
        assert_eq!(ran.exit, exit, "{arguments:?} {variables:?}: {}", ran.err);
        let all = format!("{}{}", ran.text(), ran.err);
        assert!(all.contains(said), "{arguments:?} {variables:?}: {all}");
        assert!(!all.contains(&other[2..]) && !all.contains(&KEY[2..]), "{arguments:?}");
    }
}

#[cfg(not(feature = "kms"))]
#[tokio::test]
async fn a_kind_that_is_not_built_in_says_so() {
    let folder = tempdir().unwrap();
    let ran = plain(folder.path(), &["address", "--wallet", "kms:alias/agent"]).await;
    assert!(ran.exit == 2 && ran.err.contains("--features kms"), "{}", ran.err);
}

#[tokio::test]
async fn a_list_tells_what_is_no_keystore() {
    let folder = tempdir().unwrap();
    keystore(folder.path());
    let listed = plain(folder.path(), &["wallet", "list", "--folder", ".", "--json"]).await;
    let lines: Vec<Value> =
        listed.text().lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!((listed.exit, lines.len()), (3, 2), "{}", listed.err);
    assert_eq!(lines[0]["problem"]["code"], "keystore_broken");
    assert_eq!((&lines[1]["address"], &lines[1]["problem"]), (&json!(PAYER), &Value::Null));
    let none = plain(folder.path(), &["wallet", "list", "--folder", "none"]).await;
    assert_eq!((none.exit, none.text()), (0, ""));
    let nowhere = plain(folder.path(), &["wallet", "list"]).await;
    assert_eq!(nowhere.exit, 2, "{}", nowhere.err);
}

/// At a terminal of its own; what it shows is compared whole, so nothing that was typed is in it.
#[tokio::test]
async fn a_password_is_typed_twice_and_never_shown() {
    let folder = tempdir().unwrap();
    keystore(folder.path());
    let python = Command::new("python3").arg("--version").output().await;
    if !python.is_ok_and(|it| it.status.success()) {
        return skip("passwords at a terminal", "Python 3 is missing");
    }
    let agent = env!("CARGO_BIN_EXE_x402-agent");
    let new = ["wallet", "new", "--light", "--json", "-o", "made.json"];
    let (server, url) = shop(|url| honest(url, vec![offer()])).await;
    let get = ["get", &url, "-q", "--wallet", "keystore:wallet.json"];
    #[rustfmt::skip]
    let rows = [
        (&new[..], vec!["secret", "secreT"], 3, "Password for the new keystore: <typed>\nThe same password again: <typed>\nerror: the passwords differ"),
        (&new,     vec![""],                 3, "Password for the new keystore: <typed>\nerror: a new keystore needs a password\n"),
        (&new,     vec!["\x03"],             130, "Password for the new keystore: <typed>\nerror: interrupted"),
        (&get,     vec!["\x03"],             130, "Password of wallet.json: <typed>\nerror: interrupted; nothing was paid\n"),
        (&new,     vec!["secret", "secret"], 0, "Password for the new keystore: <typed>\nThe same password again: <typed>\n{\"address\":"),
    ];
    for (arguments, typed, exit, shown) in rows {
        server.clear();
        server.script(honest(&url, vec![offer()]));
        let mut command = Command::new("python3");
        command.arg(golden("terminal.py")).arg(json!(typed).to_string()).arg(agent);
        command.args(arguments).current_dir(folder.path());
        let output = command.output().await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let ended = text.trim_end().rsplit_once("exit ").map(|(_, code)| code.to_owned());
        assert_eq!(ended, Some(exit.to_string()), "{text}");
        assert!(text.starts_with(shown), "{text}\nand not\n{shown}");
        assert!(!text.contains("secre"), "{text}");
        assert_eq!(server.payments().len(), 0);
        assert_eq!(folder.path().join("made.json").exists(), exit == 0);
    }
}
