//! Merchants' processes, and requests to them: each runs the walk in a task of its own, which a
//! crash drops where it waits.

use std::sync::Arc;

use futures_util::StreamExt;
use merchant::adapters::ledger::StoreLedger;
use merchant::decisions::path::CanonicalPath;
use merchant::decisions::payment::Payment;
use merchant::decisions::policy::Route;
use merchant::decisions::recall::Redelivery;
use merchant::walk::{Answer, Merchant, Onchain, Rules, Sale, Trace};
use wire::header::decode_json;
use wire::{Message, SettlementResponse, TxHash};

use crate::clock::Clock;
use crate::executor::Owner;
use crate::facilitator::Facilitator;
use crate::mutation::{Ledger, Mutation};
use crate::network::Back;
use crate::payments::Shop;
use crate::records::Records;
use crate::rpc::Endpoints;
use crate::shelf::Shelf;
use crate::world::{Sim, World};

type Process = Merchant<Facilitator, Shelf, Ledger, Clock, Endpoints>;

/// How long a client waits for an answer, in ms.
const PATIENCE: u64 = 30_000;

/// Every process of the merchant, and how to reach them.
#[derive(Clone)]
pub(crate) struct Merchants {
    sim: Sim,
    processes: Vec<Arc<Process>>,
}

/// A request with a payment.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Who asks.
    pub(crate) client: usize,
    /// The address that it asks from.
    pub(crate) address: String,
    pub(crate) path: &'static str,
    /// The number of its payment.
    pub(crate) signed: usize,
    pub(crate) payment: Arc<Payment>,
}

/// What a client hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    /// Another payment is asked for.
    pub(crate) invites: bool,
    /// Which version of which object came.
    pub(crate) object: Option<String>,
    /// The receipt's transaction.
    pub(crate) transaction: Option<TxHash>,
}

/// The line to a client: it breaks when the process does.
struct Line(Option<Back<Heard>>);

impl Merchants {
    pub(crate) fn new(sim: &Sim, shop: &Shop) -> Self {
        let (count, rules) = sim.with(|world| (world.scenario.merchants, rules(world)));
        let process = |process| {
            Arc::new(Merchant {
                policy: Arc::clone(&shop.policy),
                facilitator: Facilitator(sim.clone()),
                content: Shelf(sim.clone()),
                ledger: Ledger::new(sim, StoreLedger::new(Arc::new(Records(sim.clone())))),
                clock: Clock { sim: sim.clone(), process },
                chain: Endpoints(sim.clone()),
                rules,
            })
        };
        Self { sim: sim.clone(), processes: (0..count).map(process).collect() }
    }

    /// Asks one of the processes; nothing when no answer came, for whatever reason.
    pub(crate) async fn ask(&self, request: &Request) -> Option<Heard> {
        let asked = self.sim.with(|world| {
            let number = world.chance.index(self.processes.len());
            let Self { sim, processes } = self.clone();
            let process = processes[number].clone();
            let mut request = request.clone();
            if world.mutation == Some(Mutation::AddressIsIgnored) {
                request.address = "192.0.2.0".into();
            }
            world.post(move |world, back| {
                world.note(|| {
                    let Request { client, path, signed, .. } = &request;
                    format!("client {client}: {path} with payment {signed} at merchant {number}")
                });
                let job =
                    answer(sim.clone(), Arc::clone(&process), request.clone(), Line(Some(back)));
                world.start(Owner::Merchant(number), job);
            })
        });
        let patience = std::time::Duration::from_millis(PATIENCE);
        self.sim.limited(patience, asked).await.ok()
    }
}

fn rules(world: &World) -> Rules {
    let terms = Redelivery::default();
    let same_client = terms.same_client.filter(|_| world.scenario.same_client);
    let onchain = match world.mutation {
        Some(Mutation::BelievedWithoutEvidence) => Onchain::Doubt,
        _ => world.scenario.onchain,
    };
    Rules { onchain, redelivery: Redelivery { same_client, ..terms } }
}

async fn answer(sim: Sim, merchant: Arc<Process>, request: Request, mut line: Line) {
    let began = sim.with(|world| world.now());
    let path = CanonicalPath::of_target(request.path).expect("the paths are canonical");
    let Some(Route::Priced(route)) = merchant.policy.route(&path) else {
        panic!("everything is for sale");
    };
    let url = merchant.policy.url(&path);
    let sale = Sale::new(route, &path, url, &request.payment, Some(&request.address));
    let answer = Box::pin(merchant.sell(&sale, &mut Trace::default())).await;
    let heard = hear(answer).await;
    sim.with(|world| {
        let took = world.now() - began;
        world.answered(&request, &heard, took);
        if let Some(back) = line.0.take() {
            back.send(world, heard);
        }
    });
}

async fn hear(answer: Answer) -> Heard {
    match answer {
        Answer::Reply(reply) => Heard {
            status: reply.status.as_u16(),
            code: reply.code,
            invites: reply.status.as_u16() == 402 || reply.headers.contains_key("payment-required"),
            object: None,
            transaction: None,
        },
        Answer::Object(mut delivery) => {
            let bytes = delivery.body.next().await.and_then(Result::ok).unwrap_or_default();
            let receipt = delivery.headers.get("payment-response");
            let receipt = receipt.and_then(|it| decode_json(it.as_bytes(), 4096).ok());
            let receipt = receipt.and_then(|it| SettlementResponse::from_json(&it).ok());
            Heard {
                status: delivery.status.as_u16(),
                code: "object",
                invites: delivery.headers.contains_key("payment-required"),
                object: String::from_utf8(bytes.to_vec()).ok(),
                transaction: receipt.and_then(|it| it.transaction.parse().ok()),
            }
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(back) = self.0.take() {
            back.reset();
        }
    }
}
