//! What a function URL's event says about a request. Interprets nothing: the path is handed on as it
//! stood in the request line, for the one canonicaliser to judge.

use std::net::IpAddr;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use serde_json::value::RawValue;

/// A request to a function URL.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FunctionUrl {
    pub(super) method: Method,
    /// The path as it stood in the request line. The query is left out: it names nothing, and it is
    /// logged nowhere.
    pub(super) target: String,
    /// Headers that were sent several times arrive joined by commas.
    pub(super) headers: HeaderMap,
    /// Who asked the function URL: the CDN, where there is one.
    pub(super) peer: Option<IpAddr>,
}

impl<'de> Deserialize<'de> for FunctionUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Box::<RawValue>::deserialize(deserializer)?;
        Self::read(event.get())
            // Without the cause: it may quote a header.
            .ok_or_else(|| de::Error::custom("the event is not a request to a function URL"))
    }
}

impl FunctionUrl {
    fn read(event: &str) -> Option<Self> {
        match serde_json::from_str::<LambdaFunctionUrlRequest>(event) {
            Ok(request) => Self::of(request),
            Err(_) => Self::read_with_odd_headers(event),
        }
    }

    /// The event's type knows headers of visible ASCII only. HTTP allows more (RFC 9110, 5.5), and
    /// one odd header must not cost a client its answer.
    fn read_with_odd_headers(event: &str) -> Option<Self> {
        let mut event: Value = serde_json::from_str(event).ok()?;
        let all = event.get_mut("headers")?.as_object_mut()?;
        let plain =
            |value: &Value| value.as_str().is_some_and(|it| HeaderValue::from_str(it).is_ok());
        let odd: Vec<(String, Value)> =
            all.iter().filter(|(_, it)| !plain(it)).map(|(n, v)| (n.clone(), v.clone())).collect();
        all.retain(|_, value| plain(value));
        let mut request = Self::of(serde_json::from_value(event).ok()?)?;
        for (name, value) in odd {
            let name = HeaderName::try_from(name).ok();
            let value = value.as_str().and_then(|it| HeaderValue::from_bytes(it.as_bytes()).ok());
            if let (Some(name), Some(value)) = (name, value) {
                request.headers.append(name, value);
            }
        }
        Some(request)
    }

    fn of(request: LambdaFunctionUrlRequest) -> Option<Self> {
        let http = request.request_context.http;
        Some(Self {
            method: Method::from_bytes(http.method?.as_bytes()).ok()?,
            target: path(request.raw_path?),
            headers: request.headers,
            peer: http.source_ip.and_then(|it| it.parse().ok()),
        })
    }
}

/// Function URLs hand the path on undecoded, so that a question mark cannot stand in it. Where a
/// stand-in for the platform has decoded one, it stays a part of the path.
fn path(raw: String) -> String {
    if raw.contains('?') { raw.replace('?', "%3F") } else { raw }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(path: &str, headers: &str) -> String {
        format!(
            r#"{{"version":"2.0","routeKey":"$default","rawPath":"{path}","rawQueryString":"a=b",
            "headers":{headers},"requestContext":{{"accountId":"anonymous","apiId":"x","http":{{
            "method":"GET","path":"/decoded","protocol":"HTTP/1.1","sourceIp":"192.0.2.7",
            "userAgent":"a"}},"requestId":"1","stage":"$default","time":"","timeEpoch":1}},
            "isBase64Encoded":false}}"#
        )
    }

    #[test]
    fn the_path_is_the_raw_one() {
        let rows = [
            ("/premium/a.json", "/premium/a.json"),
            ("/free/%2e%2e/premium", "/free/%2e%2e/premium"),
            ("/a%20b", "/a%20b"),
            ("/a?b", "/a%3Fb"),
        ];
        for (raw, target) in rows {
            let read = FunctionUrl::read(&event(raw, "{}")).unwrap();
            assert_eq!((read.method, read.target.as_str()), (Method::GET, target));
            assert_eq!(read.peer, Some([192, 0, 2, 7].into()));
        }
    }

    #[test]
    fn an_odd_header_costs_nobody_the_answer() {
        let headers = r#"{"accept":"*/*","user-agent":"caf\u00e9","x-n":"a\nb"}"#;
        let read = FunctionUrl::read(&event("/a", headers)).unwrap();
        assert_eq!(read.headers["accept"], "*/*");
        assert_eq!(read.headers["user-agent"].as_bytes(), "café".as_bytes());
        assert!(!read.headers.contains_key("x-n"));
    }

    #[test]
    fn other_events_are_refused_without_repeating_them() {
        for other in [r#"{"key1":"hush"}"#, r#"{"Records":[{"hush":1}]}"#, "[]", "\"hush\""] {
            let error = serde_json::from_str::<FunctionUrl>(other).unwrap_err().to_string();
            assert!(error.starts_with("the event is not a request to a function URL"), "{error}");
            assert!(!error.contains("hush"));
        }
    }
}
