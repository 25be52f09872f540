//! Buckets as the configuration names them: `s3://bucket/prefix` and its relatives. Opens nothing,
//! and holds no credentials: those come from where the service's own tools look for them.

use std::fmt;

use url::Url;

use super::origin;

/// Longest prefix: leaves room for the keys below it (Amazon S3 User Guide: a key has 1,024 bytes).
const PREFIX_BYTES_MAX: usize = 512;
/// What a name may be long: bucket names have 3 to 63 characters everywhere, Azure's account names 3
/// to 24.
const NAME_BYTES: std::ops::RangeInclusive<usize> = 3..=63;

/// A bucket, or the part of one below a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Whose it is.
    pub service: Service,
    /// Its name; Azure's container.
    pub name: String,
    /// The keys' common beginning, without slashes around it. Perhaps empty.
    pub prefix: String,
}

/// Who keeps a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// Amazon S3, or whoever speaks its protocol.
    S3(S3Options),
    /// Google Cloud Storage.
    Google,
    /// Azure Blob Storage, under this account.
    Azure(String),
}

/// How S3's protocol is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct S3Options {
    /// Nothing where the environment tells it (`AWS_REGION`).
    pub region: Option<String>,
    /// Another service than Amazon's.
    pub endpoint: Option<Url>,
    /// Is the bucket's name in the path, and not in the host's name?
    pub path_style: bool,
}

impl Bucket {
    /// Reads what follows the scheme. Nothing where the scheme is of no bucket.
    pub(super) fn parse(scheme: &str, rest: &str) -> Option<Result<Self, &'static str>> {
        let owned = match scheme {
            "s3" | "gs" => false,
            "r2" | "az" => true,
            _ => return None,
        };
        Some(Self::read(scheme, owned, rest))
    }

    fn read(scheme: &str, owned: bool, rest: &str) -> Result<Self, &'static str> {
        let rest = rest.strip_prefix("//").ok_or("has no // before its bucket")?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (account, path) = if owned {
            path.split_once('/').ok_or("names an account but no bucket")?
        } else {
            ("", path)
        };
        let (name, prefix) = path.split_once('/').unwrap_or((path, ""));
        if !is_name(name) || (owned && !is_name(account)) {
            return Err("names no bucket: 3 to 63 lower-case letters, digits, dots and hyphens");
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if !is_prefix(prefix) {
            return Err("has a prefix that is not plain: letters, digits, '-', '_', '.' and '/'");
        }
        if scheme != "s3" && !query.is_empty() {
            return Err("has options, which only s3:// has");
        }
        let service = match scheme {
            "s3" => Service::S3(S3Options::parse(query)?),
            "r2" => Service::S3(S3Options::of_r2(account)?),
            "gs" => Service::Google,
            _ => Service::Azure(account.to_owned()),
        };
        Ok(Self { service, name: name.to_owned(), prefix: prefix.to_owned() })
    }

    /// Does one of the two hold keys of the other? Buckets of one name count as one: who serves
    /// them is not compared, because one service has many addresses.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let same = self.name == other.name
            && std::mem::discriminant(&self.service) == std::mem::discriminant(&other.service);
        same && (other.is_below(&self.prefix) || self.is_below(&other.prefix))
    }

    fn is_below(&self, prefix: &str) -> bool {
        let rest = self.prefix.strip_prefix(prefix);
        prefix.is_empty() || rest.is_some_and(|it| it.is_empty() || it.starts_with('/'))
    }
}

impl S3Options {
    fn parse(query: &str) -> Result<Self, &'static str> {
        let mut options = Self::default();
        let mut path_style = None;
        for pair in query.split('&').filter(|it| !it.is_empty()) {
            match pair.split_once('=') {
                Some(("region", it)) if is_region(it) => options.region = Some(it.to_owned()),
                Some(("endpoint", it)) => options.endpoint = Some(endpoint(it)?),
                Some(("path_style", "true")) => path_style = Some(true),
                Some(("path_style", "false")) => path_style = Some(false),
                Some(_) | None => {
                    return Err("has an option other than region, endpoint and path_style");
                }
            }
        }
        // Other services rarely answer to a host name for each bucket.
        options.path_style = path_style.unwrap_or(options.endpoint.is_some());
        Ok(options)
    }

    /// Cloudflare R2's S3 API (Cloudflare documentation, "S3 API compatibility").
    fn of_r2(account: &str) -> Result<Self, &'static str> {
        let endpoint = endpoint(&format!("https://{account}.r2.cloudflarestorage.com"))?;
        Ok(Self { region: Some("auto".into()), endpoint: Some(endpoint), path_style: true })
    }
}

fn endpoint(text: &str) -> Result<Url, &'static str> {
    let url = origin::base("endpoint", text)
        .map_err(|_| "has an endpoint that is not a URL: https, or http for loopback")?;
    if url.path() == "/" { Ok(url) } else { Err("has an endpoint with a path") }
}

fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    NAME_BYTES.contains(&text.len()) && text.bytes().all(plain) && !text.contains("..")
}

fn is_region(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    NAME_BYTES.contains(&text.len()) && text.bytes().all(plain)
}

fn is_prefix(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let segment = |it: &str| !matches!(it, "" | "." | "..") && it.bytes().all(plain);
    text.is_empty() || (text.len() <= PREFIX_BYTES_MAX && text.split('/').all(segment))
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, account) = match &self.service {
            Service::S3(_) => ("s3", None),
            Service::Google => ("gs", None),
            Service::Azure(account) => ("az", Some(account)),
        };
        write!(f, "{scheme}://")?;
        account.map_or(Ok(()), |account| write!(f, "{account}/"))?;
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        write!(f, "{}{slash}{}", self.name, self.prefix)
    }
}
