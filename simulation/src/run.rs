//! One run: a world from a seed, to its end.

use crate::chain;
use crate::chance::Chance;
use crate::clients;
use crate::executor::Executor;
use crate::mutation::Mutation;
use crate::payments::Shop;
use crate::process::Merchants;
use crate::scenario::Scenario;
use crate::world::{Sim, World};

/// Runs worlds. Holds what they share.
#[derive(Debug, Clone)]
pub struct Simulator {
    shop: Shop,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The law that was broken, and how.
    pub breach: Option<String>,
    /// How many honest purchases came to a transfer, and to an object.
    pub charged: usize,
    /// Those that got what they wanted.
    pub delivered: usize,
    /// How often a merchant's task was polled.
    pub polls: u64,
    /// What happened, line by line, where it was asked for.
    pub story: Vec<String>,
}

impl Default for Simulator {
    fn default() -> Self {
        Self { shop: Shop::new() }
    }
}

impl Simulator {
    /// The run of this seed.
    #[must_use]
    pub fn run(&self, seed: u64, mutation: Option<Mutation>) -> Ending {
        self.play(seed, mutation, None, false)
    }

    /// The same run, told.
    #[must_use]
    pub fn tell(&self, seed: u64, mutation: Option<Mutation>) -> Ending {
        self.play(seed, mutation, None, true)
    }

    /// One merchant and one buyer, where nothing goes wrong but one crash after this poll.
    #[must_use]
    pub fn crash(&self, seed: u64, poll: u64) -> Ending {
        let scenario = Scenario { crash_after: Some(poll), ..Scenario::quiet() };
        self.play(seed, None, Some(scenario), true)
    }

    fn play(
        &self,
        seed: u64,
        mutation: Option<Mutation>,
        scenario: Option<Scenario>,
        tell: bool,
    ) -> Ending {
        let mut chance = Chance::new(seed);
        let scenario = scenario.unwrap_or_else(|| Scenario::draw(&mut chance));
        let mut world = World::new(scenario, chance, mutation);
        if tell {
            world.keep_journal();
            let scenario = world.scenario.clone();
            world.note(|| format!("{scenario:?}"));
        }
        world.open_shop();
        world.after(chain::BLOCK, chain::seal);
        let sim = Sim::new(world);
        let merchants = Merchants::new(&sim, &self.shop);
        clients::start(&sim, &merchants, &self.shop);
        let polls = Executor::new(sim.clone()).run();
        sim.with(|world| {
            if world.breach.is_none() {
                world.settle_up();
            }
            Ending {
                breach: world.breach.take(),
                charged: world.purchases.iter().filter(|it| it.transfers > 0).count(),
                delivered: world.purchases.iter().filter(|it| it.delivered).count(),
                polls,
                story: world.take_journal(),
            }
        })
    }
}

impl World {
    /// Puts the objects up for sale, and lets the publisher change them now and then.
    fn open_shop(&mut self) {
        for key in ["premium/a", "premium/b"] {
            self.objects.newest.insert(key.into(), 1);
        }
        if self.scenario.publishes {
            for _ in 0..self.chance.between(1, 3) {
                let at = self.chance.below(self.scenario.calm_at);
                let key = self.chance.pick(&["premium/a", "premium/b"]);
                self.after(at, move |world| {
                    world.note(|| format!("{key} is replaced"));
                    *world.objects.newest.entry(key.into()).or_default() += 1;
                });
            }
        }
    }
}
