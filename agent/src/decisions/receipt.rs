//! What the server says became of the payment, judged against what was signed. It is the server's
//! word: only the chain proves more.

use std::fmt;

use serde_json::Value;
use wire::{AtomicAmount, Message, Network, SettlementResponse, TxHash, header};

use super::draft::Exposure;
use crate::server_text::ServerText;

/// The record of one purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What was signed.
    pub exposure: Exposure,
    /// Whether the money has moved, as far as the server's word goes.
    pub standing: Standing,
    /// The transaction, where the server named a well-formed one.
    pub transaction: Option<TxHash>,
}

/// Has the money moved?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The server says so, and nothing in its answer contradicts what was signed.
    Settled,
    /// Not known. The payment must be counted as spent until the chain proves it void.
    Unknown(ReceiptDoubt),
}

/// Why a server's word is not taken for a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptDoubt {
    /// There is no `PAYMENT-RESPONSE`.
    Missing,
    /// It cannot be read, or there are several.
    Unreadable,
    /// It says that the payment failed, although the content came.
    Failed(Option<ServerText>),
    /// It names another network.
    Network,
    /// It names another payer, or none.
    Payer,
    /// It names another amount.
    Amount,
    /// It names no well-formed transaction hash.
    Transaction,
}

impl Receipt {
    /// Judges the values of `PAYMENT-RESPONSE` (or its v1 name) that came with the content.
    #[must_use]
    pub fn judge(values: &[&[u8]], exposure: Exposure) -> Self {
        let answer = match values {
            [] => Err(ReceiptDoubt::Missing),
            [value] => header::decode(value, header::CHALLENGE_HEADER_BYTES_MAX)
                .map_err(|_| ReceiptDoubt::Unreadable),
            [_, _, ..] => Err(ReceiptDoubt::Unreadable),
        };
        Self::of(answer, exposure)
    }

    /// Judges the document `x402/payment-response` that came with a tool's result.
    #[must_use]
    pub fn judge_document(document: Option<&Value>, exposure: Exposure) -> Self {
        let answer = document.cloned().ok_or(ReceiptDoubt::Missing).and_then(|it| {
            SettlementResponse::from_value(it).map_err(|_| ReceiptDoubt::Unreadable)
        });
        Self::of(answer, exposure)
    }

    fn of(answer: Result<SettlementResponse, ReceiptDoubt>, exposure: Exposure) -> Self {
        let transaction = answer.as_ref().ok().and_then(transaction_of);
        let standing = match answer.and_then(|it| check(&it, &exposure)) {
            Ok(()) => Standing::Settled,
            Err(doubt) => Standing::Unknown(doubt),
        };
        Self { exposure, standing, transaction }
    }

    /// Does the server say, without contradiction, that the money moved?
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.standing == Standing::Settled
    }

    /// Where a person can look the transaction up.
    #[must_use]
    pub fn explorer_url(&self) -> Option<String> {
        let hash = self.transaction?;
        Some(format!("{}/tx/{hash}", self.exposure.network.explorer_url))
    }
}

/// The transaction that an answer names, if the name is well-formed.
#[must_use]
pub fn transaction_of(answer: &SettlementResponse) -> Option<TxHash> {
    answer.transaction.parse().ok()
}

fn check(answer: &SettlementResponse, exposure: &Exposure) -> Result<(), ReceiptDoubt> {
    if !answer.success {
        let reason = answer.error_reason.as_deref().map(ServerText::clean);
        return Err(ReceiptDoubt::Failed(reason));
    }
    let network = Network::evm(exposure.network.chain_id);
    if Network::parse_any(&answer.network) != Ok(network) {
        return Err(ReceiptDoubt::Network);
    }
    let payer = answer.payer.as_deref().and_then(|it| it.parse().ok());
    if payer != Some(exposure.key.payer) {
        return Err(ReceiptDoubt::Payer);
    }
    if answer.amount.is_some_and(|it: AtomicAmount| it != exposure.amount) {
        return Err(ReceiptDoubt::Amount);
    }
    transaction_of(answer).map(|_| ()).ok_or(ReceiptDoubt::Transaction)
}

impl ReceiptDoubt {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "receipt_missing",
            Self::Unreadable => "receipt_unreadable",
            Self::Failed(_) => "receipt_says_failed",
            Self::Network => "receipt_names_other_network",
            Self::Payer => "receipt_names_other_payer",
            Self::Amount => "receipt_names_other_amount",
            Self::Transaction => "receipt_names_no_transaction",
        }
    }
}

impl fmt::Display for ReceiptDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the server sent no receipt"),
            Self::Unreadable => f.write_str("the server's receipt cannot be read"),
            Self::Failed(None) => f.write_str("the server's receipt says that the payment failed"),
            Self::Failed(Some(reason)) => {
                write!(f, "the server's receipt says that the payment failed: {reason}")
            }
            Self::Network => f.write_str("the server's receipt names another network"),
            Self::Payer => f.write_str("the server's receipt does not name us as the payer"),
            Self::Amount => f.write_str("the server's receipt names another amount"),
            Self::Transaction => f.write_str("the server's receipt names no transaction"),
        }
    }
}
