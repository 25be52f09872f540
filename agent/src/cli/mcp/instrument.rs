//! What a model may know of the account and the budget. The shapes are those of the three tools of
//! Amazon Bedrock `AgentCore`'s payments plugin, so that prompts written for it fit.

use agent::Signer;
use agent::decisions::budget::{Grant, Micros, Policy};
use agent::decisions::purchase::Stage;
use agent::ledger::Purchase;
use serde_json::{Value, json};
use wire::UnixTime;

use super::super::wallet::Wallet;

/// The account, as an instrument.
pub(crate) fn instrument(wallet: &Wallet) -> Value {
    let address = wallet.address().to_string();
    json!({
        "paymentInstrumentId": address,
        "paymentInstrumentType": "EMBEDDED_CRYPTO_WALLET",
        "paymentInstrumentDetails": {
            "embeddedCryptoWallet": { "network": "ETHEREUM", "walletAddress": address },
        },
        "status": "ACTIVE",
    })
}

/// What is left to spend.
pub(crate) struct Standing<'a> {
    /// The session's name and, if there is such a session, what it grants and what is spent in it.
    pub(crate) session: Option<(&'a str, Option<(Grant, Micros)>)>,
    pub(crate) policy: &'a Policy,
    pub(crate) purchases: &'a [Purchase],
    pub(crate) now: UnixTime,
}

impl Standing<'_> {
    /// Everything that counts: settled, signed or reserved.
    fn spent(&self) -> Micros {
        let counted = self.purchases.iter().filter(|it| it.stage != Stage::Released);
        counted.fold(Micros::default(), |sum, it| sum.plus(it.price))
    }

    /// The facts.
    pub(crate) fn facts(&self) -> Value {
        let mut facts = json!({});
        if let Some((id, grant)) = &self.session {
            facts["paymentSessionId"] = json!(id);
            facts["status"] = json!(self.status(grant.as_ref().map(|(grant, _)| grant)));
            if let Some((grant, spent)) = grant {
                let left = if self.status(Some(grant)) == "open" {
                    grant.limit.minus(*spent)
                } else {
                    Micros::default()
                };
                facts["limits"] = json!({ "maxSpendAmount": dollars(grant.limit) });
                facts["availableLimits"] = json!({ "availableSpendAmount": dollars(left) });
                facts["minutesLeft"] = json!(grant.expires.since(self.now).as_secs() / 60);
            }
        }
        let spent = match &self.session {
            Some((_, Some((_, spent)))) => *spent,
            Some((_, None)) | None => self.spent(),
        };
        facts["spent"] = dollars(spent);
        facts["budget"] = self.budget();
        facts
    }

    fn status(&self, grant: Option<&Grant>) -> &'static str {
        match grant {
            None => "unknown",
            Some(grant) if grant.closed => "closed",
            Some(grant) if self.now >= grant.expires => "expired",
            Some(_) => "open",
        }
    }

    fn budget(&self) -> Value {
        let mut budget = json!({});
        if let Some(limit) = self.policy.total {
            budget["total"] = dollars(limit);
            budget["left"] = dollars(limit.minus(self.spent()));
        }
        if let Some(limit) = self.policy.per_payment {
            budget["perPayment"] = dollars(limit);
        }
        if let Some(limit) = self.policy.per_host {
            budget["perHost"] = dollars(limit);
        }
        let window = |limit: Micros, hours: u64| json!({ "hours": hours, "limit": dollars(limit) });
        let windows = self.policy.windows.iter();
        let windows: Vec<_> =
            windows.map(|it| window(it.limit, it.span.as_secs() / 3600)).collect();
        if !windows.is_empty() {
            budget["windows"] = json!(windows);
        }
        budget
    }
}

fn dollars(amount: Micros) -> Value {
    let text = amount.to_string();
    json!({ "value": text.trim_start_matches('$'), "currency": "USD" })
}
