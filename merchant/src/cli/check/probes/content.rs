//! Are there objects to sell? Lists and reads no more than the first one of each route.

use std::sync::Arc;

use futures_util::StreamExt;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt};
use tokio::time::timeout;

use super::super::finding::{Finding, Weight};
use super::ANSWER_MAX;
use crate::adapters::stores;
use crate::decisions::path::CanonicalPath;
use crate::settings::{RouteSummary, Settings};

/// Looks for objects, and says in a few words where there are some.
pub(super) async fn look(settings: &Settings, findings: &mut Vec<Finding>) -> String {
    let wrong = |problem: String| {
        let remedy = "correct the location or its rights";
        Finding::new(Weight::Error, "content.url", problem, remedy)
    };
    let store = match stores::content(&settings.content, &settings.cloud) {
        Ok((store, _)) => store,
        Err(error) => {
            findings.push(wrong(error.to_string()));
            return "cannot be opened".into();
        }
    };
    let mut stocked = 0;
    for (index, route) in settings.routes.iter().enumerate() {
        match timeout(ANSWER_MAX, covers_object(&store, route)).await {
            Ok(Ok(true)) => stocked += 1,
            Ok(Ok(false)) => findings.push(Finding::new(
                Weight::Warning,
                format!("routes[{index}].path"),
                format!("{:?} covers no object yet", route.path),
                "put files there, or correct the path",
            )),
            Ok(Err(error)) => {
                findings.push(wrong(format!("cannot be read: {error}")));
                return "cannot be read".into();
            }
            Err(_) => {
                findings.push(wrong(format!("does not answer within {} s", ANSWER_MAX.as_secs())));
                return "does not answer".into();
            }
        }
    }
    match (stocked, settings.routes.len()) {
        (0, _) => "has no object on any route".into(),
        (stocked, all) if stocked == all => "has objects on every route".into(),
        (stocked, all) => format!("has objects on {stocked} of {all} routes"),
    }
}

/// Is there an object at the route's path, or below it?
async fn covers_object(store: &Arc<dyn ObjectStore>, route: &RouteSummary) -> Result<bool, Error> {
    let prefix = CanonicalPath::of_target(&route.path)
        .ok()
        .and_then(|it| Path::parse(it.key().trim_end_matches('/')).ok())
        .unwrap_or_default();
    let below = (!prefix.as_ref().is_empty()).then_some(&prefix);
    match store.list(below).next().await {
        Some(Ok(_)) => return Ok(true),
        Some(Err(Error::NotFound { .. })) | None => {}
        Some(Err(error)) => return Err(error),
    }
    match store.head(&prefix).await {
        Ok(_) => Ok(true),
        Err(Error::NotFound { .. }) => Ok(false),
        Err(_) if below.is_none() => Ok(false),
        Err(error) => Err(error),
    }
}
