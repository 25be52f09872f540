//! Facts about the machine that a reader needs in order to judge figures: never its name.

use std::process::Command;

/// One sentence.
pub(crate) fn facts(peers: bool) -> String {
    let cpus = read("/proc/cpuinfo");
    let count = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("unknown model", |(_, name)| name.trim());
    let shared = if cpus.contains(" hypervisor") { ", in a virtual machine" } else { "" };
    let kernel = read("/proc/sys/kernel/osrelease");
    // What follows the version names a build, not a kernel.
    let kernel = kernel.trim().split(['-', '+']).next().unwrap_or_default();
    let rustc = version("rustc", 2);
    let node = if peers { format!(", Node.js {}", version("node", 1)) } else { String::new() };
    format!("{count} CPUs ({model}){shared}, Linux {kernel}, rustc {rustc}{node}")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The given word, counted from one, of what a program says about its version.
fn version(program: &str, word: usize) -> String {
    let output = Command::new(program).arg("--version").output();
    let text = output.map(|it| String::from_utf8_lossy(&it.stdout).into_owned());
    let text = text.unwrap_or_default();
    text.split_whitespace().nth(word - 1).unwrap_or("unknown").to_owned()
}
