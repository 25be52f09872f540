//! `x402-merchant serve`: starts the server and says where it listens.

use std::path::Path;

use super::load::load;
use super::{Exit, Output};
use crate::assembly::AssemblyError;
use crate::front::events;
use crate::server::{self, ServeError};

pub(super) async fn run(config: &Path, environment: Vec<(String, String)>, output: Output) -> Exit {
    let settings = match load(config, environment) {
        Ok(settings) => settings,
        Err(error) => {
            output.complain(&error.to_string());
            return Exit::Configuration;
        }
    };
    events::to_standard_error();
    let origin = settings.policy.origin().to_owned();
    let served = server::run(settings, |address| {
        Output::tell(&format!("x402-merchant sells at {origin}, listening on {address}"));
    });
    match served.await {
        Ok(()) => Exit::Done,
        Err(error) => {
            output.complain(&error.to_string());
            match error {
                ServeError::Assembly(AssemblyError::Settings(_)) => Exit::Configuration,
                ServeError::Assembly(_) | ServeError::Listen(..) => Exit::Failed,
            }
        }
    }
}
