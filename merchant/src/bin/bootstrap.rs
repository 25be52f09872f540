//! The Lambda's process: the only reader of the environment.

use std::process::ExitCode;

use merchant::lambda::{self, World};

fn main() -> ExitCode {
    let environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text)))
        // A value that is not UTF-8 is kept, marked, and refused by the setting that it is for.
        .map(|(name, text)| (name, text.to_string_lossy().into_owned()))
        .collect();
    // One invocation at a time, and most of it is waiting for others: one thread does.
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(lambda::run(World { environment })),
        Err(_) => ExitCode::FAILURE,
    }
}
