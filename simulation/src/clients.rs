//! Who asks: buyers who follow the rules, thieves who read the chain, and payers who try things.

use std::sync::Arc;

use wire::Authorization;

use crate::chain::Deed;
use crate::executor::Owner;
use crate::payments::{Draft, PRICE, Shop, public_part, sign, wallet};
use crate::process::{Heard, Merchants, Request};
use crate::world::{EPOCH, Purchase, Sim, World};

const PATHS: [&str; 2] = ["/premium/a", "/premium/b"];
/// Of the thieves: a wallet's number that no buyer has.
const THIEF: usize = 200;
/// How often a buyer signs for one purchase.
const SIGNATURES_MAX: usize = 4;
/// Between two requests a buyer waits at most so long, in ms: well within the redelivery windows.
const PAUSE_MAX: u64 = 12_000;
/// How often a thief tries.
const THEFTS_MAX: usize = 15;

/// Lets everybody begin.
pub(crate) fn start(sim: &Sim, merchants: &Merchants, shop: &Shop) {
    sim.with(|world| {
        let (buyers, rogues) = (world.scenario.buyers, world.scenario.rogues);
        for client in 0..buyers {
            let buyer = Buyer::draw(world, client);
            world.busy += 1;
            world.start(Owner::Outside, buy(sim.clone(), merchants.clone(), shop.clone(), buyer));
        }
        for client in buyers..buyers + rogues {
            let job = cheat(sim.clone(), merchants.clone(), shop.clone(), client);
            world.chain.balances.insert(wallet(client), 10 * PRICE);
            world.start(Owner::Outside, job);
        }
        for _ in 0..world.scenario.thieves {
            world.start(Owner::Outside, steal(sim.clone(), merchants.clone()));
        }
    });
}

struct Buyer {
    client: usize,
    purchase: usize,
    path: &'static str,
    identifier: Option<String>,
    /// It comes from another address each time.
    wanders: bool,
    valid_after: ValidAfter,
    begins: u64,
}

#[derive(Clone, Copy)]
enum ValidAfter {
    Ever,
    Now,
    Soon,
}

impl Buyer {
    fn draw(world: &mut World, client: usize) -> Self {
        let named = world.chance.permille(600);
        let wanders = world.chance.permille(if named { 300 } else { 50 });
        let recognisable = named || !wanders && world.scenario.same_client;
        world.purchases.push(Purchase { recognisable, ..Purchase::default() });
        // Rich, or with just enough, or waiting for money.
        let purse = world.chance.pick(&[10, 10, 10, 10, 10, 10, 1, 1, 0]);
        world.chain.balances.insert(wallet(client), purse * PRICE);
        if purse < 10 {
            let at = world.chance.between(1_000, 40_000);
            world.after(at, move |world| {
                world.note(|| format!("client {client} has money"));
                *world.chain.balances.entry(wallet(client)).or_default() += 10 * PRICE;
            });
        }
        Self {
            client,
            purchase: world.purchases.len() - 1,
            path: world.chance.pick(&PATHS),
            identifier: named.then(|| format!("purchase-of-{client:06}")),
            wanders,
            valid_after: world.chance.pick(&[
                ValidAfter::Ever,
                ValidAfter::Ever,
                ValidAfter::Now,
                ValidAfter::Soon,
            ]),
            begins: world.chance.between(0, 5_000),
        }
    }

    fn sign(&self, world: &mut World, shop: &Shop) -> usize {
        let now = EPOCH + world.now() / 1000;
        let draft = Draft {
            client: self.client,
            purchase: Some(self.purchase),
            identifier: self.identifier.clone(),
            valid_after: match self.valid_after {
                ValidAfter::Ever => 0,
                ValidAfter::Now => now,
                ValidAfter::Soon => now + 3,
            },
            valid_before: now + 60,
            selfish: false,
        };
        sign(world, shop, &draft)
    }

    fn request(&self, world: &mut World, signed: usize) -> Request {
        let client = self.client;
        let address = if self.wanders {
            format!("198.51.100.{}", world.chance.below(250))
        } else {
            format!("192.0.2.{client}")
        };
        let payment = Arc::clone(&world.signed[signed].payment);
        Request { client, address, path: self.path, signed, payment }
    }
}

