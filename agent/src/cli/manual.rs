//! Completion scripts and manual pages, made from the very arguments that are parsed.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::Args;
use super::exit::{Exit, Failure};

/// Prints the completion script for a shell.
pub(crate) fn completions(shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    let mut command = Args::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut script);
    print(&script)
}

/// Prints the main page, or writes the page of every command into a folder.
pub(crate) fn pages(folder: Option<&Path>) -> Result<Exit, Failure> {
    let command = Args::command();
    let Some(folder) = folder else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page).map_err(Failure::Write)?;
        return print(&page);
    };
    let unwritable = |why| Failure::Output(folder.to_owned(), why);
    clap_mangen::generate_to(command, folder).map_err(unwritable)?;
    Ok(Exit::Done)
}

/// A reader that has gone away has read enough.
fn print(text: &[u8]) -> Result<Exit, Failure> {
    match io::stdout().lock().write_all(text) {
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Write(why)),
        Ok(()) | Err(_) => Ok(Exit::Done),
    }
}
