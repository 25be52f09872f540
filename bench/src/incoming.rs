//! Reads HTTP/1.1 requests as the stubs of this crate get them, one after the other on a connection.

use std::io::{BufRead, Read};

/// A request.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    /// The first line.
    pub(crate) line: String,
    /// Header lines, as they came.
    head: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Incoming {
    /// The next request; nothing when the connection ends.
    pub(crate) fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Self>> {
        let mut request = Self::default();
        if reader.read_line(&mut request.line)? == 0 {
            return Ok(None);
        }
        loop {
            let line = line(reader)?;
            if line.is_empty() {
                break;
            }
            request.head.push(line);
        }
        if request.header("transfer-encoding") == Some("chunked") {
            request.chunks(reader)?;
        } else {
            let length = request.header("content-length").and_then(|it| it.parse().ok());
            request.body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut request.body)?;
        }
        Ok(Some(request))
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.iter().filter_map(|line| line.split_once(':'));
        fields.find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// Method and target.
    pub(crate) fn asked(&self) -> (&str, &str) {
        let mut words = self.line.split(' ');
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    fn chunks(&mut self, reader: &mut impl BufRead) -> std::io::Result<()> {
        loop {
            let size = u64::from_str_radix(&line(reader)?, 16).map_err(std::io::Error::other)?;
            reader.take(size).read_to_end(&mut self.body)?;
            line(reader)?;
            if size == 0 {
                return Ok(());
            }
        }
    }
}

fn line(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    line.truncate(line.trim_end().len());
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_to_its_end() {
        let mut bytes: &[u8] = b"POST /verify HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}\
            PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
        let first = Incoming::read(&mut bytes).unwrap().unwrap();
        assert_eq!((first.asked(), &first.body[..]), (("POST", "/verify"), &b"{}"[..]));
        let second = Incoming::read(&mut bytes).unwrap().unwrap();
        assert_eq!((second.asked(), &second.body[..]), (("PUT", "/a"), &b"abcd"[..]));
        assert!(Incoming::read(&mut bytes).unwrap().is_none());
    }
}
