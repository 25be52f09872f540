//! A merchant that cheats, to point agents at: each of its paths plays one trick, and what it is sent
//! it remembers. It takes the money of whoever signs, on the sandbox's chain, as a thief would; it
//! sells nothing that anybody should want.

mod bomb;
mod line;
mod paper;
mod till;
mod tricks;

pub use tricks::{Trick, tricks};

use crate::chain::Chain;
use alloy_primitives::Address;
use line::{Act, Heard};
use paper::{Reply, Stage};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use till::Till;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// How many visits are remembered; further ones are only answered.
pub const VISITS_KEPT: usize = 10_000;

/// What a query says to have the money left where it is: `/fake-delivery?take=no`.
const LEAVE_THE_MONEY: &str = "take=no";

/// Somebody came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// What was asked for, with its query.
    pub path: String,
    /// The payment that came along, as it travelled.
    pub payment: Option<String>,
    /// It came to the other host, where redirects lead; no payment may ever come here.
    pub elsewhere: bool,
}

/// A hostile merchant that listens until it is dropped, at an address and at a second one: another
/// origin, for redirects.
#[derive(Debug)]
pub struct Hostile {
    shop: Arc<Shop>,
    address: SocketAddr,
    listening: [AbortHandle; 2],
}

#[derive(Debug)]
struct Shop {
    origin: String,
    elsewhere: String,
    till: Till,
    visits: Mutex<Vec<Visit>>,
    /// How often each trick has named its price.
    demands: Mutex<HashMap<&'static str, u32>>,
}

impl Hostile {
    /// Listens at this address (port 0 finds a free one) and has payments to this account settled on
    /// this chain.
    pub async fn start(chain: Chain, address: SocketAddr, pay_to: Address) -> io::Result<Self> {
        let here = TcpListener::bind(address).await?;
        let there = TcpListener::bind(SocketAddr::new(address.ip(), 0)).await?;
        let address = here.local_addr()?;
        let shop = Arc::new(Shop {
            origin: format!("http://{}", reachable(address)),
            elsewhere: format!("http://{}", reachable(there.local_addr()?)),
            till: Till::new(chain, pay_to),
            visits: Mutex::default(),
            demands: Mutex::default(),
        });
        let (this, other) = (shop.clone(), shop.clone());
        let here = line::serve(here, move |heard| {
            let shop = this.clone();
            async move { shop.answer(heard).await }
        });
        let there = line::serve(there, move |heard| {
            let shop = other.clone();
            async move { shop.answer_elsewhere(heard) }
        });
        let listening = [tokio::spawn(here).abort_handle(), tokio::spawn(there).abort_handle()];
        Ok(Self { shop, address, listening })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL, without a slash at the end. Its first page lists the tricks.
    #[must_use]
    pub fn url(&self) -> String {
        self.shop.origin.clone()
    }

    /// Where this trick is played.
    #[must_use]
    pub fn url_of(&self, trick: &str) -> String {
        format!("{}/{trick}", self.shop.origin)
    }

    /// Who came so far.
    #[must_use]
    pub fn visits(&self) -> Vec<Visit> {
        lock(&self.shop.visits).clone()
    }
}

impl Drop for Hostile {
    /// Stops listening and ends every connection.
    fn drop(&mut self) {
        self.listening.iter().for_each(AbortHandle::abort);
    }
}

impl Shop {
    async fn answer(&self, heard: Heard) -> Act {
        let (path, query) = heard.path.split_once('?').unwrap_or((&heard.path, ""));
        match path {
            "/" => return Reply::text(&listing(&self.origin)).into(),
            "/visits" => return Reply::json(&self.told()).into(),
            _ => {}
        }
        self.remember(&heard, false);
        let name = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let Some(trick) = tricks().find(|it| it.name == name) else {
            return Reply::status(404).into();
        };
        let Some(payment) = &heard.payment else {
            let earlier = self.demanded(trick.name);
            return (trick.unpaid)(&self.stage(path, query, earlier));
        };
        let earlier = lock(&self.demands).get(trick.name).copied().unwrap_or(1);
        let takes = query != LEAVE_THE_MONEY;
        let Some(sale) = self.till.ring(payment, takes).await else {
            return Reply::status(400).into();
        };
        (trick.paid)(&self.stage(path, query, earlier.saturating_sub(1)), &sale)
    }

    fn answer_elsewhere(&self, heard: Heard) -> Act {
        self.remember(&heard, true);
        Reply::text("another host\n").into()
    }

    fn stage<'a>(&'a self, path: &'a str, query: &'a str, earlier: u32) -> Stage<'a> {
        let pay_to = self.till.pay_to();
        Stage { origin: &self.origin, elsewhere: &self.elsewhere, path, query, pay_to, earlier }
    }

    /// Counts a demand; how many there were before.
    fn demanded(&self, trick: &'static str) -> u32 {
        let mut demands = lock(&self.demands);
        let count = demands.entry(trick).or_default();
        *count = count.saturating_add(1);
        *count - 1
    }

    fn remember(&self, heard: &Heard, elsewhere: bool) {
        let mut visits = lock(&self.visits);
        if visits.len() < VISITS_KEPT {
            let Heard { path, payment } = heard.clone();
            visits.push(Visit { path, payment, elsewhere });
        }
    }

    fn told(&self) -> Value {
        let visit = |it: &Visit| json!({ "path": it.path, "payment": it.payment, "elsewhere": it.elsewhere });
        json!({ "visits": lock(&self.visits).iter().map(visit).collect::<Vec<_>>() })
    }
}

/// For people: what there is to try.
fn listing(origin: &str) -> String {
    let line = |it: &Trick| format!("{origin}/{:<25} {}\n", it.name, it.about);
    let tricks: String = tricks().map(line).collect();
    format!(
        "Each path plays one trick. Whoever signs is charged, once for each signature, and not at all \
         with ?{LEAVE_THE_MONEY}.\nWho came: {origin}/visits\n\n{tricks}"
    )
}

/// An address that one can connect to, where the server listens on all.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => ([127, 0, 0, 1], address.port()).into(),
        IpAddr::V4(_) | IpAddr::V6(_) => address,
    }
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}
