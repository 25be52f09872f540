//! What is being fetched and what was bought, for as long as the server runs. A purchase runs on its
//! own: whoever asked for it can leave, and whoever asks for the same thing joins it. What was paid
//! for is handed out again and not bought again.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::problem::{Problem, Retry};

/// Most bytes of bought goods that are kept. Beyond it, the oldest are forgotten, though not that they
/// were bought.
const KEPT_BYTES_MAX: usize = 64 << 20;

/// What an errand brings back.
pub(crate) trait Goods: Send + Sync + 'static {
    /// Were they paid for?
    fn were_bought(&self) -> bool;
    /// How large they are.
    fn bytes(&self) -> usize;
}

/// What became of an errand.
pub(crate) type Outcome<T> = Result<Arc<T>, Problem>;

/// Every errand of this run.
pub(crate) struct Errands<T>(Mutex<Book<T>>);

struct Book<T> {
    errands: HashMap<String, Errand<T>>,
    begun: u64,
}

struct Errand<T> {
    number: u64,
    outcome: watch::Receiver<Option<Outcome<T>>>,
    interest: Arc<Interest>,
}

/// How many are waiting.
#[derive(Debug, Default)]
pub(crate) struct Interest(AtomicUsize);

impl Interest {
    /// Does anybody wait?
    pub(crate) fn is_alive(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }
}

/// Somebody who waits.
pub(crate) struct Waiting<T> {
    outcome: watch::Receiver<Option<Outcome<T>>>,
    interest: Arc<Interest>,
    /// Was it fetched, or begun, before?
    pub(crate) joined: bool,
}

impl<T: Goods> Errands<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Book { errands: HashMap::new(), begun: 0 }))
    }

    /// Joins the errand of this name, or takes what it brought back, or begins it. With `again`, what
    /// was bought is bought again.
    pub(crate) fn enter<F>(
        &self,
        name: &str,
        again: bool,
        work: impl FnOnce(Arc<Interest>) -> F,
    ) -> Waiting<T>
    where
        F: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        let mut book = self.lock();
        book.shrink();
        if let Some(errand) = book.errands.get(name).filter(|it| it.stands(again)) {
            return errand.wait(true);
        }
        let interest = Arc::new(Interest::default());
        let (tell, outcome) = watch::channel(None);
        book.begun += 1;
        let errand = Errand { number: book.begun, outcome, interest: Arc::clone(&interest) };
        let waiting = errand.wait(false);
        book.errands.insert(name.to_owned(), errand);
        let work = work(interest);
        tokio::spawn(async move {
            let outcome = work.await.map(Arc::new);
            tell.send_replace(Some(outcome));
        });
        waiting
    }

    /// Waits until everything is over, for at most this long.
    pub(crate) async fn all_over(&self, patience: Duration) {
        let open: Vec<_> = self.lock().errands.values().map(|it| it.outcome.clone()).collect();
        let over = async {
            for mut outcome in open {
                let _ = outcome.wait_for(Option::is_some).await;
            }
        };
        let _ = tokio::time::timeout(patience, over).await;
    }

    /// A panic of another task left nothing half-done: the book is written in single steps.
    fn lock(&self) -> MutexGuard<'_, Book<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Goods> Book<T> {
    /// Forgets the oldest goods beyond what may be kept.
    fn shrink(&mut self) {
        let mut kept: Vec<_> = self.errands.values_mut().filter(|it| it.bytes() > 0).collect();
        kept.sort_by_key(|it| std::cmp::Reverse(it.number));
        let mut sum = 0;
        for errand in kept {
            sum += errand.bytes();
            if sum > KEPT_BYTES_MAX {
                let gone = Problem::new(
                    "already_bought",
                    "it was bought earlier in this run, and its content is no longer kept here",
                    Retry::Useless,
                );
                errand.outcome = watch::channel(Some(Err(gone))).1;
            }
        }
    }
}

impl<T: Goods> Errand<T> {
    /// Is it under way, or was it bought?
    fn stands(&self, again: bool) -> bool {
        match &*self.outcome.borrow() {
            None => self.outcome.has_changed().is_ok(),
            Some(Ok(goods)) => goods.were_bought() && !again,
            Some(Err(problem)) => problem.code == "already_bought" && !again,
        }
    }

    fn bytes(&self) -> usize {
        match &*self.outcome.borrow() {
            Some(Ok(goods)) if goods.were_bought() => goods.bytes(),
            Some(_) | None => 0,
        }
    }

    fn wait(&self, joined: bool) -> Waiting<T> {
        self.interest.0.fetch_add(1, Ordering::SeqCst);
        let (outcome, interest) = (self.outcome.clone(), Arc::clone(&self.interest));
        Waiting { outcome, interest, joined }
    }
}

impl<T> Waiting<T> {
    /// What became of it.
    pub(crate) async fn outcome(mut self) -> Outcome<T> {
        match self.outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(Problem::abandoned())),
            // The task is gone without a word: a defect.
            Err(_) => Err(Problem::new("internal", "a defect of this program", Retry::Useless)),
        }
    }
}

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        self.interest.0.fetch_sub(1, Ordering::SeqCst);
    }
}
