//! URLs of the configuration: the public origin that payers see, and the base of a neighbour.
//! https, or http where nothing leaves this machine. Contacts nobody.

use url::{Host, Url};

use super::SettingsError;

/// Longest origin: `https://`, a host name of 253 bytes (RFC 1035, 2.3.4) and a port.
const ORIGIN_BYTES_MAX: usize = 8 + 253 + 6;

/// The public origin, in its one spelling. A trailing slash is forgiven.
pub(super) fn public(text: Option<&str>) -> Result<String, SettingsError> {
    const KEY: &str = "public_url";
    let Some(text) = text else {
        return Err(SettingsError::new(
            KEY,
            "is missing",
            "set it to the scheme and host that payers use, such as \"https://files.example.com\"",
        ));
    };
    let url = parse(KEY, text)?;
    let origin = url.origin().ascii_serialization();
    let only = || format!("write {origin:?}");
    let extra = if url.path() != "/" {
        Some("has a path")
    } else if url.query().is_some() {
        Some("has a query")
    } else if url.fragment().is_some() {
        Some("has a fragment")
    } else {
        None
    };
    if let Some(extra) = extra {
        return Err(SettingsError::new(KEY, format!("{text:?} {extra}"), only()));
    }
    if text.strip_suffix('/').unwrap_or(text) != origin || origin.len() > ORIGIN_BYTES_MAX {
        return Err(SettingsError::new(
            KEY,
            format!("{text:?} is not in its one spelling"),
            only(),
        ));
    }
    Ok(origin)
}

/// A neighbour's base URL: with a path perhaps, without query and fragment.
pub(super) fn base(key: &str, text: &str) -> Result<Url, SettingsError> {
    let url = parse(key, text)?;
    if url.query().is_some() || url.fragment().is_some() {
        let problem = format!("{text:?} has a query or a fragment");
        return Err(SettingsError::new(key, problem, "end it with the path"));
    }
    Ok(url)
}

fn parse(key: &str, text: &str) -> Result<Url, SettingsError> {
    // The parser forgives blanks, line breaks and backslashes; a configuration is corrected.
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let parsed = Url::parse(text).ok().filter(|url| plain && url.has_host());
    let Some(url) = parsed else {
        let remedy = "write one such as \"https://files.example.com\"";
        return Err(SettingsError::new(key, format!("{text:?} is not a URL with a host"), remedy));
    };
    if !url.username().is_empty() || url.password().is_some() {
        // Not repeated: a password may stand in it.
        let remedy = "remove everything between // and @";
        return Err(SettingsError::new(key, "holds a user name or password", remedy));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(SettingsError::new(
            key,
            format!("{text:?} is plain http on a public host"),
            "write https; http is for localhost and loopback addresses only",
        )),
        _ => {
            let problem = format!("{text:?} has a scheme that cannot be used");
            Err(SettingsError::new(key, problem, "write a URL that begins with https://"))
        }
    }
}

/// Does the URL stay on this machine? RFC 6761, 6.3 reserves `localhost`.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
