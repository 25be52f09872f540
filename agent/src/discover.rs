//! Asks a facilitator's Bazaar what is for sale: its list page by page, or its search. Pays nothing
//! and needs no key. Pages, bytes and time are bounded; a page that fails later leaves what was
//! found before.

use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use tokio::time::Instant;
use wire::{Network, WireError};

use crate::decisions::listing::{Kind, Listing, Page};
use crate::decisions::target::{Target, TargetError};
use crate::transport::{NoReply, Transport, Unread};

/// The facilitator that is asked where none is named: Coinbase's, the largest catalogue of the field.
/// Its discovery needs no key.
pub const FACILITATOR: &str = "https://api.cdp.coinbase.com/platform/v2/x402";

/// Most pages that are asked for, whatever the caller wants.
pub const PAGES_MAX: u32 = 50;
/// Entries on a page of a list, and of a search. Sources: CDP's default, and its limit.
const LISTED: usize = 100;
const SEARCHED: usize = 20;
/// Largest page: a hundred entries with every schema of the field have less than a tenth of it.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long all pages of one facilitator may take.
const TIME_MAX: Duration = Duration::from_mins(1);

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Words, for the facilitator's search. Without any, its list is read.
    pub words: Option<String>,
    /// Only this kind.
    pub kind: Option<Kind>,
    /// Only what is sold on this network.
    pub network: Option<Network>,
    /// How many pages at the most; at least one is asked for.
    pub pages: u32,
}

/// What was found at one facilitator.
#[derive(Debug, Default)]
pub struct Haul {
    /// Each listing once, in the facilitator's order.
    pub listings: Vec<Listing>,
    /// How many entries could not be read.
    pub unread: usize,
    /// How many pages came.
    pub pages: u32,
    /// Does the facilitator have more than was read?
    pub more: bool,
    /// Why it ended before its end.
    pub failure: Option<DiscoverError>,
}

/// Why a facilitator's catalogue was not read.
#[derive(Debug)]
pub enum DiscoverError {
    /// The facilitator's URL cannot be asked for.
    Url(TargetError),
    /// Plain http to another machine: anyone on the way could put in what they like.
    Insecure,
    /// It cannot be reached.
    Unreachable(Box<dyn Error + Send + Sync>),
    /// It did not answer in time.
    TimedOut,
    /// It answered with this status.
    Status(u16),
    /// Its page is larger than any honest one.
    TooLarge,
    /// Its page is no catalogue.
    Unreadable(WireError),
}

/// Which endpoint is asked, and from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    List(usize),
    Search(Option<String>),
}

/// Reads what a facilitator lists. Safe to repeat.
///
/// A facilitator without a search is asked for its list, which is then searched here.
pub async fn discover(
    transport: &Transport,
    facilitator: &str,
    wanted: &Wanted,
) -> Result<Haul, DiscoverError> {
    let base = Target::parse(facilitator).map_err(DiscoverError::Url)?;
    if !base.is_confidential() {
        return Err(DiscoverError::Insecure);
    }
    let visit = Visit { transport, base: &base, wanted, end: Instant::now() + TIME_MAX };
    if wanted.words.is_none() {
        return visit.read(Place::List(0)).await;
    }
    match visit.read(Place::Search(None)).await {
        Err(DiscoverError::Status(404 | 405 | 501)) => {}
        searched => return searched,
    }
    let mut haul = visit.read(Place::List(0)).await?;
    let words = wanted.words.as_deref().unwrap_or_default();
    haul.listings.retain(|it| it.mentions(words));
    Ok(haul)
}

struct Visit<'a> {
    transport: &'a Transport,
    base: &'a Target,
    wanted: &'a Wanted,
    end: Instant,
}

