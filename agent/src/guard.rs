//! Name lookups under guard: a name is looked up once for each connection, what is found is filtered,
//! and the connection goes to exactly those addresses. A name that leads elsewhere a moment later
//! (DNS rebinding) gains nothing.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::decisions::guard::{Blocked, Guard};

/// Addresses on their way.
pub type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Looks names up.
pub trait Lookup: Send + Sync {
    /// Every address of this name.
    fn addresses(&self, name: &str) -> Found;
}

/// The system's own resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses(&self, name: &str) -> Found {
        let name = name.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|it| it.ip()).collect())
        })
    }
}

/// A guard at the resolver.
#[derive(Clone)]
pub(crate) struct Doorman {
    guard: Arc<Guard>,
    lookup: Arc<dyn Lookup>,
}

impl Doorman {
    pub(crate) fn new(guard: Guard, lookup: impl Lookup + 'static) -> Self {
        Self { guard: Arc::new(guard), lookup: Arc::new(lookup) }
    }

    /// May this URL be asked, as far as its own text tells?
    pub(crate) fn admits(&self, url: &url::Url) -> Result<(), Blocked> {
        self.guard.admits(url)
    }
}

impl Resolve for Doorman {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, name) = (Arc::clone(&self.guard), name.as_str().to_owned());
        let found = self.lookup.addresses(&name);
        Box::pin(async move {
            let (mut admitted, mut blocked) = (Vec::new(), None);
            for address in found.await? {
                match guard.admits_address(&name, address) {
                    Ok(()) => admitted.push(SocketAddr::new(address, 0)),
                    Err(why) => blocked = Some(why),
                }
            }
            match blocked {
                Some(why) if admitted.is_empty() => Err(why.into()),
                Some(_) | None => Ok(Box::new(admitted.into_iter()) as Addrs),
            }
        })
    }
}

impl fmt::Debug for Doorman {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.guard.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Always finds these.
    struct Fixed(&'static [&'static str]);

    impl Lookup for Fixed {
        fn addresses(&self, _name: &str) -> Found {
            let found = self.0.iter().map(|it| it.parse().map_err(io::Error::other)).collect();
            Box::pin(async { found })
        }
    }

    /// What comes out is what is connected to; nothing is looked up after it.
    #[tokio::test]
    async fn only_admitted_addresses_come_out_of_a_lookup() {
        #[rustfmt::skip]
        let rows: [(&[&str], &[&str]); 4] = [
            (&["93.184.216.34"],                               &["93.184.216.34:0"]),
            (&["127.0.0.1", "93.184.216.34", "::1"],           &["93.184.216.34:0"]),
            (&["127.0.0.1", "fd00::1"],                        &[]),
            (&["2606:4700::1", "::ffff:93.184.216.34"],        &["[2606:4700::1]:0"]),
        ];
        for (found, expected) in rows {
            let doorman = Doorman::new(Guard::new(), Fixed(found));
            let admitted = doorman.resolve("shop.example".parse().unwrap()).await;
            let admitted: Vec<_> = match admitted {
                Ok(addresses) => addresses.map(|it| it.to_string()).collect(),
                Err(why) => {
                    assert!(why.downcast_ref::<Blocked>().is_some(), "{why}");
                    Vec::new()
                }
            };
            assert_eq!(admitted, expected, "{found:?}");
        }
    }
}
