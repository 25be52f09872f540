//! Which hosts a program may reach that takes its URLs from somebody who must not choose freely: a
//! language model, a web page. Public addresses only, by their form alone; nothing is looked up here.

// `core::net` has addresses and no sockets.
use core::net::IpAddr;
use std::fmt;

use url::{Host, Url};

use super::zone::{Zone, name_zone, zone};

/// The port of https. Others have to be allowed: what answers there is as often as not meant for
/// somebody else.
const HTTPS: u16 = 443;

/// Lets requests out to public addresses on the port of https, and to what an operator allowed by
/// name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guard {
    private: Vec<(String, Option<u16>)>,
    ports: Vec<u16>,
}

/// A host that is not to be reached, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    host: String,
    why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Zone(Zone),
    Port(u16),
}

/// Not the name or address of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAHost;

impl Guard {
    /// Public addresses only.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// And this host, wherever it is: `merchant.internal`, `127.0.0.1:8402`, `[::1]:8402`. Without a
    /// port, on every port.
    pub fn allowing(mut self, host: &str) -> Result<Self, NotAHost> {
        let url = Url::parse(&format!("https://{host}/")).map_err(|_| NotAHost)?;
        let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        let Some(name) = url.host_str().filter(|_| plain && anonymous) else {
            return Err(NotAHost);
        };
        // The parser drops the scheme's own port.
        let port = url.port().or_else(|| host.ends_with(":443").then_some(HTTPS));
        self.private.push((plain_name(name), port));
        Ok(self)
    }

    /// And public addresses on this port.
    #[must_use]
    pub fn on_port(mut self, port: u16) -> Self {
        self.ports.push(port);
        self
    }

    /// May this URL be asked, as far as its own text tells? Names still have to be looked up, and
    /// what they lead to asked about with [`Guard::admits_address`].
    pub fn admits(&self, url: &Url) -> Result<(), Blocked> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        if self.is_allowed(host, Some(port)) {
            return Ok(());
        }
        let there = match url.host() {
            Some(Host::Ipv4(address)) => zone(address.into()),
            Some(Host::Ipv6(address)) => zone(address.into()),
            Some(Host::Domain(name)) => name_zone(name),
            None => Zone::Unspecified,
        };
        if there != Zone::Public {
            return Err(Blocked { host: host.to_owned(), why: Why::Zone(there) });
        }
        if port != HTTPS && !self.ports.contains(&port) {
            return Err(Blocked { host: host.to_owned(), why: Why::Port(port) });
        }
        Ok(())
    }

    /// May this address be connected to for this name? Asked of every address that a lookup finds,
    /// at every lookup.
    pub fn admits_address(&self, name: &str, address: IpAddr) -> Result<(), Blocked> {
        let zone = zone(address);
        if zone == Zone::Public || self.is_allowed(name, None) {
            return Ok(());
        }
        Err(Blocked { host: name.to_owned(), why: Why::Zone(zone) })
    }

    /// Without a port: whatever the port, because the URL's own was asked about before.
    fn is_allowed(&self, host: &str, port: Option<u16>) -> bool {
        let host = plain_name(host);
        self.private.iter().any(|(allowed, on)| {
            *allowed == host && port.is_none_or(|port| on.is_none_or(|on| on == port))
        })
    }
}

fn plain_name(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.why {
            Why::Zone(zone) => {
                write!(f, "{} is not to be reached: it is {}", self.host, zone.word())
            }
            Why::Port(port) => write!(f, "port {port} of {} is not to be reached", self.host),
        }
    }
}

impl std::error::Error for Blocked {}

impl fmt::Display for NotAHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a host (\"merchant.internal\", \"127.0.0.1:8402\")")
    }
}

impl std::error::Error for NotAHost {}

#[cfg(test)]
mod tests {
    use super::*;

    /// AG16: every spelling that a URL parser takes for an address.
    #[test]
    fn a_url_is_judged_by_what_it_means_however_it_is_spelled() {
        let guard = Guard::new().on_port(8443).allowing("10.0.0.5:8402").unwrap();
        let guard = guard.allowing("demo.internal").unwrap().allowing("[::1]:9000").unwrap();
        #[rustfmt::skip]
        let rows = [
            ("https://shop.example/",                true),
            ("https://shop.example:8443/",           true),
            ("https://93.184.216.34/",               true),
            ("https://[2606:4700::1111]/",           true),
            ("https://shop.example:22/",             false),
            ("http://shop.example/",                 false),
            ("https://127.0.0.1/",                   false),
            ("https://127.1/",                       false),
            ("https://0x7f000001/",                  false),
            ("https://0x7f.1/",                      false),
            ("https://2130706433/",                  false),
            ("https://0177.0.0.1/",                  false),
            ("https://127.0.0.1./",                  false),
            ("https://%31%32%37.0.0.1/",             false),
            ("https://\u{ff11}27.0.0.1/",            false),
            ("https://127\u{3002}0\u{3002}0\u{3002}1/", false),
            ("https://[::1]/",                       false),
            ("https://[::ffff:7f00:1]/",             false),
            ("https://[::ffff:169.254.169.254]/",    false),
            ("https://[64:ff9b::169.254.169.254]/",  false),
            ("https://169.254.169.254/latest/",      false),
            ("https://0/",                           false),
            ("https://10.0.0.5/",                    false),
            ("https://10.0.0.5:8402/",               true),
            ("http://10.0.0.5:8402/",                true),
            ("https://10.0.0.6:8402/",               false),
            ("https://demo.internal/",               true),
            ("https://DEMO.internal.:1234/",         true),
            ("https://x.demo.internal/",             false),
            ("https://[::1]:9000/",                  true),
            ("https://[::1]:9001/",                  false),
            ("https://localhost:8402/",              false),
        ];
        for (text, admitted) in rows {
            let url = Url::parse(text).unwrap();
            assert_eq!(guard.admits(&url).is_ok(), admitted, "{text} is {url}");
        }
    }

    #[test]
    fn what_a_name_leads_to_is_judged_too() {
        let guard = Guard::new().allowing("demo.internal:8402").unwrap();
        #[rustfmt::skip]
        let rows = [
            ("shop.example",  "93.184.216.34",    true),
            ("shop.example",  "127.0.0.1",        false),
            ("shop.example",  "169.254.169.254",  false),
            ("shop.example",  "::ffff:10.0.0.1",  false),
            ("demo.internal", "10.1.2.3",         true),
            ("demo.internal", "93.184.216.34",    true),
        ];
        for (name, address, admitted) in rows {
            let verdict = guard.admits_address(name, address.parse().unwrap());
            assert_eq!(verdict.is_ok(), admitted, "{name} {address}");
        }
    }

    #[test]
    fn an_allowed_host_is_a_host_and_nothing_more() {
        let rows =
            ["", "a b", "https://a.example", "a.example/x", "u@a.example", "a.example?x", ":80"];
        for text in rows {
            assert_eq!(Guard::new().allowing(text).err(), Some(NotAHost), "{text}");
        }
        let https_only = Guard::new().allowing("10.0.0.1:443").unwrap();
        let admitted = |text: &str| https_only.admits(&Url::parse(text).unwrap()).is_ok();
        assert!(admitted("https://10.0.0.1/"));
        assert!(!admitted("https://10.0.0.1:444/"));
    }
}
