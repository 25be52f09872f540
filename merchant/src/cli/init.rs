//! `x402-merchant init`: a configuration to start from. Never touches one that is there.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use super::{Exit, Output};

/// Every setting, explained. Its payee is refused until the operator puts an own one there.
const EXAMPLE: &str = include_str!("../../examples/merchant.toml");

pub(super) fn run(config: &Path, output: Output) -> Exit {
    let shown = config.display();
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(config)
        .and_then(|mut file| file.write_all(EXAMPLE.as_bytes()));
    match written {
        Ok(()) => {
            Output::say(&format!("wrote {shown}: set pay_to in it, then run x402-merchant check"));
            Exit::Done
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            output.complain(&format!("{shown} is there already; nothing was written"));
            Exit::Failed
        }
        Err(error) => {
            output.complain(&format!("cannot write {shown}: {error}"));
            Exit::Failed
        }
    }
}
