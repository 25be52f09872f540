//! Does the ledger refuse a second create? Everything that it promises rests on that. What the probe
//! writes it removes.

use std::sync::Arc;

use object_store::path::Path;
use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, PutResult,
};
use tokio::time::timeout;

use super::super::finding::{Finding, Weight};
use super::ANSWER_MAX;
use crate::adapters::stores;
use crate::adapters::system_clock::SystemClock;
use crate::ports::Clock;
use crate::settings::Settings;

/// Tries the ledger, and says in a few words what it does.
pub(super) async fn attempt(settings: &Settings, findings: &mut Vec<Finding>) -> String {
    let mut wrong = |problem: String, remedy: &str| {
        findings.push(Finding::new(Weight::Error, "ledger.url", problem, remedy));
    };
    let store = match stores::ledger(&settings.ledger, &settings.cloud) {
        Ok(store) => store,
        Err(error) => {
            wrong(error.to_string(), "correct the location or its rights");
            return "cannot be opened".into();
        }
    };
    match timeout(ANSWER_MAX, creates_once(&store)).await {
        Ok(Ok(true)) => "refuses to create a record twice".into(),
        Ok(Ok(false)) => {
            let problem = "created one record twice, so one payment could buy two files";
            wrong(problem.into(), "use a storage that honours conditional writes");
            "creates a record twice".into()
        }
        Ok(Err(error)) => {
            wrong(format!("cannot be written: {error}"), "correct the location or its rights");
            "cannot be written".into()
        }
        Err(_) => {
            let problem = format!("does not answer within {} s", ANSWER_MAX.as_secs());
            wrong(problem, "correct the location, or use a nearer storage");
            "does not answer".into()
        }
    }
}

/// Creates a record and tries to create it again. The only thing that the whole ledger rests on.
async fn creates_once(store: &Arc<dyn ObjectStore>) -> Result<bool, Error> {
    let path = Path::from(format!("check-{}.json", SystemClock::start().fresh_id()));
    let create = || {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        store.put_opts(&path, PutPayload::from_static(b"{}"), options)
    };
    create().await?;
    let second = create().await;
    // A ledger that lets nobody delete keeps one small file; that is its right.
    let _ = store.delete(&path).await;
    refused(second)
}

/// Was the second create refused because of the first?
fn refused(second: Result<PutResult, Error>) -> Result<bool, Error> {
    match second {
        Ok(_) => Ok(false),
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refused_second_create_makes_a_ledger() {
        let path = || "a".to_owned();
        let source = || "b".into();
        let created =
            PutResult { e_tag: None, version: None, extensions: http::Extensions::default() };
        assert!(matches!(refused(Ok(created)), Ok(false)));
        for conflict in [
            Error::AlreadyExists { path: path(), source: source() },
            Error::Precondition { path: path(), source: source() },
        ] {
            assert!(matches!(refused(Err(conflict)), Ok(true)));
        }
        let denied = Error::PermissionDenied { path: path(), source: source() };
        assert!(refused(Err(denied)).is_err());
    }
}
