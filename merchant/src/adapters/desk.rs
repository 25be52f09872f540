//! Threads for what may wait for a disk. A job costs one change of threads there and one back, and
//! jobs that are handed in during the same turn of the runtime share it: to look a payment up and to
//! open its object is one visit. Most jobs find what they need in memory and take microseconds; for
//! those, being handed over is what costs.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::oneshot;

/// At most so many wait for a disk at a time; a local one has fewer places in its own queue.
const THREADS_MAX: usize = 64;
/// A thread without work ends after that.
const IDLE_MAX: Duration = Duration::from_secs(10);
/// Who was not served by then may stand behind a job that waits for its disk, and calls for another
/// thread. Long against a job that finds all in memory.
const PATIENCE: Duration = Duration::from_millis(5);

type Job = Box<dyn FnOnce() + Send>;

/// Where jobs are handed in. Clones are the same desk; its threads end with the last of them.
#[derive(Debug, Clone)]
pub struct Desk(Arc<Owner>);

#[derive(Debug)]
struct Owner(Arc<Room>);

#[derive(Debug, Default)]
struct Room {
    line: Mutex<Line>,
    bell: Condvar,
}

#[derive(Default)]
struct Line {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    /// A thread was called and has not begun yet.
    called: bool,
    closed: bool,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} jobs, {} threads", self.jobs.len(), self.threads)
    }
}

impl Desk {
    /// A desk without threads: the first job brings one.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Owner(Arc::default())))
    }

    /// Does the work on one of the desk's threads. It is done even if nobody waits for it any more.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let (done, mut result) = oneshot::channel();
        self.room().line().jobs.push_back(Box::new(move || {
            let _ = done.send(work());
        }));
        // Whoever else asks in this turn comes along.
        let mut waited = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        self.room().call();
        let done = if let Ok(done) = tokio::time::timeout(PATIENCE, &mut result).await {
            done
        } else {
            self.room().call();
            result.await
        };
        done.map_err(|_| io::Error::other("the work was given up"))
    }

    /// The same for work that nobody waits for.
    pub(super) fn post(&self, work: impl FnOnce() + Send + 'static) {
        self.room().line().jobs.push_back(Box::new(work));
        self.room().call();
    }

    fn room(&self) -> &Arc<Room> {
        &self.0.0
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.line().closed = true;
        self.0.bell.notify_all();
    }
}

impl Room {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that somebody comes for the jobs that stand in line.
    fn call(self: &Arc<Self>) {
        let mut line = self.line();
        if line.jobs.is_empty() || line.called {
            return;
        }
        if line.idle > 0 {
            line.called = true;
            drop(line);
            // Not while the line is held: on one CPU the thread would begin by waiting for it.
            self.bell.notify_one();
        } else if line.threads < THREADS_MAX {
            line.threads += 1;
            line.called = true;
            drop(line);
            let room = Arc::clone(self);
            let begun =
                std::thread::Builder::new().name("desk".to_owned()).spawn(move || room.serve());
            if begun.is_err() {
                let mut line = self.line();
                line.threads -= 1;
                line.called = false;
                if line.threads == 0 {
                    // Better here than never.
                    let jobs = std::mem::take(&mut line.jobs);
                    drop(line);
                    for job in jobs {
                        job();
                    }
                }
            }
        }
    }

    fn serve(&self) {
        let mut line = self.line();
        loop {
            line.called = false;
            while let Some(job) = line.jobs.pop_front() {
                drop(line);
                job();
                line = self.line();
            }
            if line.closed {
                break;
            }
            line.idle += 1;
            let (woken, waited) =
                self.bell.wait_timeout(line, IDLE_MAX).unwrap_or_else(PoisonError::into_inner);
            line = woken;
            line.idle -= 1;
            if waited.timed_out() && line.jobs.is_empty() {
                break;
            }
        }
        line.threads -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::future::{join, join_all};

    use super::*;

    #[tokio::test]
    async fn every_job_is_done_and_answered() {
        let desk = Desk::new();
        let jobs = (0..1000).map(|it| desk.run(move || it * 2));
        let done: Vec<i32> = join_all(jobs).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(done, (0..1000).map(|it| it * 2).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn what_is_asked_in_one_turn_is_one_visit() {
        let desk = Desk::new();
        let thread = || std::thread::current().id();
        let (one, other) = join(desk.run(thread), desk.run(thread)).await;
        assert_eq!(one.unwrap(), other.unwrap());
        assert_eq!(desk.room().line().threads, 1);
    }

    /// A disk that hangs must not keep others from theirs.
    #[tokio::test]
    async fn a_job_that_waits_holds_nobody_up() {
        let desk = Desk::new();
        let (let_on, told) = mpsc::channel::<()>();
        let stuck = desk.run(move || told.recv());
        let behind = desk.run(move || let_on.send(()));
        let (stuck, behind) = join(stuck, behind).await;
        stuck.unwrap().unwrap();
        behind.unwrap().unwrap();
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_done() {
        let desk = Desk::new();
        let (tell, told) = oneshot::channel();
        desk.post(move || tell.send(()).unwrap());
        told.await.unwrap();
        let room = Arc::clone(desk.room());
        drop(desk);
        while room.line().threads > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn work_that_breaks_off_is_an_error() {
        let desk = Desk::new();
        assert!(desk.run(|| panic!("on purpose")).await.is_err());
        assert_eq!(desk.run(|| 1).await.unwrap(), 1);
    }
}