impl Visit<'_> {
    async fn read(&self, first: Place) -> Result<Haul, DiscoverError> {
        let (mut haul, mut seen) = (Haul::default(), HashSet::new());
        let mut next = Some(first);
        while let Some(place) = next.take() {
            let page = match self.page(&place).await {
                Ok(page) => page,
                Err(why) if haul.pages == 0 => return Err(why),
                Err(why) => {
                    haul.failure = Some(why);
                    return Ok(haul);
                }
            };
            haul.pages += 1;
            haul.unread += page.unread;
            next = onward(&place, &page);
            let partial = page.partial;
            let before = haul.listings.len();
            let kind = |it: &Listing| self.wanted.kind.is_none_or(|kind| kind == it.kind);
            let fresh = page.listings.into_iter().filter(|it| seen.insert(name(it)));
            haul.listings.extend(fresh.filter(kind));
            // One that always answers the same would go on for ever.
            let repeats = page.items > 0 && seen.len() == before && haul.pages > 1;
            let enough = haul.pages >= self.wanted.pages.clamp(1, PAGES_MAX);
            if repeats || enough {
                haul.more = next.take().is_some() || partial;
            } else if next.is_none() {
                haul.more = partial;
            }
        }
        Ok(haul)
    }

    async fn page(&self, place: &Place) -> Result<Page, DiscoverError> {
        let asking = async {
            let target = self.url(place);
            let mut reply = self.transport.get(&target, None).await.map_err(unreached)?;
            let status = reply.status().as_u16();
            if status != 200 {
                return Err(DiscoverError::Status(status));
            }
            let body = self.transport.read_small(&mut reply, PAGE_BYTES_MAX).await;
            Page::read(&body.map_err(unread)?).map_err(DiscoverError::Unreadable)
        };
        tokio::time::timeout_at(self.end, asking).await.unwrap_or(Err(DiscoverError::TimedOut))
    }

    fn url(&self, place: &Place) -> Target {
        let mut url = self.base.url().clone();
        url.set_query(None);
        let (leaf, limit) = match place {
            Place::List(_) => ("resources", LISTED),
            Place::Search(_) => ("search", SEARCHED),
        };
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["discovery", leaf]);
        }
        let mut query = url.query_pairs_mut();
        if let (Place::Search(_), Some(words)) = (place, &self.wanted.words) {
            query.append_pair("query", words);
        }
        if let Some(kind) = self.wanted.kind {
            query.append_pair("type", kind.name());
        }
        if let Some(network) = &self.wanted.network {
            query.append_pair("network", &network.to_string());
        }
        query.append_pair("limit", &limit.to_string());
        match place {
            Place::List(0) | Place::Search(None) => {}
            Place::List(offset) => drop(query.append_pair("offset", &offset.to_string())),
            Place::Search(Some(cursor)) => drop(query.append_pair("cursor", cursor)),
        }
        drop(query);
        Target::from_url(url)
    }
}

/// Where the next page is, if there is one.
fn onward(place: &Place, page: &Page) -> Option<Place> {
    if page.items == 0 {
        return None;
    }
    match place {
        Place::List(offset) => {
            let next = offset + page.items;
            let total = page.total.map(|it| usize::try_from(it).unwrap_or(usize::MAX));
            let more = total.is_none_or(|total| next < total);
            more.then_some(Place::List(next))
        }
        Place::Search(cursor) => {
            let next = page.cursor.clone().filter(|it| Some(it) != cursor.as_ref())?;
            Some(Place::Search(Some(next)))
        }
    }
}

/// What makes two entries the same: one URL of an MCP server has many tools.
fn name(it: &Listing) -> (String, Option<String>) {
    (it.url.to_string(), it.tool.as_ref().map(ToString::to_string))
}

fn unreached(why: NoReply) -> DiscoverError {
    match why {
        NoReply::TimedOut => DiscoverError::TimedOut,
        NoReply::Blocked(why) => DiscoverError::Unreachable(why.into()),
        NoReply::NotConnected(why) | NoReply::Broken(why) => DiscoverError::Unreachable(why.into()),
    }
}

fn unread(why: Unread) -> DiscoverError {
    match why {
        Unread::TooLarge => DiscoverError::TooLarge,
        Unread::Broken => DiscoverError::TimedOut,
    }
}

impl DiscoverError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url(_) => "invalid_url",
            Self::Insecure => "insecure_transport",
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Status(_) => "unexpected_status",
            Self::TooLarge => "catalogue_too_large",
            Self::Unreadable(_) => "invalid_catalogue",
        }
    }
}

impl fmt::Display for DiscoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(why) => why.fmt(f),
            Self::Insecure => f.write_str("plain http to another machine"),
            Self::Unreachable(_) => f.write_str("the facilitator cannot be reached"),
            Self::TimedOut => f.write_str("the facilitator did not answer in time"),
            Self::Status(404) => f.write_str("the facilitator publishes no catalogue (404)"),
            Self::Status(status) => write!(f, "the facilitator answered {status}"),
            Self::TooLarge => write!(f, "its page is larger than {PAGE_BYTES_MAX} bytes"),
            Self::Unreadable(why) => write!(f, "its page is no catalogue: {why}"),
        }
    }
}

impl Error for DiscoverError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if let Self::Unreachable(why) = self {
            return Some(why.as_ref());
        }
        if let Self::Unreadable(why) = self { Some(why) } else { None }
    }
}
