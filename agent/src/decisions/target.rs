//! The URL that is asked for, and what may be believed about it. Refuses everything that would send
//! a payment in the clear or to somebody else.

use std::fmt;

use url::{Host, Url};

/// Last labels of names that are not on the public internet: reserved for tests and this machine (RFC
/// 6761), for the local network (RFC 6762, RFC 8375: `home.arpa`), for private use (ICANN, 2024).
const PRIVATE_NAMES: [&str; 5] = ["localhost", "test", "local", "arpa", "internal"];

/// A URL that can be asked: `https`, or `http`; no user name, no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(Url);

/// Longest name of a tool, as the Model Context Protocol has it.
const TOOL_CHARS_MAX: usize = 128;

/// How a tool call's fragment begins.
const TOOL_MARK: &str = "tool:";

/// Why a text is not something to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetError {
    /// Not an absolute URL with a host.
    NotAUrl,
    /// Neither `https` nor `http`.
    Scheme,
    /// A user name or password stands in the URL: it would travel as a header and show up in logs.
    Credentials,
}

/// Where a redirect leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirect {
    /// To the same scheme, host and port.
    SameOrigin(Target),
    /// Anywhere else, or nowhere.
    Elsewhere,
}

impl Target {
    /// Reads an absolute URL. The fragment is dropped: it never travels.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let mut url = Url::parse(text).map_err(|_| TargetError::NotAUrl)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(TargetError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Credentials);
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// A URL that was made out of a target's.
    pub(crate) fn from_url(url: Url) -> Self {
        Self(url)
    }

    /// A call of this tool, with arguments of this digest, at a Model Context Protocol server: what
    /// is bought there. It is told apart from the server's own URL by a fragment, which no target of
    /// a request has.
    #[must_use]
    pub fn of_tool(server: &Self, tool: &str, digest: &str) -> Option<Self> {
        let plain = |it: u8| it.is_ascii_alphanumeric() || b"_-./".contains(&it);
        let named = (1..=TOOL_CHARS_MAX).contains(&tool.len()) && tool.bytes().all(plain);
        let mut url = server.0.clone();
        url.set_fragment(Some(&format!("{TOOL_MARK}{tool}:{digest}")));
        named.then_some(Self(url))
    }

    /// The tool that is called, if it is a tool call.
    #[must_use]
    pub fn tool(&self) -> Option<&str> {
        let call = self.0.fragment()?.strip_prefix(TOOL_MARK)?;
        call.rsplit_once(':').map(|(tool, _)| tool)
    }

    /// What is done with it: `GET`, or `TOOL` for a tool call.
    #[must_use]
    pub fn method(&self) -> &'static str {
        if self.tool().is_some() { "TOOL" } else { "GET" }
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The host, with its port where that is not the scheme's own: `shop.example`, `127.0.0.1:8402`.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Can nobody on the way read or rewrite the exchange? True for `https`, and for `http` that
    /// does not leave this machine.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        let loopback = match self.0.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        self.0.scheme() == "https" || loopback
    }

    /// Is this a place that the public cannot reach: this machine, a private network, a name that no
    /// public server of names has? Chains of one's own are found at such places, under the number of a
    /// public chain.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.0.host().is_none_or(is_private)
    }

    /// Where a `Location` leads, seen from here.
    #[must_use]
    pub fn redirect(&self, location: &str) -> Redirect {
        let there = self.0.join(location).ok().and_then(|url| Self::parse(url.as_str()).ok());
        match there {
            Some(there) if there.0.origin() == self.0.origin() => Redirect::SameOrigin(there),
            Some(_) | None => Redirect::Elsewhere,
        }
    }

    /// Where a merchant that has been paid hands its buyer over to: to any origin, because the payment
    /// stays behind, but never from `https` to plain http, and never over an open network.
    #[must_use]
    pub fn handover(&self, location: &str) -> Option<Self> {
        let there = Self::parse(self.0.join(location).ok()?.as_str()).ok()?;
        let as_safe = self.0.scheme() != "https" || there.0.scheme() == "https";
        (there.is_confidential() && as_safe).then_some(there)
    }

    /// Is a challenge that names this resource about this URL? Origin and path must agree; a bare
    /// path is taken as one on our origin. The query may differ: servers leave it out of what they
    /// sell as often as not.
    #[must_use]
    pub fn is_resource(&self, claimed: &str) -> bool {
        // As x402's transport for tools spells it.
        if let Some(tool) = self.tool()
            && claimed.strip_prefix("mcp://tool/") == Some(tool)
        {
            return true;
        }
        let Ok(claimed) = self.0.join(claimed) else { return false };
        claimed.origin() == self.0.origin() && claimed.path() == self.0.path()
    }
}

