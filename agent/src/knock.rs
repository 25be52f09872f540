//! The unpaid request: asks, follows the server's redirects on its own origin, and brings back what
//! it finds. Carries no payment, so that nothing is at stake yet.

use reqwest::header::LOCATION;

use crate::decisions::target::{Redirect, Target};
use crate::error::PayError;
use crate::event::Event;
use crate::server_text::ServerText;
use crate::transport::{NoReply, Transport, text};

/// How many redirects are followed: enough for a trailing slash and a moved file.
const REDIRECTS_MAX: usize = 3;

/// Asks for the target without paying. Returns the reply and the URL that it came from.
pub(crate) async fn knock(
    transport: &Transport,
    mut target: Target,
    notice: impl Fn(Event<'_>),
) -> Result<(Target, reqwest::Response), PayError> {
    for _ in 0..=REDIRECTS_MAX {
        notice(Event::Asking { target: &target });
        let reply = transport.get(&target, None).await.map_err(unpaid)?;
        if !matches!(reply.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok((target, reply));
        }
        let location = text(&reply, &LOCATION).unwrap_or_default();
        match target.redirect(location) {
            Redirect::SameOrigin(there) => target = there,
            Redirect::Elsewhere => {
                return Err(PayError::CrossOriginRedirect(ServerText::clean(location)));
            }
        }
        notice(Event::Redirected { target: &target });
    }
    Err(PayError::TooManyRedirects)
}

fn unpaid(failure: NoReply) -> PayError {
    match failure {
        NoReply::TimedOut => PayError::TimedOut,
        NoReply::Blocked(why) => PayError::BlockedAddress(why),
        NoReply::NotConnected(why) | NoReply::Broken(why) => PayError::Unreachable(why.into()),
    }
}
