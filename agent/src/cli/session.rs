//! `x402-agent session`: the operator's side of payment sessions. The only place that writes them.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use agent::decisions::budget::{Grant, Micros};
use agent::purse::Grants;
use agent::sessions::{LIFE_MAX, LIFE_MIN, SessionFolder, written};
use agent::world::{Clock, Randomness, System};
use agent::{Ledger, PayError};
use serde_json::{Value, json};
use wire::UnixTime;

use super::args::{Session, SessionCommand, SessionOf};
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::policy::dollars;
use super::purse::ledger_path;
use super::terminal::result;

/// Digits of a session's random name: 64 bits, so that no two ever meet.
const NAME_DIGITS: usize = 16;

/// Runs the command.
pub(crate) fn run(args: Session, environment: &Environment) -> Result<Exit, Failure> {
    let desk = Desk {
        folder: folder(args.sessions, environment)?,
        ledger: ledger_path(args.ledger.as_deref(), environment).filter(|it| it.is_file()),
        json: args.json,
    };
    match args.command {
        SessionCommand::Create { limit, minutes } => desk.create(&limit, minutes)?,
        SessionCommand::List => desk.list()?,
        SessionCommand::Show(SessionOf { id }) => desk.tell(&desk.find(&id)?)?,
        SessionCommand::Close(SessionOf { id }) => {
            let closed = Grant { closed: true, ..desk.find(&id)? };
            desk.replace(&closed)?;
            desk.tell(&closed)?;
        }
    }
    Ok(Exit::Done)
}

/// Where sessions are kept.
pub(crate) fn folder(
    given: Option<PathBuf>,
    environment: &Environment,
) -> Result<SessionFolder, Failure> {
    let usual = || environment.config.as_ref().map(|it| it.join("sessions"));
    given.or_else(usual).map(SessionFolder::new).ok_or(Failure::NoSessions)
}

struct Desk {
    folder: SessionFolder,
    ledger: Option<PathBuf>,
    json: bool,
}

impl Desk {
    fn create(&self, limit: &str, minutes: u64) -> Result<(), Failure> {
        let life = Duration::from_mins(minutes);
        if !(LIFE_MIN..=LIFE_MAX).contains(&life) {
            return Err(Failure::SessionLife);
        }
        let limit = dollars("--limit", limit).map_err(Failure::SessionLimit)?;
        let random = System.nonce().map_err(|why| Failure::Pay(PayError::NoRandomness(why)))?;
        let random = random.to_string();
        let name: String = random.trim_start_matches("0x").chars().take(NAME_DIGITS).collect();
        let (id, expires) = (format!("s_{name}"), System.now().after(life));
        let grant = Grant { id, limit, expires, closed: false };
        self.replace(&grant)?;
        self.tell(&grant)
    }

    /// Writes a session so that a payer sees the old one or the new one, never half of one. Others
    /// may read it: a payer can be another user, and there is no secret in it.
    fn replace(&self, grant: &Grant) -> Result<(), Failure> {
        let failed = |why: io::Error| Failure::Output(self.folder.path().to_owned(), why);
        let mut folders = DirBuilder::new();
        folders.recursive(true);
        let mut file = OpenOptions::new();
        file.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
            folders.mode(0o755);
            file.mode(0o644);
        }
        folders.create(self.folder.path()).map_err(failed)?;
        let path = self.folder.file(&grant.id).ok_or(Failure::NoSession(grant.id.clone()))?;
        let part = path.with_extension(format!("{}.part", std::process::id()));
        let write = || {
            let mut file = file.open(&part)?;
            file.write_all(written(grant).as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, &path)
        };
        write().map_err(failed)
    }

    fn find(&self, id: &str) -> Result<Grant, Failure> {
        let found = self.folder.grant(id).map_err(|why| Failure::Pay(PayError::Ledger(why)))?;
        found.ok_or_else(|| Failure::NoSession(id.to_owned()))
    }

    fn list(&self) -> Result<(), Failure> {
        let entries = match fs::read_dir(self.folder.path()) {
            Ok(entries) => entries,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(why) => return Err(Failure::Output(self.folder.path().to_owned(), why)),
        };
        let name = |path: PathBuf| {
            let json = path.extension().is_some_and(|it| it == "json");
            path.file_stem().filter(|_| json).and_then(|it| it.to_str()).map(str::to_owned)
        };
        let mut ids: Vec<_> = entries.flatten().filter_map(|it| name(it.path())).collect();
        ids.sort();
        for id in ids {
            self.tell(&self.find(&id)?)?;
        }
        Ok(())
    }

    fn tell(&self, it: &Grant) -> Result<(), Failure> {
        let spent = self.spent(&it.id)?;
        let state = state(it, System.now());
        let (limit, left) = (it.limit, it.limit.minus(spent));
        if self.json {
            let document: Value = json!({
                "id": it.id, "state": state, "limit": limit.to_string(),
                "spent": spent.to_string(), "left": left.to_string(),
                "expires": it.expires.seconds(),
            });
            result(&document.to_string());
        } else {
            let minutes = it.expires.since(System.now()).as_secs().div_ceil(60);
            let time =
                if state == "open" { format!(", {minutes} min left") } else { String::new() };
            result(&format!("{}  {state}{time}, {spent} of {limit} spent", it.id));
        }
        Ok(())
    }

    /// What the ledger on this machine counts in a session.
    fn spent(&self, id: &str) -> Result<Micros, Failure> {
        let Some(path) = &self.ledger else { return Ok(Micros::default()) };
        let spent = Ledger::open(path).and_then(|it| it.spent_in(id));
        spent.map_err(|why| Failure::Pay(PayError::Ledger(why)))
    }
}

fn state(it: &Grant, now: UnixTime) -> &'static str {
    match (it.closed, now >= it.expires) {
        (true, _) => "closed",
        (false, true) => "expired",
        (false, false) => "open",
    }
}
