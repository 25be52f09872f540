//! What kind of place an address or a name is, by its form alone. Nothing is looked up here.

// `core::net` has addresses and no sockets.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Names that are never looked up: they mean this machine, this network, or a cloud's own service.
/// The last labels are those that RFC 6761, 6762, 7686, 8375 and 9476 and ICANN set aside, and the
/// ones that home routers and companies made up.
const LOCAL_SUFFIXES: [&str; 14] = [
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "lan",
    "home",
    "corp",
    "home.arpa",
    "onion",
    "alt",
    "test",
    "invalid",
];

/// Azure's own service answers on a public address (`168.63.129.16`, Microsoft Learn, "What is IP
/// address 168.63.129.16?").
const AZURE_WIRE_SERVER: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// What kind of place an address or a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// Anybody's: reachable over the internet.
    Public,
    /// This machine.
    Loopback,
    /// No address at all, or "this network".
    Unspecified,
    /// A private network (RFC 1918, unique local IPv6).
    Private,
    /// The same link, where clouds keep their instance metadata.
    LinkLocal,
    /// Shared by a provider's customers (RFC 6598).
    Shared,
    /// A service of the cloud that the machine runs in.
    Platform,
    /// Many receivers.
    Multicast,
    /// Set aside for protocols, documentation, measurements or the future.
    Reserved,
    /// An IPv6 address that carries an IPv4 one: mapped, compatible, NAT64, 6to4, Teredo.
    Carrier,
    /// A name that only a local network knows.
    LocalName,
}

/// What kind of place an address is.
#[must_use]
pub fn zone(address: IpAddr) -> Zone {
    match address {
        IpAddr::V4(address) => zone_v4(address),
        IpAddr::V6(address) => zone_v6(address),
    }
}

/// The registries of special IPv4 addresses (RFC 6890 and its updates).
fn zone_v4(address: Ipv4Addr) -> Zone {
    match address.octets() {
        [0, ..] => Zone::Unspecified,
        [127, ..] => Zone::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Zone::Private,
        [169, 254, ..] => Zone::LinkLocal,
        [100, 64..=127, ..] => Zone::Shared,
        [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [240..=255, ..] => Zone::Reserved,
        [224..=239, ..] => Zone::Multicast,
        _ if address == AZURE_WIRE_SERVER => Zone::Platform,
        _ => Zone::Public,
    }
}

/// Only `2000::/3` is given out to anybody; within it some blocks are special.
fn zone_v6(address: Ipv6Addr) -> Zone {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Zone::Loopback,
        [0, 0, 0, 0, 0, 0, 0, 0] => Zone::Unspecified,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..]
        | [0, 0, 0, 0, 0xffff, 0, ..]
        | [0x64, 0xff9b, ..]
        | [0x2001, 0, ..]
        | [0x2002, ..] => Zone::Carrier,
        [0xfc00..=0xfdff, ..] => Zone::Private,
        [0xfe80..=0xfeff, ..] => Zone::LinkLocal,
        [0xff00..=0xffff, ..] => Zone::Multicast,
        [0x2001, 1..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Zone::Reserved,
        [0x2000..=0x3fff, ..] => Zone::Public,
        _ => Zone::Reserved,
    }
}

