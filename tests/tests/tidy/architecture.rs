//! Who may know whom, and where there is no IO.

use toml::{Table, Value};

use crate::files::{self, File, read};

/// What needs a network, a file, a clock, chance or a scheduler. Of `std::net`, addresses are mere
/// values; these four items do IO.
#[rustfmt::skip]
const IO: &[&str] = &[
    "tokio", "reqwest", "hyper", "object_store", "tracing", "getrandom", "clap",
    "TcpStream", "TcpListener", "UdpSocket", "ToSocketAddrs",
    "std::fs", "std::env", "std::process", "std::thread", "std::io",
    "::now()", "SystemTime", "Instant", "async ", ".await", "crate::adapters::", "crate::ports::",
    "crate::walk::", "crate::server::",
];

#[test]
fn decisions_reach_no_network_and_read_no_clock() {
    let mut folders = 0;
    for side in ["merchant", "agent"] {
        let decisions = files::below(&format!("{side}/src"), |path| {
            files::is_rust(path) && path[side.len()..].starts_with("/src/decisions")
        });
        folders += usize::from(!decisions.is_empty());
        assert_eq!(found(&decisions, IO), NOTHING, "in the decisions of {side}");
    }
    assert_eq!(folders, 2, "both sides have decisions");
}

#[test]
fn the_protocols_nouns_reach_nothing() {
    let sources = files::rust("wire/src");
    assert_eq!(found(&sources, IO), NOTHING);
    assert_eq!(
        dependencies("wire", "dependencies"),
        ["alloy-primitives", "alloy-sol-types", "base64", "k256", "serde", "serde_json", "zeroize"]
    );
}

/// Crate, which of our crates it is built from, which of them its tests may use besides. Crates
/// without a row drive these four from outside; nothing is built from them.
#[rustfmt::skip]
const DIRECTIONS: &[(&str, &[&str], &[&str])] = &[
    ("wire",     &[],       &["wire"]),
    ("sandbox",  &["wire"], &[]),
    ("merchant", &["wire"], &["sandbox"]),
    ("agent",    &["wire"], &["sandbox"]),
];

#[test]
fn crates_know_each_other_in_one_direction_only() {
    let ours = members();
    for (folder, built_from, tested_with) in DIRECTIONS {
        assert!(ours.iter().any(|it| it == folder), "{folder} is a crate of ours");
        let used = |table| dependencies(folder, table).into_iter().filter(|it| ours.contains(it));
        for name in used("dependencies").chain(used("build-dependencies")) {
            assert!(built_from.contains(&&*name), "{folder} must not be built from {name}");
        }
        for name in used("dev-dependencies") {
            let allowed = built_from.contains(&&*name) || tested_with.contains(&&*name);
            assert!(allowed, "the tests of {folder} must not use {name}");
        }
    }
}

#[test]
fn every_crate_takes_versions_and_lints_from_the_workspace() {
    for folder in members() {
        let manifest = manifest(&folder);
        assert_eq!(manifest["lints"]["workspace"], Value::Boolean(true), "{folder}");
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in manifest.get(table).and_then(Value::as_table).into_iter().flatten()
            {
                let shared = value.get("workspace").and_then(Value::as_bool);
                assert_eq!(shared, Some(true), "{folder}: {name}");
            }
        }
    }
}

const NOTHING: Vec<String> = Vec::new();

/// Where one of the words stands in the code, comments aside.
fn found(files: &[File], words: &[&str]) -> Vec<String> {
    let mut places = Vec::new();
    for file in files {
        for (number, code) in file.code() {
            let hits = words.iter().filter(|word| code.contains(**word));
            places.extend(hits.map(|word| format!("{}:{number}: {word}", file.path)));
        }
    }
    places
}

fn manifest(folder: &str) -> Table {
    read(&format!("{folder}/Cargo.toml")).text.parse().expect("a manifest is TOML")
}

fn members() -> Vec<String> {
    let root: Table = read("Cargo.toml").text.parse().expect("the manifest is TOML");
    let members = root["workspace"]["members"].as_array().expect("members").iter();
    let names: Vec<&str> = members.filter_map(Value::as_str).collect();
    sorted(&names)
}

fn dependencies(folder: &str, table: &str) -> Vec<String> {
    let manifest = manifest(folder);
    let names = manifest.get(table).and_then(Value::as_table).into_iter().flat_map(Table::keys);
    let names: Vec<&str> = names.map(String::as_str).collect();
    sorted(&names)
}

fn sorted(names: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
    names.sort();
    names
}
