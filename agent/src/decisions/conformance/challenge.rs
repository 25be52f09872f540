//! The rules about what a 402 says.

use serde_json::Value;
use wire::header::{CHALLENGE_SENT_BYTES_MAX, PAYMENT_REQUIRED};
use wire::{AtomicAmount, Network, OnchainAddress};

use super::{Evidence, Finding};
use crate::decisions::challenge::Challenge;
use crate::decisions::inspection::{Inspection, Seen, asset};
use crate::decisions::remark::Oddity;
use crate::decisions::terms::Terms;
use crate::server_text::ServerText;

const MEMBERS: [&str; 6] = ["scheme", "network", "amount", "asset", "payTo", "maxTimeoutSeconds"];

pub(super) fn status(it: &Evidence) -> Finding {
    match &it.plain {
        Err(_) => Finding::unknown("the seller did not answer"),
        Ok(answer) if answer.status == 402 => Finding::holds("402"),
        Ok(answer) => Finding::broken(format!("status {}", answer.status)),
    }
}

pub(super) fn header(it: &Evidence) -> Finding {
    match it.demand().map_or(0, |it| it.values(PAYMENT_REQUIRED).count()) {
        0 => Finding::broken("there is none"),
        1 => Finding::holds("one"),
        count => Finding::broken(format!("there are {count}")),
    }
}

pub(super) fn base64(it: &Evidence) -> Finding {
    let Some(value) = it.demand().and_then(|it| it.values(PAYMENT_REQUIRED).next()) else {
        return Finding::unknown("there is no challenge");
    };
    let json = match wire::header::decode_json(value, usize::MAX) {
        Ok(json) => json,
        Err(why) => return Finding::broken(why.to_string()),
    };
    // What was read leniently must have been written strictly.
    if !value.len().is_multiple_of(4) {
        return Finding::broken("its base64 is not padded");
    }
    match wire::json::parse(&json) {
        Err(why) => Finding::broken(why.to_string()),
        Ok(Value::Object(_)) => Finding::holds(format!("{} bytes", value.len())),
        Ok(_) => Finding::broken("it is no JSON object"),
    }
}

pub(super) fn version(it: &Evidence) -> Finding {
    about(it, |challenge| match &challenge["x402Version"] {
        it if *it == wire::v2::VERSION => Finding::holds("2"),
        other => Finding::broken(clean(other)),
    })
}

pub(super) fn accepts(it: &Evidence) -> Finding {
    about(it, |challenge| match challenge["accepts"].as_array().map(Vec::len) {
        None => Finding::broken("it is no array"),
        Some(0) => Finding::broken("it is empty"),
        Some(count) => Finding::holds(count.to_string()),
    })
}

pub(super) fn members(it: &Evidence) -> Finding {
    each_offer(it, |offer| {
        let missing = MEMBERS.into_iter().filter(|name| {
            let value = &offer[*name];
            if *name == "maxTimeoutSeconds" { !value.is_number() } else { !value.is_string() }
        });
        let missing: Vec<_> = missing.collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("lacks {}", missing.join(", "))) }
    })
}

pub(super) fn forms(it: &Evidence) -> Finding {
    each_offer(it, |offer| {
        // What is not there at all is another rule's business.
        let wrong = |name: &str, good: &dyn Fn(&str) -> bool| {
            let text = offer[name].as_str().filter(|it| !good(it));
            text.map(|it| format!("{name} is {}", ServerText::clean(it)))
        };
        let network = offer["network"].as_str().and_then(|it| it.parse::<Network>().ok());
        let evm = network.is_some_and(|it| it.chain_id().is_some());
        let account =
            |it: &str| it.parse::<OnchainAddress>().is_ok_and(|it| !evm || it.evm().is_some());
        let seconds = &offer["maxTimeoutSeconds"];
        let wrong = wrong("network", &|it| it.parse::<Network>().is_ok())
            .or_else(|| wrong("amount", &|it| it.parse::<AtomicAmount>().is_ok()))
            .or_else(|| wrong("asset", &account))
            .or_else(|| wrong("payTo", &account))
            .or_else(|| {
                let whole = seconds.as_u64().is_some_and(|it| it > 0);
                let stated = seconds.is_number() && !whole;
                stated.then(|| format!("maxTimeoutSeconds is {seconds}"))
            });
        wrong.map_or(Ok(()), Err)
    })
}

pub(super) fn domain(it: &Evidence) -> Finding {
    let challenge = match read(it) {
        Ok(challenge) => challenge,
        Err(finding) => return finding,
    };
    let mut judged = 0;
    for offer in challenge.offers() {
        let evm = offer.network.as_ref().is_some_and(|it| it.chain_id().is_some());
        if offer.scheme != wire::exact::EXACT || !evm {
            continue;
        }
        judged += 1;
        let stated = (offer.detail("name"), offer.detail("version"));
        let (Some(name), Some(version)) = stated else {
            return Finding::broken(format!("offer {} names none", offer.index + 1));
        };
        if let Some(known) = asset(offer)
            && (name, version) != (known.eip712_name, known.eip712_version)
        {
            let said = ServerText::clean(&format!("{name} {version}"));
            let (name, version) = (known.eip712_name, known.eip712_version);
            let place = offer.index + 1;
            return Finding::broken(format!("offer {place} says {said}; it is {name} {version}"));
        }
    }
    match judged {
        0 => Finding::not_applicable("no exact offer on an EVM chain"),
        count => Finding::holds(count.to_string()),
    }
}

