//! The chain as RPC endpoints tell it: down, behind, short of logs, or lying. Judged as in
//! production.

use futures_util::future::join_all;
use merchant::decisions::evidence::{Evidence, NonceEvent, Question, Sighting, VoidCause, judge};
use merchant::ports::Chain;

use crate::mutation::Mutation;
use crate::world::{Sim, World};

/// The port of one merchant's process.
pub(crate) struct Endpoints(pub(crate) Sim);

impl Chain for Endpoints {
    async fn evidence(&self, question: &Question) -> Option<Evidence> {
        let count = self.0.with(|world| match world.mutation {
            Some(Mutation::OneEndpointIsEnough) => world.scenario.endpoints.min(1),
            _ => world.scenario.endpoints,
        });
        if count == 0 {
            return None;
        }
        let question = *question;
        let asked = (0..count).map(|number| {
            let answer = self.0.with(|world| {
                // The last one is the one that lies.
                let liar = world.scenario.endpoint_lies && number + 1 == count;
                world.post(move |world, back| {
                    let seen = see(world, &question, liar);
                    back.send(world, seen);
                })
            });
            async move { answer.await.ok().flatten() }
        });
        let sightings = join_all(asked).await;
        let evidence = judge(&sightings, question.valid_before);
        self.0.with(|world| {
            world.note(|| format!("chain: {}: {evidence:?}", question.key.nonce));
            Some(match (world.mutation, evidence) {
                (Some(Mutation::VoidBeforeTheEnd), Evidence::Open) => {
                    Evidence::Void(VoidCause::Expired)
                }
                (_, evidence) => evidence,
            })
        })
    }
}

fn see(world: &mut World, question: &Question, liar: bool) -> Option<Sighting> {
    if !world.troubled() {
        return Some(world.chain.sighting(question, world.chain.head));
    }
    if liar {
        let used = world.chance.permille(500);
        let transaction = world.chain.fresh_hash();
        let paid = world.chance.permille(500);
        let events = if used { vec![NonceEvent::Used { transaction, paid }] } else { vec![] };
        let block_time = question.valid_before.after(std::time::Duration::from_mins(1));
        return Some(Sighting { block_time, used, events });
    }
    let rough = world.scenario.trouble > 0;
    if rough && world.chance.permille(100) {
        return None;
    }
    let behind = if rough { world.chance.pick(&[0, 0, 0, 1, 2, 5]) } else { 0 };
    let mut sighting = world.chain.sighting(question, world.chain.head.saturating_sub(behind));
    if rough && world.chance.permille(50) {
        sighting.events.clear();
    }
    Some(sighting)
}
