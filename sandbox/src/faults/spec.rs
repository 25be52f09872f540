//! An order for faults in one line of text: `ENDPOINT:FAULT[=ARGUMENT][*COUNT]`.

use super::table::TABLE;
use super::{Fault, Moment};
use std::fmt;
use std::str::FromStr;

/// Longest spelling that is read. The longest argument is a URL.
const SPELLING_BYTES_MAX: usize = 2_048;

/// Where a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// `POST /verify`.
    Verify,
    /// `POST /settle`.
    Settle,
    /// `GET /supported`.
    Supported,
    /// The chain's JSON-RPC.
    Rpc,
}

/// How often a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// For the next so many calls; never zero.
    Next(u32),
    /// For every call until it is cleared.
    UntilCleared,
}

/// An order: this fault, here, so often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultSpec {
    /// Where.
    pub endpoint: Endpoint,
    /// What.
    pub fault: Fault,
    /// How often.
    pub times: Times,
}

/// Why a spelling is not an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultSpecError {
    /// It does not begin with an endpoint and a colon.
    Endpoint,
    /// There is no fault of this name.
    Unknown,
    /// The fault cannot happen at this endpoint.
    NotHere(Endpoint),
    /// The argument is not what the fault takes; the text is the row's form.
    Argument(&'static str),
    /// The count is not a number from 1 on.
    Count,
    /// More than 2,048 bytes.
    TooLong,
    /// There are [`FAULTS_MAX`](super::FAULTS_MAX) orders already: clear some first.
    TooMany,
}

impl Endpoint {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Verify, Self::Settle, Self::Supported, Self::Rpc];

    /// As it is spelled before the colon.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Settle => "settle",
            Self::Supported => "supported",
            Self::Rpc => "rpc",
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Endpoint {
    type Err = FaultSpecError;

    fn from_str(name: &str) -> Result<Self, FaultSpecError> {
        let found = Self::ALL.into_iter().find(|it| it.name() == name);
        found.ok_or(FaultSpecError::Endpoint)
    }
}

impl FromStr for FaultSpec {
    type Err = FaultSpecError;

    fn from_str(text: &str) -> Result<Self, FaultSpecError> {
        if text.len() > SPELLING_BYTES_MAX {
            return Err(FaultSpecError::TooLong);
        }
        let (endpoint, rest) = text.split_once(':').ok_or(FaultSpecError::Endpoint)?;
        let endpoint: Endpoint = endpoint.parse()?;
        let (rest, times) = split_count(rest)?;
        let (name, argument) = match rest.split_once('=') {
            Some((name, argument)) => (name, Some(argument)),
            None => (rest, None),
        };
        let row = TABLE.iter().find(|it| it.name == name).ok_or(FaultSpecError::Unknown)?;
        if !row.endpoints.contains(&endpoint) {
            return Err(FaultSpecError::NotHere(endpoint));
        }
        let fault = (row.make)(argument).ok_or(FaultSpecError::Argument(row.form))?;
        Ok(Self { endpoint, fault, times })
    }
}

/// The count stands behind the last asterisk. One inside a URL's path must be written `%2A`.
fn split_count(text: &str) -> Result<(&str, Times), FaultSpecError> {
    let Some((rest, count)) = text.rsplit_once('*') else {
        return Ok((text, Times::UntilCleared));
    };
    let digits = count.bytes().all(|it| it.is_ascii_digit());
    let count = count.parse().ok().filter(|it| digits && *it > 0).ok_or(FaultSpecError::Count)?;
    Ok((rest, Times::Next(count)))
}

impl fmt::Display for FaultSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.endpoint, self.fault)?;
        match self.times {
            Times::Next(count) => write!(f, "*{count}"),
            Times::UntilCleared => Ok(()),
        }
    }
}

