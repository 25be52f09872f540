//! Signature Version 4 as the receiver sees it, written apart from the sender's: the request is taken
//! as it arrived, and what must be signed must be among what was signed.

use agent::aws::moment;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use wire::UnixTime;

use super::{ACCESS_KEY, REGION, Received, SECRET, TOKEN};

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    let digits: Vec<_> = bytes.as_ref().iter().map(|it| format!("{it:02x}")).collect();
    digits.concat()
}

/// Who may call, and what is wrong with others.
pub(crate) fn check(call: &Received, now: UnixTime) -> Result<(), String> {
    let header = |name: &str| call.header(name).ok_or(format!("no {name}"));
    let authorization = header("authorization")?;
    let fields = authorization.strip_prefix("AWS4-HMAC-SHA256 ").ok_or("another algorithm")?;
    let field = |name: &str| {
        let mut fields = fields.split(", ").filter_map(|it| it.split_once('='));
        fields.find(|(it, _)| *it == name).map(|(_, value)| value).ok_or(format!("no {name}"))
    };
    let date = header("x-amz-date")?;
    let sent = moment::parse(&spelled(date)).ok_or("no date")?;
    if sent.since(now).max(now.since(sent)).as_secs() > 300 {
        return Err("Signature expired".into());
    }
    let place = format!("{}/{REGION}/bedrock-agentcore/aws4_request", &date[..8]);
    if field("Credential")? != format!("{ACCESS_KEY}/{place}") {
        return Err("another credential or scope".into());
    }
    if call.header("x-amz-security-token").is_some_and(|it| it != TOKEN) {
        return Err("the security token is invalid".into());
    }
    let names: Vec<_> = field("SignedHeaders")?.split(';').collect();
    let must = |name: &str| name == "host" || name == "content-type" || name.starts_with("x-amz");
    if let Some((name, _)) =
        call.headers.iter().find(|(it, _)| must(it) && !names.contains(&it.as_str()))
    {
        return Err(format!("{name} is not signed"));
    }
    let line = |name: &&str| header(name).map(|value| format!("{name}:{}\n", value.trim()));
    let lines = names.iter().map(line).collect::<Result<Vec<_>, _>>()?.concat();
    let mut query: Vec<_> = call.query.split('&').filter(|it| !it.is_empty()).collect();
    query.sort_unstable();
    let canonical = [
        &call.method,
        &call.path.replace('%', "%25"),
        &query.join("&"),
        &lines,
        &names.join(";"),
        &hex(Sha256::digest(call.text.as_bytes())),
    ]
    .map(String::as_str)
    .join("\n");
    let to_sign =
        format!("AWS4-HMAC-SHA256\n{date}\n{place}\n{}", hex(Sha256::digest(canonical.as_bytes())));
    let key =
        place.split('/').fold(format!("AWS4{SECRET}").into_bytes(), |key, it| keyed(&key, it));
    let same = hex(keyed(&key, &to_sign)) == field("Signature")?;
    if same { Ok(()) } else { Err("The request signature we calculated does not match".into()) }
}

/// `20261121T154500Z` as RFC 3339 has it.
fn spelled(date: &str) -> String {
    let part = |from: usize, to: usize| date.get(from..to).unwrap_or_default();
    let (day, time) = (
        [part(0, 4), part(4, 6), part(6, 8)].join("-"),
        [part(9, 11), part(11, 13), part(13, 15)].join(":"),
    );
    format!("{day}T{time}Z")
}
