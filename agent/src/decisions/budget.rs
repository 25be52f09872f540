//! May this be reserved? Limits and facts in, permission or denial out. Knows no ledger and no clock;
//! what it permits is only true while nobody else spends, so it is asked inside the transaction.

use std::fmt;
use std::time::Duration;

use wire::networks::KnownAsset;
use wire::price::PriceError;
use wire::{AtomicAmount, Price, U256, UnixTime};

/// A dollar has this many decimals here: as many as USDC. Every listed token is a dollar.
const DECIMALS: u8 = 6;

/// Millionths of a dollar. Amounts in finer tokens are rounded up: a budget is never stretched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(u64);

/// A limit on what is spent within the last `span`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How far it looks back.
    pub span: Duration,
    /// The most that may be spent within it.
    pub limit: Micros,
}

/// What the payer allows over many purchases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Pay without asking? If not, every payment needs an approval.
    pub auto_pay: bool,
    /// Hosts that may be paid, with their port where the URL names one. None means any.
    pub hosts: Vec<String>,
    /// The most that one payment may be.
    pub per_payment: Option<Micros>,
    /// The most that may be spent in all.
    pub total: Option<Micros>,
    /// The most that may be spent at one host.
    pub per_host: Option<Micros>,
    /// The most that may be spent within the last hours or days.
    pub windows: Vec<Window>,
    /// Above this, a payment needs an approval.
    pub confirm_above: Option<Micros>,
    /// Does a new payee of a known host, or a higher price of a known URL, need an approval?
    pub pin: bool,
}

/// A payment session: what an operator lets a payer spend, until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The session's name.
    pub id: String,
    /// The most that may be spent in it.
    pub limit: Micros,
    /// From this time on nothing may be signed.
    pub expires: UnixTime,
    /// Has the operator closed it?
    pub closed: bool,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Who sells.
    pub host: &'a str,
    /// What it costs.
    pub price: Micros,
    /// When it is asked.
    pub now: UnixTime,
    /// Has someone who may do so agreed to exactly this payment?
    pub approved: bool,
}

/// What the ledger knows: everything spent, reserved or in doubt counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// In all.
    pub total: Micros,
    /// At this host.
    pub host: Micros,
    /// Within each of the policy's windows, in their order.
    pub windows: Vec<Micros>,
    /// In this session.
    pub session: Micros,
    /// Was this host ever paid?
    pub host_known: bool,
    /// Was this host ever paid by paying this account on this network?
    pub payee_known: bool,
    /// What this URL cost the last time.
    pub last_price: Option<Micros>,
}

/// Why a payment is not made. Nothing was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Denial {
    /// The host is not among those that may be paid.
    HostNotAllowed,
    /// More than policy allows for one payment.
    PaymentLimitExceeded,
    /// The operator has closed the session.
    SessionClosed,
    /// The session's time is over.
    SessionExpired,
    /// The session's limit would be passed.
    SessionExceeded,
    /// The limit in all would be passed.
    BudgetExceeded,
    /// The limit for this host would be passed.
    HostBudgetExceeded,
    /// The limit for the last hours or days would be passed.
    WindowExceeded,
    /// The host names another payee than before. An approval lifts this.
    PayeeChanged,
    /// The URL costs more than before. An approval lifts this.
    PriceChanged,
    /// Policy wants a person to agree. An approval lifts this.
    ConfirmationRequired,
}

/// May this be reserved? What an approval can lift is said last, so that nobody is asked to agree to
/// what is impossible anyway.
pub fn judge(
    policy: &Policy,
    grant: Option<&Grant>,
    asked: &Asked<'_>,
    facts: &Facts,
) -> Result<(), Denial> {
    if !policy.hosts.is_empty() && !policy.hosts.iter().any(|it| it == asked.host) {
        return Err(Denial::HostNotAllowed);
    }
    if policy.per_payment.is_some_and(|limit| asked.price > limit) {
        return Err(Denial::PaymentLimitExceeded);
    }
    if let Some(grant) = grant {
        within_grant(grant, asked, facts)?;
    }
    let fits = |spent: Micros, limit: Option<Micros>| {
        limit.is_none_or(|limit| spent.plus(asked.price) <= limit)
    };
    if !fits(facts.total, policy.total) {
        return Err(Denial::BudgetExceeded);
    }
    if !fits(facts.host, policy.per_host) {
        return Err(Denial::HostBudgetExceeded);
    }
    // A window whose sum is missing counts as full.
    let sums = facts.windows.iter().copied().chain(std::iter::repeat(Micros::MAX));
    if policy.windows.iter().zip(sums).any(|(window, spent)| !fits(spent, Some(window.limit))) {
        return Err(Denial::WindowExceeded);
    }
    if asked.approved { Ok(()) } else { without_approval(policy, asked, facts) }
}

