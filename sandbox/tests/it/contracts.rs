//! The committed bytecode is what the committed source gives.

use crate::reader::has_node;
use std::process::Command;

#[test]
fn the_committed_code_is_what_the_source_gives() {
    if !has_node("compiling the contracts") {
        return;
    }
    let compile = concat!(env!("CARGO_MANIFEST_DIR"), "/contracts/compile");
    let output = Command::new(compile).arg("--check").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
