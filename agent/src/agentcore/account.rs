//! What was set up, by its ids. Holds no secret. Written before and after every call that creates
//! something, so that a set-up that was interrupted goes on where it stood.

use std::io;

use serde::{Deserialize, Serialize};
use wire::Address;

use super::order::Ids;

/// The names and ids of one set-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The AWS region.
    pub region: String,
    /// What everything of this set-up is called at Amazon.
    pub name: String,
    /// The user of the payment manager who owns the instrument and the session.
    pub user: String,
    /// Who keeps the wallet: `CoinbaseCDP` or `StripePrivy`.
    pub vendor: String,
    /// The credential provider's ARN; none where the connector makes its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_arn: Option<String>,
    /// The payment manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<Manager>,
    /// The payment connector's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<String>,
    /// The payment instrument's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<String>,
    /// The wallet's account on EVM chains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The payment session's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The name of the creation that is under way: the same until its outcome is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
}

/// A payment manager's two names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manager {
    /// As the control plane has it.
    pub id: String,
    /// As the payments service has it.
    pub arn: String,
}

/// A creation that may have happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// What is created.
    pub what: String,
    /// Its client token.
    pub token: String,
}

/// Where an account is kept.
pub trait Keep {
    /// Keeps it so that it survives the end of the process; the old one or the new one, never half.
    fn keep(&self, account: &Account) -> io::Result<()>;

    /// Forgets it: nothing is set up any more.
    fn forget(&self) -> io::Result<()>;
}

impl Account {
    /// Nothing set up yet.
    #[must_use]
    pub fn new(region: &str, name: &str, user: &str, vendor: &str) -> Self {
        Self {
            region: region.to_owned(),
            name: name.to_owned(),
            user: user.to_owned(),
            vendor: vendor.to_owned(),
            provider_arn: None,
            manager: None,
            connector: None,
            instrument: None,
            address: None,
            session: None,
            pending: None,
        }
    }

    /// Reads what [`Account::written`] wrote.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// As JSON.
    #[must_use]
    pub fn written(&self) -> String {
        // Strings and options of strings always have a JSON.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// What a payment needs; nothing while the set-up is not complete.
    #[must_use]
    pub fn ids(&self) -> Option<(Ids, Address)> {
        let ids = Ids {
            manager_arn: self.manager.as_ref()?.arn.clone(),
            session: self.session.clone()?,
            instrument: self.instrument.clone()?,
        };
        Some((ids, self.address.as_deref()?.parse().ok()?))
    }
}
