//! Runs tasks one at a time: a step is one poll, or one thing of the agenda that happens. A process
//! that crashes is its tasks dropped where they wait.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use crate::promise::lock;
use crate::world::Sim;

pub(crate) type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Whose task it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A merchant's process: it may crash.
    Merchant(usize),
    /// Anybody else.
    Outside,
}

struct Task {
    owner: Owner,
    job: Job,
    waker: Waker,
}

struct Alarm {
    task: u64,
    ready: Arc<Mutex<Vec<u64>>>,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        lock(&self.ready).push(self.task);
    }
}

/// Steps after which a run is taken for endless.
const STEPS_MAX: u64 = 400_000;

pub(crate) struct Executor {
    sim: Sim,
    tasks: BTreeMap<u64, Task>,
    ready: Arc<Mutex<Vec<u64>>>,
    started: u64,
    /// Polls of merchants' tasks so far.
    polls: u64,
}

impl Executor {
    pub(crate) fn new(sim: Sim) -> Self {
        Self { sim, tasks: BTreeMap::new(), ready: Arc::default(), started: 0, polls: 0 }
    }

    /// Runs to the end: until everybody outside is done, or a law is broken. Returns how often a
    /// merchant's task was polled.
    pub(crate) fn run(mut self) -> u64 {
        for _ in 0..STEPS_MAX {
            self.start();
            let more = match self.choose() {
                Some(task) => {
                    self.poll(task);
                    true
                }
                None => self.sim.happen(),
            };
            if !more || self.sim.with(|world| world.is_over()) {
                return self.polls;
            }
        }
        self.sim.with(|world| world.breach("B", "the run does not end"));
        self.polls
    }

    fn start(&mut self) {
        for (owner, job) in self.sim.with(|world| std::mem::take(&mut world.starting)) {
            self.started += 1;
            let alarm = Alarm { task: self.started, ready: Arc::clone(&self.ready) };
            let waker = Waker::from(Arc::new(alarm));
            self.tasks.insert(self.started, Task { owner, job, waker });
            lock(&self.ready).push(self.started);
        }
    }

    /// Any of the tasks that can go on.
    fn choose(&mut self) -> Option<u64> {
        let mut ready = lock(&self.ready);
        if ready.is_empty() {
            return None;
        }
        let which = match ready.len() {
            1 => 0,
            count => self.sim.with(|world| world.chance.index(count)),
        };
        Some(ready.swap_remove(which))
    }

    fn poll(&mut self, id: u64) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let owner = task.owner;
        self.sim.with(|world| world.task = id);
        let done = task.job.as_mut().poll(&mut Context::from_waker(&task.waker)).is_ready();
        if done {
            self.tasks.remove(&id);
            self.sim.with(|world| world.ended(id));
        }
        if let Owner::Merchant(process) = owner {
            self.polls += 1;
            if self.sim.with(|world| world.crashes_after(self.polls)) {
                self.crash(process);
            }
        }
    }

    fn crash(&mut self, process: usize) {
        self.sim.with(|world| world.note(|| format!("merchant {process} crashes")));
        let doomed: Vec<u64> = self
            .tasks
            .iter()
            .filter(|(_, it)| it.owner == Owner::Merchant(process))
            .map(|(id, _)| *id)
            .collect();
        for id in doomed {
            self.tasks.remove(&id);
            self.sim.with(|world| world.ended(id));
        }
    }
}
