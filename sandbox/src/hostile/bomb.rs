//! A small body that unpacks to a gigabyte. It is written by hand, so that the sandbox needs no
//! library that compresses.

use std::sync::LazyLock;

/// What it unpacks to, in bytes, give or take one repetition.
pub(super) const UNPACKED_BYTES: usize = 1 << 30;

/// Bytes that one repetition stands for (RFC 1951, the longest match).
const MATCH_BYTES: usize = 258;

/// After so many repetitions of 13 bits the bits stand in their bytes as before.
const PERIOD: usize = 13;

static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut bits = Bits::default();
    // The last block, with the fixed codes; the byte 0; then that byte again and again.
    bits.push(0b011, 3);
    bits.push_code(0b0011_0000, 8);
    for _ in 0..3 * 8 {
        bits.push_code(0b1100_0101, 8);
        bits.push_code(0, 5);
    }
    let start = 2;
    let lead = bits.bytes[..start].to_vec();
    let period = bits.bytes[start..start + PERIOD].to_vec();
    let times = UNPACKED_BYTES / MATCH_BYTES / 8;
    // RFC 1952: no name, no time, no system. There is no end: it breaks off when it has done its work.
    let mut body = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    body.extend(lead);
    body.extend(period.repeat(times));
    body
});

/// The gzip stream, of some seven megabytes.
pub(super) fn bomb() -> Vec<u8> {
    BOMB.clone()
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    /// Numbers go in from their lowest bit.
    fn push(&mut self, number: u32, count: u32) {
        for place in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = u8::try_from(number >> place & 1).unwrap_or_default();
            if let Some(last) = self.bytes.last_mut() {
                *last |= bit << (self.used % 8);
            }
            self.used += 1;
        }
    }

    /// Codes go in from their highest.
    fn push_code(&mut self, code: u32, count: u32) {
        for place in (0..count).rev() {
            self.push(code >> place & 1, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `python3 -c 'import zlib; ...'` unpacks it: 1,073,741,825 bytes of zero.
    #[test]
    fn it_begins_like_gzip_and_repeats_itself() {
        let bomb = bomb();
        assert_eq!(bomb[..3], [0x1f, 0x8b, 8]);
        assert!(bomb.len() < 8 << 20, "{}", bomb.len());
        let body = &bomb[12..];
        assert_eq!(body[..PERIOD], body[PERIOD..2 * PERIOD]);
    }
}
