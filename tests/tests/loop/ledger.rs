//! `x402-merchant ledger` over what a market has sold, and what it is in doubt about.

use std::time::Duration;

use sandbox::faults::Endpoint;
use sandbox::world::Options;

use crate::http::{Reply, ask};
use crate::market::{GOODS, Market};
use crate::payer::{key, sign};

async fn pay(market: &Market, nonce: u8, path: &str) -> Reply {
    let challenge = ask(market.address, "GET", path, &[]).await;
    let payment = sign(nonce, 0, market.opened).header(&challenge);
    ask(market.address, "GET", path, &[("payment-signature", &payment)]).await
}

/// Three payments: one is settled; of one nobody knows that it is; one was never sent.
async fn market() -> Market {
    let market = Market::asking_the_chain(Options::instant(), "off").await;
    assert_eq!(pay(&market, 1, "/premium/a.json").await.ending(), "200 object");
    market.sandbox.faults().order("settle:reset-after-settling*1").unwrap();
    assert_eq!(pay(&market, 2, "/premium/a.json").await.ending(), "503 settlement_unknown");
    market.sandbox.faults().order("settle:reset*1").unwrap();
    assert_eq!(pay(&market, 3, "/premium/b.json").await.ending(), "503 settlement_unknown");
    market
}

fn calls(market: &Market) -> u64 {
    let journal = market.sandbox.journal();
    journal.count(Endpoint::Verify) + journal.count(Endpoint::Settle)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sees_who_paid_for_what() {
    let market = market().await;
    let said = market.operator(&["ledger", "list"]).await;
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    let (lines, sums) = said.stdout.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(sums, "3 payments, 2 open, 1 settled, sold for 0.001 USDC on base-sepolia");
    assert_eq!(lines.lines().count(), 3);
    for part in ["0.001 USDC", "base-sepolia", "/premium/b.json", &key().address().to_string()] {
        assert!(lines.contains(part), "{part}: {lines}");
    }

    let said = market.operator(&["ledger", "export"]).await;
    let mut lines = said.stdout.lines();
    let columns = "time,path,payer,amount,asset,network,transaction,state";
    assert_eq!(lines.next(), Some(columns));
    let settled: Vec<_> = lines.filter(|it| it.ends_with(",settled")).collect();
    let cells: Vec<_> = settled[0].split(',').collect();
    assert_eq!((settled.len(), cells.len()), (1, 8));
    assert_eq!(
        cells[1..6],
        [
            "/premium/a.json",
            &key().address().to_string(),
            "1000",
            "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
            "eip155:84532",
        ]
    );

    #[rustfmt::skip]
    let rows: [(&[&str], &[&str]); 8] = [
        (&[],                                      &["open", "open", "settled"]),
        (&["--state", "settled"],                  &["settled"]),
        (&["--state", "void"],                     &[]),
        (&["--path", "/premium/a.json"],           &["open", "settled"]),
        (&["--path", "/premium/"],                 &["open", "open", "settled"]),
        (&["--since", "1h"],                       &["open", "open", "settled"]),
        (&["--until", "1h"],                       &[]),
        (&["--since", "2026-01-01", "--until", "2026-01-02T00:00:00Z"], &[]),
    ];
    for (filter, expected) in rows {
        for command in ["list", "export"] {
            let said = market.operator(&[&["ledger", command, "--json"], filter].concat()).await;
            assert_eq!(said.column("state"), expected, "{command} {filter:?}");
        }
    }

    let payment = sign(1, 0, market.opened).key().to_string();
    let shown = market.operator(&["ledger", "show", &payment, "--json"]).await.json();
    let transaction = shown["transaction"].as_str().unwrap().to_owned();
    assert_eq!(shown["settled"]["transaction"], transaction);
    assert_eq!(shown["claim"]["object"]["key"], "premium/a.json");
    let nonce = format!("0x{}", "01".repeat(32));
    for name in [transaction.as_str(), nonce.as_str()] {
        let said = market.operator(&["ledger", "show", name]).await;
        assert!(said.stdout.contains(&payment) && said.stdout.contains(&transaction), "{said:?}");
    }
    let said = market.operator(&["ledger", "show", "0x99"]).await;
    assert_eq!((said.code, said.stdout.as_str()), (Some(6), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn doubt_ends_by_the_chain_and_by_nothing_else() {
    let market = market().await;
    let (records, asked) = (market.records(), calls(&market));
    let reconcile = ["ledger", "reconcile", "--json"];

    // An endpoint that fails proves nothing.
    market.sandbox.faults().order("rpc:5xx=500*2").unwrap();
    let said = market.operator(&reconcile).await;
    assert_eq!((said.code, said.column("found")), (Some(4), vec!["unknown".into(); 2]));

    // Only looking.
    let said = market.operator(&["ledger", "reconcile", "--json", "--dry-run"]).await;
    assert_eq!(
        (said.code, said.column("found")),
        (Some(0), vec!["pending".into(), "settled".into()])
    );
    assert_eq!(market.records(), records, "nothing was written");

    let said = market.operator(&reconcile).await;
    assert_eq!(
        (said.code, said.column("found")),
        (Some(0), vec!["pending".into(), "settled".into()])
    );
    let said = market.operator(&["ledger", "list", "--json"]).await;
    assert_eq!(said.column("state"), ["open", "settled", "settled"]);

    // The window of the other one closes unused.
    market.sandbox.chain().advance(Duration::from_mins(2));
    market.sandbox.chain().mine();
    let said = market.operator(&["ledger", "reconcile"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stdout.ends_with("1 open, 1 resolved, 0 to be looked at\n"), "{}", said.stdout);
    let said = market.operator(&reconcile).await;
    assert_eq!((said.code, said.stdout.trim()), (Some(0), "[]"), "nothing is left");
    assert_eq!(calls(&market), asked, "no facilitator was called");

    // Who paid gets what was paid for, and who did not is asked again.
    assert_eq!(pay(&market, 2, "/premium/a.json").await.body, GOODS);
    let void = pay(&market, 3, "/premium/b.json").await;
    assert!(void.invites_payment(), "{}", void.ending());
    assert_eq!((market.sold(), calls(&market)), (2, asked));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_cannot_be_read_is_told() {
    let market = market().await;
    let config = market.folder.path().join("merchant.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let elsewhere = market.folder.path().join("elsewhere.toml");
    #[rustfmt::skip]
    let rows = [
        ("file:./nowhere", "there is no ledger at "),
        ("memory:",        "ledger.url is memory: only the server's own process can see into it"),
    ];
    for (url, problem) in rows {
        std::fs::write(&elsewhere, text.replace("file:./ledger", url)).unwrap();
        let said = crate::operator::run(&elsewhere, &["ledger", "list"]).await;
        assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{url}");
        assert!(said.stderr.contains(problem), "{}", said.stderr);
        assert!(!market.folder.path().join("nowhere").exists(), "nothing is made");
    }

    // One damaged record hides no other.
    let payments = market.folder.path().join("ledger").join("payments");
    let damaged = sign(1, 0, market.opened).key().to_string();
    std::fs::write(payments.join(damaged).join("claim.json"), "{").unwrap();
    let said = market.operator(&["ledger", "list"]).await;
    assert_eq!(said.code, Some(1));
    assert!(said.stdout.ends_with("2 payments, 2 open\n"), "{}", said.stdout);
    assert!(said.stderr.contains("claim.json"), "{}", said.stderr);
}
