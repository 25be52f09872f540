//! What no file may hold, and how long one may be.

use crate::files::{self, File};

/// A file that is longer has two jobs. Tests included, so that they stay tables.
const LINES_MAX: usize = 400;

/// Written by machines, and not for reading.
const GENERATED: &[&str] = &["Cargo.lock", "package-lock.json", "bin-runtime", "LICENSE"];

#[test]
fn a_rust_file_has_one_job() {
    let long = files::rust("").into_iter().filter(|it| it.lines().count() > LINES_MAX);
    let long: Vec<String> = long.map(|it| it.path).collect();
    assert_eq!(long, NOTHING, "more than {LINES_MAX} lines");
}

#[test]
fn a_rust_file_opens_with_what_it_is_for() {
    let silent = files::rust("").into_iter().filter(|it| {
        let first = it.text.lines().next().unwrap_or_default();
        !first.starts_with("//!") && !first.starts_with("#![doc = include_str!")
    });
    let silent: Vec<String> = silent.map(|it| it.path).collect();
    assert_eq!(silent, NOTHING, "no //! on the first line");
}

#[test]
fn a_test_is_named_as_a_claim() {
    let places =
        places(&files::rust(""), |line| line.trim_start().starts_with(concat!("fn te", "st_")));
    assert_eq!(places, NOTHING);
}

/// Marks of unfinished work, spelled so that this file does not hold them.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("unimpl", "emented!"),
    concat!("to", "do!("),
];

/// A doc test that must not compile may stand for a value that nobody can make.
#[test]
fn nothing_is_left_for_later() {
    let forgery = |line: &str| line.starts_with("//!") || line.trim_start().starts_with("///");
    let unfinished = |line: &str| UNFINISHED.iter().any(|word| line.contains(word));
    let places =
        places(&tracked(), |line| unfinished(line) && !(forgery(line) && line.contains("forged")));
    assert_eq!(places, NOTHING);
}

/// Folders of one person's machine, spelled so that this file does not hold them.
const MACHINES: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/tm", "p/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

#[test]
fn no_file_speaks_of_the_machine_that_it_was_written_on() {
    let places = places(&tracked(), |line| MACHINES.iter().any(|folder| line.contains(folder)));
    assert_eq!(places, NOTHING);
}

#[test]
fn a_script_says_what_it_does() {
    let scripts = files::below("scripts", |path| path.matches('/').count() == 1);
    assert!(scripts.iter().any(|it| it.path == "scripts/test"), "the scripts are there");
    for script in scripts {
        let path = &script.path;
        assert!(script.text.starts_with("#!/usr/bin/env bash\n# "), "{path}: what it does, first");
        assert!(script.text.contains("set -euo pipefail"), "{path}: stops at the first failure");
        assert!(script.text.contains("--help"), "{path}: takes --help");
        let help = std::process::Command::new(files::place(path)).arg("--help").output();
        let help = help.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(help.status.success() && help.stdout.len() > 40, "{path} --help");
    }
}

const NOTHING: Vec<String> = Vec::new();

/// Every text file that people write.
fn tracked() -> Vec<File> {
    files::below("", |path| !GENERATED.iter().any(|end| path.ends_with(end)))
}

fn places(files: &[File], hit: impl Fn(&str) -> bool) -> Vec<String> {
    let mut places = Vec::new();
    for file in files {
        let hits = file.lines().filter(|(_, line)| hit(line));
        places.extend(hits.map(|(number, _)| format!("{}:{number}", file.path)));
    }
    places
}
