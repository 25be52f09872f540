//! What is measured: the merchant as an operator would run it, bare servers that send the same
//! bytes, and the facilitator stub that stands behind all of them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::Failure;
use crate::bare::Kind;
use crate::challenges::PATH;
use crate::process::{Cpu, Process, Start, free_address};
use crate::reply::{Caller, get};

/// What the stub takes for each call; about what hosted facilitators take for a verification.
pub(crate) const FACILITATOR_MS: u64 = 100;

/// A server under measurement.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) start: Start,
    pub(crate) output: PathBuf,
}

/// The folder of a run, and what runs throughout it.
#[derive(Debug)]
pub(crate) struct Bench {
    folder: TempDir,
    programs: PathBuf,
    pub(crate) facilitator: Start,
    _facilitator: Process,
}

impl Bench {
    /// Makes a folder next to the built programs, so that the ledger lies on a disk and not on a
    /// file system in memory.
    pub(crate) fn new() -> Result<Self, Failure> {
        let program = std::env::current_exe()?;
        let programs = program.parent().map(Path::to_owned).unwrap_or_default();
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&programs)?;
        std::fs::create_dir_all(folder.path().join("content/premium"))?;
        std::fs::write(folder.path().join("content").join(&PATH[1..]), "{\"answer\":42}\n")?;
        let address = free_address()?;
        let delay = FACILITATOR_MS.to_string();
        let command =
            vec![program.into(), "facilitator".into(), address.to_string().into(), delay.into()];
        let facilitator = Start { cpu: Cpu::Load, command, environment: vec![], address };
        let running = facilitator.up(&folder.path().join("facilitator.log"))?;
        Ok(Self { folder, programs, facilitator, _facilitator: running })
    }

    /// Where the servers keep their things.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The merchant, with the request log in a file and the ledger on disk.
    pub(crate) fn merchant(&self, name: &'static str, fsync: bool) -> Result<Subject, Failure> {
        let program = self.programs.join("x402-merchant");
        if !program.exists() {
            return Err(Failure(format!("there is no {}; use scripts/bench", program.display())));
        }
        let address = free_address()?;
        let port = address.port();
        let config = self.folder.path().join(format!("merchant-{port}.toml"));
        let facilitator = self.facilitator.address;
        let text = format!(
            "public_url = \"http://localhost:{port}\"\n\
             pay_to = \"0x209693Bc6afc0C5328bA36FaF03C514EF312287C\"\n\
             networks = [\"base-sepolia\"]\n\
             [content]\nurl = \"file:./content\"\n\
             [ledger]\nurl = \"file:./ledger-{port}\"\nfsync = {fsync}\n\
             [facilitator]\nurl = \"http://{facilitator}\"\n\
             [server]\nlisten = \"{address}\"\n\
             [[routes]]\npath = \"/premium/\"\nprice = \"$0.001\"\n\
             description = \"Market data\"\nmime_type = \"application/json\"\n"
        );
        std::fs::write(&config, text)?;
        let command = vec![program.into(), "serve".into(), "--config".into(), config.into()];
        Ok(self.subject(name, Start { cpu: Cpu::Server, command, environment: vec![], address }))
    }

    /// A bare server that answers with the merchant's own challenge, byte for byte.
    pub(crate) fn bare(
        &self,
        name: &'static str,
        kind: Kind,
        model: &Subject,
    ) -> Result<Subject, Failure> {
        let running = model.start.up(&model.output)?;
        let reply = Caller::connect(model.start.address)?.call(&get(PATH, ""))?;
        drop(running);
        if reply.layout.status != 402 {
            return Err(Failure(format!("{PATH} is not for sale: {}", reply.layout.status)));
        }
        let captured = self.folder.path().join("challenge.http");
        std::fs::write(&captured, &reply.bytes)?;
        let kind = match kind {
            Kind::Hyper => "hyper",
            Kind::Axum => "axum",
        };
        let address = free_address()?;
        let command = vec![
            std::env::current_exe()?.into(),
            "bare".into(),
            kind.into(),
            address.to_string().into(),
            captured.into(),
        ];
        Ok(self.subject(name, Start { cpu: Cpu::Server, command, environment: vec![], address }))
    }

    /// Another team's paywall, told in its environment where to listen and whom to ask.
    pub(crate) fn peer(
        &self,
        name: &'static str,
        command: Vec<OsString>,
    ) -> Result<Subject, Failure> {
        let address = free_address()?;
        let environment = vec![
            ("PORT", address.port().to_string()),
            ("FACILITATOR_URL", format!("http://{}", self.facilitator.address)),
            ("RESOURCE_PATH", PATH.to_owned()),
        ];
        Ok(self.subject(name, Start { cpu: Cpu::Server, command, environment, address }))
    }

    fn subject(&self, name: &'static str, start: Start) -> Subject {
        let output = self.folder.path().join(format!("{}.log", start.address.port()));
        Subject { name, start, output }
    }
}
