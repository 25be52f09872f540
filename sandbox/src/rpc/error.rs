//! Why a call has no result, in the codes and words of geth and reth. Clients look at both.

use crate::chain::{BlockError, CallError, NotLater, SubmitError};
use alloy_primitives::Bytes;
use serde_json::{Value, json};

/// One variant for each code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RpcError {
    /// -32700: not JSON.
    Unparsable,
    /// -32600: JSON, but not a call.
    InvalidRequest(&'static str),
    /// -32601: no such method.
    UnknownMethod(String),
    /// -32602: the method exists, these parameters do not fit.
    InvalidParams(String),
    /// 3: the contract reverted, with these bytes.
    Reverted(String, Bytes),
    /// 4444: the chain has forgotten that block. Source: geth, `errCodePrunedHistory`.
    Forgotten,
    /// -32000: anything else.
    Failed(String),
}

impl RpcError {
    fn code(&self) -> i64 {
        match self {
            Self::Unparsable => -32700,
            Self::InvalidRequest(_) => -32600,
            Self::UnknownMethod(_) => -32601,
            Self::InvalidParams(_) => -32602,
            Self::Reverted(..) => 3,
            Self::Forgotten => 4444,
            Self::Failed(_) => -32000,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Unparsable => "parse error".to_owned(),
            Self::InvalidRequest(why) => (*why).to_owned(),
            Self::UnknownMethod(name) => {
                format!("the method {name} does not exist/is not available")
            }
            Self::InvalidParams(why) | Self::Reverted(why, _) | Self::Failed(why) => why.clone(),
            Self::Forgotten => BlockError::Forgotten.to_string(),
        }
    }

    /// The member `error` of a response.
    pub(super) fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.code(), "message": self.message() });
        if let Self::Reverted(_, data) = self {
            error["data"] = json!(data.to_string());
        }
        error
    }
}

impl From<BlockError> for RpcError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::Unknown => Self::Failed(error.to_string()),
            BlockError::Forgotten => Self::Forgotten,
        }
    }
}

impl From<CallError> for RpcError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Revert(revert) => Self::Reverted(revert.to_string(), revert.data),
            CallError::Halt(why) | CallError::Invalid(why) => Self::Failed(why),
            CallError::Block(error) => error.into(),
        }
    }
}

impl From<SubmitError> for RpcError {
    fn from(error: SubmitError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<NotLater> for RpcError {
    fn from(error: NotLater) -> Self {
        Self::Failed(error.to_string())
    }
}
