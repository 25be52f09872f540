//! `scripts/smoke`: content with nobody who answers wrongly.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use crate::stage::Stage;

/// The base64 of a challenge about a URL, as far as the script looks into it.
fn challenge(address: SocketAddr) -> String {
    let json = format!(
        r#"{{"x402Version":2,"resource":{{"url":"http://{address}/premium/"}},"accepts":[{{"payTo":"0x1"}}]}}"#
    );
    wire::header::encode_json(json.as_bytes())
}

/// What a merchant answers to this request.
fn honest(asked: &str, address: SocketAddr) -> String {
    let mut words = asked.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let payment = asked.split("PAYMENT-SIGNATURE: ").nth(1).map(|it| it.lines().next().unwrap());
    let offer = format!("PAYMENT-REQUIRED: {}\r\n", challenge(address));
    let (status, extra) = match (method, target, payment) {
        ("OPTIONS", ..) => (204, "Access-Control-Allow-Headers: PAYMENT-SIGNATURE\r\n"),
        ("GET", "/premium/", Some(it)) if it.len() > 10_924 => (431, ""),
        ("GET" | "HEAD", "/premium/", None) => (402, &*offer),
        ("GET" | "HEAD", "/free/", _) => (404, ""),
        // A payment that is none, or a path that could be two.
        ("GET" | "HEAD", ..) => (400, ""),
        _ => (405, ""),
    };
    format!(
        "HTTP/1.1 {status} x\r\nCache-Control: no-store\r\n{extra}Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

/// How a merchant's answers are spoiled.
pub(crate) type Spoil = fn(asked: &str, honest: String) -> String;

/// A merchant for whoever asks.
pub(crate) fn merchant(spoil: Spoil) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = vec![0; 32 * 1024];
            let mut read = 0;
            while !bytes[..read].ends_with(b"\r\n\r\n") {
                read += stream.read(&mut bytes[read..]).unwrap();
            }
            let asked = String::from_utf8_lossy(&bytes[..read]).into_owned();
            let _ = stream.write_all(spoil(&asked, honest(&asked, address)).as_bytes());
        }
    });
    address
}

fn instead(honest: String, status: &str, other: &str) -> String {
    honest.replacen(&format!("HTTP/1.1 {status}"), &format!("HTTP/1.1 {other}"), 1)
}

#[test]
fn every_wrong_answer_is_noticed() {
    #[rustfmt::skip]
    let rows: &[(Spoil, &str)] = &[
        (|_, it| it.replace("PAYMENT-REQUIRED", "X-Other"),                       "its header decodes to version 2"),
        (|_, it| it.replace("PAYMENT-REQUIRED: ", "PAYMENT-REQUIRED: !"),         "its header decodes to version 2"),
        (|_, it| it.replace("no-store", "max-age=60"),                            "it is kept by nobody"),
        (|_, it| it.replace("Connection", "X-Cache: Hit from cloudfront\r\nConnection"), "it is kept by nobody"),
        (|_, it| it.replace("Connection", "Age: 3\r\nConnection"),                "it is kept by nobody"),
        (|asked, it| if asked.starts_with("HEAD") { instead(it, "402", "200") } else { it }, "HEAD is 402, too"),
        (|_, it| instead(it, "204", "403"),                                       "OPTIONS is free"),
        (|_, it| it.replace("Allow-Headers: PAYMENT-SIGNATURE", "Allow-Headers: Accept"), "it lets browsers send a payment"),
        (|_, it| instead(it, "405", "200"),                                       "POST is not served"),
        (|asked, it| if asked.contains("bm90") { instead(it, "400", "200") } else { it }, "garbage for a payment is refused"),
        (|_, it| instead(it, "431", "200"),                                       "a header that is too large is refused"),
        (|asked, it| if asked.contains("/..%2f") { instead(it, "400", "200") } else { it }, "no other spelling of the path is given away"),
        (|asked, it| if asked.contains("//premium") { instead(it, "400", "301") } else { it }, "no other spelling of the path is given away"),
        (|asked, it| if asked.contains("/%70remium") { instead(it, "400", "206") } else { it }, "no other spelling of the path is given away"),
    ];
    for (spoil, claim) in rows {
        let url = format!("http://{}", merchant(*spoil));
        let ending =
            Stage::new("").run("smoke", &[&url, "/free/", "/premium/"], "").refused("wrong");
        assert!(ending.said.contains(&format!("WRONG {claim}")), "{claim}:\n{}", ending.said);
    }
}

#[test]
fn who_must_refuse_and_does_not_is_noticed() {
    let open = format!("http://{}", merchant(|_, it| it));
    let ending = Stage::new("").run("smoke", &[&open, "/premium/", "--refuses", &open], "");
    let ending = ending.refused("1 answers were wrong");
    assert!(ending.said.contains(&format!("WRONG refuses: {open}")), "{}", ending.said);
    let stage = Stage::new("");
    let words = [&open, "/premium/", "--refuses", "https://bucket.s3.amazonaws.com/"];
    let ending = stage.run("smoke", &words, "").well();
    assert!(ending.said.contains("ok    refuses: https://bucket"), "{}", ending.said);
}

#[test]
fn what_was_bought_must_still_cost() {
    let url = format!("http://{}", merchant(|_, it| it));
    let words = [&*url, "/premium/", "--buy"];
    let stage = Stage::new("");
    let ending = stage.run("smoke", &words, "").well();
    let bought = stage.calls_with("x402-agent get");
    assert!(bought.len() == 1 && bought[0].contains(" --ledger /"), "{bought:?}");
    assert!(ending.said.contains("ok    after that, it still costs"));
    let stage = Stage::new("");
    stage.write("broke", b"");
    let ending = stage.run("smoke", &words, "").refused("no money");
    assert!(ending.said.contains("WRONG a payer gets the file"));
}

#[test]
fn a_merchant_who_sells_nothing_is_not_tried_out() {
    let url = format!("http://{}", merchant(|_, it| it));
    Stage::new("").run("smoke", &[&url, "/free/"], "").refused("no 402 at /free/");
    Stage::new("").run("smoke", &["http://127.0.0.1:1", "/"], "").refused("no 402 at /");
    Stage::new("").run("smoke", &[], "").refused("which URL?");
}
