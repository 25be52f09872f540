//! Where content goes. A file appears under its name only when it is complete; binary content never
//! reaches a terminal; nothing that was paid for is thrown away.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use agent::decisions::target::Target;
use sha2::{Digest, Sha256};

use super::exit::Failure;

/// Most text that is shown on a terminal; more is kept in a file.
const SHOWN_BYTES_MAX: u64 = 1 << 20;

/// How many names are tried for content that has to be kept in a file.
const NAMES_MAX: u32 = 1000;

/// Where content goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A pipe or a redirection behind standard output.
    Pipe,
    /// A person's terminal behind standard output.
    Screen,
    /// A file of this name.
    File(PathBuf),
}

/// Where content went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// To standard output.
    Sent,
    /// Into this file.
    In(PathBuf),
}

/// Content on its way.
#[derive(Debug)]
pub(crate) struct Destination {
    place: Place,
    part: Option<Part>,
    digest: Sha256,
    bytes: u64,
}

/// A file that is not complete yet; removed unless it becomes one.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    file: File,
}

impl Destination {
    /// Makes sure that the content can be kept, before anything is paid.
    pub(crate) fn open(place: Place) -> Result<Self, Failure> {
        let part = match &place {
            Place::Pipe => None,
            Place::Screen => {
                let here = Part::create(Path::new(""), "x402-agent");
                let part = here.or_else(|_| Part::create(&std::env::temp_dir(), "x402-agent"));
                Some(part.map_err(|why| Failure::Output(std::env::temp_dir(), why))?)
            }
            Place::File(path) => {
                let part = Part::beside(path);
                Some(part.map_err(|why| Failure::Output(path.clone(), why))?)
            }
        };
        Ok(Self { place, part, digest: Sha256::new(), bytes: 0 })
    }

    /// Takes the next piece.
    pub(crate) fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        match &mut self.part {
            Some(part) => part.file.write_all(chunk)?,
            None => io::stdout().lock().write_all(chunk)?,
        }
        self.digest.update(chunk);
        self.bytes += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Forgets what came so far, if that is still possible.
    pub(crate) fn restart(&mut self) -> bool {
        let emptied = match &mut self.part {
            Some(part) => part.file.set_len(0).and_then(|()| part.file.rewind()).is_ok(),
            None => self.bytes == 0,
        };
        if emptied {
            self.digest = Sha256::new();
            self.bytes = 0;
        }
        emptied
    }

    /// Bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The SHA-256 digest of the content so far, in hexadecimal.
    pub(crate) fn sha256(&self) -> String {
        format!("{:x}", self.digest.clone().finalize())
    }

    /// Puts complete content where it belongs.
    pub(crate) fn finish(mut self, target: &Target) -> io::Result<Kept> {
        let Some(mut part) = self.part.take() else {
            return io::stdout().lock().flush().map(|()| Kept::Sent);
        };
        match &self.place {
            Place::File(path) => part.keep_as(path).map(|()| Kept::In(path.clone())),
            Place::Screen | Place::Pipe => {
                if let Some(text) = part.as_plain_text(self.bytes)? {
                    let mut out = io::stdout().lock();
                    out.write_all(text.as_bytes())?;
                    return out.flush().map(|()| Kept::Sent);
                }
                let path = unused_name(part.folder(), target)?;
                part.keep_as(&path).map(|()| Kept::In(path))
            }
        }
    }
}

impl Part {
    fn beside(path: &Path) -> io::Result<Self> {
        if path.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        let name = path.file_name().ok_or_else(|| io::Error::other("it has no file name"))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::create(folder, &name.to_string_lossy())
    }

    fn create(folder: &Path, name: &str) -> io::Result<Self> {
        let path = folder.join(format!(".{name}.{}.part", std::process::id()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        Ok(Self { path, file })
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    fn keep_as(&mut self, path: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, path)
    }

    /// The content, if a terminal can show it without being told to do anything.
    fn as_plain_text(&mut self, bytes: u64) -> io::Result<Option<String>> {
        if bytes > SHOWN_BYTES_MAX {
            return Ok(None);
        }
        self.file.rewind()?;
        let mut content = Vec::new();
        self.file.read_to_end(&mut content)?;
        let plain = |it: char| !it.is_control() || matches!(it, '\n' | '\t' | '\r');
        Ok(String::from_utf8(content).ok().filter(|text| text.chars().all(plain)))
    }
}

impl Drop for Part {
    /// After a rename there is nothing left under this name.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// A name that no file has yet, after the last part of the URL's path.
fn unused_name(folder: &Path, target: &Target) -> io::Result<PathBuf> {
    let last = target.url().path().rsplit('/').next().unwrap_or_default();
    let safe = |it: &char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_');
    let name: String = last.chars().filter(safe).take(100).collect();
    let name = name.trim_start_matches('.');
    let name = if name.is_empty() { "download" } else { name };
    for number in 0..NAMES_MAX {
        let name = if number == 0 { name.to_owned() } else { format!("{name}.{number}") };
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(_) => return Ok(path),
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
            Err(why) => return Err(why),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// Is this media type text that a terminal can show? Unknown types may be.
pub(crate) fn may_be_text(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (kind, sub) = essence.split_once('/').unwrap_or((essence.as_str(), ""));
    let textual = ["json", "xml", "yaml", "x-yaml", "toml", "javascript", "x-ndjson", "graphql"];
    kind.is_empty()
        || kind == "text"
        || textual.contains(&sub)
        || sub.ends_with("+json")
        || sub.ends_with("+xml")
        || essence == "application/octet-stream"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_types_are_known_before_paying() {
        #[rustfmt::skip]
        let rows = [
            ("text/plain",                      true),
            ("text/csv; charset=utf-8",         true),
            ("application/json",                true),
            ("Application/LD+JSON",             true),
            ("image/svg+xml",                   true),
            ("application/octet-stream",        true),
            ("",                                true),
            ("application/pdf",                 false),
            ("image/png",                       false),
            ("video/mp4",                       false),
        ];
        for (media_type, expected) in rows {
            assert_eq!(may_be_text(media_type), expected, "{media_type}");
        }
    }
}
