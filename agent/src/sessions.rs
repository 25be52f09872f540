//! Payment sessions as files of the operator's: read here, at every purchase. Nothing in this library
//! writes one.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use wire::UnixTime;

use crate::book::BookError;
use crate::decisions::budget::{Grant, Micros};
use crate::purse::Grants;

/// Shortest life of a session, as with Amazon Bedrock `AgentCore` payments.
pub const LIFE_MIN: Duration = Duration::from_mins(15);

/// Longest life of a session: 480 minutes, as there.
pub const LIFE_MAX: Duration = Duration::from_hours(8);

/// A session's file has some 150 bytes; a larger one is something else.
const FILE_BYTES_MAX: u64 = 4096;

/// Longest name of a session.
const ID_CHARS_MAX: usize = 64;

/// The folder in which an operator keeps sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFolder(PathBuf);

impl SessionFolder {
    /// The sessions in this folder.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The file of a session; nothing if the name could lead out of the folder.
    #[must_use]
    pub fn file(&self, id: &str) -> Option<PathBuf> {
        let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        let sized = (1..=ID_CHARS_MAX).contains(&id.len());
        (plain && sized).then(|| self.0.join(format!("{id}.json")))
    }
}

impl Grants for SessionFolder {
    fn grant(&self, id: &str) -> Result<Option<Grant>, BookError> {
        let Some(path) = self.file(id) else { return Ok(None) };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(BookError::new(why)),
        };
        let mut text = Vec::new();
        file.take(FILE_BYTES_MAX).read_to_end(&mut text).map_err(BookError::new)?;
        let grant = read(&text).filter(|it| it.id == id);
        grant.map(Some).ok_or_else(|| BookError::new(format!("{} is no session", path.display())))
    }
}

/// A session as its file has it.
#[must_use]
pub fn written(it: &Grant) -> String {
    let (limit, expires) = (it.limit.count(), it.expires.seconds());
    json!({ "id": it.id, "limitMicros": limit, "expires": expires, "closed": it.closed })
        .to_string()
}

/// Reads what [`written`] wrote; nothing if it is anything else.
fn read(text: &[u8]) -> Option<Grant> {
    let document = wire::json::parse(text).ok()?;
    Some(Grant {
        id: document.get("id")?.as_str()?.to_owned(),
        limit: Micros::new(document.get("limitMicros").and_then(Value::as_u64)?),
        expires: UnixTime::from_seconds(document.get("expires").and_then(Value::as_u64)?),
        closed: document.get("closed").and_then(Value::as_bool)?,
    })
}
