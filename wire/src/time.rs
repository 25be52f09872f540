//! Points in time as the chain counts them: whole seconds since 1970.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::members::Form;

/// Seconds since the Unix epoch. EIP-3009 has `uint256`; a time that does not fit 64 bits is half a
/// trillion years away and refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

/// The text is not the one spelling of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeError;

impl UnixTime {
    /// The beginning of 1970, and EIP-3009's "valid since ever".
    pub const EPOCH: Self = Self(0);

    /// This many seconds after the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// Later by a span, cut to whole seconds; stops at the end of time instead of wrapping.
    #[must_use]
    pub const fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_secs()))
    }

    /// Earlier by a span, cut to whole seconds; stops at the epoch.
    #[must_use]
    pub const fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.as_secs()))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

impl Form for UnixTime {
    const FORM: &'static str = "a decimal string of seconds since 1970 that fits 64 bits";
}

impl FromStr for UnixTime {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let canonical =
            text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        if canonical { text.parse().map(Self).map_err(|_| TimeError) } else { Err(TimeError) }
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a time must be {}", UnixTime::FORM)
    }
}

impl std::error::Error for TimeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_spelling() {
        for good in ["0", "1795222131", "18446744073709551615"] {
            assert_eq!(good.parse::<UnixTime>().map(|it| it.to_string()), Ok(good.into()));
        }
        for bad in ["", "01", "+1", "-1", " 1", "1.0", "0x1", "18446744073709551616"] {
            assert_eq!(bad.parse::<UnixTime>(), Err(TimeError), "{bad:?}");
        }
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        let second = Duration::from_secs(1);
        assert_eq!(UnixTime(u64::MAX).after(second), UnixTime(u64::MAX));
        assert_eq!(UnixTime::EPOCH.before(second), UnixTime::EPOCH);
        assert_eq!(UnixTime(5).since(UnixTime(3)), Duration::from_secs(2));
        assert_eq!(UnixTime(3).since(UnixTime(5)), Duration::ZERO);
    }
}