impl fmt::Display for FaultSpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint => f.write_str(
                "a fault begins with verify:, settle:, supported: or rpc:, as in settle:hang*1",
            ),
            Self::Unknown => f.write_str("there is no fault of this name; see fault --help"),
            Self::NotHere(endpoint) => write!(f, "this fault cannot happen at {endpoint}"),
            Self::Argument(form) => write!(f, "this fault is spelled {form}"),
            Self::Count => f.write_str("the count after * must be a number from 1 on"),
            Self::TooLong => write!(f, "a fault has at most {SPELLING_BYTES_MAX} bytes"),
            Self::TooMany => f.write_str("too many faults are waiting; clear some first"),
        }
    }
}

impl std::error::Error for FaultSpecError {}

impl Fault {
    /// Whether the money has moved when the caller meets this fault at `settle`.
    #[must_use]
    pub fn settles(&self) -> bool {
        use super::{Answer, Lie, Trouble};
        match self {
            // A delay only makes the right answer late.
            Self::Trouble(Trouble::Delay(_), _)
            | Self::Answer(Answer::Pending | Answer::Failure(_)) => true,
            Self::Trouble(_, moment) => *moment == Moment::AfterSettling,
            Self::Answer(Answer::Lie(lie)) => *lie != Lie::NoTransfer,
            Self::Answer(Answer::Refuse(_) | Answer::TooEarly(_) | Answer::Valid)
            | Self::View(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_order_says_why() {
        let long = format!("verify:refuse={}", "x".repeat(SPELLING_BYTES_MAX));
        #[rustfmt::skip]
        let rows = [
            ("",                              FaultSpecError::Endpoint),
            ("hang",                          FaultSpecError::Endpoint),
            ("bank:hang",                     FaultSpecError::Endpoint),
            ("settle:",                       FaultSpecError::Unknown),
            ("settle:sulk",                   FaultSpecError::Unknown),
            ("verify:hang-after-settling",    FaultSpecError::NotHere(Endpoint::Verify)),
            ("settle:stale=3",                FaultSpecError::NotHere(Endpoint::Settle)),
            ("rpc:refuse=x",                  FaultSpecError::NotHere(Endpoint::Rpc)),
            ("settle:delay",                  FaultSpecError::Argument("delay=MS")),
            ("settle:delay=soon",             FaultSpecError::Argument("delay=MS")),
            ("settle:delay=3600001",          FaultSpecError::Argument("delay=MS")),
            ("settle:hang=1",                 FaultSpecError::Argument("hang")),
            ("settle:5xx=404",                FaultSpecError::Argument("5xx[=STATUS]")),
            ("verify:redirect=200,http://a",  FaultSpecError::Argument("redirect=[STATUS,]URL")),
            ("verify:redirect=gopher",        FaultSpecError::Argument("redirect=[STATUS,]URL")),
            ("verify:refuse=",                FaultSpecError::Argument("refuse=REASON")),
            ("verify:too-early=never",        FaultSpecError::Argument("too-early[=SPELLING]")),
            ("rpc:stale=0",                   FaultSpecError::Argument("stale=BLOCKS")),
            ("settle:hang*0",                 FaultSpecError::Count),
            ("settle:hang*",                  FaultSpecError::Count),
            ("settle:hang*+1",                FaultSpecError::Count),
            (&long,                           FaultSpecError::TooLong),
        ];
        for (text, expected) in rows {
            assert_eq!(text.parse::<FaultSpec>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn what_is_left_out_is_filled_in() {
        #[rustfmt::skip]
        let rows = [
            ("settle:5xx*2",                "settle:5xx=503*2"),
            ("verify:429",                  "verify:429=1"),
            ("verify:redirect=http://a/b",  "verify:redirect=307,http://a/b"),
            ("verify:too-early",            "verify:too-early=invalid_exact_evm_payload_authorization_valid_after"),
            ("settle:failure-after-settling", "settle:failure-after-settling=invalid_exact_evm_transaction_failed"),
        ];
        for (text, expected) in rows {
            assert_eq!(text.parse::<FaultSpec>().unwrap().to_string(), expected);
        }
    }
}
