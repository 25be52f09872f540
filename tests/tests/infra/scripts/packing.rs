//! `scripts/package`: the same bytes every time, and nothing that must not be in them.

use std::process::Command;

use crate::stage::{Ending, Stage};

const CONFIG: &[u8] =
    b"networks = [\"base-sepolia\"]\n[facilitator]\ntoken = \"ssm:/shop/token\"\n";

/// The first of January 2020, as a ZIP archive has it (APPNOTE, 4.4.6).
const MIDNIGHT: &[u8] = &[0, 0, 0x21, 0x50];

fn stage() -> Stage {
    let stage = Stage::new("");
    stage.write("merchant.toml", CONFIG);
    stage.write("bootstrap", b"\x7fELF GLIBC_2.17 GLIBC_2.34 GLIBC_2.4");
    stage
}

fn package(stage: &Stage, words: &[&str]) -> Ending {
    stage.run("package", &[&["--arch", "x86_64"], words].concat(), "")
}

#[test]
fn the_same_contents_make_the_same_bytes() {
    let stage = stage();
    let first = package(&stage, &[]).well().said;
    let first_bytes = std::fs::read(first.trim()).unwrap();
    std::fs::remove_file(first.trim()).unwrap();
    assert_eq!(&first_bytes[10..14], MIDNIGHT, "the time of packing is not in it");
    stage.write("merchant.toml", CONFIG);
    let second = package(&stage, &[]).well().said;
    assert_eq!(first, second, "the name is the digest");
    assert_eq!(first_bytes, std::fs::read(second.trim()).unwrap());
    stage.write("merchant.toml", b"networks = [\"base\"]\n");
    assert_ne!(package(&stage, &[]).well().said, first, "another price is another package");
}

#[test]
fn a_package_holds_the_program_and_the_configuration_and_nothing_else() {
    let stage = stage();
    let listed = |path: String| {
        let listing = Command::new("unzip").args(["-Z1", path.trim()]).output().ok()?;
        Some(String::from_utf8(listing.stdout).unwrap())
    };
    let Some(listing) = listed(package(&stage, &[]).well().said) else {
        return crate::stage::skip("the listing", "unzip");
    };
    assert_eq!(listing, "bootstrap\nmerchant.toml\n");
    let read = stage.calls_with("-- challenge --config");
    assert!(read.len() == 1 && read[0].ends_with("/merchant.toml /"), "{read:?}");
    let built = stage.calls_with("cargo build");
    assert_eq!(built.len(), 1);
    let expected =
        "--release --locked -p merchant --bin bootstrap --no-default-features --features lambda";
    assert!(built[0].contains(expected), "{built:?}");
    stage.write("supported.json", b"{}");
    let listing = listed(package(&stage, &[]).well().said);
    assert_eq!(listing.as_deref(), Some("bootstrap\nmerchant.toml\nsupported.json\n"));
}

#[test]
fn what_must_not_be_packed_is_not() {
    let large = [&b"\x7fELF"[..], &noise(5 << 20)].concat();
    #[rustfmt::skip]
    let rows: &[(&str, &[u8], &[&str], &str)] = &[
        // file           bytes                           words                what is said
        ("bootstrap",     &large,                         &[],                 "at most 4194304"),
        ("bootstrap",     b"GLIBC_2.36",                  &[],                 "needs glibc 2.36"),
        ("merchant.toml", b"token = \"hush\"",            &[],                 "holds a secret"),
        ("merchant.toml", b"api_key_secret = \"hush\"",   &[],                 "holds a secret"),
        ("complaint",     b"pay_to is missing",           &[],                 "would not start with"),
        ("other.toml",    b"",                            &["--config", "no"], "there is no no"),
        ("other.toml",    b"",                            &["--arch", "mips"], "not mips"),
        ("other.toml",    b"",                            &["--arch", "arm64"], "rustup target add aarch64-unknown-linux-gnu"),
        ("other.toml",    b"",                            &["--fast"],         "unknown option --fast"),
    ];
    for (file, bytes, words, said) in rows {
        let stage = stage();
        stage.write(file, bytes);
        let ending = package(&stage, words).refused(said);
        assert_eq!(ending.said, "", "no path of a package");
        assert!(!ending.complained.contains("hush"), "{}", ending.complained);
    }
}

/// Bytes that cannot be compressed.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..count).map(|_| byte()).collect()
}
