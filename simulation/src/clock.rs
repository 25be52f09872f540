//! Virtual time, as one merchant's process reads it.

use std::time::Duration;

use merchant::ports;
use wire::UnixTime;

use crate::world::{EPOCH, Sim};

/// The port of one merchant's process.
pub(crate) struct Clock {
    pub(crate) sim: Sim,
    pub(crate) process: usize,
}

impl ports::Clock for Clock {
    fn now(&self) -> UnixTime {
        let skew = |world: &crate::world::World| world.scenario.skews[self.process];
        let (now, skew) = self.sim.with(|world| (world.now() / 1000, skew(world)));
        UnixTime::from_seconds((EPOCH + now).saturating_add_signed(skew))
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(self.sim.with(|world| world.now()))
    }

    async fn sleep(&self, span: Duration) {
        self.sim.sleep(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)).await;
    }

    fn fresh_id(&self) -> String {
        self.sim.with(|world| format!("{:032x}", world.fresh_number()))
    }
}
