//! Which fault is next at an endpoint. Shared by whoever orders faults and whoever meets them.

use super::spec::{Endpoint, FaultSpec, FaultSpecError, Times};
use super::{Fault, View};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many orders may wait: far more than a test writes down, and little memory.
pub const FAULTS_MAX: usize = 1_000;

/// The faults to come. Clones share one list.
///
/// At each endpoint the order that came first is used until its count is spent; then the next one.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<FaultSpec>>>);

impl Faults {
    /// Orders a fault.
    pub fn add(&self, spec: FaultSpec) -> Result<(), FaultSpecError> {
        let mut list = self.list_mut();
        if list.len() >= FAULTS_MAX {
            return Err(FaultSpecError::TooMany);
        }
        list.push(spec);
        Ok(())
    }

    /// Orders a fault by its spelling, such as `settle:5xx-after-settling*2`.
    pub fn order(&self, spelling: &str) -> Result<(), FaultSpecError> {
        self.add(spelling.parse()?)
    }

    /// Takes the next fault of an endpoint, if one was ordered.
    #[must_use]
    pub fn take(&self, endpoint: Endpoint) -> Option<Fault> {
        let mut list = self.list_mut();
        let place = list.iter().position(|it| it.endpoint == endpoint)?;
        let fault = list[place].fault.clone();
        match list[place].times {
            Times::UntilCleared => {}
            Times::Next(1) => drop(list.remove(place)),
            Times::Next(count) => list[place].times = Times::Next(count - 1),
        }
        Some(fault)
    }

    /// What is ordered, first in first.
    #[must_use]
    pub fn list(&self) -> Vec<FaultSpec> {
        self.list_mut().clone()
    }

    /// Forgets every order; with an endpoint, only its own.
    pub fn clear(&self, endpoint: Option<Endpoint>) {
        self.list_mut().retain(|it| endpoint.is_some_and(|only| it.endpoint != only));
    }

    /// A panic elsewhere cannot leave the list half-changed, so a poisoned lock is as good as any.
    fn list_mut(&self) -> MutexGuard<'_, Vec<FaultSpec>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fault {
    /// How an RPC node is to be wrong, if that is the fault.
    #[must_use]
    pub fn view(&self) -> Option<View> {
        match self {
            Self::View(view) => Some(*view),
            Self::Trouble(..) | Self::Answer(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(faults: &Faults, endpoint: Endpoint, count: usize) -> Vec<String> {
        let name = |it: Option<Fault>| it.map_or("-".to_owned(), |it| it.to_string());
        (0..count).map(|_| name(faults.take(endpoint))).collect()
    }

    #[test]
    fn orders_are_used_up_in_turn_and_endpoints_do_not_mix() {
        let faults = Faults::default();
        for spelling in ["settle:hang*2", "verify:garbage*1", "settle:reset*1", "settle:5xx=500"] {
            faults.order(spelling).unwrap();
        }
        let expected = ["hang", "hang", "reset", "5xx=500", "5xx=500"];
        assert_eq!(taken(&faults, Endpoint::Settle, 5), expected);
        assert_eq!(taken(&faults, Endpoint::Verify, 2), ["garbage", "-"]);
        assert_eq!(taken(&faults, Endpoint::Rpc, 1), ["-"]);
        assert_eq!(faults.list().len(), 1, "until cleared");
    }

    #[test]
    fn clearing_takes_all_or_one_endpoints_orders() {
        let faults = Faults::default();
        for spelling in ["settle:hang", "verify:hang", "rpc:hang"] {
            faults.order(spelling).unwrap();
        }
        faults.clear(Some(Endpoint::Verify));
        let left: Vec<_> = faults.list().iter().map(ToString::to_string).collect();
        assert_eq!(left, ["settle:hang", "rpc:hang"]);
        faults.clear(None);
        assert_eq!(faults.list(), []);
    }

    #[test]
    fn the_list_has_an_end() {
        let faults = Faults::default();
        let spec: FaultSpec = "verify:hang*1".parse().unwrap();
        for _ in 0..FAULTS_MAX {
            faults.add(spec.clone()).unwrap();
        }
        assert_eq!(faults.add(spec), Err(FaultSpecError::TooMany));
    }
}
