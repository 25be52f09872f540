//! What facilitators list, said to a language model: only what this agent would buy, the cheapest
//! first. A listing is somebody's word; the price is said by the 402, and judged again when it comes
//! to buying.

use agent::Terms;
use agent::decisions::bargain::{Bargain, rank};
use agent::decisions::budget::Policy;
use agent::decisions::choice::Deal;
use agent::decisions::listing::Kind;
use agent::discover::{DiscoverError, Wanted, discover};
use agent::server_text::ServerText;
use agent::transport::Transport;
use serde_json::{Value, json};

use super::answer::Answer;
use super::content::{NOTICE, visible};
use super::problem::{Problem, Retry};
use super::said::quoted;

/// More would fill a model's context and help it to nothing.
const LISTINGS_MAX: usize = 20;
/// Longest question that is passed on.
const QUERY_BYTES_MAX: usize = 400;
/// Pages of each facilitator.
const PAGES: u32 = 3;

/// Where is searched.
pub(crate) struct Search<'a> {
    pub(crate) transport: &'a Transport,
    pub(crate) facilitators: &'a [String],
}

impl Search<'_> {
    /// Pays nothing. That nothing is found is an answer; that nobody answers is not.
    pub(crate) async fn run(
        &self,
        words: &str,
        terms: &Terms,
        policy: &Policy,
        bytes_max: usize,
    ) -> Result<Answer, Problem> {
        if words.trim().is_empty() || words.len() > QUERY_BYTES_MAX {
            return Err(Problem::argument("query: must be a few words"));
        }
        let (words, kind) = (Some(words.to_owned()), Some(Kind::Http));
        let wanted = Wanted { words, kind, network: None, pages: PAGES };
        let (mut listings, mut failure) = (Vec::new(), None);
        for facilitator in self.facilitators {
            match discover(self.transport, facilitator, &wanted).await {
                Ok(haul) => listings.push(haul.listings),
                Err(why) => failure = Some(why),
            }
        }
        if let (Some(why), true) = (failure, listings.is_empty()) {
            return Err(unanswered(&why));
        }
        let mut listings: Vec<_> = listings.into_iter().flatten().collect();
        listings.sort_by_cached_key(|it| it.url.to_string());
        listings.dedup_by(|one, other| one.url == other.url);
        told(&rank(listings, terms, policy), bytes_max)
    }
}

fn told(bargains: &[Bargain], bytes_max: usize) -> Result<Answer, Problem> {
    let suitable = bargains.iter().filter_map(|it| Some((it, it.verdict.as_ref().ok()?)));
    let (mut listings, mut left) = (Vec::new(), bytes_max);
    for (bargain, deal) in suitable.clone().take(LISTINGS_MAX) {
        let listing = entry(bargain, deal);
        let size = listing.to_string().len();
        if size > left {
            break;
        }
        left -= size;
        listings.push(listing);
    }
    let (shown, suitable, found) = (listings.len(), suitable.count(), bargains.len());
    let listings = Value::from(listings);
    let body = quoted(&listings.to_string())?;
    let facts = json!({
        "notice": NOTICE, "untrusted": true,
        "listings": listings, "found": found, "suitable": suitable,
    });
    let said = format!("{shown} of {suitable} that could be bought, {found} found. {NOTICE}");
    Ok(Answer::new(facts, said).and(body))
}

fn entry(it: &Bargain, deal: &Deal) -> Value {
    let asset = deal.asset();
    let mut entry = json!({
        "url": it.listing.url.to_string(),
        "amount": format!("{} {}", deal.amount().to_decimal(asset.decimals), asset.symbol),
        "network": deal.network().name,
    });
    let words = [("description", &it.listing.description), ("mimeType", &it.listing.mime_type)];
    for (name, text) in words {
        if let Some(text) = text.as_ref().map(ServerText::as_str) {
            entry[name] = json!(visible(text));
        }
    }
    entry
}

fn unanswered(why: &DiscoverError) -> Problem {
    let retry = match why {
        DiscoverError::Unreachable(_)
        | DiscoverError::TimedOut
        | DiscoverError::Status(429 | 500..) => Retry::Later,
        DiscoverError::Url(_)
        | DiscoverError::Insecure
        | DiscoverError::Status(_)
        | DiscoverError::TooLarge
        | DiscoverError::Unreadable(_) => Retry::Useless,
    };
    Problem::new(why.code(), "no facilitator's catalogue could be searched", retry)
}
