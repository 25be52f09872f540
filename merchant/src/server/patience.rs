//! Ends connections that keep the server waiting: for a first byte, for the rest of a request's
//! headers, for the next request, or for taking what they asked for. All connections are looked at
//! now and then, because a timer for each request costs as much as a twentieth of an unpaid answer.
//! So nobody is cut off early, and somebody may last two looks longer. Never ends a connection on
//! which a request is being worked on.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;
use hyper::rt::{Sleep, Timer};

/// Short against the shortest limit that can be configured, which is a second.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Nobody is waited for.
const BUSY: u64 = 0;
/// Waited too long.
const EXHAUSTED: u64 = u64::MAX;

/// Looks after the connections of a server.
#[derive(Debug)]
pub(super) struct Patience {
    looks: Arc<AtomicU64>,
    waits: Arc<Mutex<Vec<Weak<Wait>>>>,
}

/// One connection's.
#[derive(Debug)]
pub(super) struct Wait {
    /// The look before the wait began, or one of the two words above.
    since: AtomicU64,
    /// Objects that are being sent.
    objects: AtomicU32,
    /// The look before anything of them was taken last.
    taken: AtomicU64,
    looks: Arc<AtomicU64>,
    task: AtomicWaker,
}

impl Patience {
    /// Waits so long for a client to ask, and so long to take a part of what is sent. Needs a tokio
    /// runtime, for the looks.
    #[must_use]
    pub(super) fn new(asking: Duration, taking: Duration) -> Self {
        let it = Self::unwatched();
        let looks = Arc::clone(&it.looks);
        let waits = Arc::downgrade(&it.waits);
        let count = |limit: Duration| {
            let count = limit.as_millis().div_ceil(LOOK_EVERY.as_millis());
            u64::try_from(count).unwrap_or(EXHAUSTED)
        };
        let limits = Looks { asking: count(asking), taking: count(taking) };
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let Some(waits) = waits.upgrade() else { break };
                look(&looks, &waits, limits);
            }
        });
        it
    }

    fn unwatched() -> Self {
        Self { looks: Arc::new(AtomicU64::new(1)), waits: Arc::default() }
    }

    /// A new connection, which is waited for from now on.
    #[must_use]
    pub(super) fn connection(&self) -> Arc<Wait> {
        let wait = Arc::new(Wait {
            since: AtomicU64::new(self.looks.load(Ordering::Relaxed)),
            objects: AtomicU32::new(0),
            taken: AtomicU64::new(BUSY),
            looks: Arc::clone(&self.looks),
            task: AtomicWaker::new(),
        });
        if let Ok(mut waits) = self.waits.lock() {
            // Before it grows, so that ended connections never take more room than open ones.
            if waits.len() == waits.capacity() {
                waits.retain(|it| it.strong_count() > 0);
            }
            waits.push(Arc::downgrade(&wait));
        }
        wait
    }
}

/// The limits, in looks.
#[derive(Debug, Clone, Copy)]
struct Looks {
    asking: u64,
    taking: u64,
}

fn look(looks: &AtomicU64, waits: &Mutex<Vec<Weak<Wait>>>, limits: Looks) {
    let now = looks.fetch_add(1, Ordering::Relaxed) + 1;
    let Ok(waits) = waits.lock() else { return };
    for wait in waits.iter().filter_map(Weak::upgrade) {
        let since = wait.since.load(Ordering::Acquire);
        let waiting = since != BUSY && since != EXHAUSTED;
        // More than the limit: the first of these looks may have come right after the wait began.
        let silent = waiting && now - since > limits.asking;
        let taken = wait.taken.load(Ordering::Acquire);
        let stuck = wait.objects.load(Ordering::Acquire) > 0 && now - taken > limits.taking;
        if silent || stuck {
            let exchange = (Ordering::AcqRel, Ordering::Relaxed);
            // Fails where a request has come in the meantime.
            if wait.since.compare_exchange(since, EXHAUSTED, exchange.0, exchange.1).is_ok() {
                wait.task.wake();
            }
        }
    }
}

impl Wait {
    /// A request has come. HTTP/1 connections say so themselves, through [`Headers`].
    pub(super) fn end(&self) {
        self.since.store(BUSY, Ordering::Release);
    }

    fn begin(&self) {
        self.since.store(self.looks.load(Ordering::Relaxed), Ordering::Release);
    }

