//! JSON with gaps for a path and a reason, and its base64, prepared so that a reply costs little
//! more than copying. Knows nothing of what the JSON says.

/// Stands in a template's JSON where the URL goes. Settings refuse control characters, so no text
/// of the configuration can hold it.
pub(super) const URL_MARK: &str = "\u{1}";
/// Stands where the reason goes.
pub(super) const REASON_MARK: &str = "\u{2}";

/// Base64 writes four digits for every three bytes (RFC 4648, 4).
const GROUP: usize = 3;
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[derive(Debug, Clone)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Text(Text),
    Path,
    Reason,
}

/// Text that is known beforehand, and its base64. Where its groups of three begin depends on the
/// length of what stands before it, so there are three ways to cut it.
#[derive(Debug, Clone)]
struct Text {
    plain: Box<str>,
    /// What is left of the text after 0, 1 or 2 bytes, up to its last whole group.
    encoded: [Box<[u8]>; GROUP],
}

impl Template {
    /// The JSON with the path of its URLs left open, and with the reason too unless it is given.
    ///
    /// Cuts at the marks together with their quotes: no text inside a JSON string can hold a plain
    /// quote, so only whole values are found.
    pub(super) fn new(json: &str, origin: &str, reason: Option<&str>) -> Self {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = json;
        while let Some(at) = rest.find("\"\\u000") {
            let (before, marked) = rest.split_at(at + 1);
            let (mark, after) = marked.split_at("\\u0001".len());
            text.push_str(before);
            let gap = match (mark.ends_with('1'), reason) {
                (true, _) => {
                    text.push_str(origin);
                    Some(Piece::Path)
                }
                (false, None) => Some(Piece::Reason),
                (false, Some(reason)) => {
                    text.push_str(reason);
                    None
                }
            };
            if let Some(gap) = gap {
                pieces.push(Piece::Text(Text::new(&text)));
                pieces.push(gap);
                text.clear();
            }
            rest = after;
        }
        text.push_str(rest);
        pieces.push(Piece::Text(Text::new(&text)));
        Self(pieces)
    }

    /// The JSON.
    pub(super) fn render(&self, path: &str, reason: &str) -> String {
        let mut out = String::with_capacity(self.length(path, reason));
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(&text.plain),
                Piece::Path => out.push_str(path),
                Piece::Reason => out.push_str(reason),
            }
        }
        out
    }

    /// The JSON's base64: what was known beforehand is copied, and only what stands between is
    /// encoded, together with the few bytes that complete its groups.
    pub(super) fn render_base64(&self, path: &str, reason: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.length(path, reason).div_ceil(GROUP) * 4);
        let mut open = Vec::with_capacity(path.len() + 2 * GROUP);
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => text.append(&mut open, &mut out),
                Piece::Path => open.extend_from_slice(path.as_bytes()),
                Piece::Reason => open.extend_from_slice(reason.as_bytes()),
            }
        }
        encode(&open, &mut out);
        out
    }

    fn length(&self, path: &str, reason: &str) -> usize {
        let length = |piece: &Piece| match piece {
            Piece::Text(text) => text.plain.len(),
            Piece::Path => path.len(),
            Piece::Reason => reason.len(),
        };
        self.0.iter().map(length).sum()
    }
}

impl Text {
    fn new(plain: &str) -> Self {
        let encoded = [0, 1, 2].map(|skipped| {
            let rest = plain.as_bytes().get(skipped..).unwrap_or_default();
            let mut encoded = Vec::new();
            encode(&rest[..rest.len() - rest.len() % GROUP], &mut encoded);
            encoded.into_boxed_slice()
        });
        Self { plain: plain.into(), encoded }
    }

    /// Completes the group that is open, encodes everything up to there, copies its own groups, and
    /// leaves what is over open.
    fn append(&self, open: &mut Vec<u8>, out: &mut Vec<u8>) {
        let missing = open.len().next_multiple_of(GROUP) - open.len();
        let bytes = self.plain.as_bytes();
        let Some((completing, rest)) = bytes.split_at_checked(missing) else {
            return open.extend_from_slice(bytes);
        };
        open.extend_from_slice(completing);
        encode(open, out);
        open.clear();
        out.extend_from_slice(&self.encoded[missing]);
        open.extend_from_slice(&rest[rest.len() - rest.len() % GROUP..]);
    }
}

/// Appends the bytes as padded base64. For a few bytes between long prepared texts; general engines
/// take longer to begin than this takes to end.
fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    let (groups, rest) = bytes.as_chunks::<GROUP>();
    let end = out.len();
    out.resize(end + groups.len() * 4, 0);
    let (written, _) = out[end..].as_chunks_mut();
    for (to, group) in written.iter_mut().zip(groups) {
        *to = digits(*group);
    }
    if let [first, rest @ ..] = rest {
        let mut last = digits([*first, rest.first().copied().unwrap_or_default(), 0]);
        last[2 + rest.len()..].fill(b'=');
        out.extend_from_slice(&last);
    }
}

fn digits([a, b, c]: [u8; GROUP]) -> [u8; 4] {
    let bits = u32::from_be_bytes([0, a, b, c]);
    [18, 12, 6, 0].map(|shift| DIGITS[(bits >> shift & 0x3f) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn prepared_base64_is_the_base64_of_the_json(
            texts in proptest::collection::vec("[a-zé]{0,8}", 3),
            origin in "[a-z:/]{0,7}",
            path in "/[a-z]{0,7}",
            reason in "[a-z_]{0,7}",
        ) {
            let [before, between, after] = &texts[..] else { unreachable!() };
            let json = format!("{before}\"\\u0002\"{between}\"\\u0001\"{after}");
            let expected = format!("{before}\"{reason}\"{between}\"{origin}{path}\"{after}");
            for given in [None, Some(&*reason)] {
                let template = Template::new(&json, &origin, given);
                proptest::prop_assert_eq!(template.render(&path, &reason), &*expected);
                let encoded = template.render_base64(&path, &reason);
                let reference = wire::header::encode_json(expected.as_bytes());
                proptest::prop_assert_eq!(encoded, reference.into_bytes());
            }
        }
    }
}
