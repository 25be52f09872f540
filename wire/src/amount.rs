//! Amounts of a token in its smallest unit, as decimal strings with one spelling.

use std::fmt;
use std::str::FromStr;

use alloy_primitives::U256;

use crate::members::Form;

/// 2^256 - 1 has 78 decimal digits.
const DIGITS_MAX: usize = 78;

/// A number of atomic units of a token (for USDC: millionths). At most 2^256 - 1, as in the EVM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AtomicAmount(U256);

/// The text is not the one spelling of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountError;

impl AtomicAmount {
    /// Nothing.
    pub const ZERO: Self = Self(U256::ZERO);

    /// An amount of this many atomic units.
    #[must_use]
    pub const fn new(units: U256) -> Self {
        Self(units)
    }

    /// The number of atomic units.
    #[must_use]
    pub const fn units(self) -> U256 {
        self.0
    }

    /// The amount in whole tokens, exactly: `1000` with 6 decimals is `0.001`.
    #[must_use]
    pub fn to_decimal(self, decimals: u8) -> String {
        let decimals = usize::from(decimals);
        let digits = format!("{:0>width$}", self.0.to_string(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        }
    }
}

impl Form for AtomicAmount {
    const FORM: &'static str = "a decimal string without sign, blanks or leading zeros";
}

impl FromStr for AtomicAmount {
    type Err = AmountError;

    /// Accepts `^(0|[1-9][0-9]{0,77})$` up to 2^256 - 1 and nothing else. `U256::from_str` also
    /// takes `""`, hex and underscores: peers would read other numbers than we do.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let canonical = text.len() <= DIGITS_MAX
            && text.bytes().all(|b| b.is_ascii_digit())
            && (text == "0" || !text.is_empty() && !text.starts_with('0'));
        if !canonical {
            return Err(AmountError);
        }
        U256::from_str_radix(text, 10).map(Self).map_err(|_| AmountError)
    }
}

impl fmt::Display for AtomicAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an amount must be {}", AtomicAmount::FORM)
    }
}

impl std::error::Error for AmountError {}

impl From<u64> for AtomicAmount {
    fn from(units: u64) -> Self {
        Self(U256::from(units))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: &str =
        "115792089237316195423570985008687907853269984665640564039457584007913129639935";

    #[test]
    fn an_amount_has_one_spelling() {
        for good in ["0", "1", "10000", MAX] {
            assert_eq!(good.parse::<AtomicAmount>().map(|it| it.to_string()), Ok(good.into()));
        }
        let above = format!("{}6", &MAX[..77]);
        #[rustfmt::skip]
        let bad = [
            "", " ", "00", "01", "+1", "-1", "1 ", " 1", "1_000", "1,000", "1.0", "1e3", "0x3e8",
            "0b11", "0o17", "\u{ff11}", "\u{661}", &above, "9999999999999999999999999999999999999999999999999999999999999999999999999999999",
        ];
        for bad in bad {
            assert_eq!(bad.parse::<AtomicAmount>(), Err(AmountError), "{bad:?}");
        }
    }

    #[test]
    fn whole_tokens_are_exact() {
        #[rustfmt::skip]
        let rows = [
            ("0",       6, "0"),
            ("1",       6, "0.000001"),
            ("1000",    6, "0.001"),
            ("1500000", 6, "1.5"),
            ("1000000", 6, "1"),
            ("7",       0, "7"),
            ("1",      18, "0.000000000000000001"),
        ];
        for (units, decimals, text) in rows {
            assert_eq!(units.parse::<AtomicAmount>().unwrap().to_decimal(decimals), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn what_parses_is_what_prints(text in "[0-9]{0,80}") {
            if let Ok(amount) = text.parse::<AtomicAmount>() {
                proptest::prop_assert_eq!(amount.to_string(), text);
            }
        }
    }
}
