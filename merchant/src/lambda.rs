//! The paywall as an AWS Lambda behind a function URL: an event in, a streamed response out. The
//! same front as the server's; no decision about money is taken here.

mod event;
mod meter;
mod metrics;
mod outgoing;
mod platform;
mod start;
mod warm_up;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lambda_runtime::{Context, Error, LambdaEvent, Runtime, service_fn};

use crate::decisions::gate::Asked;
use crate::front::{Caller, Front, events};
use crate::ports::{Chain, Clock, Content, Facilitator, Ledger};

use event::FunctionUrl;
use outgoing::Response;
use platform::{NotARequest, Promptly};

/// What the process was started with, read by `main` alone.
#[derive(Debug)]
pub struct World {
    /// The environment's variables.
    pub environment: Vec<(String, String)>,
}

/// Starts, and answers until the platform ends the process.
pub async fn run(world: World) -> ExitCode {
    events::to_standard_error();
    let front = match start::front(&world).await {
        Ok(front) => Arc::new(front),
        Err(error) => {
            let sentence = error.to_string();
            tracing::error!(%sentence, "cannot start");
            start::report(&world, &sentence).await;
            return ExitCode::FAILURE;
        }
    };
    let answer = move |request, context| answer(Arc::clone(&front), request, context);
    let library = service_fn(async |event: LambdaEvent<NotARequest>| -> Result<(), Error> {
        match event.payload {}
    });
    match Runtime::new(library).layer(Promptly { answer }).run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the runtime's own interface failed");
            ExitCode::FAILURE
        }
    }
}

async fn answer<F, S, L, C, H>(
    front: Arc<Front<F, S, L, C, H>>,
    request: FunctionUrl,
    context: Context,
) -> Response
where
    F: Facilitator + 'static,
    S: Content + 'static,
    L: Ledger + 'static,
    C: Clock + 'static,
    H: Chain + 'static,
{
    let caller = Caller {
        peer: request.peer,
        x_ray: context.xray_trace_id.as_deref(),
        time_left: time_left(&context),
    };
    let FunctionUrl { method, target, headers, .. } = &request;
    let (answer, line) = front.answer(Asked { method, target, headers }, caller).await;
    outgoing::respond(answer, line, *method == http::Method::HEAD)
}

/// How long the invocation may go on. Nothing where the deadline has passed already: then it is not
/// one, and whoever emulates the platform has no clock.
#[expect(clippy::disallowed_methods, reason = "the platform's deadline is a time of day")]
fn time_left(context: &Context) -> Option<Duration> {
    context.deadline().duration_since(SystemTime::now()).ok()
}
