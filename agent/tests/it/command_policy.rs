//! Policies and budgets at the command line, with many processes and with processes that are killed.

use std::path::Path;
use std::process::Stdio;

use tempfile::tempdir;

use crate::command::{command, ran, run, shop};
use crate::scene::{PATH, after_demand, honest};
use crate::server::{Act, Server};
use crate::wares::{KEY, PAYEE, challenge, delivery, demand, offer, settlement};

const KEYED: &[(&str, &str)] = &[("X402_PRIVATE_KEY", KEY)];

fn policy(folder: &Path, text: &str) {
    std::fs::write(folder.join("policy.toml"), text).unwrap();
}

#[tokio::test]
async fn a_policy_file_binds_the_arguments() {
    #[rustfmt::skip]
    let rows = [
        ("",                                               &[][..],                         0, ""),
        ("max_price = \"$0.01\"",                          &[],                             0, ""),
        ("max_price = \"$0.009\"",                         &[],                             5, "over the limit"),
        ("max_price = \"$0.009\"",                         &["--max-price", "$1"],          5, "a payment of this size"),
        ("hosts = [\"shop.example\"]",                     &[],                             5, "does not allow this host"),
        ("networks = [\"base\"]",                          &[],                             5, "network"),
        ("networks = [\"base\"]",                          &["--network", "base-sepolia"],  5, "does not allow the network eip155:84532"),
        ("networks = [\"base-sepolia\", \"base\"]",        &["--network", "base-sepolia"],  0, ""),
        ("tokens = [\"EURC\"]",                            &[],                             5, "token"),
        ("tokens = [\"USDC\"]",                            &[],                             0, ""),
        ("[budget]\ntotal = \"$0.009\"",                   &[],                             5, "the budget would be exceeded"),
        ("[budget]\nper_host = \"$0.009\"",                &[],                             5, "the budget for this host"),
        ("[budget]\nwindows = [{ hours = 1, limit = \"$0.009\" }]", &[],                    5, "for this period"),
        ("",                                               &["--budget", "$0.009"],         5, "the budget would be exceeded"),
        ("[budget]\ntotal = \"$0.009\"",                   &["--budget", "$5"],             5, "the budget would be exceeded"),
        ("auto_pay = false",                               &[],                             5, "wants an approval"),
        ("confirm_above = \"$0.009\"",                     &[],                             5, "wants an approval"),
        ("confirm_above = \"$0.01\"",                      &[],                             0, ""),
        ("max_pirce = \"$0.01\"",                          &[],                             2, "unknown field"),
        ("max_price = \"0.01 USDC\"",                      &[],                             2, "must be in dollars"),
        ("max_price = 1",                                  &[],                             2, "policy.toml"),
        ("[budget]\nwindows = [{ hours = 0, limit = \"$1\" }]", &[],                        2, "hours"),
        ("payees = [\"0x12\"]",                            &[],                             2, "payees"),
    ];
    for (text, flags, exit, said) in rows {
        let folder = tempdir().unwrap();
        policy(folder.path(), text);
        let (server, url) = shop(|url| honest(url, vec![offer()])).await;
        let usual = ["get", &url, "--policy", "policy.toml", "--ledger", "ledger"];
        let ran = run(folder.path(), &[&usual, flags].concat()).await;
        assert_eq!(ran.exit, exit, "{text} {flags:?}: {}", ran.err);
        assert!(ran.err.contains(said), "{text} {flags:?}: {}", ran.err);
        assert_eq!(server.payments().len(), usize::from(exit == 0), "{text}");
    }
}

#[tokio::test]
async fn a_payee_list_binds_as_well() {
    for (payee, exit) in [(PAYEE, 0), (crate::wares::PAYER, 5)] {
        let folder = tempdir().unwrap();
        policy(folder.path(), &format!("payees = [\"{payee}\"]"));
        let (_server, url) = shop(|url| honest(url, vec![offer()])).await;
        let flags = ["get", &url, "--policy", "policy.toml", "--ledger", "ledger"];
        assert_eq!(run(folder.path(), &flags).await.exit, exit);
    }
}

#[tokio::test]
async fn a_signature_is_as_short_lived_as_the_policy_says() {
    let folder = tempdir().unwrap();
    policy(folder.path(), "max_timeout_seconds = 20");
    let (_server, url) = shop(|url| honest(url, vec![offer()])).await;
    let flags = ["get", &url, "--policy", "policy.toml", "--ledger", "l", "--dry-run"];
    let ran = run(folder.path(), &flags).await;
    assert!(
        ran.text().contains("valid for  20 s") || ran.text().contains("19 s"),
        "{}",
        ran.text()
    );
}

