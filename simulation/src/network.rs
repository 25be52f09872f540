//! How a question travels, and how it fails: lost before it had an effect or after, cut, late, or
//! delivered twice. Who gave up waiting does not undo what is under way.

use std::sync::{Arc, Mutex};

use crate::promise::{Keeper, Promise, lock, promise};
use crate::world::World;

/// A question that was not answered, as far as the asker can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It certainly was not sent.
    Unsent,
    /// The connection broke after it was sent.
    Broken,
}

/// The way back of an answer.
pub(crate) struct Back<T> {
    keeper: Keeper<Result<T, Lost>>,
    way: Way,
}

#[derive(Clone, Copy)]
enum Way {
    Arrives(u64),
    Breaks(u64),
    Vanishes,
}

#[derive(Clone, Copy)]
enum Fate {
    Whole,
    Unsent,
    Swallowed,
    CutBefore,
    CutAfter,
    Silenced,
    Late(u64),
    CutThenLate(u64),
    Doubled { gap: u64, second_answers: bool },
}

/// Longest time that a message is under way, in ms: longer than any lease or budget.
const LATE_MAX: u64 = 45_000;

impl<T: Send + 'static> Back<T> {
    pub(crate) fn send(self, world: &mut World, answer: T) {
        let Self { keeper, way } = self;
        match way {
            Way::Arrives(after) => world.after(after, move |_| keeper.keep(Ok(answer))),
            Way::Breaks(after) => world.after(after, move |_| keeper.keep(Err(Lost::Broken))),
            Way::Vanishes => {}
        }
    }

    /// The other end is gone.
    pub(crate) fn reset(&self) {
        self.keeper.keep(Err(Lost::Broken));
    }
}

impl World {
    /// Sends a question. `effect` is what it does where it arrives; it answers at once or later.
    pub(crate) fn post<T: Send + 'static>(
        &mut self,
        mut effect: impl FnMut(&mut World, Back<T>) + Send + 'static,
    ) -> Promise<Result<T, Lost>> {
        let (keeper, promise) = promise();
        let (there, back) = (self.delay(), self.delay());
        let way = |way| Back { keeper: keeper.clone(), way };
        match self.fate() {
            Fate::Whole => self.deliver(there, way(Way::Arrives(back)), effect),
            Fate::Unsent => self.after(there, move |_| keeper.keep(Err(Lost::Unsent))),
            Fate::Swallowed => {}
            Fate::CutBefore => self.after(there, move |_| keeper.keep(Err(Lost::Broken))),
            Fate::CutAfter => self.deliver(there, way(Way::Breaks(back)), effect),
            Fate::Silenced => self.deliver(there, way(Way::Vanishes), effect),
            Fate::Late(late) => self.deliver(there + late, way(Way::Arrives(back)), effect),
            Fate::CutThenLate(late) => {
                let gone = way(Way::Vanishes);
                self.after(there, move |_| keeper.keep(Err(Lost::Broken)));
                self.deliver(there + late, gone, effect);
            }
            Fate::Doubled { gap, second_answers } => {
                let (mut first, mut second) = (Way::Arrives(back), Way::Vanishes);
                if second_answers {
                    (first, second) = (second, first);
                }
                let (first, second) = (way(first), way(second));
                let shared = Arc::new(Mutex::new(move |world: &mut World, back| {
                    effect(world, back);
                }));
                let again = Arc::clone(&shared);
                self.after(there, move |world| lock(&shared)(world, first));
                self.after(there + gap, move |world| lock(&again)(world, second));
            }
        }
        promise
    }

    fn deliver<T: Send + 'static>(
        &mut self,
        after: u64,
        back: Back<T>,
        mut effect: impl FnMut(&mut World, Back<T>) + Send + 'static,
    ) {
        self.after(after, move |world| effect(world, back));
    }

    /// How long a message is under way, in ms.
    fn delay(&mut self) -> u64 {
        let rough = self.troubled() && self.scenario.trouble > 0;
        match self.chance.below(40) {
            0 if rough => self.chance.between(500, 4_000),
            1 | 2 if rough => self.chance.between(60, 500),
            _ => self.chance.between(1, 60),
        }
    }

    fn fate(&mut self) -> Fate {
        if !self.troubled() || !self.chance.permille(self.scenario.trouble) {
            return Fate::Whole;
        }
        match self.chance.below(9) {
            0 => Fate::Unsent,
            1 => Fate::Swallowed,
            2 => Fate::CutBefore,
            3 => Fate::CutAfter,
            4 => Fate::Silenced,
            5 => Fate::Late(self.chance.between(1_000, LATE_MAX)),
            6 => Fate::CutThenLate(self.chance.between(10, LATE_MAX)),
            _ => Fate::Doubled {
                gap: self.chance.between(1, 20_000),
                second_answers: self.chance.permille(300),
            },
        }
    }
}