/// Follows the rules: the same payment until an answer comes, and another one only where it is asked
/// for.
async fn buy(sim: Sim, merchants: Merchants, shop: Shop, buyer: Buyer) {
    sim.sleep(buyer.begins).await;
    let mut signatures = 1;
    let mut refused = 0;
    let mut patience = 2_000;
    let mut signed = sim.with(|world| buyer.sign(world, &shop));
    let ended = loop {
        if sim.with(|world| world.now() > world.scenario.over_at) {
            break None;
        }
        let request = sim.with(|world| buyer.request(world, signed));
        let heard = merchants.ask(&request).await;
        match heard {
            Some(Heard { object: Some(_), .. }) => {
                sim.with(|world| world.purchases[buyer.purchase].delivered = true);
                break Some("delivered".to_owned());
            }
            Some(Heard { invites: true, .. }) if signatures < SIGNATURES_MAX => {
                signatures += 1;
                // Who is asked for money that is not there waits until it is.
                let poor = |world: &World| world.chain.balance(wallet(buyer.client)) < PRICE;
                while sim.with(|world| poor(world)) {
                    sim.sleep(3_000).await;
                }
                signed = sim.with(|world| buyer.sign(world, &shop));
            }
            Some(Heard { status: 409, code, .. }) if refused > 2 => break Some(code.into()),
            Some(Heard { status: 409, .. }) => refused += 1,
            Some(Heard { status: 402..=404 | 410, code, .. }) => break Some(code.into()),
            Some(Heard { .. }) | None => {}
        }
        patience = PAUSE_MAX.min(patience + patience / 4);
        let pause = sim.with(|world| world.chance.between(1_000, patience));
        sim.sleep(pause).await;
    };
    sim.with(|world| {
        world.note(|| format!("client {} is done: {ended:?}", buyer.client));
        world.purchases[buyer.purchase].ended = ended;
        world.busy -= 1;
    });
}

/// Presents what stands on the chain, from an address of its own.
async fn steal(sim: Sim, merchants: Merchants) {
    let mut tried = 0;
    while tried < THEFTS_MAX {
        let pause = sim.with(|world| world.chance.between(200, 2_500));
        sim.sleep(pause).await;
        let loot = sim.with(|world| {
            let public = |it: &usize| world.signed[*it].transfer.is_some();
            let all: Vec<usize> = (0..world.signed.len()).filter(public).collect();
            let signed = *all.get(tried % all.len().max(1))?;
            tried += 1;
            let payment = Arc::new(public_part(&world.signed[signed].payment));
            let path = world.chance.pick(&PATHS);
            let address = "203.0.113.66".into();
            Some(Request { client: THIEF, address, path, signed, payment })
        });
        if let Some(request) = loot {
            let _ = merchants.ask(&request).await;
        }
    }
}

/// Pays, and tries to get more than it pays for: the same payment at once on several paths, or at
/// the chain behind the merchant's back.
async fn cheat(sim: Sim, merchants: Merchants, shop: Shop, client: usize) {
    let begins = sim.with(|world| world.chance.between(0, 8_000));
    sim.sleep(begins).await;
    let signed = sim.with(|world| {
        let now = EPOCH + world.now() / 1000;
        let draft = Draft {
            client,
            purchase: None,
            identifier: None,
            valid_after: 0,
            valid_before: now + world.chance.between(15, 110),
            selfish: world.chance.permille(600),
        };
        sign(world, &shop, &draft)
    });
    sim.with(|world| behind_the_back(world, signed));
    for _ in 0..world_copies(&sim) {
        let (sim, merchants) = (sim.clone(), merchants.clone());
        sim.clone().with(|world| {
            world.start(Owner::Outside, async move {
                for _ in 0..6 {
                    let request = sim.with(|world| Request {
                        client,
                        address: format!("192.0.2.{client}"),
                        path: world.chance.pick(&PATHS),
                        signed,
                        payment: Arc::clone(&world.signed[signed].payment),
                    });
                    let _ = merchants.ask(&request).await;
                    let pause = sim.with(|world| world.chance.between(0, 6_000));
                    sim.sleep(pause).await;
                }
            });
        });
    }
}

fn world_copies(sim: &Sim) -> u64 {
    sim.with(|world| world.chance.between(1, 3))
}

/// Where the payer is selfish: a cancellation, a transfer of its own, or the nonce spent on itself.
fn behind_the_back(world: &mut World, signed: usize) {
    if !world.signed[signed].selfish {
        return;
    }
    let at = world.chance.between(0, 20_000);
    let authorization = world.signed[signed].authorizations[0];
    let deed = match world.chance.below(3) {
        0 => Deed::Cancel(authorization.from, authorization.nonce),
        1 => Deed::Transfers(vec![authorization]),
        _ => {
            let other = Authorization { to: wallet(250), ..authorization };
            world.signed[signed].authorizations.push(other);
            Deed::Transfers(vec![other])
        }
    };
    world.after(at, move |world| {
        let next = world.chain.head + 1;
        world.note(|| format!("payment {signed}: its payer goes to the chain: {deed:?}"));
        world.chain.send(next, deed);
    });
}
