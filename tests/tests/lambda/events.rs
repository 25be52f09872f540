//! Requests as a function URL hands them over.

use serde_json::{Map, Value, json};

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    /// How long the invocation may take, in milliseconds.
    pub(crate) patience_ms: u64,
}

/// The platform's own name for the trace of every invocation.
pub(crate) const X_RAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
/// Where the CDN asks from.
pub(crate) const CDN: &str = "130.176.1.1";

/// Asks for something without a payment.
pub(crate) fn get(path: &str) -> Ask {
    Ask { method: "GET", path: path.into(), headers: Vec::new(), patience_ms: 60_000 }
}

impl Ask {
    pub(crate) fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    /// Adds a header. The platform joins those of one name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        match self.headers.iter_mut().find(|(it, _)| it == name) {
            Some((_, values)) => *values = format!("{values},{value}"),
            None => self.headers.push((name.into(), value.into())),
        }
        self
    }

    pub(crate) fn paying(self, payment: &str) -> Self {
        self.header("payment-signature", payment)
    }

    /// The event, in payload format 2.0 (AWS Lambda developer guide, "Request payload format").
    pub(crate) fn event(&self) -> Value {
        let mut headers: Map<String, Value> =
            self.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        headers.insert("host".into(), json!("abcdefg.lambda-url.eu-central-1.on.aws"));
        headers.insert("x-forwarded-for".into(), json!(CDN));
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": self.path,
            "rawQueryString": "token=hush",
            "headers": headers,
            "queryStringParameters": { "token": "hush" },
            "requestContext": {
                "accountId": "anonymous",
                "apiId": "abcdefg",
                "authorizer": { "iam": {
                    "accessKey": "ASIAEXAMPLE", "accountId": "1", "callerId": "1",
                    "cognitoIdentity": null, "principalOrgId": null, "userArn": "arn", "userId": "1",
                } },
                "domainName": "abcdefg.lambda-url.eu-central-1.on.aws",
                "domainPrefix": "abcdefg",
                "http": {
                    "method": self.method, "path": "/as-decoded-by-the-platform",
                    "protocol": "HTTP/1.1", "sourceIp": CDN, "userAgent": "Amazon CloudFront",
                },
                "requestId": "1", "routeKey": "$default", "stage": "$default",
                "time": "12/Nov/2026:20:00:00 +0000", "timeEpoch": 1_794_513_600_000_u64,
            },
            "isBase64Encoded": false,
        })
    }
}
