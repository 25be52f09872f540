//! Endpoints of the chain that lag behind or tell another story: what they say proves nothing, and
//! ends no doubt the wrong way.

use sandbox::faults::Faults;
use sandbox::world::{Options, Sandbox};

use crate::http::{Reply, ask};
use crate::market::{GOODS, Market};
use crate::payer::sign;

async fn pay(market: &Market) -> Reply {
    let challenge = ask(market.address, "GET", "/premium/a.json", &[]).await;
    let payment = sign(1, 0, market.opened).header(&challenge);
    let paid = [("payment-signature", payment.as_str())];
    ask(market.address, "GET", "/premium/a.json", &paid).await
}

#[tokio::test]
async fn endpoints_that_lag_or_differ_prove_nothing() {
    let paid = "settle:reset-after-settling*1";
    let refused = "settle:refuse=insufficient_funds*1";
    let unknown = "503 settlement_unknown";
    #[rustfmt::skip]
    let rows = [
        // settle  one endpoint        and another            ending                     transfers
        (paid,    "rpc:stale=3",      None,                  unknown,                   1),
        (paid,    "rpc:disagree",     None,                  unknown,                   1),
        (paid,    "",                 Some("rpc:stale=3"),   unknown,                   1),
        (paid,    "",                 Some("rpc:disagree"),  unknown,                   1),
        (refused, "rpc:disagree",     None,                  unknown,                   0),
        (refused, "",                 Some("rpc:disagree"),  unknown,                   0),
        // Unused a few blocks ago, and the facilitator says that it sent nothing.
        (refused, "rpc:stale=3",      None,                  "402 insufficient_funds",  0),
    ];
    for (settle, one, another, ending, transfers) in rows {
        let row = format!("{settle}, {one}, {another:?}");
        let sandbox = Sandbox::start(Options::instant().fault(settle).unwrap()).await.unwrap();
        if !one.is_empty() {
            sandbox.faults().order(one).unwrap();
        }
        let (faults, mut rpc) = (Faults::default(), vec![sandbox.rpc_url()]);
        let second = sandbox.another_rpc(&faults).await.unwrap();
        if let Some(fault) = another {
            faults.order(fault).unwrap();
            rpc.push(second.url());
        }
        let facilitator = format!("url = \"{}\"", sandbox.facilitator_url());
        let market = Market::watching(sandbox, "doubt", &facilitator, &rpc).await;

        let got = pay(&market).await;
        assert_eq!((got.ending().as_str(), market.sold()), (ending, transfers), "{row}");
        assert_eq!(got.invites_payment(), ending.starts_with("402"), "{row}");
        assert!(!got.body.windows(6).any(|it| it == &GOODS[2..8]), "{row}: no byte of it");

        // Once they see what is there, the same payment ends as it must.
        market.sandbox.faults().clear(None);
        faults.clear(None);
        let again = pay(&market).await;
        assert_eq!((again.ending().as_str(), market.sold()), ("200 object", 1), "{row}, again");
    }
}
