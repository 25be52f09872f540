//! Which of several offers is taken: the cheapest that is acceptable, always the same one.

use serde_json::{Value, json};
use wire::{Network, header};

use crate::scene::{honest, play, terms};
use crate::wares::{offer, offer_on_base};

fn at(mut offer: Value, amount: &str) -> Value {
    offer["amount"] = amount.into();
    offer
}

async fn chosen(networks: &[&str], accepts: Vec<Value>) -> usize {
    let networks = networks.iter().map(|it| it.parse::<Network>().unwrap()).collect();
    let offers = accepts.clone();
    let ending = play(terms().on_networks(networks), |url| honest(url, offers)).await;
    let payment = header::decode_json(ending.payments[0].as_bytes(), 16_384).unwrap();
    let accepted = wire::json::parse(&payment).unwrap()["accepted"].clone();
    accepts.iter().position(|it| *it == accepted).unwrap()
}

/// AG20.
#[tokio::test]
async fn the_cheapest_acceptable_offer_is_taken() {
    let (sepolia, base) = (offer(), offer_on_base());
    let mut fake = at(sepolia.clone(), "1");
    fake["asset"] = json!("0x00000000000000000000000000000000deadbeef");
    let mut cheap_upto = at(sepolia.clone(), "1");
    cheap_upto["scheme"] = "upto".into();
    #[rustfmt::skip]
    let rows = [
        ("dear first",              &[][..],                        vec![at(sepolia.clone(), "50000"), at(base.clone(), "9999")],  1),
        ("cheap first",             &[],                            vec![at(sepolia.clone(), "1"), at(base.clone(), "9999")],      0),
        ("cheap, but fake",         &[],                            vec![fake, at(base.clone(), "9999")],                         1),
        ("cheap, but upto",         &[],                            vec![cheap_upto, at(base.clone(), "9999")],                   1),
        ("cheap, but not allowed",  &["eip155:8453"],               vec![at(sepolia.clone(), "1"), at(base.clone(), "9999")],      1),
        ("same price: our order",   &["eip155:84532", "eip155:8453"], vec![base.clone(), sepolia.clone()],                        1),
        ("same price: the table's", &[],                            vec![sepolia.clone(), base.clone()],                          1),
    ];
    for (claim, networks, accepts, expected) in rows {
        assert_eq!(chosen(networks, accepts).await, expected, "{claim}");
    }
}
