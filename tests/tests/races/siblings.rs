//! R02, R03 and R18: one payment for two things of the same price, at once and one after the other,
//! on two paths and on two hosts.

use sandbox::world::Options;

use crate::http::Reply;
use crate::street::{ONE_HOST, Street, Who};

const ROUNDS: u8 = 10;
const USED: &str = "409 payment_already_used";
const TWO_HOSTS: [&str; 2] = ["https://one.example.com", "https://two.example.com"];
/// Doors and paths of the two things.
type Two = [(usize, &'static str); 2];

const PATHS: Two = [(0, "/premium/a.json"), (1, "/premium/b.json")];
const HOSTS: Two = [(0, "/premium/a.json"), (1, "/premium/a.json")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_paths_at_once_one_is_served() {
    race(&Street::open(Options::instant(), &ONE_HOST[..2]).await, PATHS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_paths_at_once_one_is_served_over_s3() {
    let Some(street) = Street::over_s3(Options::instant(), &ONE_HOST[..2]).await else { return };
    race(&street, PATHS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hosts_at_once_one_is_served() {
    race(&Street::open(Options::instant(), &TWO_HOSTS).await, HOSTS).await;
}

#[tokio::test]
async fn what_one_door_sold_no_other_gives_away() {
    #[rustfmt::skip]
    let rows = [
        // hosts           first  then
        (&ONE_HOST[..2],   PATHS),
        (&TWO_HOSTS[..],   HOSTS),
    ];
    for (hosts, [(door, path), (other_door, other_path)]) in rows {
        let street = Street::open(Options::instant(), hosts).await;
        let payment = street.sign(1);
        // The same client under the same name: nothing tells them apart but what they ask for.
        let who = Who { viewer: 1, name: Some("one-name-for-two-purchases") };
        assert_eq!(street.buy(door, path, &payment, who).await.ending(), "200 object");
        assert_eq!(street.buy(other_door, other_path, &payment, who).await.ending(), USED);
        assert_eq!(street.buy(door, path, &payment, who).await.ending(), "200 object");
        assert_eq!((street.settles(), street.transfers()), (1, 1), "{hosts:?}");
    }
}

async fn race(street: &Street, [(door, path), (other_door, other_path)]: Two) {
    for round in 0..ROUNDS {
        let payment = street.sign(round);
        let name = format!("one-name-for-two-purchases-{round}");
        let who = Who { viewer: 1, name: (round % 2 == 1).then_some(&name) };
        let (one, other) = tokio::join!(
            street.buy(door, path, &payment, who),
            street.buy(other_door, other_path, &payment, who),
        );
        let mut endings = [&one, &other].map(Reply::ending);
        endings.sort();
        let sold = u64::from(round) + 1;
        assert_eq!(endings, ["200 object", USED], "round {round}\n{}", street.log());
        assert_eq!((street.settles(), street.transfers()), (sold, sold), "round {round}");
    }
}
