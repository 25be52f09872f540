//! What the process has to say besides its request log: one line of JSON on standard error for each
//! event of ours. Other crates' events are left out; ours never hold a secret.

use std::io::Write;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Sends events to standard error from now on. A second call changes nothing.
pub fn to_standard_error() {
    let _ = tracing::subscriber::set_global_default(StandardError);
}

struct StandardError;

impl Subscriber for StandardError {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().split("::").next() == Some(env!("CARGO_PKG_NAME"));
        ours && *metadata.level() <= Level::INFO
    }

    fn event(&self, event: &Event<'_>) {
        let _ = writeln!(std::io::stderr().lock(), "{}", Value::Object(line(event)));
    }

    // Spans are not written: an event of ours carries what it is about.
    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _span: &Id, _values: &Record<'_>) {}
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

fn line(event: &Event<'_>) -> Map<String, Value> {
    let mut members = Members(Map::new());
    members.0.insert("level".into(), event.metadata().level().as_str().to_lowercase().into());
    event.record(&mut members);
    members.0
}

struct Members(Map<String, Value>);

impl Visit for Members {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().into(), format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Keeps the lines instead of writing them.
    struct Kept(Arc<Mutex<Vec<String>>>);

    impl Subscriber for Kept {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            StandardError.enabled(metadata)
        }
        fn event(&self, event: &Event<'_>) {
            self.0.lock().unwrap().push(Value::Object(line(event)).to_string());
        }
        fn new_span(&self, span: &Attributes<'_>) -> Id {
            StandardError.new_span(span)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn an_event_is_one_line_of_json_and_only_ours_are_written() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        tracing::subscriber::with_default(Kept(Arc::clone(&lines)), || {
            tracing::error!(payment.key = %"k\n", attempt = 2_u64, "could not record");
            tracing::debug!("too much");
            tracing::error!(target: "hyper::proto", "not ours");
        });
        assert_eq!(
            *lines.lock().unwrap(),
            [r#"{"level":"error","message":"could not record","payment.key":"k\n","attempt":2}"#]
        );
    }
}
