//! What a facilitator answers. The fields are texts, not nouns: the answer is judged, field by
//! field, before anything in it is believed.

use serde_json::{Map, Value};

use crate::amount::AtomicAmount;
use crate::error::WireError;
use crate::json::Message;
use crate::members::Members;
use crate::v2::{Extensions, insert_extensions, insert_text};

/// The answer to `POST /verify`. Some facilitators send it with a 4xx or 5xx status.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VerifyResponse {
    /// Would the payment settle now? Only JSON's `true` counts.
    pub is_valid: bool,
    /// Why not: an open set of codes.
    pub invalid_reason: Option<String>,
    /// Why not, in prose; never shown to a payer.
    pub invalid_message: Option<String>,
    /// Who would pay.
    pub payer: Option<String>,
    /// Further members.
    pub unknown: Map<String, Value>,
}

/// The answer to `POST /settle`, and what a merchant passes on in `PAYMENT-RESPONSE`. The same in
/// versions 1 and 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SettlementResponse {
    /// Did the money move? `false` does not prove that it did not.
    pub success: bool,
    /// Why not: an open set of codes.
    pub error_reason: Option<String>,
    /// Why not, in prose; never shown to a payer.
    pub error_message: Option<String>,
    /// Who paid.
    pub payer: Option<String>,
    /// The transaction's hash; empty when the facilitator knows of none.
    pub transaction: String,
    /// CAIP-2 or legacy name; empty in some failures.
    pub network: String,
    /// How much was taken, where the scheme leaves it open.
    pub amount: Option<AtomicAmount>,
    /// The extensions' answers.
    pub extensions: Extensions,
    /// Further members.
    pub unknown: Map<String, Value>,
}

impl Message for VerifyResponse {
    fn from_value(value: Value) -> Result<Self, WireError> {
        let mut members = Members::of_document(value)?;
        Ok(Self {
            is_valid: members.boolean("isValid")?,
            invalid_reason: members.optional_text("invalidReason")?,
            invalid_message: members.optional_text("invalidMessage")?,
            payer: members.optional_text("payer")?,
            unknown: members.rest(),
        })
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("isValid".into(), self.is_valid.into());
        insert_text(&mut map, "invalidReason", self.invalid_reason.as_deref());
        insert_text(&mut map, "invalidMessage", self.invalid_message.as_deref());
        insert_text(&mut map, "payer", self.payer.as_deref());
        map.extend(self.unknown.clone());
        Value::Object(map)
    }
}

impl Message for SettlementResponse {
    fn from_value(value: Value) -> Result<Self, WireError> {
        let mut members = Members::of_document(value)?;
        // x402-rs 2.0 writes `error_reason` where its typed answers are used.
        let snake = members.optional_text("error_reason")?;
        let amount = match members.optional("amount") {
            None => None,
            Some(value) => Some(read_amount(&members, &value)?),
        };
        Ok(Self {
            success: members.boolean("success")?,
            error_reason: members.optional_text("errorReason")?.or(snake),
            error_message: members.optional_text("errorMessage")?,
            payer: members.optional_text("payer")?,
            transaction: members.optional_text("transaction")?.unwrap_or_default(),
            network: members.optional_text("network")?.unwrap_or_default(),
            amount,
            extensions: members.opaque_object("extensions")?,
            unknown: members.rest(),
        })
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("success".into(), self.success.into());
        insert_text(&mut map, "errorReason", self.error_reason.as_deref());
        insert_text(&mut map, "errorMessage", self.error_message.as_deref());
        insert_text(&mut map, "payer", self.payer.as_deref());
        map.insert("transaction".into(), self.transaction.clone().into());
        map.insert("network".into(), self.network.clone().into());
        insert_text(&mut map, "amount", self.amount.map(|it| it.to_string()).as_deref());
        insert_extensions(&mut map, &self.extensions);
        map.extend(self.unknown.clone());
        Value::Object(map)
    }
}

fn read_amount(members: &Members, value: &Value) -> Result<AtomicAmount, WireError> {
    use crate::error::Problem;
    use crate::members::Form;
    let parsed = value.as_str().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| members.error("amount", Problem::Expected(AtomicAmount::FORM)))
}
