//! The rules about how a seller answers: its headers, and what it does with payments that are none.

use wire::header::PAYMENT_REQUIRED;

use super::{Evidence, Finding, Forged, Probe};
use crate::server_text::ServerText;

const EXPOSE: &str = "access-control-expose-headers";
const ORIGIN: &str = "access-control-allow-origin";

pub(super) fn no_store(it: &Evidence) -> Finding {
    let Some(answer) = it.demand() else { return Finding::unknown("no answer") };
    let said = answer.text("cache-control").unwrap_or_default();
    let said = ServerText::clean(&said);
    if answer.lists("cache-control", "no-store") {
        Finding::holds(said.as_str())
    } else if said.is_empty() {
        Finding::broken("no Cache-Control")
    } else {
        Finding::broken(said.as_str())
    }
}

pub(super) fn cors(it: &Evidence) -> Finding {
    let Ok(answer) = &it.cross else { return Finding::unknown("no answer") };
    if answer.text(ORIGIN).is_none() {
        return Finding::broken("no Access-Control-Allow-Origin");
    }
    if answer.lists(EXPOSE, PAYMENT_REQUIRED) {
        Finding::holds("exposed")
    } else {
        Finding::broken("Access-Control-Expose-Headers lacks it")
    }
}

pub(super) fn head(it: &Evidence) -> Finding {
    let (Some(plain), Ok(head)) = (it.demand(), &it.head) else {
        return Finding::broken("no answer");
    };
    match head.status {
        405 | 501 => return Finding::not_applicable(format!("status {}", head.status)),
        402 => {}
        status => return Finding::broken(format!("status {status}")),
    }
    if plain.challenge().map(|it| it["accepts"].clone())
        != head.challenge().map(|it| it["accepts"].clone())
    {
        return Finding::broken("402 with another challenge, or with none");
    }
    match head.body.as_deref() {
        Some([]) => Finding::holds("402"),
        Some(_) | None => Finding::broken("402 with a body"),
    }
}

pub(super) fn garbage(it: &Evidence) -> Finding {
    Finding::refused(&it.garbage, false)
}

pub(super) fn hollow(it: &Evidence) -> Finding {
    Finding::refused(&it.hollow, false)
}

pub(super) fn legacy(it: &Evidence) -> Finding {
    Finding::refused(&it.legacy, false)
}

pub(super) fn twice(it: &Evidence) -> Finding {
    Finding::refused(&it.twice, false)
}

pub(super) fn oversize(it: &Evidence) -> Finding {
    Finding::refused(&it.oversize, false)
}

pub(super) fn forged(it: &Evidence) -> Finding {
    match &it.forged {
        None => Finding::unknown("the challenge has no offer that this agent can draft"),
        Some(forged) => Finding::refused(&forged.plain, true),
    }
}

pub(super) fn lenient(it: &Evidence) -> Finding {
    let Some(Forged { plain, unpadded, embellished }) = &it.forged else {
        return Finding::unknown("the challenge has no offer that this agent can draft");
    };
    let told = |it: &Probe| it.as_ref().map_or_else(|_| "no answer".into(), ToString::to_string);
    let (plain, unpadded, embellished) = (told(plain), told(unpadded), told(embellished));
    if plain.starts_with("503") {
        return Finding::unknown(plain);
    }
    if unpadded != plain {
        return Finding::broken(format!("{plain}; without padding {unpadded}"));
    }
    if embellished != plain {
        return Finding::broken(format!("{plain}; with unknown members {embellished}"));
    }
    Finding::holds(plain)
}