/// What kind of place a name means, before it is looked up. A name without a dot is completed by
/// whatever search list the machine has, so it is a local one.
#[must_use]
pub fn name_zone(name: &str) -> Zone {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let below = |suffix: &str| {
        name.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let local = !name.contains('.') || LOCAL_SUFFIXES.into_iter().any(below);
    if local { Zone::LocalName } else { Zone::Public }
}

impl Zone {
    /// In words, after "it is".
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Public => "a public address",
            Self::Loopback => "this machine",
            Self::Unspecified => "no address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::Shared => "a provider's shared address",
            Self::Platform => "a service of the cloud itself",
            Self::Multicast => "a multicast address",
            Self::Reserved => "a reserved address",
            Self::Carrier => "an IPv4 address within an IPv6 one",
            Self::LocalName => "a name of a local network",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_anybody_can_have_are_public() {
        #[rustfmt::skip]
        let rows = [
            ("93.184.216.34",          Zone::Public),
            ("1.1.1.1",                Zone::Public),
            ("126.255.255.255",        Zone::Public),
            ("0.0.0.0",                Zone::Unspecified),
            ("0.1.2.3",                Zone::Unspecified),
            ("127.0.0.1",              Zone::Loopback),
            ("127.255.255.254",        Zone::Loopback),
            ("10.0.0.1",               Zone::Private),
            ("172.15.255.255",         Zone::Public),
            ("172.16.0.1",             Zone::Private),
            ("172.31.255.255",         Zone::Private),
            ("172.32.0.0",             Zone::Public),
            ("192.168.1.1",            Zone::Private),
            ("192.167.255.255",        Zone::Public),
            ("169.254.169.254",        Zone::LinkLocal),
            ("169.254.170.2",          Zone::LinkLocal),
            ("100.63.255.255",         Zone::Public),
            ("100.64.0.1",             Zone::Shared),
            ("100.100.100.200",        Zone::Shared),
            ("100.127.255.255",        Zone::Shared),
            ("100.128.0.0",            Zone::Public),
            ("168.63.129.16",          Zone::Platform),
            ("192.0.0.192",            Zone::Reserved),
            ("192.0.2.1",              Zone::Reserved),
            ("192.88.99.1",            Zone::Reserved),
            ("198.18.0.1",             Zone::Reserved),
            ("198.19.255.255",         Zone::Reserved),
            ("198.51.100.7",           Zone::Reserved),
            ("203.0.113.7",            Zone::Reserved),
            ("224.0.0.1",              Zone::Multicast),
            ("239.255.255.250",        Zone::Multicast),
            ("240.0.0.1",              Zone::Reserved),
            ("255.255.255.255",        Zone::Reserved),
            ("2606:4700:4700::1111",   Zone::Public),
            ("2a00:1450:4001::1",      Zone::Public),
            ("::",                     Zone::Unspecified),
            ("::1",                    Zone::Loopback),
            ("::ffff:127.0.0.1",       Zone::Carrier),
            ("::ffff:93.184.216.34",   Zone::Carrier),
            ("::ffff:0:127.0.0.1",     Zone::Carrier),
            ("::127.0.0.1",            Zone::Carrier),
            ("64:ff9b::7f00:1",        Zone::Carrier),
            ("64:ff9b:1::a9fe:a9fe",   Zone::Carrier),
            ("2002:7f00:1::",          Zone::Carrier),
            ("2001::1",                Zone::Carrier),
            ("2001:20::1",             Zone::Reserved),
            ("2001:db8::1",            Zone::Reserved),
            ("2001:200::1",            Zone::Public),
            ("3fff:abc::1",            Zone::Reserved),
            ("fc00::1",                Zone::Private),
            ("fd00:ec2::254",          Zone::Private),
            ("fe80::1",                Zone::LinkLocal),
            ("fec0::1",                Zone::LinkLocal),
            ("ff02::1",                Zone::Multicast),
            ("100::1",                 Zone::Reserved),
            ("5f00::1",                Zone::Reserved),
            ("4000::1",                Zone::Reserved),
        ];
        for (text, expected) in rows {
            assert_eq!(zone(text.parse().unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn names_of_local_networks_are_not_looked_up() {
        #[rustfmt::skip]
        let rows = [
            ("shop.example",             Zone::Public),
            ("shop.example.",            Zone::Public),
            ("internal.shop.example",    Zone::Public),
            ("mylocal.example",          Zone::Public),
            ("localhost",                Zone::LocalName),
            ("LOCALHOST.",               Zone::LocalName),
            ("a.localhost",              Zone::LocalName),
            ("printer.local",            Zone::LocalName),
            ("metadata.google.internal", Zone::LocalName),
            ("router.home.arpa",         Zone::LocalName),
            ("metadata",                 Zone::LocalName),
            ("db",                       Zone::LocalName),
            ("notlocal",                 Zone::LocalName),
            ("x.notlocal",               Zone::Public),
        ];
        for (name, expected) in rows {
            assert_eq!(name_zone(name), expected, "{name}");
        }
    }
}