#[tokio::test]
async fn a_dry_run_tells_what_policy_would_say() {
    let folder = tempdir().unwrap();
    for (budget, exit, code) in [("$0.01", 0, None), ("$0.009", 5, Some("budget_exceeded"))] {
        let (_server, url) = shop(|url| honest(url, vec![offer()])).await;
        let flags = ["pay", &url, "--ledger", "l", "--budget", budget, "--dry-run", "--json"];
        let ran = run(folder.path(), &flags).await;
        assert_eq!((ran.exit, ran.json()["denied"]["code"].as_str()), (exit, code), "{}", ran.err);
        assert_eq!(ran.json()["wouldSign"]["amount"], "10000");
    }
}

#[tokio::test]
async fn limits_without_a_ledger_are_refused() {
    let folder = tempdir().unwrap();
    let (server, url) = shop(|url| honest(url, vec![offer()])).await;
    let ran = run(folder.path(), &["get", &url, "--budget", "$5"]).await;
    assert_eq!((ran.exit, server.requests().len()), (12, 0), "{}", ran.err);
    let ran = run(folder.path(), &["get", &url, "--ledger", "/dev/null/ledger"]).await;
    assert_eq!((ran.exit, server.requests().len()), (12, 0), "{}", ran.err);
}

#[tokio::test]
async fn the_ledger_lies_in_the_owners_state_folder() {
    let folder = tempdir().unwrap();
    let home = folder.path().to_str().unwrap();
    let (_server, url) = shop(|url| honest(url, vec![offer()])).await;
    let variables = [KEYED, &[("HOME", home)]].concat();
    let ran = crate::command::run_with(folder.path(), &["get", &url], &variables).await;
    assert_eq!(ran.exit, 0, "{}", ran.err);
    assert!(folder.path().join(".local/state/x402-agent/ledger.sqlite").is_file());
}

/// AG06.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_processes_a_budget_for_ten_pays_ten() {
    let folder = tempdir().unwrap();
    let mut children = Vec::new();
    for number in 0..100 {
        let server = Server::start().await;
        let url = server.url(&format!("/{number}"));
        server.script(honest(&url, vec![offer()]));
        let flags = ["get", &url, "--ledger", "ledger", "--budget", "$0.10", "-q"];
        let mut command = command(folder.path(), &flags, KEYED);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        children.push((child, server));
    }
    let (mut paid, mut payments) = (0, 0);
    for (child, server) in children {
        let ran = ran(child.wait_with_output().await.unwrap());
        assert!(matches!(ran.exit, 0 | 5), "{} {}", ran.exit, ran.err);
        paid += usize::from(ran.exit == 0);
        payments += server.payments().len();
    }
    assert_eq!((paid, payments), (10, 10));
}

/// AG07, after the payment was sent.
#[tokio::test]
async fn a_killed_process_leaves_its_payment_counted_and_the_next_one_sends_the_same_bytes() {
    let folder = tempdir().unwrap();
    let server = Server::start().await;
    let url = server.url(PATH);
    server.script(after_demand(&url, [Act::Hang]));
    let flags = |url: &str| {
        ["get", url, "--ledger", "ledger", "--budget", "$0.01"].map(str::to_owned).to_vec()
    };
    let given = flags(&url);
    let given: Vec<_> = given.iter().map(String::as_str).collect();
    let mut child = command(folder.path(), &given, KEYED).spawn().unwrap();
    while server.payments().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    child.start_kill().unwrap();
    child.wait().await.unwrap();

    let (other, elsewhere) = shop(|url| honest(url, vec![offer()])).await;
    let wanted = flags(&elsewhere);
    let wanted: Vec<_> = wanted.iter().map(String::as_str).collect();
    let refused = run(folder.path(), &wanted).await;
    assert_eq!((refused.exit, other.payments().len()), (5, 0), "{}", refused.err);

    // Nothing is asked for first: the stored bytes are the first thing that leaves.
    server.script([delivery(&settlement()).into()]);
    let again = run(folder.path(), &given).await;
    assert_eq!((again.exit, again.text()), (0, "the report\n"), "{}", again.err);
    let payments = server.payments();
    assert_eq!((payments.len(), server.requests().len()), (2, 3));
    assert_eq!(payments[0], payments[1]);

    // Over: now it is a new purchase, and there is no money left for one.
    server.script([demand(&challenge(&url, vec![offer()])).into()]);
    assert_eq!(run(folder.path(), &given).await.exit, 5);
}
