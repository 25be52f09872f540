//! A request target: one spelling, one key, one price; and what is protected is what lies under the
//! prefix, by a reading of its own that shares nothing with the merchant's.

use std::sync::LazyLock;

use http::{HeaderMap, Method};
use merchant::decisions::gate::{self, Asked, Gate};
use merchant::decisions::offer::{ChallengeTemplate, Welcome};
use merchant::decisions::path::{CanonicalPath, KEY_BYTES_MAX};
use merchant::decisions::policy::{Policy, PricedRoute, Route};
use wire::v2::ResourceInfo;

/// Prefix, and whether it is for sale. Each stands within another or beside one that looks like it.
const ROUTES: &[(&str, bool)] = &[
    ("premium", true),
    ("premium/sample", false),
    ("premium/sample/gold", true),
    ("free", false),
    ("free/a b", true),
    ("caf\u{e9}", true),
];

static POLICY: LazyLock<Policy> = LazyLock::new(policy);

fn policy() -> Policy {
    let mut policy = Policy::new("https://files.example.com".into(), true);
    for (prefix, priced) in ROUTES {
        let challenge =
            || ChallengeTemplate::new(&[], &ResourceInfo::default(), "", Welcome::default());
        let priced = priced.then(|| PricedRoute {
            offers: Vec::new(),
            challenge: challenge(),
            mime_type: None,
            tariff: None,
        });
        assert!(policy.add(prefix, priced.map_or(Route::Free, Route::Priced)));
    }
    policy
}

/// Panics where a property does not hold.
pub(crate) fn check(input: &[u8]) {
    let Ok(target) = std::str::from_utf8(input) else { return };
    let (method, headers) = (Method::GET, HeaderMap::new());
    let asked = Asked { method: &method, target, headers: &headers };
    let judged = gate::judge(&POLICY, asked);
    let Ok(path) = CanonicalPath::of_target(target) else {
        // What names nothing gets nothing.
        let Gate::Answered(reply) = judged else { panic!("{target:?} was let through") };
        assert!(matches!(reply.status.as_u16(), 400 | 404), "{target:?}");
        return;
    };

    // One spelling: canonical(canonical(p)) == canonical(p), and it is fit for a URL, JSON and a header.
    let again = CanonicalPath::of_target(path.encoded());
    assert_eq!(again.as_ref(), Ok(&path), "{target:?}");
    let plain = |b: u8| b.is_ascii_graphic() && !b"\"\\<>^`{|}?#[]".contains(&b);
    assert!(path.encoded().bytes().all(plain), "{target:?}");

    // One key: what any reader decodes who decodes once and resolves nothing.
    let raw = target.split('?').next().unwrap_or_default();
    let decoded = decode(raw.strip_prefix('/').expect("a slash")).expect("escapes");
    assert_eq!(path.key().as_bytes(), decoded, "{target:?}");
    assert!(path.key().len() <= KEY_BYTES_MAX);

    // Nothing that a file system, a bucket or a proxy could resolve.
    let segments: Vec<&str> = path.key().split('/').collect();
    let last = segments.len() - 1;
    for (i, segment) in segments.iter().enumerate() {
        assert!(
            !matches!(*segment, "." | "..") && (!segment.is_empty() || i == last),
            "{target:?}"
        );
        assert!(!segment.chars().any(|c| c.is_control() || c == '\\'), "{target:?}");
    }

    // gate(path) protected ⇔ key(path) under the prefix of a priced route, the longest that covers it.
    match (expected(&segments), judged) {
        (Some(true), Gate::Answered(reply)) => assert_eq!(reply.status, 402, "{target:?}"),
        (Some(false), Gate::Free(free, _)) => {
            assert!(free == path && path.names_object(), "{target:?}");
        }
        (Some(false), Gate::Answered(reply)) => {
            assert!(reply.status == 404 && !path.names_object(), "{target:?}");
        }
        (None, Gate::Answered(reply)) => assert_eq!(reply.status, 404, "{target:?}"),
        (expected, judged) => panic!("{target:?}: {expected:?}, but {judged:?}"),
    }
}

/// Is it for sale, by segments? Nothing where no route covers it.
fn expected(segments: &[&str]) -> Option<bool> {
    let covers = |prefix: &str| {
        let prefix: Vec<&str> = prefix.split('/').collect();
        segments.starts_with(&prefix).then_some(prefix.len())
    };
    let covering = ROUTES.iter().filter_map(|(prefix, priced)| Some((covers(prefix)?, *priced)));
    covering.max().map(|(_, priced)| priced)
}

fn decode(path: &str) -> Option<Vec<u8>> {
    let mut parts = path.split('%');
    let mut decoded = parts.next()?.as_bytes().to_vec();
    for part in parts {
        decoded.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        decoded.extend_from_slice(&part.as_bytes()[2..]);
    }
    Some(decoded)
}