fn within_grant(grant: &Grant, asked: &Asked<'_>, facts: &Facts) -> Result<(), Denial> {
    if grant.closed {
        return Err(Denial::SessionClosed);
    }
    if asked.now >= grant.expires {
        return Err(Denial::SessionExpired);
    }
    let fits = facts.session.plus(asked.price) <= grant.limit;
    if fits { Ok(()) } else { Err(Denial::SessionExceeded) }
}

fn without_approval(policy: &Policy, asked: &Asked<'_>, facts: &Facts) -> Result<(), Denial> {
    if policy.pin && facts.host_known && !facts.payee_known {
        return Err(Denial::PayeeChanged);
    }
    if policy.pin && facts.last_price.is_some_and(|last| asked.price > last) {
        return Err(Denial::PriceChanged);
    }
    if !policy.auto_pay || policy.confirm_above.is_some_and(|it| asked.price > it) {
        return Err(Denial::ConfirmationRequired);
    }
    Ok(())
}

impl Micros {
    /// More than anyone has.
    pub const MAX: Self = Self(u64::MAX);

    /// From a count of millionths.
    #[must_use]
    pub const fn new(micros: u64) -> Self {
        Self(micros)
    }

    /// How many millionths.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.0
    }

    /// What an amount of this token is worth, rounded up.
    #[must_use]
    pub fn of(amount: AtomicAmount, asset: &KnownAsset) -> Self {
        let ten = U256::from(10);
        let units = amount.units();
        let micros = match asset.decimals.checked_sub(DECIMALS) {
            Some(finer) => units.div_ceil(ten.saturating_pow(U256::from(finer))),
            None => units.saturating_mul(ten.saturating_pow(U256::from(DECIMALS - asset.decimals))),
        };
        Self(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// From a price in dollars.
    pub fn of_price(price: &Price) -> Result<Self, PriceError> {
        let micros = price.to_atomic(DECIMALS)?.units();
        Ok(Self(u64::try_from(micros).unwrap_or(u64::MAX)))
    }

    /// The sum; at the most [`Micros::MAX`].
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left of this after spending.
    #[must_use]
    pub const fn minus(self, spent: Self) -> Self {
        Self(self.0.saturating_sub(spent.0))
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", AtomicAmount::from(self.0).to_decimal(DECIMALS))
    }
}

impl Default for Policy {
    /// Pays by itself within the terms, and asks when a known host changes payee or price.
    fn default() -> Self {
        Self {
            auto_pay: true,
            hosts: Vec::new(),
            per_payment: None,
            total: None,
            per_host: None,
            windows: Vec::new(),
            confirm_above: None,
            pin: true,
        }
    }
}

impl Denial {
    /// Every denial, in the order of the checks.
    pub const ALL: [Self; 11] = [
        Self::HostNotAllowed,
        Self::PaymentLimitExceeded,
        Self::SessionClosed,
        Self::SessionExpired,
        Self::SessionExceeded,
        Self::BudgetExceeded,
        Self::HostBudgetExceeded,
        Self::WindowExceeded,
        Self::PayeeChanged,
        Self::PriceChanged,
        Self::ConfirmationRequired,
    ];

    /// Can a person's approval lift it?
    #[must_use]
    pub const fn can_be_approved(self) -> bool {
        matches!(self, Self::PayeeChanged | Self::PriceChanged | Self::ConfirmationRequired)
    }

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::HostNotAllowed => "host_not_allowed",
            Self::PaymentLimitExceeded => "payment_limit_exceeded",
            Self::SessionClosed => "session_closed",
            Self::SessionExpired => "session_expired",
            Self::SessionExceeded => "session_exceeded",
            Self::BudgetExceeded => "budget_exceeded",
            Self::HostBudgetExceeded => "host_budget_exceeded",
            Self::WindowExceeded => "window_budget_exceeded",
            Self::PayeeChanged => "payee_changed",
            Self::PriceChanged => "price_changed",
            Self::ConfirmationRequired => "confirmation_required",
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HostNotAllowed => "policy does not allow this host",
            Self::PaymentLimitExceeded => "policy does not allow a payment of this size",
            Self::SessionClosed => "the payment session is closed",
            Self::SessionExpired => "the payment session has expired",
            Self::SessionExceeded => "the payment session's limit would be exceeded",
            Self::BudgetExceeded => "the budget would be exceeded",
            Self::HostBudgetExceeded => "the budget for this host would be exceeded",
            Self::WindowExceeded => "the budget for this period would be exceeded",
            Self::PayeeChanged => "the host names another payee than before; nobody approved it",
            Self::PriceChanged => "the price is higher than before; nobody approved it",
            Self::ConfirmationRequired => "policy wants an approval, and nobody gave it",
        })
    }
}
