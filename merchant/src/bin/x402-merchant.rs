//! The command line's process: the only reader of the environment.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use merchant::cli::{self, Cli, Exit, Output, World};
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text)))
        // A value that is not UTF-8 is kept, marked, and refused by the setting that it is for.
        .map(|(name, text)| (name, text.to_string_lossy().into_owned()))
        .collect();
    let no_color = environment.iter().find(|(name, _)| name == "NO_COLOR");
    let no_color = no_color.map(|(_, text)| text.as_str());
    let (stdout, stderr) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
    let output = Output::new(stdout, stderr, no_color);
    let world = World { environment, output };
    match runtime() {
        Ok(runtime) => runtime.block_on(cli::run(cli, world)).into(),
        Err(error) => {
            world.output.complain(&format!("cannot start: {error}"));
            Exit::Failed.into()
        }
    }
}

/// One thread where there is one CPU: it has no time for what threads ask of each other.
fn runtime() -> std::io::Result<Runtime> {
    let single = std::thread::available_parallelism().is_ok_and(|cpus| cpus.get() == 1);
    let mut builder =
        if single { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.enable_all().build()
}
