//! Reads HTTP/1.1 replies with a `Content-Length`, as all servers that are measured send them.
//! Anything else is an error: a server that answers otherwise is not measured by accident.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Failure;

/// No server under measurement takes this long, stub included.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a reply's bytes are laid out. Replies to the same request have the same layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) status: u16,
    /// Bytes up to and including the empty line.
    pub(crate) head: usize,
    /// All bytes.
    pub(crate) whole: usize,
}

/// A reply, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    pub(crate) layout: Layout,
}

impl Layout {
    /// The layout of a reply that begins with these bytes; nothing while its head is not complete.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, Failure> {
        let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") else { return Ok(None) };
        let head = end + 4;
        let text = String::from_utf8_lossy(&bytes[..head]);
        let status = text.strip_prefix("HTTP/1.1 ").and_then(|it| it.get(..3)?.parse().ok());
        let length = field(&text, "content-length").and_then(|it| it.parse::<usize>().ok());
        match (status, length) {
            (Some(status), Some(length)) => Ok(Some(Self { status, head, whole: head + length })),
            _ => Err(Failure(format!("a reply that is not understood: {text}"))),
        }
    }

    /// Does a whole reply have this layout? Cheap, because it is asked for every reply.
    pub(crate) fn fits(&self, bytes: &[u8]) -> bool {
        let digits = bytes.get(9..12).and_then(|it| std::str::from_utf8(it).ok());
        bytes.len() == self.whole
            && digits.and_then(|it| it.parse().ok()) == Some(self.status)
            && bytes.get(self.head - 4..self.head) == Some(b"\r\n\r\n")
    }
}

impl Reply {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.bytes[..self.layout.head]);
        field(&text, name).map(str::to_owned)
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.bytes[self.layout.head..]
    }
}

pub(crate) fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// One connection, one request at a time.
#[derive(Debug)]
pub(crate) struct Caller(TcpStream);

impl Caller {
    pub(crate) fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(stream))
    }

    pub(crate) fn call(&mut self, request: &[u8]) -> Result<Reply, Failure> {
        self.0.write_all(request)?;
        let mut bytes = Vec::with_capacity(4096);
        let mut chunk = [0; 16 * 1024];
        loop {
            let count = self.0.read(&mut chunk)?;
            if count == 0 {
                return Err(Failure("a server closed the connection".into()));
            }
            bytes.extend_from_slice(&chunk[..count]);
            match Layout::read(&bytes)? {
                Some(layout) if bytes.len() == layout.whole => return Ok(Reply { bytes, layout }),
                Some(layout) if bytes.len() > layout.whole => {
                    return Err(Failure("a reply is longer than it says".into()));
                }
                Some(_) | None => {}
            }
        }
    }
}

/// A GET with the headers that any client sends, and perhaps a further line.
pub(crate) fn get(path: &str, line: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n{line}\r\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_read_once_and_then_compared() {
        let bytes = b"HTTP/1.1 402 Payment Required\r\nContent-Length: 2\r\n\r\n{}";
        assert!(Layout::read(&bytes[..20]).unwrap().is_none());
        let layout = Layout::read(bytes).unwrap().unwrap();
        assert_eq!(layout, Layout { status: 402, head: 52, whole: 54 });
        assert!(layout.fits(bytes));
        assert!(!layout.fits(&bytes[..53]), "short");
        assert!(!layout.fits(b"HTTP/1.1 200 Payment Required\r\nContent-Length: 2\r\n\r\n{}"));
        assert!(Layout::read(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "no length");
    }
}
