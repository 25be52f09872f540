//! Other people's eyes: AWS's own schemas on the templates, `ShellCheck` on the scripts.

use std::path::PathBuf;
use std::process::Command;

use crate::stage::{installed, skip};
use crate::template::root;

/// The path of a tool, installed if need be.
fn tool(name: &str) -> Option<PathBuf> {
    if !installed("python3") {
        skip(name, "Python 3");
        return None;
    }
    let output = Command::new(root().join("scripts/tools")).arg(name).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if !output.status.success() {
        skip(name, &format!("the package (scripts/tools: {})", text(&output.stderr)));
        return None;
    }
    Some(text(&output.stdout).into())
}

fn clean(command: &mut Command) {
    let output = command.current_dir(root()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");
}

#[test]
fn templates_fit_the_schemas_of_aws() {
    let Some(lint) = tool("cfn-lint") else { return };
    // AWS's schemas differ by region: where CloudFront's own resources are, and elsewhere.
    let regions = ["--regions", "us-east-1", "eu-central-1", "ap-southeast-2"];
    let templates = ["--template", "infra/merchant.yaml", "infra/artifacts.yaml"];
    clean(Command::new(lint).args(regions).args(templates));
}

#[test]
fn shell_scripts_have_no_traps_in_them() {
    let Some(check) = tool("shellcheck") else { return };
    let folders = ["scripts", "tests/tests/infra/programs"];
    let files = folders.iter().flat_map(|it| std::fs::read_dir(root().join(it)).unwrap());
    let files: Vec<PathBuf> =
        files.map(|it| it.unwrap().path()).filter(|it| it.is_file()).collect();
    assert!(files.len() >= 10, "the scripts are there");
    clean(Command::new(check).args(files));
}
