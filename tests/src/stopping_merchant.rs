//! The merchant as it is, over a ledger and files that stop for ever at one moment of a sale: the
//! process says so and does nothing more, until somebody kills it. For moments that no neighbour
//! sees, because between them lies nothing but the disk.
//!
//! `stopping-merchant merchant.toml before-claim`

use std::path::Path as File;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use merchant::adapters::ledger::StoreLedger;
use merchant::adapters::stores;
use merchant::decisions::faults::ContentFault;
use merchant::decisions::object::Want;
use merchant::ports::{Content, Opened};
use merchant::server::access_log::AccessLog;
use merchant::server::{run, serve};
use merchant::settings::Settings;
use merchant::walk::Merchant;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::net::TcpListener;

/// Where a sale can stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// A record is about to be created whose place holds this text.
    Before(&'static str),
    /// It is created, and the merchant does not know it yet.
    After(&'static str),
    /// The object is open and none of it read.
    FirstByte,
    /// Half of the object is on its way.
    Middle,
}

#[rustfmt::skip]
const MOMENTS: [(&str, Moment); 8] = [
    ("before-claim",      Moment::Before("/claim.json")),
    ("during-claim",      Moment::After("/claim.json")),
    ("before-binding",    Moment::Before("transactions/")),
    ("after-binding",     Moment::After("transactions/")),
    ("before-settled",    Moment::Before("/settled.json")),
    ("after-settled",     Moment::After("/settled.json")),
    ("before-first-byte", Moment::FirstByte),
    ("in-mid-body",       Moment::Middle),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let moment = arguments.get(1).and_then(|it| MOMENTS.iter().find(|(name, _)| name == it));
    let (Some(config), Some((_, moment))) = (arguments.first(), moment) else {
        say("usage: stopping-merchant merchant.toml MOMENT");
        return ExitCode::from(2);
    };
    // A thread that stops must leave others to go on.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let Ok(runtime) = runtime.worker_threads(4).enable_all().build() else {
        return ExitCode::FAILURE;
    };
    match runtime.block_on(sell(File::new(config), *moment)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("cannot start: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn sell(
    config: &File,
    moment: Moment,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let folder = config.parent().unwrap_or(config);
    let settings =
        Settings::load(&std::fs::read_to_string(config)?, folder, std::iter::empty::<_>())?;
    let limits = settings.limits;
    let listener = TcpListener::bind(settings.listen).await?;
    let records = stores::ledger(&settings.ledger, &settings.cloud)?;
    let real = run::merchant(settings)?;
    let merchant = Merchant {
        policy: real.policy,
        facilitator: real.facilitator,
        content: StoppingContent { real: real.content, moment },
        ledger: StoreLedger::new(Arc::new(StoppingStore { real: records, moment })),
        clock: real.clock,
        chain: real.chain,
        rules: real.rules,
    };
    say(&format!("listening on {}", listener.local_addr()?));
    let log = AccessLog::to(std::io::sink());
    serve(listener, merchant, limits, log, std::future::pending()).await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "whoever kills it waits for these lines")]
fn say(text: &str) {
    println!("{text}");
}

/// Not even a limit on time goes on: whoever waits for this waits on the same thread.
fn stop_here() -> ! {
    say("stopped");
    loop {
        std::thread::park();
    }
}

struct StoppingContent<C> {
    real: C,
    moment: Moment,
}

impl<C: Content> Content for StoppingContent<C> {
    async fn open(&self, key: &str, want: &Want) -> std::result::Result<Opened, ContentFault> {
        let opened = self.real.open(key, want).await?;
        let (size, moment) = (opened.facts.range.end - opened.facts.range.start, self.moment);
        let half = usize::try_from(size / 2).unwrap_or(usize::MAX);
        let sent = Arc::new(AtomicUsize::new(0));
        let body = opened.body.then(move |chunk| {
            let sent = Arc::clone(&sent);
            async move {
                let length = match &chunk {
                    Ok(bytes) => bytes.len(),
                    Err(_) => 0,
                };
                match moment {
                    Moment::FirstByte => stop_here(),
                    // What was sent before is to arrive, so only this stream stops.
                    Moment::Middle if sent.fetch_add(length, Ordering::Relaxed) > half => {
                        say("stopped");
                        std::future::pending().await
                    }
                    Moment::Middle | Moment::Before(_) | Moment::After(_) => chunk,
                }
            }
        });
        Ok(Opened { facts: opened.facts, body: body.boxed() })
    }
}

#[derive(Debug)]
struct StoppingStore {
    real: Arc<dyn ObjectStore>,
    moment: Moment,
}

impl std::fmt::Display for StoppingStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, stopping at {:?}", self.real, self.moment)
    }
}

#[async_trait]
impl ObjectStore for StoppingStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        let at = |place: &str| location.as_ref().contains(place);
        if matches!(self.moment, Moment::Before(place) if at(place)) {
            stop_here();
        }
        let put = self.real.put_opts(location, payload, opts).await;
        if matches!(self.moment, Moment::After(place) if at(place)) {
            stop_here();
        }
        put
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.real.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.real.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.real.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.real.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.real.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.real.copy_opts(from, to, options).await
    }
}
