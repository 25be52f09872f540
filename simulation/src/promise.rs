//! A value that comes later: how a task waits for what the world will do.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Locks, in a program of one thread at a time.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Slot<T> {
    value: Option<T>,
    waker: Option<Waker>,
}

/// Keeps a promise. What is kept first counts.
pub(crate) struct Keeper<T>(Arc<Mutex<Slot<T>>>);

/// Waits for it; for ever, if nobody keeps it.
pub(crate) struct Promise<T>(Arc<Mutex<Slot<T>>>);

pub(crate) fn promise<T>() -> (Keeper<T>, Promise<T>) {
    let slot = Arc::new(Mutex::new(Slot { value: None, waker: None }));
    (Keeper(Arc::clone(&slot)), Promise(slot))
}

impl<T> Keeper<T> {
    pub(crate) fn keep(&self, value: T) {
        let mut slot = lock(&self.0);
        if slot.value.is_none() {
            slot.value = Some(value);
            if let Some(waker) = slot.waker.take() {
                waker.wake();
            }
        }
    }
}

impl<T> Clone for Keeper<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Future for Promise<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut slot = lock(&self.0);
        if let Some(value) = slot.value.take() {
            return Poll::Ready(value);
        }
        slot.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
