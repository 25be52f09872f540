//! The command line, as its owner runs it: set-up, status, session, purchase, removal; and no secret in
//! anything that it prints or writes.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sandbox::world::Options;
use serde_json::Value;
use tempfile::TempDir;

use crate::amazon::{ACCESS_KEY, Amazon, REGION, SECRET, TOKEN, wallet_key};
use crate::market::{GOODS, Market};
use crate::scene::holds_no_secret;

const ROLE: &str = "arn:aws:iam::123456789012:role/payments";

/// A home with nothing in it, and the services.
struct Desk {
    amazon: Amazon,
    home: TempDir,
}

/// What a command left.
#[derive(Debug)]
struct Ran {
    exit: i32,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// The build puts programs beside the folder of the tests.
fn program() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let program = here.parent().and_then(Path::parent).unwrap().join("x402-agent");
    assert!(program.exists(), "x402-agent is not built: run cargo build --workspace first");
    program
}

impl Desk {
    async fn open() -> Self {
        Self { amazon: Amazon::open().await, home: tempfile::tempdir().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).current_dir(self.home.path()).env_clear();
        command.env("HOME", self.home.path()).env("AWS_REGION", REGION);
        command.env("AWS_ENDPOINT_URL_BEDROCK_AGENTCORE", self.amazon.url());
        command.env("AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL", self.amazon.url());
        command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", SECRET);
        command.env("AWS_SESSION_TOKEN", TOKEN);
        command.env("CDP_API_KEY_ID", "key-1").env("CDP_API_KEY_SECRET", "hush-api");
        command.env("CDP_WALLET_SECRET", "hush-wallet");
        command
    }

    /// Runs a command while the services go on, and answers what it asks.
    async fn run(&self, arguments: &[&str]) -> Ran {
        run(self.command(arguments), "").await
    }

    /// Sets everything up.
    async fn set_up(&self) {
        let ran = self.run(&["setup", "agentcore", "--role", ROLE]).await;
        assert_eq!(ran.exit, 0, "{ran:?}");
    }
}

