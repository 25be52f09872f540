//! Where a payer's address is read. Decides nothing about an address.

use http::HeaderName;

use super::SettingsError;
use crate::decisions::viewer::ViewerAddress;

/// Most proxies that `X-Forwarded-For` is counted through: a CDN, its shield, a load balancer and an
/// ingress make four.
const HOPS_MAX: u8 = 8;

pub(super) fn viewer(text: Option<&str>) -> Result<ViewerAddress, SettingsError> {
    let Some(text) = text else { return Ok(ViewerAddress::Peer) };
    let read = match text.split_once(':') {
        None if text == "peer" => Some(ViewerAddress::Peer),
        None if text == "cloudfront" => Some(ViewerAddress::CloudFront),
        Some(("header", name)) => HeaderName::try_from(name).ok().map(ViewerAddress::Header),
        Some(("x-forwarded-for", hops)) => {
            hops.parse().ok().filter(|it| (1..=HOPS_MAX).contains(it)).map(ViewerAddress::Forwarded)
        }
        None | Some(_) => None,
    };
    read.ok_or_else(|| {
        SettingsError::new(
            "client.address",
            format!("{text:?} is no place to read an address"),
            format!(
                "write \"peer\", \"cloudfront\", \"header:NAME\" or \"x-forwarded-for:1\" (1 to \
                 {HOPS_MAX}, from the right)"
            ),
        )
    })
}
