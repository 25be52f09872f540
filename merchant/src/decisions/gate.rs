//! The first half of the walk, without IO: what a request asks for, and whether it can be answered
//! at once. A request without a payment for something that is for sale ends here.

use http::{HeaderMap, Method};

use crate::decisions::codes::Code;
use crate::decisions::document::Document;
use crate::decisions::object::Want;
use crate::decisions::page;
use crate::decisions::path::{CanonicalPath, PathError};
use crate::decisions::payment::Payment;
use crate::decisions::policy::{Policy, PricedRoute, Route};
use crate::decisions::refusal::Refusal;
use crate::decisions::reply::Reply;

/// A request, reduced to what is decided on.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a Method,
    /// Path and query, as they stood in the request line.
    pub target: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
}

/// What follows from a request.
#[derive(Debug)]
pub enum Gate<'p, 'r> {
    /// Answered, without any IO.
    Answered(Reply),
    /// A free object, to be looked up.
    Free(CanonicalPath<'r>, Want),
    /// A document of our own, unless the content has an object of its name.
    Document(&'p Document, CanonicalPath<'r>, Want),
    /// No payment, for an object that may carry a price of its own. Does a person ask?
    Quoted(&'p PricedRoute, CanonicalPath<'r>, bool),
    /// A payment, to be judged.
    Paid(&'p PricedRoute, CanonicalPath<'r>, Payment),
}

/// Judges a request by the policy alone.
#[must_use]
pub fn judge<'p, 'r>(policy: &'p Policy, asked: Asked<'r>) -> Gate<'p, 'r> {
    if asked.method == Method::OPTIONS {
        return Gate::Answered(Reply::preflight());
    }
    let head = asked.method == Method::HEAD;
    if !head && asked.method != Method::GET {
        return refuse(Refusal::new(Code::MethodNotAllowed));
    }
    let path = match CanonicalPath::of_target(asked.target) {
        Ok(path) => path,
        Err(PathError::TooLong) => return refuse(Refusal::new(Code::NotFound)),
        Err(PathError::Ambiguous(rule)) => {
            return refuse(Refusal::new(Code::AmbiguousPath).because(rule.to_owned()));
        }
    };
    match policy.route(&path) {
        Some(Route::Free) if path.names_object() => {
            Gate::Free(path, Want::of_headers(asked.headers))
        }
        Some(Route::Document(document)) => {
            let want = Want::of_headers(asked.headers);
            if document.yields() {
                return Gate::Document(document, path, want);
            }
            Gate::Answered(document.reply(want.if_none_match.as_deref()))
        }
        Some(Route::Free) | None => refuse(Refusal::new(Code::NotFound)),
        Some(Route::Priced(route)) => match Payment::of_headers(asked.headers, policy.v1_enabled())
        {
            Err(refusal) => refuse(refusal),
            Ok(None) => {
                let person = page::is_wanted(asked.headers);
                if route.tariff.is_some() && path.names_object() {
                    return Gate::Quoted(route, path, person);
                }
                Gate::Answered(quote(policy, route, &path, person))
            }
            Ok(Some(_)) if head => refuse(Refusal::new(Code::MethodNotPayable)),
            Ok(Some(_)) if !path.names_object() => refuse(Refusal::new(Code::NotFound)),
            Ok(Some(payment)) => Gate::Paid(route, path, payment),
        },
    }
}

/// The challenge of who did not pay, with a page where a person asks.
#[must_use]
pub fn quote(
    policy: &Policy,
    route: &PricedRoute,
    path: &CanonicalPath<'_>,
    person: bool,
) -> Reply {
    let url = policy.url(path);
    let mut reply = Reply::challenge(route, url, PAYMENT_REQUIRED, None);
    if let Some(page) = route.challenge.page().filter(|_| person) {
        page::show(&mut reply, page.render(path.key(), url));
    }
    reply
}

const PAYMENT_REQUIRED: &str = Code::PaymentRequired.text();

fn refuse<'p, 'r>(refusal: Refusal) -> Gate<'p, 'r> {
    Gate::Answered(Reply::refusal(&refusal))
}
