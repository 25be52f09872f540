//! R06 at sold: a payer that lost patience signs anew under the same name, while the first payment
//! is on its way at another door.

use sandbox::world::Options;

use crate::http::ask;
use crate::street::{ONE_HOST, Street, insist, named};

const PATH: &str = "/premium/a.json";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_payments_under_one_name_one_is_charged() {
    let street = Street::open(Options::instant(), &ONE_HOST[..2]).await;
    for round in 0..5_u8 {
        let name = format!("one-purchase-signed-twice-{round}");
        let challenge = ask(street.door(0), "GET", PATH, &[]).await;
        let asks = [0, 1].map(|twin| {
            let signed = street.sign(round * 2 + twin);
            let payment = named(&signed.header(&challenge), Some(&name));
            let door = street.door(twin.into());
            async move { insist(door, PATH, &payment, twin).await }
        });
        let [one, other] = asks;
        let (one, other) = tokio::join!(one, other);
        assert_eq!((one.status, other.status), (200, 200), "round {round}\n{}", street.log());
        assert_eq!(one.header("payment-response"), other.header("payment-response"));
        let sold = u64::from(round) + 1;
        assert_eq!((street.settles(), street.transfers()), (sold, sold), "round {round}");
    }
}
