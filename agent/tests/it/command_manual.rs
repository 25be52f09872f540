//! Completions and manual pages come from the arguments that are parsed, so they name every command.

use tempfile::tempdir;

use crate::command::{names, run_with};

#[tokio::test]
async fn every_shell_gets_a_script_that_knows_the_commands() {
    let folder = tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = run_with(folder.path(), &["completions", shell], &[]).await;
        assert_eq!((ran.exit, ran.err.as_str()), (0, ""), "{shell}");
        for word in ["inspect", "settlement", "reconcile", "--max-price"] {
            let word = if shell == "fish" { word.trim_start_matches("--") } else { word };
            assert!(ran.text().contains(word), "{shell} does not know {word}");
        }
    }
    assert_eq!(run_with(folder.path(), &["completions", "dos"], &[]).await.exit, 2);
}

#[tokio::test]
async fn every_command_has_a_page() {
    let folder = tempdir().unwrap();
    let ran = run_with(folder.path(), &["man"], &[]).await;
    assert_eq!((ran.exit, ran.err.as_str()), (0, ""));
    for words in [".TH x402", "x402\\-agent\\-get(1)", "Exit codes:"] {
        assert!(ran.text().contains(words), "{words} is missing:\n{}", ran.text());
    }
    let ran = run_with(folder.path(), &["man", "--folder", "."], &[]).await;
    assert_eq!((ran.exit, ran.text()), (0, ""), "{}", ran.err);
    let pages = names(folder.path());
    for page in ["x402-agent.1", "x402-agent-get.1", "x402-agent-session-create.1"] {
        assert!(pages.iter().any(|it| it == page), "{page} is missing: {pages:?}");
    }
    let ran = run_with(folder.path(), &["man", "--folder", "none"], &[]).await;
    assert_eq!(ran.exit, 2, "{}", ran.err);
}