fn is_private(host: Host<&str>) -> bool {
    match host {
        Host::Ipv4(it) => {
            it.is_loopback() || it.is_private() || it.is_link_local() || it.is_unspecified()
        }
        Host::Ipv6(it) => match it.to_ipv4_mapped() {
            Some(mapped) => is_private(Host::Ipv4(mapped)),
            None => {
                it.is_loopback()
                    || it.is_unspecified()
                    || it.is_unique_local()
                    || it.is_unicast_link_local()
            }
        },
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            let last = name.rsplit('.').next().unwrap_or_default();
            !name.contains('.') || PRIVATE_NAMES.contains(&last)
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAUrl => "not an absolute URL",
            Self::Scheme => "the URL must begin with https:// (or http:// on this machine)",
            Self::Credentials => "the URL must not contain a user name or password",
        })
    }
}

impl std::error::Error for TargetError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        Target::parse(text).unwrap()
    }

    #[test]
    fn only_web_addresses_without_credentials_are_asked() {
        #[rustfmt::skip]
        let rows = [
            ("https://a.example/f",      None),
            ("http://a.example/f",       None),
            ("a.example/f",              Some(TargetError::NotAUrl)),
            ("",                         Some(TargetError::NotAUrl)),
            ("https://",                 Some(TargetError::NotAUrl)),
            ("file:///etc/passwd",       Some(TargetError::Scheme)),
            ("ftp://a.example/f",        Some(TargetError::Scheme)),
            ("https://me@a.example/f",   Some(TargetError::Credentials)),
            ("https://:p@a.example/f",   Some(TargetError::Credentials)),
        ];
        for (text, problem) in rows {
            assert_eq!(Target::parse(text).err(), problem, "{text}");
        }
        assert_eq!(target("https://a.example/f#part").to_string(), "https://a.example/f");
    }

    #[test]
    fn plain_http_is_confidential_on_this_machine_only() {
        #[rustfmt::skip]
        let rows = [
            ("https://a.example/",         true),
            ("https://10.0.0.1/",          true),
            ("http://127.0.0.1:8402/",     true),
            ("http://127.1/",              true),
            ("http://0x7f000001/",         true),
            ("http://[::1]:1/",            true),
            ("http://localhost:1/",        true),
            ("http://LOCALHOST/",          true),
            ("http://a.example/",          false),
            ("http://localhost.example/",  false),
            ("http://127.0.0.1.example/",  false),
            ("http://[::ffff:127.0.0.1]/", false),
            ("http://0.0.0.0/",            false),
            ("http://10.0.0.1/",           false),
        ];
        for (text, confidential) in rows {
            assert_eq!(target(text).is_confidential(), confidential, "{text}");
        }
    }

    #[test]
    fn a_redirect_stays_at_home_or_is_elsewhere() {
        let here = target("https://a.example/dir/f");
        let same = |text: &str| Redirect::SameOrigin(target(text));
        #[rustfmt::skip]
        let rows = [
            ("g",                        same("https://a.example/dir/g")),
            ("/g?x=1",                   same("https://a.example/g?x=1")),
            ("https://a.example:443/g",  same("https://a.example/g")),
            ("https://A.EXAMPLE/g",      same("https://a.example/g")),
            ("http://a.example/g",       Redirect::Elsewhere),
            ("https://a.example:444/g",  Redirect::Elsewhere),
            ("//b.example/g",            Redirect::Elsewhere),
            ("https://a.example.b/g",    Redirect::Elsewhere),
            ("https://u@a.example/g",    Redirect::Elsewhere),
            ("https://a.example@b.c/g",  Redirect::Elsewhere),
            ("javascript:alert(1)",      Redirect::Elsewhere),
            ("https://",                 Redirect::Elsewhere),
        ];
        for (location, expected) in rows {
            assert_eq!(here.redirect(location), expected, "{location}");
        }
    }

    #[test]
    fn a_private_place_is_one_that_the_public_cannot_reach() {
        #[rustfmt::skip]
        let rows = [
            ("http://127.0.0.1:4021/f",         true),
            ("http://127.9.9.9/f",              true),
            ("http://localhost/f",              true),
            ("https://LOCALHOST./f",            true),
            ("https://shop.localhost/f",        true),
            ("http://[::1]:4021/f",             true),
            ("https://[::ffff:10.0.0.1]/f",     true),
            ("https://[fd00::1]/f",             true),
            ("https://[fe80::1]/f",             true),
            ("https://0.0.0.0/f",               true),
            ("https://10.1.2.3/f",              true),
            ("https://172.16.0.1/f",            true),
            ("https://192.168.1.5/f",           true),
            ("https://169.254.1.1/f",           true),
            ("https://nas.local/f",             true),
            ("https://shop.home.arpa/f",        true),
            ("https://shop.corp.internal/f",    true),
            ("https://shop/f",                  true),
            ("https://shop.example/f",          false),
            ("https://local.example/f",         false),
            ("https://localhost.example/f",     false),
            ("https://172.32.0.1/f",            false),
            ("https://8.8.8.8/f",               false),
            ("https://[2600::1]/f",             false),
            ("https://[::ffff:8.8.8.8]/f",      false),
        ];
        for (url, expected) in rows {
            assert_eq!(target(url).is_private(), expected, "{url}");
        }
    }

    #[test]
    fn a_handover_goes_anywhere_that_is_as_safe() {
        let (remote, local) = (target("https://a.example/f"), target("http://127.0.0.1:8402/f"));
        #[rustfmt::skip]
        let rows = [
            (&remote, "https://bucket.example/k?sig=1", true),
            (&remote, "//bucket.example/k",             true),
            (&remote, "/k",                             true),
            (&remote, "http://bucket.example/k",        false),
            (&remote, "http://127.0.0.1:9000/k",        false),
            (&remote, "https://u:p@bucket.example/k",   false),
            (&remote, "ftp://bucket.example/k",         false),
            (&remote, "https://",                       false),
            (&local,  "http://127.0.0.1:9000/k",        true),
            (&local,  "http://localhost:9000/k",        true),
            (&local,  "https://bucket.example/k",       true),
            (&local,  "http://bucket.example/k",        false),
        ];
        for (from, location, followed) in rows {
            assert_eq!(from.handover(location).is_some(), followed, "{from} {location}");
        }
    }

    #[test]
    fn a_tool_call_is_a_thing_of_its_own() {
        let server = target("https://a.example/mcp");
        let call = Target::of_tool(&server, "get_weather", "12ab").unwrap();
        assert_eq!((call.tool(), call.method()), (Some("get_weather"), "TOOL"));
        assert_eq!((server.tool(), server.method()), (None, "GET"));
        assert_eq!(call.to_string(), "https://a.example/mcp#tool:get_weather:12ab");
        assert_eq!((call.host(), call.origin()), (server.host(), server.origin()));
        for name in ["", "a b", "a#b", "a:b", "a\nb", &"x".repeat(129)] {
            assert_eq!(Target::of_tool(&server, name, "12ab"), None, "{name}");
        }
        #[rustfmt::skip]
        let rows = [
            ("mcp://tool/get_weather",     true),
            ("https://a.example/mcp",      true),
            ("mcp://tool/get_weather2",    false),
            ("mcp://tool/other",           false),
            ("mcp://tool/",                false),
            ("https://a.example/other",    false),
            ("https://b.example/mcp",      false),
        ];
        for (claimed, expected) in rows {
            assert_eq!(call.is_resource(claimed), expected, "{claimed}");
        }
        assert!(!server.is_resource("mcp://tool/get_weather"));
    }

    #[test]
    fn a_challenge_must_be_about_what_was_asked() {
        let here = target("https://a.example/dir/f?q=1");
        #[rustfmt::skip]
        let rows = [
            ("https://a.example/dir/f?q=1",    true),
            ("https://a.example/dir/f",        true),
            ("https://a.example:443/dir/f",    true),
            ("/dir/f",                         true),
            ("https://a.example/dir/../dir/f", true),
            ("https://a.example/dir/g",        false),
            ("https://a.example/dir/f/",       false),
            ("https://a.example/DIR/f",        false),
            ("https://b.example/dir/f",        false),
            ("http://a.example/dir/f",         false),
            ("https://a.example:8443/dir/f",   false),
            ("//b.example/dir/f",              false),
            ("mcp://tool/f",                   false),
        ];
        for (claimed, expected) in rows {
            assert_eq!(here.is_resource(claimed), expected, "{claimed}");
        }
    }
}
