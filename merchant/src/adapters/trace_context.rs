//! Which trace the task at work belongs to, for the calls that it makes. Known to the task alone:
//! no port has to carry it.

use crate::decisions::trace::TraceContext;

tokio::task_local! {
    static CURRENT: TraceContext;
}

/// Runs the future as a part of the trace.
pub async fn within<T>(trace: TraceContext, future: impl Future<Output = T>) -> T {
    CURRENT.scope(trace, future).await
}

/// The headers of the trace that the caller is a part of; none outside of one.
#[must_use]
pub fn headers() -> http::HeaderMap {
    CURRENT.try_with(|trace| trace.headers().collect()).unwrap_or_default()
}