async fn run(mut command: Command, typed: &str) -> Ran {
    let typed = typed.to_owned();
    let running = tokio::task::spawn_blocking(move || {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // It may end without reading.
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        child.wait_with_output().unwrap()
    });
    let output = running.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let ran = Ran {
        exit: output.status.code().unwrap(),
        out: text(output.stdout),
        err: text(output.stderr),
    };
    assert!(holds_no_secret(&format!("{}{}", ran.out, ran.err)), "{ran:?}");
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_is_set_up_shown_used_and_removed() {
    let (desk, market) = (Desk::open().await, Market::open(Options::instant()).await);
    let address = wallet_key().address().to_string();
    let ran = desk.run(&["setup", "agentcore", "--role", ROLE, "--limit", "$0.50"]).await;
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(ran.out.starts_with(&format!("ready: {address} pays within payment-session-")));
    assert_eq!(ran.err.lines().filter(|it| it.starts_with("made ")).count(), 5, "{ran:?}");
    let file = desk.home.path().join(".config/x402-agent/agentcore.json");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert!(holds_no_secret(&std::fs::read_to_string(&file).unwrap()));

    // Again, without secrets: everything is found.
    let mut again = desk.command(&["setup", "agentcore", "--json"]);
    for name in ["CDP_API_KEY_ID", "CDP_API_KEY_SECRET", "CDP_WALLET_SECRET"] {
        again.env_remove(name);
    }
    let ran = run(again, "").await;
    assert_eq!((ran.exit, ran.json()["state"].as_str()), (0, Some("ready")), "{ran:?}");
    assert_eq!(ran.json()["address"], address.as_str());
    assert!(!ran.err.contains("made "), "{ran:?}");

    let url = market.url("/premium/a.json");
    let ran = desk.run(&["get", &url, "--wallet", "agentcore:", "-o", "-"]).await;
    assert_eq!((ran.exit, ran.out.as_bytes()), (0, GOODS), "{ran:?}");
    assert_eq!((desk.amazon.signatures(), market.sold()), (1, 1));
    let ran = desk.run(&["wallet", "address", "--wallet", "agentcore:"]).await;
    assert_eq!(ran.out.trim(), address, "{ran:?}");

    let ran = desk.run(&["setup", "agentcore", "status", "--json"]).await;
    let told = ran.json();
    assert_eq!((ran.exit, &told["ready"]), (0, &true.into()), "{ran:?}");
    assert_eq!(told["session"]["left"], "0.499000 USD");
    assert_eq!(told["connector"]["state"], "READY");
    assert_eq!(told["usdc"]["Base Sepolia"], "10");
    let session = told["session"]["id"].as_str().unwrap();
    let ran = desk.run(&["session", "show", session]).await;
    assert!(ran.exit == 0 && ran.out.contains("0.499000 USD of 0.5 USD left"), "{ran:?}");

    let command = desk.command(&["setup", "agentcore", "remove"]);
    let ran = run(command, "yes\n").await;
    assert_eq!(ran.exit, 2, "the name is asked for: {ran:?}");
    assert_eq!(desk.amazon.books().managers.len(), 1);
    let command = desk.command(&["setup", "agentcore", "remove"]);
    let ran = run(command, "x402agent\n").await;
    assert_eq!((ran.exit, ran.out.as_str()), (0, "removed\n"), "{ran:?}");
    assert!(!file.exists());
    let left = {
        let it = desk.amazon.books();
        it.managers.len() + it.connectors.len() + it.providers.len() + it.sessions.len()
    };
    assert_eq!(left, 0);
    let ran = desk.run(&["setup", "agentcore", "status"]).await;
    assert!(ran.exit == 3 && ran.err.contains("nothing is set up"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_a_link_and_the_same_command_goes_on() {
    let desk = Desk::open().await;
    desk.amazon.books().wants_consent = true;
    let arguments = ["setup", "agentcore", "--role", ROLE, "--email", "me@example.com"];
    let ran = desk.run(&arguments).await;
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(ran.out.starts_with("https://consent.example/wallet?id="), "{ran:?}");
    let ran = desk.run(&["setup", "agentcore", "status"]).await;
    assert!(ran.exit == 3 && ran.err.contains("waits for consent: https://"), "{ran:?}");
    let ran = desk.run(&["get", "http://127.0.0.1:9/x", "--wallet", "agentcore:"]).await;
    assert!(ran.exit == 3 && ran.err.contains("not complete"), "{ran:?}");
    desk.amazon.books().instruments[0].set_status("ACTIVE");
    let ran = desk.run(&arguments).await;
    assert_eq!(ran.exit, 0, "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_come_from_files_that_only_their_owner_may_read() {
    let desk = Desk::open().await;
    let aws = desk.home.path().join(".aws");
    std::fs::create_dir(&aws).unwrap();
    let (profiles, secrets) = (aws.join("credentials"), desk.home.path().join("cdp.env"));
    let profile = format!(
        "[shop]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n\
         aws_session_token = {TOKEN}\n"
    );
    std::fs::write(&profiles, profile).unwrap();
    let lines = "export CDP_API_KEY_ID=key-1\nCDP_API_KEY_SECRET=\"hush-api\"\n\
                 CDP_WALLET_SECRET=hush-wallet\n";
    std::fs::write(&secrets, lines).unwrap();
    let command = || {
        let arguments = ["setup", "agentcore", "--role", ROLE, "--credentials", "cdp.env"];
        let mut command = desk.command(&arguments);
        for (name, _) in std::iter::zip(
            ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "CDP_API_KEY_ID"],
            0..,
        ) {
            command.env_remove(name);
        }
        command.env("AWS_PROFILE", "shop");
        command
    };
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    #[rustfmt::skip]
    let rows = [
        // secrets, profiles, exit, words
        (0o644,     0o600,    3,    "cdp.env has mode 0644"),
        (0o600,     0o640,    3,    "has mode 0640"),
        (0o600,     0o600,    0,    "made  session"),
    ];
    for (of_secrets, of_profiles, exit, words) in rows {
        mode(&secrets, of_secrets);
        mode(&profiles, of_profiles);
        let ran = run(command(), "").await;
        assert_eq!(ran.exit, exit, "{words}: {ran:?}");
        assert!(ran.err.contains(words), "{ran:?}");
    }
    assert_eq!(desk.amazon.books().providers.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_before_anything_is_made() {
    let desk = Desk::open().await;
    let setup = |more: &[&str], without: &[&str]| {
        let mut command = desk.command(&[&["setup", "agentcore", "--role", ROLE], more].concat());
        for name in without {
            command.env_remove(name);
        }
        command
    };
    #[rustfmt::skip]
    let rows: [(&[&str], &[&str], i32, &str); 9] = [
        (&[],                        &["AWS_ACCESS_KEY_ID"],     3, "no AWS credentials"),
        (&[],                        &["AWS_REGION"],            2, "no region"),
        (&[],                        &["CDP_WALLET_SECRET"],     3, "CDP_WALLET_SECRET is missing"),
        (&["--provider", "privy"],   &[],                        2, "needs the wallet provider's secrets"),
        (&["--region", "evil/"],     &[],                        2, "not the name of an AWS region"),
        (&["--name", "with-dash"],   &[],                        2, "letters and digits"),
        (&["--minutes", "14"],       &[],                        2, "15 to 480"),
        (&["--limit", "a lot"],      &[],                        2, "--limit"),
        (&["--limit", "1 USDC"],     &[],                        2, "--limit"),
    ];
    for (more, without, exit, words) in rows {
        let ran = run(setup(more, without), "").await;
        assert_eq!(ran.exit, exit, "{more:?} {without:?}: {ran:?}");
        assert!(ran.err.contains(words), "{more:?}: {ran:?}");
    }
    let made = desk.amazon.books().calls.iter().filter(|it| it.path.contains("Create")).count();
    assert_eq!(made, 0);
    // Another access key than the services know.
    let mut stranger = setup(&[], &[]);
    stranger.env("AWS_SECRET_ACCESS_KEY", "hush-other");
    let ran = run(stranger, "").await;
    assert!(ran.exit == 9 && ran.err.contains("renew them"), "{ran:?}");
    // What was set up under one name is not set up under another.
    desk.set_up().await;
    let ran = run(setup(&["--name", "other"], &[]), "").await;
    assert!(ran.exit == 2 && ran.err.contains("another set-up's"), "{ran:?}");
}
