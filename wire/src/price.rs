//! Prices as people write them, `"$0.001"` or `"0.10 USDC"`, converted exactly or not at all.

use std::fmt;
use std::str::FromStr;

use alloy_primitives::U256;

use crate::amount::AtomicAmount;
use crate::members::Form;

/// Whole and fractional digits that a price may have: far beyond any real price, far below 2^256.
const WHOLE_DIGITS_MAX: usize = 15;
const FRACTION_DIGITS_MAX: usize = 18;
/// Longest ticker of the default-assets list has 5 letters.
const TICKER_CHARS_MAX: usize = 12;

/// An exact decimal price in dollars or in a named token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// The price's digits without the point.
    digits: u128,
    /// How many of the digits stand behind the point.
    scale: u8,
    ticker: Option<String>,
}

/// Why a price could not be read or converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceError {
    /// Not `$` and a decimal, nor a decimal, one blank and a ticker.
    Form,
    /// The token cannot express the price: it has only this many decimals.
    TooFine(u8),
}

impl Price {
    /// The token's ticker, or nothing for dollars: then the network's default token is meant.
    #[must_use]
    pub fn ticker(&self) -> Option<&str> {
        self.ticker.as_deref()
    }

    /// The price in atomic units of a token with this many decimals, exactly.
    pub fn to_atomic(&self, decimals: u8) -> Result<AtomicAmount, PriceError> {
        let digits = U256::from(self.digits);
        let power = |exponent: u8| U256::from(10).checked_pow(U256::from(exponent));
        if let Some(missing) = decimals.checked_sub(self.scale) {
            let units = power(missing).and_then(|factor| digits.checked_mul(factor));
            return units.map(AtomicAmount::new).ok_or(PriceError::Form);
        }
        let factor = power(self.scale - decimals).ok_or(PriceError::Form)?;
        let exact = (digits % factor).is_zero();
        if exact {
            Ok(AtomicAmount::new(digits / factor))
        } else {
            Err(PriceError::TooFine(decimals))
        }
    }
}

impl Form for Price {
    const FORM: &'static str = "a price such as \"$0.001\" or \"0.10 USDC\"";
}

impl FromStr for Price {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        let (number, ticker) = match (text.strip_prefix('$'), text.split_once(' ')) {
            (Some(number), None) => (number, None),
            (None, Some((number, ticker))) => (number, Some(ticker)),
            _ => return Err(PriceError::Form),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let formed = (1..=WHOLE_DIGITS_MAX).contains(&whole.len())
            && fraction.len() <= FRACTION_DIGITS_MAX
            && (fraction.is_empty() != number.contains('.'))
            && digits(whole)
            && digits(fraction)
            && (whole == "0" || !whole.starts_with('0'))
            && ticker.is_none_or(|it| {
                (1..=TICKER_CHARS_MAX).contains(&it.len())
                    && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
            });
        if !formed {
            return Err(PriceError::Form);
        }
        let scale = u8::try_from(fraction.len()).map_err(|_| PriceError::Form)?;
        let digits = format!("{whole}{fraction}").parse().map_err(|_| PriceError::Form)?;
        Ok(Self { digits, scale, ticker: ticker.map(str::to_owned) })
    }
}

impl fmt::Display for PriceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => write!(f, "a price must be {}", Price::FORM),
            Self::TooFine(decimals) => write!(f, "the token has only {decimals} decimals"),
        }
    }
}

impl std::error::Error for PriceError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_convert_exactly_or_not_at_all() {
        #[rustfmt::skip]
        let rows: &[(&str, u8, Result<&str, PriceError>)] = &[
            ("$0.001",       6,  Ok("1000")),
            ("$1",           6,  Ok("1000000")),
            ("$0.10",        6,  Ok("100000")),
            ("0.10 USDC",    6,  Ok("100000")),
            ("$0.000001",    6,  Ok("1")),
            ("$0.0000010",   6,  Ok("1")),
            ("$0.0000001",   6,  Err(PriceError::TooFine(6))),
            ("$0.1",         18, Ok("100000000000000000")),
            ("$0",           6,  Ok("0")),
            ("$999999999999999.999999", 6, Ok("999999999999999999999")),
            ("$1000000000000000", 6, Err(PriceError::Form)),
            ("0.001",        6,  Err(PriceError::Form)),
            ("$",            6,  Err(PriceError::Form)),
            ("$.5",          6,  Err(PriceError::Form)),
            ("$5.",          6,  Err(PriceError::Form)),
            ("$01",          6,  Err(PriceError::Form)),
            ("$-1",          6,  Err(PriceError::Form)),
            ("$+1",          6,  Err(PriceError::Form)),
            ("$1e3",         6,  Err(PriceError::Form)),
            ("$0x10",        6,  Err(PriceError::Form)),
            ("$1_000",       6,  Err(PriceError::Form)),
            ("$1,5",         6,  Err(PriceError::Form)),
            ("$ 1",          6,  Err(PriceError::Form)),
            ("1  USDC",      6,  Err(PriceError::Form)),
            ("1 US DC",      6,  Err(PriceError::Form)),
            ("$1 USDC",      6,  Err(PriceError::Form)),
            ("",             6,  Err(PriceError::Form)),
        ];
        for (text, decimals, expected) in rows {
            let got = text.parse::<Price>().and_then(|price| price.to_atomic(*decimals));
            assert_eq!(got.map(|it| it.to_string()), expected.map(str::to_owned), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn atomic_amounts_survive_the_way_through_a_price(units in 0_u64.., decimals in 0_u8..=12) {
            let amount = AtomicAmount::from(units);
            let text = format!("{} USDC", amount.to_decimal(decimals));
            if let Ok(price) = text.parse::<Price>() {
                proptest::prop_assert_eq!(price.to_atomic(decimals), Ok(amount));
            }
        }
    }
}
