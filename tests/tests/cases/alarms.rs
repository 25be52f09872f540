//! What the merchant tells its operator. A test's tasks all run on the test's own thread, so what is
//! told on a thread is told by its merchant.

use std::cell::RefCell;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

thread_local! {
    static TOLD: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Listens from now on, and forgets what was told before.
pub(crate) fn listen() {
    // A second call changes nothing.
    let _ = tracing::subscriber::set_global_default(Ear);
    take();
}

/// The errors since the last look.
pub(crate) fn take() -> Vec<String> {
    TOLD.with(RefCell::take)
}

struct Ear;

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("merchant") && *metadata.level() == Level::ERROR
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Message);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Message;

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            TOLD.with(|it| it.borrow_mut().push(format!("{value:?}")));
        }
    }
}
