//! The headers' names and their coding: standard base64 of JSON.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::error::{Problem, WireError};
use crate::json::Message;

/// v2, server to client: the challenge, with a 402.
pub const PAYMENT_REQUIRED: &str = "payment-required";
/// v2, client to server: the payment.
pub const PAYMENT_SIGNATURE: &str = "payment-signature";
/// v2, server to client: what became of the payment.
pub const PAYMENT_RESPONSE: &str = "payment-response";
/// v1, client to server: the payment.
pub const X_PAYMENT: &str = "x-payment";
/// v1, server to client: what became of the payment.
pub const X_PAYMENT_RESPONSE: &str = "x-payment-response";
/// The sign-in-with-x extension, client to server: a proof of the wallet.
pub const SIGN_IN_WITH_X: &str = "sign-in-with-x";

/// Longest payment that is decoded, in bytes of JSON. Real ones have about 1 KiB; the only SDK of
/// the field that has a cap (Elixir) puts it here too.
pub const PAYMENT_JSON_BYTES_MAX: usize = 8 * 1024;
/// Longest payment header: the base64 of [`PAYMENT_JSON_BYTES_MAX`], padded.
pub const PAYMENT_HEADER_BYTES_MAX: usize = PAYMENT_JSON_BYTES_MAX.div_ceil(3) * 4;
/// Longest challenge header that a payer decodes. CloudFront passes 20,480 bytes of headers in all
/// (AWS documentation, CloudFront quotas).
pub const CHALLENGE_HEADER_BYTES_MAX: usize = 16 * 1024;
/// Longest challenge header that a merchant may send: many HTTP clients and proxies stop reading
/// at 8 KiB (nginx `proxy_buffer_size`, Node's default of 16 KiB for all headers together).
pub const CHALLENGE_SENT_BYTES_MAX: usize = 8 * 1024;

/// Writes padding, reads with or without: peers do either. Set bits behind the last digit are an
/// error, so that a value has no second spelling but its padding.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A message as a header value.
#[must_use]
pub fn encode(message: &impl Message) -> String {
    encode_json(message.to_json().as_bytes())
}

/// JSON text as a header value.
#[must_use]
pub fn encode_json(json: &[u8]) -> String {
    ENGINE.encode(json)
}

/// Appends JSON text to `out` as a header value.
pub fn encode_json_into(json: &[u8], out: &mut String) {
    ENGINE.encode_string(json, out);
}

/// The JSON text of a header value of at most `bytes_max` bytes. Nothing larger is allocated.
pub fn decode_json(header: &[u8], bytes_max: usize) -> Result<Vec<u8>, WireError> {
    if header.len() > bytes_max {
        return Err(WireError::new("", Problem::TooLarge(bytes_max)));
    }
    ENGINE.decode(header).map_err(|_| WireError::new("", Problem::NotBase64))
}

/// A message from a header value of at most `bytes_max` bytes.
pub fn decode<T: Message>(header: &[u8], bytes_max: usize) -> Result<T, WireError> {
    T::from_json(&decode_json(header, bytes_max)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_optional_and_nothing_else_is() {
        for good in ["e30=", "e30"] {
            assert_eq!(decode_json(good.as_bytes(), 16), Ok(b"{}".to_vec()), "{good}");
        }
        for bad in ["!!!", "e30 ", " e30", "e30=e30=", "e30,e30", "e3", "e31=", "_-8=", "e30\n"] {
            let error = decode_json(bad.as_bytes(), 16).and_then(|it| crate::json::parse(&it));
            assert!(error.is_err(), "{bad:?}");
        }
    }

    #[test]
    fn size_is_checked_before_decoding() {
        let error = WireError::new("", Problem::TooLarge(8));
        assert_eq!(decode_json(b"e30=e30=e", 8), Err(error));
        assert_eq!(PAYMENT_HEADER_BYTES_MAX, 10_924);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_survive(bytes in proptest::collection::vec(0_u8.., 0..200)) {
            let header = encode_json(&bytes);
            proptest::prop_assert_eq!(decode_json(header.as_bytes(), 400), Ok(bytes));
        }

        #[test]
        fn no_input_panics(text in ".{0,200}") {
            let _ = decode::<crate::v2::PaymentPayload>(text.as_bytes(), 400);
        }
    }
}
