//! Who signs calls to Amazon: an access key and its secret, as the environment or a profile has them.

use std::fmt;

use zeroize::Zeroizing;

/// Longest part of credentials that is believed to be one. Session tokens have no documented limit;
/// those seen are below 2 KiB.
const PART_BYTES_MAX: usize = 8192;

/// An access key. Its secret and its token are wiped when dropped and never printed.
#[derive(Clone)]
pub struct Credentials {
    access_key: String,
    secret: Zeroizing<String>,
    token: Option<Zeroizing<String>>,
}

/// Why there are no credentials. Holds no part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialsError {
    /// The access key or its secret is missing, empty or has characters that no credentials have.
    Incomplete,
    /// The file has no such profile.
    NoProfile,
}

impl Credentials {
    /// An access key, its secret, and the session token of temporary credentials.
    pub fn new(
        access_key: &str,
        secret: &str,
        token: Option<&str>,
    ) -> Result<Self, CredentialsError> {
        let sound = |it: &str| {
            let length = 1..=PART_BYTES_MAX;
            length.contains(&it.len()) && it.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let token = token.map(str::trim).filter(|it| !it.is_empty());
        let (access_key, secret) = (access_key.trim(), secret.trim());
        // These stand beside the access key in a header, where they would end it.
        let plain = !access_key.contains(['/', ',', '=']);
        if !sound(access_key) || !plain || !sound(secret) || !token.is_none_or(sound) {
            return Err(CredentialsError::Incomplete);
        }
        Ok(Self {
            access_key: access_key.to_owned(),
            secret: Zeroizing::new(secret.to_owned()),
            token: token.map(|it| Zeroizing::new(it.to_owned())),
        })
    }

    /// A profile of a shared credentials file, as Amazon's command line keeps it (`[name]`, then
    /// `aws_access_key_id = …` and so on).
    pub fn of_profile(file: &str, profile: &str) -> Result<Self, CredentialsError> {
        let (mut inside, mut found) = (false, false);
        let (mut access_key, mut secret, mut token) = (None, None, None);
        for line in file.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
                inside = name.trim() == profile;
                found |= inside;
            } else if let Some((name, value)) = line.split_once('=').filter(|_| inside) {
                match name.trim() {
                    "aws_access_key_id" => access_key = Some(value),
                    "aws_secret_access_key" => secret = Some(value),
                    "aws_session_token" => token = Some(value),
                    _ => {}
                }
            }
        }
        if !found {
            return Err(CredentialsError::NoProfile);
        }
        Self::new(access_key.unwrap_or_default(), secret.unwrap_or_default(), token)
    }

    pub(super) fn access_key(&self) -> &str {
        &self.access_key
    }

    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_ref().map(|it| it.as_str())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.token.is_some() { "temporary" } else { "lasting" };
        write!(f, "Credentials({kind})")
    }
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Incomplete => "an access key needs its id and its secret, in one piece each",
            Self::NoProfile => "the credentials file has no such profile",
        })
    }
}

impl std::error::Error for CredentialsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_as_amazons_tools_write_it() {
        let file = "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key=first\n\n\
                    [shop]\n# a comment\naws_access_key_id=AKIDSHOP\naws_secret_access_key = a/b+c=\n\
                    aws_session_token = token==\n[half]\naws_access_key_id = AKIDHALF\n";
        let read = |profile| {
            Credentials::of_profile(file, profile).map(|it| {
                let token = it.token().unwrap_or_default().to_owned();
                format!("{} {} {token}", it.access_key(), it.secret())
            })
        };
        #[rustfmt::skip]
        let rows = [
            ("default", Ok("AKIDDEFAULT first ")),
            ("shop",    Ok("AKIDSHOP a/b+c= token==")),
            ("half",    Err(CredentialsError::Incomplete)),
            ("other",   Err(CredentialsError::NoProfile)),
        ];
        for (profile, expected) in rows {
            assert_eq!(read(profile), expected.map(str::to_owned), "{profile}");
        }
    }

    #[test]
    fn what_would_break_a_header_is_no_credential() {
        let long = "x".repeat(PART_BYTES_MAX + 1);
        #[rustfmt::skip]
        let rows = [
            ("AKID", "secret",   None,          true),
            ("AKID", "secret",   Some("token"), true),
            ("AKID", "secret",   Some(""),      true),
            ("",     "secret",   None,          false),
            ("AKID", "",         None,          false),
            ("AK/D", "secret",   None,          false),
            ("AKID", "sec\nret", None,          false),
            ("AKID", "secret",   Some("to\rk"), false),
            ("AKID", &*long,     None,          false),
        ];
        for (key, secret, token, sound) in rows {
            assert_eq!(Credentials::new(key, secret, token).is_ok(), sound, "{key} {secret:.9}");
        }
        let shown = format!("{:?}", Credentials::new("AKID", "hush", Some("hush")).unwrap());
        assert_eq!(shown, "Credentials(temporary)");
    }
}
