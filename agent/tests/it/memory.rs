//! The built command line against what is meant to fill its memory, with little of it to fill. AG17.

use std::process::Stdio;

use sandbox::hostile::Hostile;
use sandbox::world::{Options, Sandbox};
use tempfile::tempdir;
use tokio::process::Command;
use wire::{Address, U256};

use crate::wares::{KEY, PAYEE, PAYER};

/// All that the process may write to, stacks included (`ulimit -d`), in KiB. What it is sent would
/// fill it several times over.
const DATA_KIB: &str = "196608";

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_payer_with_little_memory_outlives_every_flood() {
    let payer = PAYER.parse::<Address>().unwrap().evm();
    let funds = vec![(payer, U256::from(1_000_000))];
    let sandbox = Sandbox::start(Options { funds, ..Options::instant() }).await.unwrap();
    let (chain, here) = (sandbox.chain().clone(), "127.0.0.1:0".parse().unwrap());
    let thief = PAYEE.parse::<Address>().unwrap().evm();
    let hostile = Hostile::start(chain, here, thief).await.unwrap();
    let folder = tempdir().unwrap();
    #[rustfmt::skip]
    let rows = [
        // trick               exit
        ("body-announced",     6),
        ("body-endless",       6),
        ("body-bomb",          6),
        ("body-bomb-small",    6),
        ("header-endless",     4),
        ("deep-json",          6),
        ("body-beside-endless", 0),
        ("paid-body-bomb",     0),
    ];
    for (trick, exit) in rows {
        let mut command = Command::new("sh");
        let script = format!("ulimit -d {DATA_KIB} && exec \"$0\" \"$@\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_x402-agent"), "get"]);
        command.args([&hostile.url_of(trick), "--ledger", "ledger", "-o", "file", "-q"]);
        command.current_dir(folder.path()).env_clear().env("X402_PRIVATE_KEY", KEY);
        command.env("PATH", "/usr/bin:/bin").stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await.unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{trick}: {told}");
    }
}
