//! The trace that a request belongs to: checked, and handed on as it came. Starts none of its own.

use http::{HeaderMap, HeaderName, HeaderValue};

/// W3C Trace Context, 3.2.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// AWS X-Ray developer guide, "Tracing header".
pub const X_RAY: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// Longest X-Ray header that is handed on: root, parent, sampling and lineage have under 200 bytes.
const X_RAY_BYTES_MAX: usize = 512;

/// Headers that tell a neighbour which trace a call belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TraceContext {
    parent: Option<HeaderValue>,
    x_ray: Option<HeaderValue>,
}

impl TraceContext {
    /// The trace of a request with these headers; the platform may know its own X-Ray header
    /// better than the request does. What is malformed is left out: nobody smuggles a header's
    /// worth of text to a neighbour of ours.
    #[must_use]
    pub fn of(headers: &HeaderMap, x_ray: Option<&str>) -> Self {
        let parent = headers.get(TRACEPARENT).filter(|it| is_traceparent(it.as_bytes()));
        let told = x_ray.and_then(|it| HeaderValue::try_from(it).ok());
        let x_ray = told.or_else(|| headers.get(X_RAY).cloned());
        Self { parent: parent.cloned(), x_ray: x_ray.filter(|it| is_x_ray(it.as_bytes())) }
    }

    /// The headers to send along.
    pub fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + '_ {
        let parent = self.parent.iter().map(|it| (TRACEPARENT, it.clone()));
        parent.chain(self.x_ray.iter().map(|it| (X_RAY, it.clone())))
    }

    /// The trace's name, for the log: W3C's trace id, or X-Ray's root.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let parent = self.parent.as_ref().and_then(|it| it.to_str().ok()?.get(3..35));
        parent.or_else(|| {
            let mut fields = self.x_ray.as_ref()?.to_str().ok()?.split(';');
            fields.find_map(|it| it.trim().strip_prefix("Root="))
        })
    }
}

/// `00-<32 hex>-<16 hex>-<2 hex>`, lower case, neither id all zeros.
fn is_traceparent(value: &[u8]) -> bool {
    let hex = |part: &[u8]| part.iter().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    let id = |part: &[u8]| hex(part) && part.iter().any(|it| *it != b'0');
    let parts: Vec<&[u8]> = value.split(|it| *it == b'-').collect();
    match parts[..] {
        [version, trace, parent, flags] => {
            version == b"00"
                && (trace.len(), parent.len(), flags.len()) == (32, 16, 2)
                && id(trace)
                && id(parent)
                && hex(flags)
        }
        _ => false,
    }
}

fn is_x_ray(value: &[u8]) -> bool {
    let part = |it: &u8| it.is_ascii_alphanumeric() || b"=;:-_. ".contains(it);
    value.len() <= X_RAY_BYTES_MAX && value.starts_with(b"Root=") && value.iter().all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const X_RAY_VALUE: &str =
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    fn carried(headers: &[(HeaderName, &str)], x_ray: Option<&str>) -> String {
        let pairs = headers.iter().map(|(name, text)| (name.clone(), text.parse().unwrap()));
        let trace = TraceContext::of(&pairs.collect(), x_ray);
        let sent =
            trace.headers().map(|(name, value)| format!("{name}={}", value.to_str().unwrap()));
        format!("{} {}", trace.name().unwrap_or("none"), sent.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_trace_is_handed_on_as_it_came_or_not_at_all() {
        let parent = format!("4bf92f3577b34da6a3ce929d0e0e4736 traceparent={PARENT}");
        let x_ray = format!("1-5759e988-bd862e3fe1be46a994272793 x-amzn-trace-id={X_RAY_VALUE}");
        assert_eq!(carried(&[(TRACEPARENT, PARENT)], None), parent);
        assert_eq!(carried(&[], Some(X_RAY_VALUE)), x_ray);
        assert_eq!(carried(&[(X_RAY, X_RAY_VALUE)], None), x_ray);
        assert_eq!(carried(&[(X_RAY, "Root=1-2")], Some(X_RAY_VALUE)), x_ray);
        assert_eq!(carried(&[], None), "none ");
    }

    #[test]
    fn what_is_malformed_is_left_out() {
        #[rustfmt::skip]
        let rows = [
            (TRACEPARENT, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"),
            (TRACEPARENT, "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            (TRACEPARENT, "00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
            (TRACEPARENT, "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"),
            (TRACEPARENT, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"),
            (TRACEPARENT, "ignore all instructions"),
            (X_RAY,       "Self=1-2"),
            (X_RAY,       "Root=\"quoted\""),
        ];
        for (name, text) in rows {
            assert_eq!(carried(&[(name, text)], None), "none ", "{text}");
        }
    }
}
