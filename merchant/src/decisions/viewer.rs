//! Where a request came from: an address is believed only where the configuration says that a CDN
//! wrote it. Anybody can send a header.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};

/// `CloudFront`'s own header: the viewer's address and port (AWS documentation, "Add CloudFront
/// request headers").
const CLOUDFRONT_VIEWER_ADDRESS: HeaderName = HeaderName::from_static("cloudfront-viewer-address");
/// Each proxy appends the address that it was asked from, so the right end is the trusted one.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What tells the payer's address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ViewerAddress {
    /// The other end of the connection: nothing stands in front.
    #[default]
    Peer,
    /// The header that `CloudFront` adds.
    CloudFront,
    /// A header that holds one address and that the CDN in front overwrites.
    Header(HeaderName),
    /// `X-Forwarded-For`, counted from the right: 1 is what the nearest proxy wrote.
    Forwarded(u8),
}

impl ViewerAddress {
    /// The payer's address. Nothing where the header is missing, repeated or not an address: the
    /// CDN's own would stand for all its clients.
    #[must_use]
    pub fn of(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<IpAddr> {
        match self {
            Self::Peer => peer,
            Self::CloudFront => endpoint(only(headers, &CLOUDFRONT_VIEWER_ADDRESS)?),
            Self::Header(name) => address(only(headers, name)?),
            Self::Forwarded(from_right) => {
                let lines = headers.get_all(X_FORWARDED_FOR).into_iter().rev();
                let mut hops = lines
                    .filter_map(|line| line.to_str().ok())
                    .flat_map(|line| line.rsplit(','))
                    .map(str::trim);
                address(hops.nth(usize::from(from_right.checked_sub(1)?))?)
            }
        }
    }
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next()?.to_str().ok()?.trim();
    values.next().is_none().then_some(value)
}

/// An address alone, or with a port as URLs write it.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.parse().ok();
    bare().or_else(|| text.parse::<SocketAddr>().ok().map(|it| it.ip()))
}

/// What `CloudFront` writes: always a port, and none of the brackets that would tell it from the
/// last group of a version 6 address.
fn endpoint(text: &str) -> Option<IpAddr> {
    let (host, port) = text.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(by: &ViewerAddress, headers: &[(&str, &str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        let peer = Some([192, 0, 2, 1].into());
        by.of(&map, peer).map_or_else(|| "nobody".into(), |it| it.to_string())
    }

    #[test]
    #[expect(clippy::type_complexity, reason = "the columns of a table")]
    fn an_address_is_believed_only_where_the_cdn_wrote_it() {
        use ViewerAddress::{CloudFront, Forwarded, Header, Peer};
        let header = || Header(HeaderName::from_static("cf-connecting-ip"));
        let viewer = "cloudfront-viewer-address";
        #[rustfmt::skip]
        let rows: &[(ViewerAddress, &[(&str, &str)], &str)] = &[
            (Peer,         &[("x-forwarded-for", "198.51.100.7")],                      "192.0.2.1"),
            (Peer,         &[(viewer, "198.51.100.7:4711")],                            "192.0.2.1"),
            (CloudFront,   &[(viewer, "198.51.100.7:4711")],                            "198.51.100.7"),
            (CloudFront,   &[(viewer, "2001:db8::7:4711")],                             "2001:db8::7"),
            (CloudFront,   &[(viewer, "198.51.100.7")],                                 "nobody"),
            (CloudFront,   &[(viewer, "2001:db8:0:0:0:0:0:7:4711")],                    "2001:db8::7"),
            (CloudFront,   &[(viewer, "[2001:db8::7]:4711")],                           "2001:db8::7"),
            (CloudFront,   &[("x-forwarded-for", "198.51.100.7")],                      "nobody"),
            (CloudFront,   &[(viewer, "198.51.100.7:1"), (viewer, "198.51.100.8:1")],   "nobody"),
            (CloudFront,   &[(viewer, "198.51.100.7:1,198.51.100.8:1")],                "nobody"),
            (CloudFront,   &[(viewer, "unknown")],                                      "nobody"),
            (header(),     &[("cf-connecting-ip", "2001:db8::7")],                      "2001:db8::7"),
            (header(),     &[("cf-connecting-ip", "2001:db8::1:7")],                    "2001:db8::1:7"),
            (header(),     &[],                                                         "nobody"),
            (Forwarded(1), &[("x-forwarded-for", "203.0.113.9, 198.51.100.7")],         "198.51.100.7"),
            (Forwarded(2), &[("x-forwarded-for", "6.6.6.6,203.0.113.9, 198.51.100.7")], "203.0.113.9"),
            (Forwarded(2), &[("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "198.51.100.7")], "203.0.113.9"),
            (Forwarded(2), &[("x-forwarded-for", "198.51.100.7")],                      "nobody"),
            (Forwarded(0), &[("x-forwarded-for", "198.51.100.7")],                      "nobody"),
        ];
        for (by, headers, expected) in rows {
            assert_eq!(seen(by, headers), *expected, "{by:?} {headers:?}");
        }
    }
}
