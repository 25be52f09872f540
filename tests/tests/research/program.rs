//! The example's own program: its arguments, its budget, and what it prints.

use std::path::Path;
use std::process::{Command, Output};

use research_agent::model::Dialect;
use serde_json::json;

use crate::model::{Line, Script};
use crate::shop::{Shop, sha256};
use crate::{DIALECTS, key};

type Variables<'a> = &'a [(&'a str, &'a str)];

/// Runs it with these variables beside the payer's key. Waits on the test's own thread.
fn run(shop: &Shop, script: &Script, arguments: &[&str], variables: Variables<'_>) -> Output {
    let here = std::env::current_exe().unwrap();
    let program = here.parent().and_then(Path::parent).unwrap().join("research-agent");
    assert!(program.exists(), "research-agent is not built: run cargo build --workspace first");
    let source = shop.url("/premium/a.txt");
    let mut command = Command::new(program);
    command.env_clear().env("X402_PRIVATE_KEY", key()).envs(variables.iter().copied());
    command.current_dir(shop.folder.path());
    command.args(["What is it?", "--source", &source, "--endpoint", &script.url()]);
    command.args(arguments).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_prints_the_answer_and_what_was_bought_for_it() {
    for dialect in DIALECTS {
        let shop = Shop::open(&[("a.txt", "forty-two"), ("b.txt", "other")]).await;
        let fetch = |name: &str| {
            let url = shop.url(&format!("/premium/{name}"));
            Line::Call("fetch", json!({ "url": url }).to_string())
        };
        let answer = Line::Say("42 [1].\u{1b}[2J");
        let script =
            Script::start(dialect, vec![vec![fetch("a.txt"), fetch("b.txt")], vec![answer]]).await;
        let (model, variables) = match dialect {
            Dialect::Bedrock => (
                "bedrock:m:0",
                &[("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "s3cret")][..],
            ),
            Dialect::OpenAi => ("openai:m", &[("OPENAI_API_KEY", "s3cret")][..]),
        };
        // The budget is for one of the two.
        let output = run(&shop, &script, &["--model", model, "--budget", "$0.0015"], variables);
        let out = String::from_utf8(output.stdout).unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        let expected = format!(
            "42 [1]. [2J\n\nSources:\n[1] {}\n    sha256 {}\n    paid 0.001 USDC, https://sepolia.basescan.org/tx/0x",
            shop.url("/premium/a.txt"),
            sha256("forty-two"),
        );
        assert!(output.status.success() && out.starts_with(&expected), "{out}\n{err}");
        assert_eq!((shop.sold(), out.matches("sha256").count()), (1, 1), "{out}");
        assert!(script.results()[1].contains("session_exceeded"), "{:?}", script.results());
        for secret in ["s3cret", key().trim_start_matches("0x")] {
            assert!(!format!("{out}{err}").contains(secret), "a secret was printed");
            let shown = dialect == Dialect::OpenAi && secret == "s3cret";
            assert_eq!(
                script.everything().contains(secret),
                shown,
                "the model's key goes to the model"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_said_before_anybody_is_asked() {
    let shop = Shop::open(&[("a.txt", "x")]).await;
    let script = Script::start(Dialect::OpenAi, Vec::new()).await;
    #[rustfmt::skip]
    let rows: [(&[&str], Variables<'_>, &str); 5] = [
        (&["--model", "bedrock:m", "--budget", "$1"],  &[],                           "set AWS_BEARER_TOKEN_BEDROCK, or"),
        (&["--model", "claude", "--budget", "$1"],     &[],                           "bedrock:NAME or openai:NAME"),
        (&["--model", "openai:m", "--budget", "$1"],   &[("X402_PRIVATE_KEY", "")],   "X402_PRIVATE_KEY is not set"),
        (&["--model", "openai:m", "--budget", "free"], &[],                           "a price must be"),
        (&["--model", "openai:m"],                     &[],                           "--budget"),
    ];
    for (arguments, variables, said) in rows {
        let output = run(&shop, &script, arguments, variables);
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && err.contains(said), "{arguments:?}: {err}");
    }
    assert_eq!((script.turns(), shop.sold()), (0, 0));
}
