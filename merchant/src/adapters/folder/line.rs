//! A line of the journal: a checksum, a record's name, and its content. Text, so that a person can
//! read it; and no line is believed that is not whole.

use std::io::{self, ErrorKind};

use sha2::{Digest, Sha256};

/// Digits of the checksum: enough to tell a line that was written from one that was cut short.
const CHECKSUM_DIGITS: usize = 16;

/// Adds a line.
pub(super) fn write(lines: &mut Vec<u8>, name: &str, content: &[u8]) -> io::Result<()> {
    let unfit = |it: &u8| *it == b'\n' || *it == 0;
    if name.contains(' ') || name.as_bytes().iter().chain(content).any(unfit) {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            "a record that does not fit on a line",
        ));
    }
    lines.extend_from_slice(checksum(name.as_bytes(), content).as_bytes());
    for part in [b" ", name.as_bytes(), b" ", content, b"\n"] {
        lines.extend_from_slice(part);
    }
    Ok(())
}

/// Names and contents, up to the first line that is not whole.
pub(super) fn read(lines: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    // What follows the last line's end is no line.
    let whole = lines.split_inclusive(|it| *it == b'\n');
    whole.map_while(|line| {
        let (checked, rest) = line.strip_suffix(b"\n")?.split_at_checked(CHECKSUM_DIGITS)?;
        let rest = rest.strip_prefix(b" ")?;
        let end = rest.iter().position(|it| *it == b' ')?;
        let (name, content) = (&rest[..end], &rest[end + 1..]);
        let whole = checksum(name, content).as_bytes() == checked;
        whole.then_some((std::str::from_utf8(name).ok()?, content))
    })
}

fn checksum(name: &[u8], content: &[u8]) -> String {
    let digest = Sha256::new().chain_update(name).chain_update(b" ").chain_update(content);
    let mut text = format!("{:x}", digest.finalize());
    text.truncate(CHECKSUM_DIGITS);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(records: &[(&str, &str)]) -> Vec<u8> {
        let mut lines = Vec::new();
        for (name, content) in records {
            write(&mut lines, name, content.as_bytes()).unwrap();
        }
        lines
    }

    #[test]
    fn what_is_written_is_read_up_to_where_it_was_cut() {
        let records = [("payments/1/claim.json", r#"{"a": 1}"#), ("b", ""), ("c", "three")];
        let written = lines(&records);
        for cut in 0..=written.len() {
            // A file has its room before its lines.
            let mut left = written[..cut].to_vec();
            left.resize(written.len() + 9, 0);
            let whole = (0..=3).rev().find(|it| lines(&records[..*it]).len() <= cut).unwrap();
            let read: Vec<_> = read(&left).collect();
            let expected: Vec<_> =
                records[..whole].iter().map(|it| (it.0, it.1.as_bytes())).collect();
            assert_eq!(read, expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_line_that_was_changed_is_not_believed() {
        let written = lines(&[("name", "content")]);
        for at in 0..written.len() {
            let mut changed = written.clone();
            changed[at] ^= 1;
            assert_eq!(read(&changed).count(), 0, "changed at {at}");
        }
        assert_eq!(read(&written).count(), 1);
    }

    #[test]
    fn what_does_not_fit_on_a_line_is_not_written() {
        for (name, content) in [("a b", ""), ("a\n", ""), ("a", "\n"), ("a", "\0")] {
            let mut none = Vec::new();
            assert!(write(&mut none, name, content.as_bytes()).is_err());
            assert!(none.is_empty());
        }
    }
}
