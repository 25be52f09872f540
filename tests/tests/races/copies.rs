//! R01: a hundred copies of one payment at once, through the doors of all processes.

use sandbox::world::Options;

use crate::http::{Reply, ask};
use crate::street::{ONE_HOST, Street, insist, named, present};

const PATH: &str = "/premium/a.json";
const COPIES: u8 = 100;
/// The S3 server of the tests is slow, and its writes stand in line.
const COPIES_OVER_S3: u8 = 8;
const NAME: &str = "purchase-of-a-hundred-copies";

/// The settlement takes long enough for all copies to meet it.
fn slow() -> Options {
    Options::instant().fault("settle:delay=500*1").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_copies_without_a_name_one_is_served() {
    only_one_is_served(&Street::open(slow(), &ONE_HOST).await, COPIES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_copies_without_a_name_one_is_served_over_s3() {
    let Some(street) = Street::over_s3(slow(), &ONE_HOST[..2]).await else { return };
    only_one_is_served(&street, COPIES_OVER_S3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_copies_under_one_name_are_all_served_for_one_price() {
    all_are_served(&Street::open(slow(), &ONE_HOST).await, COPIES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_copies_under_one_name_are_all_served_for_one_price_over_s3() {
    let Some(street) = Street::over_s3(slow(), &ONE_HOST[..2]).await else { return };
    all_are_served(&street, COPIES_OVER_S3).await;
}

/// Nobody but the one shows that it bought: each copy comes from another address.
async fn only_one_is_served(street: &Street, copies: u8) {
    let challenge = ask(street.door(0), "GET", PATH, &[]).await;
    let payment = street.sign(1).header(&challenge);
    let copies = (0..copies).map(|number| {
        let (door, payment) = (street.door(number.into()), payment.clone());
        tokio::spawn(async move { present(door, PATH, &payment, number).await })
    });
    let mut endings: Vec<String> = all(copies.collect()).await.iter().map(Reply::ending).collect();
    endings.sort();
    let served = endings.iter().filter(|it| *it == "200 object").count();
    assert_eq!(served, 1, "{endings:?}\n{}", street.log());
    endings.dedup();
    let lost = ["409 payment_already_used", "503 settlement_in_progress"];
    assert!(endings[1..].iter().all(|it| lost.contains(&it.as_str())), "{endings:?}");
    assert_eq!((street.settles(), street.transfers()), (1, 1));
}

async fn all_are_served(street: &Street, copies: u8) {
    let challenge = ask(street.door(0), "GET", PATH, &[]).await;
    let payment = named(&street.sign(1).header(&challenge), Some(NAME));
    let copies = (0..copies).map(|number| {
        let (door, payment) = (street.door(number.into()), payment.clone());
        tokio::spawn(async move { insist(door, PATH, &payment, number).await })
    });
    let replies = all(copies.collect()).await;
    for reply in &replies {
        assert_eq!(reply.ending(), "200 object", "{}", street.log());
        assert_eq!(reply.header("payment-response"), replies[0].header("payment-response"));
    }
    assert_eq!((street.settles(), street.transfers()), (1, 1));
}

async fn all(copies: Vec<tokio::task::JoinHandle<Reply>>) -> Vec<Reply> {
    let mut replies = Vec::new();
    for copy in copies {
        replies.push(copy.await.unwrap());
    }
    replies
}
