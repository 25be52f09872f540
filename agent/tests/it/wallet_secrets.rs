//! Whatever a wallet prints, for people, for programs, for debugging or by a panic, holds neither its key
//! nor its password.

use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use agent::keystore::{Cost, Keystore, seal};
use agent::{LocalKey, Signer};
use tempfile::tempdir;

use crate::command::{run_with, shop};
use crate::keystores::{PASSWORD, golden};
use crate::scene::honest;
use crate::wares::{KEY, offer};

/// A key in every spelling that a careless line of code could give it.
fn spellings(key: &str) -> Vec<String> {
    let digits = key.trim_start_matches("0x").to_lowercase();
    let byte = |at: usize| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap();
    let bytes: Vec<u8> = (0..32).map(byte).collect();
    let base64 = wire::header::encode_json(&bytes).to_lowercase();
    let list: Vec<_> = bytes.iter().take(8).map(u8::to_string).collect();
    let half = |at: usize| digits[at..at + 24].to_owned();
    vec![half(0), half(40), base64[..40].to_owned(), list.join(", "), list.join(",")]
}

fn holds_no(secrets: &[String], all: &str, what: &str) {
    let all = all.to_lowercase();
    for secret in secrets {
        assert!(!all.contains(&secret.to_lowercase()), "{what} holds {secret}:\n{all}");
    }
}

#[test]
fn no_debug_output_and_no_panic_of_a_keystore_holds_a_secret() {
    let secrets = [spellings(KEY), vec![PASSWORD.to_owned()]].concat();
    let key = LocalKey::from_hex(KEY).unwrap();
    let text = seal(&key, PASSWORD.as_bytes(), Cost::Light).unwrap();
    let keystore = Keystore::read(&text).unwrap();
    let opened = keystore.open(PASSWORD.as_bytes());
    let wrong = keystore.open(b"another");
    holds_no(&secrets, &format!("{text}{keystore:?}{opened:?}{wrong:?}"), "debug output");
    // What somebody sees who takes a success for an error, which prints the success.
    let panicked = catch_unwind(AssertUnwindSafe(|| opened.unwrap_err())).unwrap_err();
    let said = panicked.downcast_ref::<String>().unwrap();
    assert!(said.contains(&key.address().to_string()), "it does print what it has: {said}");
    holds_no(&secrets, said, "a panic");
}

/// Every command that touches a key, when all goes well and when it does not.
#[tokio::test]
async fn no_command_tells_a_key_or_a_password() {
    let secrets = [spellings(KEY), vec![PASSWORD.to_owned()]].concat();
    let folder = tempdir().unwrap();
    let write = |name: &str, text: &[u8], mode: u32| {
        std::fs::write(folder.path().join(name), text).unwrap();
        let mode = PermissionsExt::from_mode(mode);
        std::fs::set_permissions(folder.path().join(name), mode).unwrap();
    };
    write("wallet.json", &std::fs::read(golden("web3-eth-accounts.json")).unwrap(), 0o600);
    write("open.json", &std::fs::read(golden("web3-eth-accounts.json")).unwrap(), 0o644);
    write("password", PASSWORD.as_bytes(), 0o600);
    write("wrong", format!("{PASSWORD}!").as_bytes(), 0o600);
    write("key", KEY.as_bytes(), 0o600);
    // What people mistake for one another.
    write("key.json", format!("{{\"key\":\"{KEY}\"}}").as_bytes(), 0o600);
    write("cut", &KEY.as_bytes()[..60], 0o600);

    let (shop_of, url) = shop(|_| Vec::new()).await;
    let keystore = ["--wallet", "keystore:wallet.json", "--password-file"];
    #[rustfmt::skip]
    let rows: Vec<(i32, Vec<&str>)> = vec![
        (0, vec!["wallet", "import", "key", "--light", "-o", "made.json", "--password-file", "password"]),
        (0, vec!["wallet", "new", "--light", "-o", "new.json", "--json", "--password-file", "password"]),
        (2, vec!["wallet", "import", "key", "--light", "-o", "made.json", "--password-file", "password"]),
        (3, vec!["wallet", "import", "key.json", "-o", "no.json", "--password-file", "password"]),
        (3, vec!["wallet", "import", "cut", "-o", "no.json", "--password-file", "password"]),
        (3, vec!["wallet", "list", "--folder", ".", "--json"]),
        (0, vec!["wallet", "address", "--wallet", "file:key", "--json"]),
        (3, vec!["wallet", "address", "--wallet", "keystore:key"]),
        (3, vec!["wallet", "address", "--wallet", "keystore:key.json"]),
        (3, vec!["wallet", "address", "--wallet", "keystore:open.json"]),
        (3, vec!["wallet", "address", "--wallet", "file:key.json"]),
        (4, [&["wallet", "balance", "--rpc", "http://127.0.0.1:1/"], &keystore[..], &["password"]].concat()),
        (0, [&["get", &url, "-v"], &keystore[..], &["password"]].concat()),
        (0, [&["get", &url, "--json", "-o", "content"], &keystore[..], &["password"]].concat()),
        (3, [&["get", &url, "--json"], &keystore[..], &["wrong"]].concat()),
        (3, [&["get", &url, "-v"], &keystore[..], &["key.json"]].concat()),
        (2, vec!["get", &url, "--wallet", KEY]),
        (2, vec!["get", &url, "--wallet", &KEY[..62]]),
    ];
    for (exit, arguments) in rows {
        shop_of.clear();
        shop_of.script(honest(&url, vec![offer()]));
        let variables = [("RUST_BACKTRACE", "full"), ("RUST_LOG", "trace")];
        let ran = run_with(folder.path(), &arguments, &variables).await;
        let all = format!("{}{}", ran.text(), ran.err);
        assert_eq!(ran.exit, exit, "{arguments:?}: {all}");
        holds_no(&secrets, &all, &format!("{arguments:?}"));
    }
    assert_eq!(shop_of.payments().len(), 2);
    for made in ["made.json", "new.json", "content"] {
        let text = std::fs::read_to_string(folder.path().join(made)).unwrap();
        holds_no(&secrets, &text, made);
    }
}
