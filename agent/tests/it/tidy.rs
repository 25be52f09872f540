//! What must not be there. Code cannot show an absence, so a test does.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

#[test]
fn decisions_reach_no_network_and_read_no_clock() {
    let banned = [
        "tokio",
        "reqwest",
        "std::net",
        "std::env",
        "std::fs",
        "SystemTime",
        "Instant",
        "getrandom",
        "async ",
        ".await",
        "crate::transport",
        "crate::world",
        "crate::signer",
        "crate::agent",
    ];
    for (path, text) in sources("src/decisions") {
        for word in banned {
            assert!(!text.contains(word), "{} contains {word}", path.display());
        }
    }
}

#[test]
fn only_the_signer_holds_a_key_and_only_the_command_line_reads_the_environment() {
    for (path, text) in sources("src") {
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string();
        assert!(!text.contains("SecretKey") || name == "src/signer.rs", "{name}");
        assert!(!text.contains("env::var") || name.starts_with("src/cli"), "{name}");
        assert!(!text.contains("merchant::"), "{name}: payer and merchant do not know each other");
    }
}

#[test]
fn files_stay_short() {
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        let lines = text.lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}
