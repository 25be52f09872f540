//! Which wallet: one line of text, the kind before the first colon. It never holds a secret, only where
//! one is.

use std::path::PathBuf;

use super::fault::WalletFault;

/// Where a key is, or who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Locator {
    /// A private key in this variable of the environment.
    Env(String),
    /// A private key in this file.
    File(PathBuf),
    /// A private key under a password, in this file.
    Keystore(PathBuf),
    /// A key that AWS KMS has and keeps.
    Kms(KmsKey),
    /// A wallet at AgentCore Payments, by its account's file or the usual one.
    AgentCore(Option<PathBuf>),
}

/// A key at AWS KMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KmsKey {
    /// Its id, its ARN, or its alias.
    pub(crate) id: String,
    /// Its region; without one, what Amazon's own settings say.
    pub(crate) region: Option<String>,
}

/// The variable of `env:` alone.
const PRIVATE_KEY: &str = "X402_PRIVATE_KEY";

/// Longest name of a key: an alias's ARN has some 300 characters (AWS KMS API reference: 2048).
const KEY_ID_CHARS_MAX: usize = 2048;

impl Locator {
    /// Reads a locator. The error does not repeat it: it may be a key by mistake.
    pub(crate) fn parse(text: &str, home: Option<&PathBuf>) -> Result<Self, WalletFault> {
        let (kind, rest) = text.split_once(':').ok_or(WalletFault::Locator)?;
        match kind {
            "env" => variable(rest).map(Self::Env),
            "file" => path(rest, home).map(Self::File),
            "keystore" => path(rest, home).map(Self::Keystore),
            "kms" => kms(rest).map(Self::Kms),
            "agentcore" if rest.is_empty() => Ok(Self::AgentCore(None)),
            "agentcore" => path(rest, home).map(|it| Self::AgentCore(Some(it))),
            _ => Err(WalletFault::Locator),
        }
    }
}

fn variable(name: &str) -> Result<String, WalletFault> {
    let plain = name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    match name {
        "" => Ok(PRIVATE_KEY.into()),
        _ if plain => Ok(name.into()),
        _ => Err(WalletFault::Locator),
    }
}

/// A shell opens `~` only where a word begins, which here it does not.
fn path(text: &str, home: Option<&PathBuf>) -> Result<PathBuf, WalletFault> {
    match (text.strip_prefix("~/"), home) {
        _ if text.is_empty() => Err(WalletFault::Locator),
        (Some(rest), Some(home)) => Ok(home.join(rest)),
        (Some(_) | None, _) => Ok(text.into()),
    }
}

fn kms(text: &str) -> Result<KmsKey, WalletFault> {
    let (id, region) = match text.split_once('?') {
        None => (text, None),
        Some((id, query)) => (id, Some(query.strip_prefix("region=").ok_or(WalletFault::Locator)?)),
    };
    let known = |it: char| it.is_ascii_alphanumeric() || "-_/:.=,@+".contains(it);
    let sized = (1..=KEY_ID_CHARS_MAX).contains(&id.len());
    if !sized || !id.chars().all(known) || region.is_some_and(|it| !is_region(it)) {
        return Err(WalletFault::Locator);
    }
    // arn:aws:kms:REGION:ACCOUNT:key/ID
    let own = if id.starts_with("arn:") { id.split(':').nth(3) } else { None };
    match (own, region) {
        (Some(own), Some(given)) if own != given => Err(WalletFault::Regions),
        (Some(own), _) if !is_region(own) => Err(WalletFault::Locator),
        (own, given) => Ok(KmsKey { id: id.into(), region: own.or(given).map(str::to_owned) }),
    }
}

/// It becomes a part of a host's name.
fn is_region(text: &str) -> bool {
    let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    (1..=32).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Locator> {
        Locator::parse(text, Some(&"/srv/ann".into())).ok()
    }

    fn kms(id: &str, region: Option<&str>) -> Locator {
        Locator::Kms(KmsKey { id: id.into(), region: region.map(Into::into) })
    }

    #[test]
    fn a_locator_has_a_kind_and_says_where() {
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let alias = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/agent";
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        #[rustfmt::skip]
        let rows = [
            ("env:".to_owned(),                       Some(Locator::Env("X402_PRIVATE_KEY".into()))),
            ("env:MY_KEY_2".into(),                   Some(Locator::Env("MY_KEY_2".into()))),
            ("env:MY KEY".into(),                     None),
            ("env:A=B".into(),                        None),
            ("file:key".into(),                       Some(Locator::File("key".into()))),
            ("file:/k/a:b".into(),                    Some(Locator::File("/k/a:b".into()))),
            ("file:~/key".into(),                     Some(Locator::File("/srv/ann/key".into()))),
            ("file:~ben/key".into(),                  Some(Locator::File("~ben/key".into()))),
            ("file:".into(),                          None),
            ("keystore:~/w.json".into(),              Some(Locator::Keystore("/srv/ann/w.json".into()))),
            ("keystore:".into(),                      None),
            (format!("kms:{id}"),                     Some(kms(id, None))),
            (format!("kms:{id}?region=eu-west-1"),    Some(kms(id, Some("eu-west-1")))),
            ("kms:alias/agent".into(),                Some(kms("alias/agent", None))),
            (format!("kms:{arn}"),                    Some(kms(arn, Some("eu-west-1")))),
            (format!("kms:{arn}?region=eu-west-1"),   Some(kms(arn, Some("eu-west-1")))),
            (format!("kms:{alias}"),                  Some(kms(alias, Some("us-gov-west-1")))),
            (format!("kms:{arn}?region=us-east-1"),   None),
            (format!("kms:{id}?region="),             None),
            (format!("kms:{id}?region=x.evil.example"), None),
            (format!("kms:{id}?profile=x"),           None),
            ("kms:arn:aws:kms".into(),                Some(kms("arn:aws:kms", None))),
            ("kms:arn:aws:kms::1:key/x".into(),       None),
            ("kms:".into(),                           None),
            ("kms:a b".into(),                        None),
            (format!("kms:{}", "a".repeat(2049)),     None),
            ("agentcore:".into(),                     Some(Locator::AgentCore(None))),
            ("agentcore:other.json".into(),           Some(Locator::AgentCore(Some("other.json".into())))),
            ("agentcore".into(),                      None),
            ("ledger:nano".into(),                    None),
            ("key".into(),                            None),
            (String::new(),                           None),
        ];
        for (text, expected) in rows {
            assert_eq!(read(&text), expected, "{text}");
        }
    }

    #[test]
    fn two_regions_that_disagree_are_told_apart_from_nonsense() {
        let arn = "kms:arn:aws:kms:eu-west-1:111122223333:key/x?region=us-east-1";
        assert_eq!(Locator::parse(arn, None).unwrap_err().code(), "regions_disagree");
        assert_eq!(Locator::parse("x", None).unwrap_err().code(), "invalid_wallet");
    }
}
