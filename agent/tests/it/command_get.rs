//! `x402-agent get`: where the content goes, what is said, and how it ends.

use serde_json::json;
use tempfile::tempdir;

use crate::command::{interrupt, names, run, run_with, shop};
use crate::scene::{after_demand, honest};
use crate::server::{Act, Reply, Script};
use crate::wares::{HASH, PAYEE, PAYER, challenge, delivery, demand, offer, settlement};

/// Of `the report` and a line feed, by another implementation (GNU coreutils).
const SHA256: &str = "c7976f1dbff10006eb9bf2d22a7959fee2fdadff032f0b57844e54138a1f7d8e";

#[tokio::test]
async fn content_goes_to_standard_output_and_the_story_to_standard_error() {
    let folder = tempdir().unwrap();
    let (_server, url) = shop(|url| honest(url, vec![offer()])).await;
    let ran = run(folder.path(), &["get", &url]).await;
    assert_eq!((ran.exit, ran.text()), (0, "the report\n"));
    let expected = format!(
        "paid $0.01 (0.01 USDC) on Base Sepolia (test network) to {PAYEE}\n  \
         transaction {HASH}\n  https://sepolia.basescan.org/tx/{HASH}\n\
         11 bytes\n  sha256 {SHA256}\n"
    );
    assert_eq!(ran.err, expected);
    assert_eq!(names(folder.path()), [""; 0]);
}

#[tokio::test]
async fn a_file_appears_when_it_is_complete() {
    let folder = tempdir().unwrap();
    let (_server, url) = shop(|url| honest(url, vec![offer()])).await;
    let ran = run(folder.path(), &["get", &url, "-o", "mine.txt", "--quiet"]).await;
    assert_eq!((ran.exit, ran.text(), ran.err.as_str()), (0, "", ""));
    assert_eq!(names(folder.path()), ["mine.txt"]);
    assert_eq!(std::fs::read(folder.path().join("mine.txt")).unwrap(), b"the report\n");
}

#[tokio::test]
async fn a_report_in_json_says_everything() {
    let folder = tempdir().unwrap();
    let (_server, url) = shop(|url| honest(url, vec![offer()])).await;
    let ran = run(folder.path(), &["get", &url, "-o", "mine.txt", "--json"]).await;
    let mut report = ran.json();
    assert!(report["payment"]["nonce"].take().as_str().unwrap().starts_with("0x"));
    assert!(report["payment"]["validBefore"].take().as_u64().unwrap() > 1_700_000_000);
    let expected = json!({
        "free": false,
        "payment": {
            "network": "eip155:84532", "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
            "symbol": "USDC", "amount": "10000", "price": "0.01", "payer": PAYER, "payTo": PAYEE,
            "nonce": null, "validBefore": null,
        },
        "receipt": {
            "settled": true, "doubt": null, "transaction": HASH,
            "explorer": format!("https://sepolia.basescan.org/tx/{HASH}"),
        },
        "url": url,
        "status": 200,
        "content": { "bytes": 11, "sha256": SHA256, "path": "mine.txt", "type": "text/plain", "encoding": null },
    });
    assert_eq!((ran.exit, report, ran.err.as_str()), (0, expected, ""));
}

#[tokio::test]
async fn json_and_content_do_not_share_a_stream() {
    let folder = tempdir().unwrap();
    let (_server, url) = shop(|url| honest(url, vec![offer()])).await;
    let ran = run(folder.path(), &["get", &url, "--json", "-o", "-"]).await;
    assert_eq!(ran.text(), "the report\n");
    let report: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(report["content"]["path"], json!(null));
}

#[tokio::test]
async fn a_dry_run_signs_nothing_and_needs_no_key() {
    let folder = tempdir().unwrap();
    for (variables, payer) in [
        (&[][..], "your account (no key given)"),
        (&[("X402_PRIVATE_KEY", crate::wares::KEY)], PAYER),
    ] {
        let (server, url) = shop(|url| honest(url, vec![offer()])).await;
        let ran = run_with(folder.path(), &["get", &url, "--dry-run"], variables).await;
        let expected = format!(
            "would pay  $0.01 (0.01 USDC)\n\
             on         Base Sepolia (test network)\n\
             to         {PAYEE}\n\
             from       {payer}\n\
             for        {url}\n\
             signing    EIP-712 TransferWithAuthorization (EIP-3009)\n\
             domain     \"USDC\" version \"2\", chain 84532, contract 0x036CbD53842c5426634e7929541eC2318f3dCF7e\n\
             valid for  60 s\n\
             sent in    PAYMENT-SIGNATURE\n\
             Dry run: nothing was signed, nothing was paid.\n"
        );
        assert_eq!((ran.exit, ran.text(), ran.err.as_str()), (0, expected.as_str(), ""));
        assert_eq!((server.requests().len(), server.payments().len()), (1, 0));
    }
}

#[tokio::test]
async fn the_verbose_story_tells_every_step() {
    let folder = tempdir().unwrap();
    let (_server, url) = shop(|url| honest(url, vec![offer()])).await;
    let ran = run(folder.path(), &["get", &url, "-v"]).await;
    let steps =
        ["GET http://", "402, v2 challenge", "offer 1 chosen", "signs nonce", "payment sent"];
    for step in steps {
        assert!(ran.err.contains(step), "{step}: {}", ran.err);
    }
}

