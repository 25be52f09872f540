//! A payment header: read, or refused without a challenge; and what was read says the same again.

use http::{HeaderMap, HeaderName, HeaderValue};
use merchant::decisions::payment::Payment;
use wire::Message;
use wire::header::{PAYMENT_HEADER_BYTES_MAX, PAYMENT_SIGNATURE, X_PAYMENT, encode_json};

/// Panics where a property does not hold. The input is a header's value, and also the JSON within one:
/// base64 is a wall that mutations rarely climb.
pub(crate) fn check(input: &[u8]) {
    for name in [PAYMENT_SIGNATURE, X_PAYMENT] {
        if let Ok(value) = HeaderValue::from_bytes(input) {
            read(name, value);
        }
        let value = HeaderValue::try_from(encode_json(input)).expect("base64 is a header's value");
        read(name, value);
    }
}

fn read(name: &'static str, value: HeaderValue) {
    let length = value.len();
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static(name), value.clone());
    let read = Payment::of_headers(&headers, true);
    assert!(!matches!(read, Ok(None)), "a payment header is never overlooked");
    match read {
        Err(refusal) => {
            let status = refusal.code().status().as_u16();
            assert!(matches!(status, 400 | 431), "{refusal:?}");
            assert_eq!(status == 431, length > PAYMENT_HEADER_BYTES_MAX, "{refusal:?}");
            let words = refusal.rule().unwrap_or_default();
            // It goes into a reply, and a language model may read it.
            assert!(words.len() < 300 && !words.contains(char::is_control), "{words:?}");
        }
        Ok(None) => {}
        Ok(Some(payment)) => {
            assert!(length <= PAYMENT_HEADER_BYTES_MAX);
            let it = payment.authorization();
            assert!(it.valid_after < it.valid_before);
            assert_eq!(payment.is_v1(), name == X_PAYMENT);
            say_again(name, &payment);
            // Beside another one it is refused, whatever the other one is.
            headers.append(HeaderName::from_static(name), value);
            assert!(Payment::of_headers(&headers, true).is_err());
        }
    }
}

/// parse → print → parse.
fn say_again(name: &'static str, payment: &Payment) {
    let json = match payment {
        Payment::V2(it) => it.to_json(),
        Payment::V1(it, _) => it.to_json(),
    };
    let value = HeaderValue::try_from(encode_json(json.as_bytes())).expect("base64");
    if value.len() > PAYMENT_HEADER_BYTES_MAX {
        // Some texts grow when they are written in their one spelling.
        return;
    }
    let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value)]);
    let again = Payment::of_headers(&headers, true);
    assert_eq!(again.as_ref(), Ok(&Some(payment.clone())), "{json}");
}
