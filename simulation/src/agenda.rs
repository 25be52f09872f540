//! What will happen, in the order of virtual time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::world::World;

type Act = Box<dyn FnOnce(&mut World) + Send>;

struct Due {
    at: u64,
    turn: u64,
    act: Act,
}

/// Everything that is under way. Times are milliseconds since the run began.
#[derive(Default)]
pub(crate) struct Agenda {
    pub(crate) now: u64,
    turns: u64,
    queue: BinaryHeap<Due>,
}

impl Agenda {
    pub(crate) fn add(&mut self, at: u64, act: Act) {
        self.turns += 1;
        self.queue.push(Due { at, turn: self.turns, act });
    }

    /// Moves the time to the next thing that happens.
    pub(crate) fn next(&mut self) -> Option<Act> {
        let due = self.queue.pop()?;
        self.now = due.at;
        Some(due.act)
    }
}

impl Ord for Due {
    /// The earliest is the greatest: the heap gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.turn).cmp(&(self.at, self.turn))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Due {}