#[tokio::test]
async fn each_kind_of_ending_has_its_exit_code() {
    fn script(acts: Vec<Act>) -> impl FnOnce(&str) -> Vec<Act> {
        move |url| after_demand(url, acts)
    }
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this".to_vec();
    let over = |url: &str| {
        let mut dear = offer();
        dear["amount"] = "100001".into();
        honest(url, vec![dear])
    };
    #[rustfmt::skip]
    let rows: Vec<(&str, Script, &[&str], i32, &str)> = vec![
        ("free",         Box::new(|_| vec![Reply::new(200).body("x").into()]), &[],              0,  ""),
        ("no such file", Box::new(|_| vec![Reply::new(404).into()]),      &[],                   6,  "the server answered 404"),
        ("web page",     Box::new(|_| vec![Reply::new(402).into()]),      &[],                   6,  "the challenge cannot be read"),
        ("too dear",     Box::new(over),                                  &[],                   5,  "offer 1: $0.100001 (0.100001 USDC) on Base Sepolia (test network): its price is over the limit"),
        ("not on Base",  Box::new(|url| honest(url, vec![offer()])),      &["--network", "base"], 5, "not known or not allowed"),
        ("dear, agreed", Box::new(over),                                  &["--max-price", "$0.2"], 0, "paid $0.100001"),
        ("asked again",  Box::new(|url| after_demand(url, [demand(&challenge(url, vec![offer()])).into()])), &[], 7, "can still be taken for"),
        ("conflict",     Box::new(script(vec![Reply::new(409).into()])),  &[],                   7,  "do not pay again before you know"),
        ("no receipt",   Box::new(script(vec![Reply::new(200).body("x").into()])), &[],          11, "warning: the server sent no receipt"),
        ("broke off",    Box::new(script(vec![Act::Raw(cut)])),           &[],                   10, "broke off after 9 bytes"),
        ("bad price",    Box::new(|_| vec![]),                            &["--max-price", "1e3"], 2, "a price must be"),
        ("bad network",  Box::new(|_| vec![]),                            &["--network", "base2"], 2, "a network must be"),
        ("no folder",    Box::new(|url| honest(url, vec![offer()])),      &["-o", "none/f"],     2,  "none/f cannot be written"),
        ("a folder",     Box::new(|url| honest(url, vec![offer()])),      &["-o", "."],          2,  ". cannot be written"),
    ];
    for (claim, script, arguments, exit, said) in rows {
        let folder = tempdir().unwrap();
        let (server, url) = shop(script).await;
        let arguments = [&["get", &url], arguments].concat();
        let ran = run(folder.path(), &arguments).await;
        assert_eq!(ran.exit, exit, "{claim}: {}", ran.err);
        assert!(ran.err.contains(said), "{claim}: {}", ran.err);
        let paid = matches!(exit, 7 | 8 | 10 | 11) || claim == "dear, agreed";
        assert_eq!(!server.payments().is_empty(), paid, "{claim}");
        assert_eq!(names(folder.path()), [""; 0], "{claim}: nothing is left behind");
    }
}

#[tokio::test]
async fn an_error_in_json_has_a_code_and_the_facts() {
    let folder = tempdir().unwrap();
    let (_server, url) = shop(|url| {
        let conflict = Reply::new(409).body(r#"{"error":"payment_already_used"}"#);
        after_demand(url, [conflict.into()])
    })
    .await;
    let ran = run(folder.path(), &["get", &url, "--json", "-o", "mine.txt"]).await;
    let report = ran.json();
    let error = &report["error"];
    assert_eq!(
        (ran.exit, &error["code"], &error["exit"]),
        (7, &json!("payment_conflict"), &json!(7))
    );
    assert_eq!(error["sent"]["serverCode"], json!("payment_already_used"));
    assert_eq!(error["payment"]["payTo"], json!(PAYEE));
}

#[tokio::test]
async fn content_that_broke_off_is_fetched_again_with_the_same_payment() {
    let folder = tempdir().unwrap();
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this".to_vec();
    let (server, url) =
        shop(|url| after_demand(url, [Act::Raw(cut), delivery(&settlement()).into()])).await;
    let ran = run(folder.path(), &["get", &url, "-o", "mine.txt"]).await;
    assert_eq!(std::fs::read(folder.path().join("mine.txt")).unwrap(), b"the report\n");
    assert!(ran.err.contains(SHA256), "{}", ran.err);
    let payments = server.payments();
    assert_eq!((payments.len(), &payments[0]), (2, &payments[1]));
}

#[tokio::test]
async fn help_lists_the_exit_codes_and_the_readme_does_too() {
    let folder = tempdir().unwrap();
    let ran = run(folder.path(), &["--help"]).await;
    let readme = include_str!("../../README.md");
    for line in readme.lines().filter(|it| it.starts_with("| ") && it[2..3].parse::<u8>().is_ok()) {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let (code, meaning) = (cells.next().unwrap(), cells.next().unwrap());
        assert!(ran.text().contains(&format!("{code:>5}  {meaning}")), "{code}: {meaning}");
    }
}

#[tokio::test]
async fn an_interruption_says_whether_money_is_at_stake() {
    #[rustfmt::skip]
    let rows: [(Script, usize, &str); 2] = [
        (Box::new(|_| vec![Act::Hang]),                    1, "nothing was paid"),
        (Box::new(|url| after_demand(url, [Act::Hang])),   2, "0.01 USDC to 0x209693Bc6afc0C5328bA36FaF03C514EF312287C can still be taken"),
    ];
    for (script, requests, said) in rows {
        let folder = tempdir().unwrap();
        let (server, url) = shop(script).await;
        let asked = async {
            while server.requests().len() < requests {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        let ran = interrupt(folder.path(), &["get", &url, "-o", "mine.txt"], asked).await;
        assert!(ran.exit == 130 && ran.err.contains(said), "{} {}", ran.exit, ran.err);
        assert_eq!(names(folder.path()), [""; 0], "nothing is left behind");
    }
}
