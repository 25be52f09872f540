//! The golden files, and which type reads which.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use wire::facilitator::{FacilitatorRequest, FacilitatorRequestV1, SupportedResponse};
use wire::{Message, SettlementResponse, VerifyResponse, WireError, v1, v2};

/// Reads a text and writes it again.
type Echo = fn(&str) -> Result<Value, WireError>;

/// A message as one of the peers sent it.
pub(crate) struct Golden {
    /// File name, such as `payment-payload.v2.fetch.json`.
    pub(crate) name: String,
    /// The bytes.
    pub(crate) text: String,
}

impl Golden {
    /// The message as plain JSON.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.text).expect("a golden file is JSON")
    }

    /// Reads this text with the type that the file's name stands for, and writes it again.
    pub(crate) fn echo(&self, text: &str) -> Result<Value, WireError> {
        (self.echoing())(text)
    }

    fn echoing(&self) -> Echo {
        #[rustfmt::skip]
        let rows: [(&str, Echo); 13] = [
            ("payment-required.v2.",    echo::<v2::PaymentRequired>),
            ("payment-required.v1.",    echo::<v1::PaymentRequired>),
            ("payment-payload.v2.",     echo::<v2::PaymentPayload>),
            ("payment-payload.v1.",     echo::<v1::PaymentPayload>),
            ("verify-request.v2.",      echo::<FacilitatorRequest>),
            ("verify-request.v1.",      echo::<FacilitatorRequestV1>),
            ("settle-request.v2.",      echo::<FacilitatorRequest>),
            ("settle-request.v1.",      echo::<FacilitatorRequestV1>),
            ("verify-response.",        echo::<VerifyResponse>),
            ("settle-response.",        echo::<SettlementResponse>),
            ("settlement-response.",    echo::<SettlementResponse>),
            ("supported.",              echo::<SupportedResponse>),
            ("",                        |_| panic!("a golden file of no known kind")),
        ];
        let row = rows.iter().find(|(prefix, _)| self.name.starts_with(prefix));
        row.expect("the last row takes every name").1
    }
}

fn echo<T: Message>(text: &str) -> Result<Value, WireError> {
    T::from_json(text.as_bytes()).map(|it| it.to_value())
}

/// One message by its file name.
pub(crate) fn message(name: &str) -> Golden {
    let text = fs::read_to_string(folder().join(name)).expect(name);
    Golden { name: name.to_owned(), text }
}

/// Every file of `golden/messages` whose name ends so, in order of their names.
pub(crate) fn ending(suffix: &str) -> Vec<Golden> {
    let names = fs::read_dir(folder()).expect("the folder of golden messages");
    let names = names.map(|it| it.expect("a folder entry").file_name().into_string());
    let mut names: Vec<String> = names.map(|it| it.expect("a name in UTF-8")).collect();
    names.retain(|it| it.ends_with(suffix));
    names.sort();
    names.iter().map(|it| message(it)).collect()
}

/// The EIP-712 vectors that viem signed.
pub(crate) fn eip712() -> Value {
    let text = include_str!("../../golden/eip712/transfer-with-authorization.json");
    serde_json::from_str(text).expect("the vectors are JSON")
}

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "golden", "messages"].iter().collect()
}
