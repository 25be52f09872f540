//! `x402-merchant challenge`: what a request without a payment gets, decoded. Asks the server's own
//! gate, so that it cannot show anything else than the server sends.

use std::fmt::Write;
use std::path::Path;

use http::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value, json};
use wire::header::{CHALLENGE_HEADER_BYTES_MAX, decode_json};

use super::load::load;
use super::output::{Paint, Tone};
use super::{Exit, Output};
use crate::decisions::gate::{self, Asked, Gate};
use crate::decisions::policy::Policy;
use crate::decisions::reply::{PAYMENT_REQUIRED, Reply};

pub(super) fn run(
    config: &Path,
    environment: Vec<(String, String)>,
    output: Output,
    path: &str,
    json: bool,
) -> Exit {
    let settings = match load(config, environment) {
        Ok(settings) => settings,
        Err(error) => {
            output.complain(&error.to_string());
            return Exit::Configuration;
        }
    };
    let shown = Shown::of(&settings.policy, path);
    if json {
        Output::say(&format!("{:#}", shown.json()));
    } else {
        Output::say(&shown.text(path, output.paint()));
    }
    shown.exit()
}

/// What a request gets.
enum Shown {
    /// A reply without any look at the storage.
    Reply(Box<Reply>),
    /// The object with this key, for nothing.
    Object(String),
}

impl Shown {
    fn of(policy: &Policy, path: &str) -> Self {
        let headers = HeaderMap::new();
        match gate::judge(policy, Asked { method: &Method::GET, target: path, headers: &headers }) {
            Gate::Answered(reply) => Self::Reply(Box::new(reply)),
            // What holds where the object carries no price.
            Gate::Quoted(route, path, person) => {
                Self::Reply(Box::new(gate::quote(policy, route, &path, person)))
            }
            // Without a payment among the headers only a free object gets so far.
            Gate::Free(path, _) | Gate::Document(_, path, _) | Gate::Paid(_, path, _) => {
                Self::Object(path.key().to_owned())
            }
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Reply(reply) if reply.status == StatusCode::PAYMENT_REQUIRED => Exit::Done,
            Self::Reply(_) | Self::Object(_) => Exit::NotForSale,
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Object(key) => json!({ "free": true, "object": key }),
            Self::Reply(reply) => {
                let mut shown = Map::new();
                shown.insert("status".into(), reply.status.as_u16().into());
                let headers = reply.headers.iter().map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes());
                    (name.as_str().to_owned(), Value::from(value))
                });
                shown.insert("headers".into(), headers.collect::<Map<_, _>>().into());
                if let Some(challenge) = challenge(reply) {
                    shown.insert("paymentRequired".into(), challenge);
                }
                shown.insert("body".into(), body(reply));
                shown.into()
            }
        }
    }

    fn text(&self, path: &str, paint: Paint) -> String {
        let mut text = format!("GET {path}\n\n");
        match self {
            Self::Object(key) => {
                let free = paint.tint(Tone::Good, "free");
                let _ = writeln!(text, "{free}: the object {key:?} is given away, if it is there");
            }
            Self::Reply(reply) => {
                let tone = if self.exit() == Exit::Done { Tone::Good } else { Tone::Bad };
                let _ = writeln!(text, "{}", paint.tint(tone, &reply.status.to_string()));
                for (name, value) in &reply.headers {
                    if name == PAYMENT_REQUIRED {
                        let _ = writeln!(text, "{name}: ({} bytes, see below)", value.len());
                    } else {
                        let value = String::from_utf8_lossy(value.as_bytes());
                        let _ = writeln!(text, "{name}: {value}");
                    }
                }
                if let Some(challenge) = challenge(reply) {
                    let heading = paint.tint(Tone::Heading, "PAYMENT-REQUIRED, decoded");
                    let _ = writeln!(text, "\n{heading}\n{challenge:#}");
                }
                let _ =
                    writeln!(text, "\n{}\n{:#}", paint.tint(Tone::Heading, "Body"), body(reply));
            }
        }
        text
    }
}

/// The decoded challenge, if the reply holds one.
fn challenge(reply: &Reply) -> Option<Value> {
    let header = reply.headers.get(PAYMENT_REQUIRED)?;
    let json = decode_json(header.as_bytes(), CHALLENGE_HEADER_BYTES_MAX).ok()?;
    serde_json::from_slice(&json).ok()
}

fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body)
        .unwrap_or_else(|_| String::from_utf8_lossy(&reply.body).into())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::Settings;

    const SHOP: &str = r#"
        public_url = "https://files.example.com"
        pay_to = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C"
        networks = ["base-sepolia"]
        content.url = "memory:"
        ledger.url = "memory:"
        facilitator.url = "x402.org"
        [[routes]]
        path = "/premium/"
        price = "$0.001"
        description = "Market data"
        mime_type = "application/json"
        [[routes]]
        path = "/free/"
        free = true
    "#;

    fn shown(path: &str) -> Shown {
        let settings = Settings::load(SHOP, Path::new("/srv"), std::iter::empty()).unwrap();
        Shown::of(&settings.policy, path)
    }

    #[test]
    fn a_challenge_is_shown_as_it_travels() {
        let expected = r#"GET /premium/a%20b.json

402 Payment Required
access-control-allow-origin: *
access-control-expose-headers: PAYMENT-REQUIRED, PAYMENT-RESPONSE, X-PAYMENT-RESPONSE, Retry-After, ETag, Content-Range, Accept-Ranges
x-content-type-options: nosniff
cache-control: no-store
content-type: application/json
payment-required: (944 bytes, see below)

PAYMENT-REQUIRED, decoded
{
  "x402Version": 2,
  "error": "payment_required",
  "resource": {
    "url": "https://files.example.com/premium/a%20b.json",
    "description": "Market data",
    "mimeType": "application/json"
  },
  "accepts": [
    {
      "scheme": "exact",
      "network": "eip155:84532",
      "amount": "1000",
      "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
      "payTo": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
      "maxTimeoutSeconds": 60,
      "extra": {
        "name": "USDC",
        "version": "2"
      }
    }
  ],
  "extensions": {
    "payment-identifier": {
      "info": {
        "required": false
      },
      "schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
          "required": {
            "type": "boolean"
          },
          "id": {
            "type": "string",
            "minLength": 16,
            "maxLength": 128,
            "pattern": "^[a-zA-Z0-9_-]+$"
          }
        },
        "required": [
          "required"
        ]
      }
    }
  }
}

Body
{
  "x402Version": 1,
  "error": "payment_required",
  "accepts": [
    {
      "scheme": "exact",
      "network": "base-sepolia",
      "maxAmountRequired": "1000",
      "resource": "https://files.example.com/premium/a%20b.json",
      "description": "Market data",
      "mimeType": "application/json",
      "payTo": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
      "maxTimeoutSeconds": 60,
      "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
      "extra": {
        "name": "USDC",
        "version": "2"
      }
    }
  ]
}
"#;
        let shown = shown("/premium/a%20b.json");
        assert_eq!(shown.text("/premium/a%20b.json", Paint::Off), expected);
        assert_eq!(shown.exit(), Exit::Done);
    }

    #[test]
    fn what_is_not_for_sale_is_shown_too() {
        #[rustfmt::skip]
        let rows = [
            ("/free/a.txt", "GET /free/a.txt\n\nfree: the object \"free/a.txt\" is given away, if it is there\n"),
            ("/other",      "\n404 Not Found\n"),
            ("/a/../b",     "\n400 Bad Request\n"),
            ("premium/a",   "the path must begin with a slash"),
        ];
        for (path, part) in rows {
            let shown = shown(path);
            let text = shown.text(path, Paint::Off);
            assert!(text.contains(part), "{path}: {text}");
            assert_eq!(shown.exit(), Exit::NotForSale, "{path}");
        }
    }

    #[test]
    fn the_json_holds_header_and_decoded_challenge() {
        let json = shown("/premium/a").json();
        assert_eq!(json["status"], 402);
        assert_eq!(json["paymentRequired"]["accepts"][0]["amount"], "1000");
        assert_eq!(json["body"]["x402Version"], 1);
        assert!(json["headers"]["payment-required"].as_str().is_some_and(|it| it.len() > 100));
        assert_eq!(shown("/free/a").json(), json!({ "free": true, "object": "free/a" }));
    }
}
