//! `x402-merchant doctor` and `check`: each trouble provoked once, and a shop in good health.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use sandbox::chain::ChainConfig;
use sandbox::faults::Faults;
use sandbox::world::{Options, Sandbox};

use crate::http::ask;
use crate::market::Market;
use crate::operator::{Said, run};
use crate::payer::sign;

/// The market's configuration with these replacements, kept as an operator would.
async fn doctor(market: &Market, replacements: &[(&str, &str)]) -> Said {
    let config = market.folder.path().join("merchant.toml");
    let mut text = std::fs::read_to_string(&config).unwrap().replace("fsync = false", "");
    for (from, to) in replacements {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let changed = market.folder.path().join("changed.toml");
    std::fs::write(&changed, text).unwrap();
    run(&changed, &["doctor"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_in_good_health_has_no_findings() {
    let market = Market::open(Options::default()).await;
    let challenge = ask(market.address, "GET", "/premium/a.json", &[]).await;
    let payment = sign(1, 0, market.opened).header(&challenge);
    let paid = [("payment-signature", payment.as_str())];
    assert_eq!(ask(market.address, "GET", "/premium/a.json", &paid).await.status, 200);
    let said = doctor(&market, &[]).await;
    assert_eq!(
        (said.code, said.stdout.as_str(), said.stderr.as_str()),
        (Some(0), "nothing found: in good health\n", "")
    );
    let said = market.operator(&["doctor", "--json"]).await;
    assert_eq!((said.code, said.json()["ok"].as_bool()), (Some(0), Some(true)));
    assert_eq!(said.json()["problems"][0]["setting"], "ledger.fsync");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_trouble_is_one_sentence_with_its_remedy() {
    let market = Market::open(Options::default()).await;
    let rpc = format!("rpc = [\"base-sepolia={}\"]", market.sandbox.rpc_url());
    let asset = |address: &str, name: &str| {
        format!(
            "price = \"$0.001\"\n[[routes.accepts]]\nnetwork = \"base-sepolia\"\nprice = \"1 TST\"\n\
             asset = {{ address = \"{address}\", symbol = \"TST\", decimals = 6, name = \"{name}\", version = \"9\" }}"
        )
    };
    let stranger = asset("0x1111111111111111111111111111111111111111", "Test");
    #[rustfmt::skip]
    let rows = [
        (vec![("url = \"file:./ledger\"", "url = \"file:./ledger\"\nfsync = false")], 0,
            "warning: ledger.fsync is off, so a power cut can forget a payment that was already answered; remove the line"),
        (vec![("file:./ledger", "memory:")], 0,
            "warning: ledger.url is memory, so a restart forgets who paid"),
        (vec![(rpc.as_str(), "")], 0,
            "warning: onchain.rpc names no endpoint of base-sepolia, so doubt about a payment there stays; add \"base-sepolia=https://…\", or set onchain.verify = \"off\""),
        (vec![(rpc.as_str(), "rpc = [\"base-sepolia=http://127.0.0.1:9\"]")], 0,
            "warning: onchain.rpc 127.0.0.1:9 does not answer, so doubt about payments stays; start it, or name another endpoint"),
        (vec![("base-sepolia=", "base="), ("[\"base-sepolia\"]", "[\"base\"]")], 4,
            "is of chain 84532, and not of 8453; name an endpoint of that network"),
        (vec![("price = \"$0.001\"", stranger.as_str())], 4,
            "error: routes take TST on base-sepolia, which has no DOMAIN_SEPARATOR at its contract, so no payment can be signed for it; correct asset.name and asset.version, or the asset's address"),
    ];
    for (replacements, code, expected) in rows {
        let said = doctor(&market, &replacements).await;
        assert_eq!(said.code, Some(code), "{expected}\n{said:?}");
        assert!(said.stdout.contains(expected), "{expected}\n{said:?}");
        if expected.contains("127.0.0.1:9") {
            assert!(said.stderr.contains("\"endpoint\":\"127.0.0.1:9\""), "{}", said.stderr);
            assert!(said.stderr.contains("eth_chainId"), "{}", said.stderr);
        }
    }
}

/// R15, for the operator; the payer's side stands with the other replays.
#[tokio::test(flavor = "multi_thread")]
async fn a_payee_that_another_ledger_sells_for_is_found() {
    let market = Market::open(Options::default()).await;
    sign(7, 0, market.opened).submit_by_hand(market.sandbox.chain());
    market.sandbox.chain().mine();
    let said = doctor(&market, &[]).await;
    assert_eq!(said.code, Some(4), "{said:?}");
    let parts = [
        "error: pay_to 0x",
        "this ledger knows nothing of it: another ledger takes payments for the same address; \
         give each ledger an address of its own",
    ];
    assert!(parts.iter().all(|it| said.stdout.contains(it)), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_that_lag_or_disagree_are_found() {
    // A chain that has stood still for a minute.
    let past = Options { chain: ChainConfig::by_hand(now() - 60), ..Options::instant() };
    let market = Market::open(past).await;
    let said = doctor(&market, &[]).await;
    assert_eq!(said.code, Some(4), "{said:?}");
    assert!(said.stdout.contains(" has no block of the last 6"), "{said:?}");

    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    for _ in 0..20 {
        sandbox.chain().mine();
    }
    let faults = Faults::default();
    faults.order("rpc:stale=18*99").unwrap();
    let behind = sandbox.another_rpc(&faults).await.unwrap();
    let facilitator = format!("url = \"{}\"", sandbox.facilitator_url());
    let market = Market::around(sandbox, "doubt", &facilitator).await;
    let both = format!("rpc = [\"base-sepolia={}\", ", behind.url());
    let said = doctor(&market, &[("rpc = [", &both)]).await;
    assert_eq!(said.code, Some(4), "{said:?}");
    assert!(said.stdout.contains("so they prove nothing together; replace the one that is behind"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_differs_from_the_facilitators_is_found() {
    let market = Market::open(Options::default()).await;
    let body = r#"{"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:84532"}]}"#;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("url = \"http://{}\"", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    let theirs = format!("url = \"{}\"", market.sandbox.facilitator_url());
    let said = doctor(&market, &[(&theirs, &url)]).await;
    assert_eq!(said.code, Some(4), "{said:?}");
    assert!(said.stdout.contains("error: the clock is "), "{said:?}");
    assert!(said.stdout.contains("; set this machine's clock by NTP"), "{said:?}");
}

/// A whole request: its head, and as many bytes as that announces. Closing before would reset the
/// connection, and the answer be lost.
fn read_request(stream: &mut TcpStream) -> String {
    let mut asked = Vec::new();
    let mut byte = [0];
    while !asked.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        asked.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&asked).to_lowercase();
    let length = head.lines().find_map(|it| it.strip_prefix("content-length:"));
    let mut body = vec![0; length.map_or(0, |it| it.trim().parse().unwrap())];
    let _ = stream.read_exact(&mut body);
    String::from_utf8_lossy(&body).into_owned()
}

/// A token whose contract was given another name or version than everybody believes.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_signs_otherwise_is_found() {
    let market = Market::open(Options::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let node = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let asked = read_request(&mut stream);
            let result = if asked.contains("eth_chainId") {
                "\"0x14a34\"".to_owned()
            } else if asked.contains("eth_getBlockByNumber") {
                format!("{{\"number\":\"0x10\",\"timestamp\":\"{:#x}\"}}", now())
            } else if asked.contains("eth_call") {
                format!("\"0x{}\"", "ab".repeat(32))
            } else {
                "[]".to_owned()
            };
            let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{result}}}");
            let length = body.len();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length";
            let _ = write!(stream, "{head}: {length}\r\n\r\n{body}");
        }
    });
    let said = doctor(&market, &[(&market.sandbox.rpc_url(), &node)]).await;
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (
            Some(4),
            "error: routes take USDC on base-sepolia, which has another EIP-712 name or version on \
             the chain, so every signature fails; correct asset.name and asset.version, or the \
             asset's address\nfound: errors 1, warnings 0\n"
        )
    );
}

fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs()
}
