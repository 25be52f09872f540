//! The codes of every error. Programs match on these words: if this fails, you are changing the
//! interface.

use std::time::Duration;

use agent::PayError;
use agent::aftermath::{Aftermath, SendDoubt};
use agent::book::BookError;
use agent::decisions::budget::Denial;
use agent::decisions::draft::{Exposure, NotAsAsked};
use agent::decisions::guard::{Blocked, Guard};
use agent::decisions::skew::Skew;
use agent::decisions::target::TargetError;
use agent::server_text::ServerText;
use agent::signer::SignerError;
use agent::world::NoRandomness;
use wire::networks::NETWORKS;
use wire::{AtomicAmount, Nonce, PaymentKey, Problem, UnixTime, WireError};

use crate::wares::{PAYEE, PAYER};

fn aftermath() -> Box<Aftermath> {
    let network = &NETWORKS[0];
    let (asset, payer) = (network.asset.address.into(), PAYER.parse().unwrap());
    let key = PaymentKey { chain_id: network.chain_id, asset, payer, nonce: Nonce::new([7; 32]) };
    let exposure = Exposure {
        key,
        network,
        asset: &network.asset,
        amount: AtomicAmount::from(10_000),
        pay_to: PAYEE.parse().unwrap(),
        valid_before: UnixTime::from_seconds(1_795_222_191),
    };
    Box::new(Aftermath { exposure, attempts: 1, last: SendDoubt::NoAnswer })
}

fn blocked() -> Blocked {
    Guard::new().admits(&"https://127.0.0.1/".parse().unwrap()).unwrap_err()
}

#[test]
fn error_codes_are_frozen() {
    #[rustfmt::skip]
    let rows = [
        (PayError::InvalidUrl(TargetError::Scheme),                                "invalid_url",            false),
        (PayError::InsecureTransport,                                              "insecure_transport",     false),
        (PayError::BlockedAddress(blocked()),                                      "blocked_address",        false),
        (PayError::CrossOriginRedirect(ServerText::clean("x")),                    "cross_origin_redirect",  false),
        (PayError::TooManyRedirects,                                               "too_many_redirects",     false),
        (PayError::Unreachable("x".into()),                                        "unreachable",            false),
        (PayError::TimedOut,                                                       "timed_out",              false),
        (PayError::UnexpectedStatus { status: 500, code: None },                   "unexpected_status",      false),
        (PayError::ToolRefused { code: -32602 },                                   "tool_refused",           false),
        (PayError::ChallengeTooLarge { limit: 1 },                                 "challenge_too_large",    false),
        (PayError::InvalidChallenge(WireError::new("", Problem::NotJson)),         "invalid_challenge",      false),
        (PayError::Refused(Vec::new()),                                            "no_offer",               false),
        (PayError::ClockSkew(Skew::Ahead(Duration::from_mins(10))),               "clock_skew",             false),
        (PayError::Denied(Denial::BudgetExceeded),                                 "budget_exceeded",        false),
        (PayError::InProgress,                                                     "purchase_in_progress",   false),
        (PayError::Ledger(BookError::new("x")),                                    "ledger_unusable",        false),
        (PayError::PaymentTooLarge,                                                "payment_too_large",      false),
        (PayError::NoRandomness(NoRandomness),                                     "no_randomness",          false),
        (PayError::NotSigned(SignerError::Declined("x".into())),                   "not_signed",             false),
        (PayError::NotSigned(SignerError::Unanswered("x".into())),                 "wallet_unanswered",      false),
        (PayError::SignedElse(NotAsAsked),                                         "signed_something_else",  false),
        (PayError::NotSent("x".into()),                                            "payment_not_sent",       false),
        (PayError::Unknown(aftermath()),                                           "payment_unknown",        true),
        (PayError::Rechallenged(aftermath()),                                      "payment_rechallenged",   true),
        (PayError::RedirectedAfterPayment(aftermath()),                            "redirect_after_payment", true),
        (PayError::Conflict(aftermath()),                                          "payment_conflict",       true),
        (PayError::Blocked(aftermath()),                                           "payment_blocked",        true),
        (PayError::Rejected(aftermath()),                                          "payment_rejected",       true),
        (PayError::BodyTooLarge { limit: 1 },                                      "body_too_large",         false),
        (PayError::BodyInterrupted { received: 1 },                                "body_interrupted",       false),
    ];
    for (error, code, at_stake) in rows {
        assert_eq!((error.code(), error.aftermath().is_some()), (code, at_stake), "{error}");
        let text = error.to_string();
        assert!(!text.is_empty() && !text.ends_with('.'), "{text}");
    }
}