pub(super) fn resource(it: &Evidence) -> Finding {
    about(it, |challenge| match challenge["resource"]["url"].as_str() {
        None => Finding::broken("there is none"),
        Some(url) if url::Url::parse(url).is_err() => {
            Finding::broken(format!("no absolute URL: {}", ServerText::clean(url)))
        }
        Some(url) if it.target.is_resource(url) => Finding::holds(ServerText::clean(url).as_str()),
        Some(url) => Finding::broken(ServerText::clean(url).as_str()),
    })
}

pub(super) fn extensions(it: &Evidence) -> Finding {
    about(it, |challenge| match &challenge["extensions"] {
        Value::Null => Finding::not_applicable("there are none"),
        Value::Object(all) if all.is_empty() => Finding::not_applicable("there are none"),
        Value::Object(all) => {
            let names = all.keys().map(|it| ServerText::clean(it).to_string());
            match all.iter().find(|(_, it)| !it["info"].is_object()) {
                Some((name, _)) => Finding::broken(format!("{} has none", ServerText::clean(name))),
                None => Finding::holds(names.collect::<Vec<_>>().join(", ")),
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Finding::broken("extensions is no object")
        }
    })
}

pub(super) fn size(it: &Evidence) -> Finding {
    match it.demand().and_then(|it| it.values(PAYMENT_REQUIRED).next()).map(<[u8]>::len) {
        None => Finding::unknown("there is no challenge"),
        Some(bytes) if bytes <= CHALLENGE_SENT_BYTES_MAX => {
            Finding::holds(format!("{bytes} bytes"))
        }
        Some(bytes) => Finding::broken(format!("{bytes} bytes")),
    }
}

pub(super) fn stable(it: &Evidence) -> Finding {
    about(it, |challenge| match it.cross.as_ref().map(super::Answer::challenge) {
        Err(_) => Finding::broken("no second answer"),
        Ok(None) => Finding::broken("the second answer has no challenge"),
        Ok(Some(second)) if second["accepts"] == challenge["accepts"] => Finding::holds("the same"),
        Ok(Some(_)) => Finding::broken("other offers"),
    })
}

pub(super) fn body(it: &Evidence) -> Finding {
    let body = it.demand().and_then(|it| it.body.as_deref()).unwrap_or_default();
    let Ok(document) = wire::json::parse(body) else {
        return Finding::broken(format!("{} bytes that are no JSON", body.len()));
    };
    match document["error"].as_str() {
        Some(error) => Finding::holds(ServerText::clean(error).as_str()),
        None => Finding::broken("no \"error\""),
    }
}

pub(super) fn legacy(it: &Evidence) -> Finding {
    let (Some(answer), Ok(terms)) = (it.demand(), any_price()) else {
        return Finding::unknown("no answer");
    };
    let seen = Seen {
        target: &it.target,
        status: answer.status,
        headers: &answer.values(PAYMENT_REQUIRED).collect::<Vec<_>>(),
        body: answer.body.as_deref().unwrap_or_default(),
        cache_control: None,
        exposed: None,
    };
    let inspection = Inspection::of(&seen, &terms);
    let oddities = || inspection.remarks.iter().map(|it| &it.oddity);
    let broken = |it: &&Oddity| matches!(it, Oddity::UnreadableBody(_) | Oddity::VersionsDiffer);
    if let Some(why) = oddities().find(broken) {
        return Finding::broken(why.to_string());
    }
    match inspection.v1 {
        Some(challenge) => Finding::holds(format!("{} offers", challenge.offers().len())),
        None => Finding::not_applicable("the body is no version 1 challenge"),
    }
}

/// Terms that refuse no price: what is judged here is the seller.
pub(crate) fn any_price() -> Result<Terms, wire::price::PriceError> {
    Terms::up_to("$999999999".parse()?)
}

fn read(it: &Evidence) -> Result<Challenge, Finding> {
    let document = it.challenge()?;
    let challenge = Challenge::from_body(document.to_string().as_bytes());
    challenge.map_err(|_| Finding::unknown("the challenge cannot be read"))
}

fn about(it: &Evidence, judge: impl FnOnce(&Value) -> Finding) -> Finding {
    it.challenge().map_or_else(|finding| finding, |challenge| judge(&challenge))
}

fn each_offer(it: &Evidence, judge: impl Fn(&Value) -> Result<(), String>) -> Finding {
    about(it, |challenge| {
        let offers = challenge["accepts"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (index, offer) in offers.iter().enumerate() {
            if let Err(why) = judge(offer) {
                return Finding::broken(format!("offer {} {why}", index + 1));
            }
        }
        match offers.len() {
            0 => Finding::unknown("there are no offers"),
            count => Finding::holds(count.to_string()),
        }
    })
}

fn clean(value: &Value) -> String {
    ServerText::clean(&value.to_string()).to_string()
}
