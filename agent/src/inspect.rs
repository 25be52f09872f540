//! Looks at a URL without paying, without a key, and explains what a payer would meet.

use reqwest::header::{ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL};
use wire::header::PAYMENT_REQUIRED;

use crate::decisions::inspection::{Inspection, Seen};
use crate::decisions::target::Target;
use crate::decisions::terms::Terms;
use crate::error::PayError;
use crate::knock::knock;
use crate::reading::REFUSAL_BYTES_MAX;
use crate::transport::{Transport, text, values};

/// Asks for the URL without paying and explains the answer to a payer with these terms. Plain http
/// is asked too: nothing is signed.
pub async fn inspect(
    transport: &Transport,
    url: &str,
    terms: &Terms,
) -> Result<Inspection, PayError> {
    let target = Target::parse(url).map_err(PayError::InvalidUrl)?;
    let (target, mut reply) = knock(transport, target, |_| ()).await?;
    let status = reply.status().as_u16();
    let body = if status == 402 {
        transport.read_small(&mut reply, REFUSAL_BYTES_MAX).await.unwrap_or_default()
    } else {
        Vec::new()
    };
    let seen = Seen {
        target: &target,
        status,
        headers: &values(&reply, PAYMENT_REQUIRED),
        body: &body,
        cache_control: text(&reply, &CACHE_CONTROL),
        exposed: text(&reply, &ACCESS_CONTROL_EXPOSE_HEADERS),
    };
    Ok(Inspection::of(&seen, terms))
}
