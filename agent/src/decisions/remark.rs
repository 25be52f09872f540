//! What is odd about a challenge, in a code and in one sentence. Odd is not refused: some of it
//! concerns other payers, or the server's operator.

use std::fmt;
use std::time::Duration;

use wire::{WireError, header};

use super::challenge::Version;
use super::refusal::Refusal;
use super::terms::WINDOW_MAX;

/// Something odd, and which offer it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The offer, by version and place; nothing when it is about the whole reply.
    pub offer: Option<(Version, usize)>,
    /// What is odd.
    pub oddity: Oddity,
}

/// What can be odd about a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// Plain http to another machine.
    PlainHttp,
    /// No `PAYMENT-REQUIRED`.
    NoHeader,
    /// Several `PAYMENT-REQUIRED`.
    SeveralHeaders,
    /// `PAYMENT-REQUIRED` cannot be read.
    UnreadableHeader(WireError),
    /// `PAYMENT-REQUIRED` has this many bytes.
    LargeHeader(usize),
    /// The body says that it is a challenge and cannot be read.
    UnreadableBody(WireError),
    /// The body is no challenge for v1 payers.
    NoBody,
    /// The two versions offer different things.
    VersionsDiffer,
    /// No `Cache-Control: no-store`.
    Cacheable,
    /// Browsers cannot read `PAYMENT-REQUIRED`.
    NotExposed,
    /// The extension `payment-identifier` is required.
    IdentifierRequired,
    /// No offer at all.
    NoOffers,
    /// Offers in real money and in play money side by side.
    PlayMoneyTakenToo,
    /// Our own judgement refuses the offer.
    Refused(Refusal),
    /// The payment would stay valid for this long.
    LongWindow(Duration),
    /// The price is nothing.
    PriceZero,
    /// The price is over a dollar.
    PriceOverDollar,
}

impl Oddity {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PlainHttp => "plain_http",
            Self::NoHeader => "no_payment_required_header",
            Self::SeveralHeaders => "several_payment_required_headers",
            Self::UnreadableHeader(_) => "unreadable_header",
            Self::LargeHeader(_) => "large_header",
            Self::UnreadableBody(_) => "unreadable_body",
            Self::NoBody => "no_v1_body",
            Self::VersionsDiffer => "versions_differ",
            Self::Cacheable => "cacheable",
            Self::NotExposed => "header_not_exposed",
            Self::IdentifierRequired => "payment_identifier_required",
            Self::NoOffers => "no_offer",
            Self::PlayMoneyTakenToo => "play_money_taken_too",
            Self::Refused(refusal) => refusal.code(),
            Self::LongWindow(_) => "long_window",
            Self::PriceZero => "price_zero",
            Self::PriceOverDollar => "price_over_dollar",
        }
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnreadableHeader(why) => return write!(f, "PAYMENT-REQUIRED: {why}"),
            Self::UnreadableBody(why) => return write!(f, "the body: {why}"),
            Self::Refused(refusal) => return refusal.fmt(f),
            Self::LargeHeader(bytes) => {
                let limit = header::CHALLENGE_SENT_BYTES_MAX;
                return write!(
                    f,
                    "PAYMENT-REQUIRED has {bytes} bytes; many clients and proxies stop at {limit}"
                );
            }
            Self::LongWindow(asked) => {
                let (asked, cap) = (asked.as_secs(), WINDOW_MAX.as_secs());
                return write!(
                    f,
                    "the payment is to stay valid for {asked} s; this agent signs for {cap} s"
                );
            }
            Self::PlainHttp => "plain http: anyone on the way can rewrite who is paid",
            Self::NoHeader => "no PAYMENT-REQUIRED header: v2 payers cannot pay",
            Self::SeveralHeaders => "several PAYMENT-REQUIRED headers: payers may read any of them",
            Self::NoBody => "the body is no v1 challenge: v1 payers cannot pay",
            Self::VersionsDiffer => "v1 and v2 do not offer the same",
            Self::Cacheable => "no Cache-Control: no-store: a cache may keep the 402",
            Self::NotExposed => {
                "Access-Control-Expose-Headers lacks PAYMENT-REQUIRED: browsers cannot pay"
            }
            Self::IdentifierRequired => {
                "payment-identifier is required: many payers cannot supply one"
            }
            Self::NoOffers => "there is no offer",
            Self::PlayMoneyTakenToo => {
                "test networks are accepted beside real ones: play money buys it"
            }
            Self::PriceZero => "the price is zero",
            Self::PriceOverDollar => "over one dollar: the reference clients refuse it by default",
        })
    }
}