    /// Serves the connection until it has ended or was waited for too long.
    pub(super) async fn bound<T>(&self, connection: impl Future<Output = T>) -> Option<T> {
        let mut connection = std::pin::pin!(connection);
        std::future::poll_fn(|context| {
            // First: a request that has come at the last moment ends the wait.
            if let Poll::Ready(ended) = connection.as_mut().poll(context) {
                return Poll::Ready(Some(ended));
            }
            self.task.register(context.waker());
            match self.since.load(Ordering::Acquire) {
                EXHAUSTED => Poll::Ready(None),
                _ => Poll::Pending,
            }
        })
        .await
    }
}

/// An object that is being sent over a connection. As long as nothing of any of them is asked for,
/// the client is waited for: hyper asks for more when there is room for it.
#[derive(Debug)]
pub(super) struct Taking(Arc<Wait>);

impl Taking {
    /// An object whose first bytes are about to be taken.
    #[must_use]
    pub(super) fn of(wait: &Arc<Wait>) -> Self {
        let it = Self(Arc::clone(wait));
        it.goes_on();
        wait.objects.fetch_add(1, Ordering::AcqRel);
        it
    }

    /// More is asked for.
    pub(super) fn goes_on(&self) {
        self.0.taken.store(self.0.looks.load(Ordering::Relaxed), Ordering::Release);
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        self.0.objects.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Tells a connection's [`Wait`] when hyper waits for headers: hyper makes a sleep when it begins to
/// and drops it when it has them. When that sleep would end is not looked at.
#[derive(Debug)]
pub(super) struct Headers {
    wait: Arc<Wait>,
    /// Any moment: hyper adds its limit to it, and gives it back as a deadline.
    moment: Instant,
}

struct Waiting(Arc<Wait>);

impl Headers {
    /// A timer for this connection and no other.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "once for each connection, and never looked at")]
    pub(super) fn of(wait: &Arc<Wait>) -> Self {
        Self { wait: Arc::clone(wait), moment: Instant::now() }
    }
}

impl Timer for Headers {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.moment)
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        self.wait.begin();
        Box::pin(Waiting(Arc::clone(&self.wait)))
    }

    fn now(&self) -> Instant {
        self.moment
    }
}

impl Future for Waiting {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Sleep for Waiting {}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn looked(patience: &Patience, count: usize, asking: u64) {
        for _ in 0..count {
            look(&patience.looks, &patience.waits, Looks { asking, taking: 10 });
        }
    }

    fn ended(wait: &Wait) -> bool {
        wait.bound(std::future::pending::<()>()).now_or_never().is_some()
    }

    #[test]
    fn a_silent_connection_ends_and_not_before_its_time() {
        let patience = Patience::unwatched();
        let wait = patience.connection();
        looked(&patience, 4, 4);
        assert!(!ended(&wait));
        looked(&patience, 1, 4);
        assert!(ended(&wait));
    }

    #[test]
    fn a_request_ends_the_wait_and_the_next_wait_begins_anew() {
        let patience = Patience::unwatched();
        let wait = patience.connection();
        let headers = Headers::of(&wait);
        looked(&patience, 3, 4);
        drop(headers.sleep_until(headers.now()));
        looked(&patience, 100, 4);
        assert!(!ended(&wait), "however long the request takes");
        let waiting = headers.sleep_until(headers.now());
        looked(&patience, 4, 4);
        assert!(!ended(&wait));
        looked(&patience, 1, 4);
        assert!(ended(&wait));
        drop(waiting);
        assert!(!ended(&wait), "it came at the last moment");
    }

    #[test]
    fn a_client_that_takes_nothing_is_ended_and_one_that_takes_a_little_is_not() {
        let patience = Patience::unwatched();
        let wait = patience.connection();
        wait.end();
        let (slow, stuck) = (Taking::of(&wait), Taking::of(&wait));
        for _ in 0..5 {
            looked(&patience, 10, 4);
            assert!(!ended(&wait));
            slow.goes_on();
        }
        drop(slow);
        looked(&patience, 10, 4);
        assert!(!ended(&wait));
        looked(&patience, 1, 4);
        assert!(ended(&wait));
        drop(stuck);
        let idle = patience.connection();
        idle.end();
        drop(Taking::of(&idle));
        looked(&patience, 100, 4);
        assert!(!ended(&idle), "nothing is being sent any more");
    }

    #[test]
    fn ended_connections_take_no_room() {
        let patience = Patience::unwatched();
        let open = patience.connection();
        for _ in 0..10_000 {
            drop(patience.connection());
        }
        assert!(patience.waits.lock().unwrap().capacity() < 64);
        drop(open);
    }
}
