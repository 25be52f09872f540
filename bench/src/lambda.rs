//! The function of AWS Lambda, as it is packed: its size, its start, and what it does between an event
//! and an answer. No network but loopback, and no CloudFront: the platform is this crate's.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Failure;
use crate::challenges::PATH;
use crate::neighbours::{Call, Neighbours};
use crate::payments::Mint;
use crate::platform::{Answer, Platform};
use crate::process::Process;
use crate::reply::get;
use crate::statistics::Spread;

/// After so many invocations memory is read.
pub(crate) const INVOCATIONS: usize = 10_000;

/// What is measured.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Package {
    /// The function's package.
    #[arg(long, value_name = "ZIP")]
    package: Option<PathBuf>,
    /// The binary that is packed in it.
    #[arg(long, value_name = "FILE")]
    bootstrap: Option<PathBuf>,
}

/// How many starts, and how many sales.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) starts: usize,
    pub(crate) sales: usize,
}

/// The function's figures.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    pub(crate) package_bytes: u64,
    /// Milliseconds from starting the process to the first question for an event.
    pub(crate) start_ms: Spread,
    /// Microseconds of a challenge by the function's own log.
    pub(crate) inside_us: Spread,
    /// Microseconds of a challenge from the event's first byte to the answer's last, loopback
    /// included.
    pub(crate) outside_us: Spread,
    /// MB resident after [`INVOCATIONS`].
    pub(crate) memory: f64,
    /// Milliseconds of a sale from the event's first byte to the file's last.
    pub(crate) sale_ms: Spread,
    /// Milliseconds until the function asks for the next event after a sale.
    pub(crate) idle_ms: Spread,
    pub(crate) steps: Vec<Step>,
}

/// One call of a neighbour during a sale, in milliseconds since the event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) begin_ms: Spread,
    pub(crate) took_ms: Spread,
}

struct Function {
    platform: Platform,
    process: Process,
    log: PathBuf,
}

/// Measures the packed function in a folder of its own.
pub(crate) fn measure(
    package: &Package,
    folder: &Path,
    effort: Effort,
) -> Result<Figures, Failure> {
    let missing = || Failure("--package and --bootstrap are needed; use scripts/bench".into());
    let zip = package.package.as_ref().ok_or_else(missing)?;
    let bootstrap = package.bootstrap.as_ref().ok_or_else(missing)?.canonicalize()?;
    let folder = folder.join("function");
    std::fs::create_dir_all(&folder)?;
    let neighbours = Neighbours::start(&format!("/files{PATH}"), b"{\"answer\":42}\n")?;
    configure(&folder, &neighbours)?;
    let start = || Function::start(&bootstrap, &folder);

    let mut starts = Vec::new();
    for _ in 0..effort.starts {
        let begin = Instant::now();
        let function = start()?;
        starts.push((function.platform.idle()? - begin).as_secs_f64() * 1e3);
    }
    let function = start()?;
    let (outside, memory) = challenges(&function)?;
    let inside = function.durations()?;
    let sales = sell(&function, &neighbours, effort.sales)?;
    Ok(Figures {
        package_bytes: std::fs::metadata(zip)?.len(),
        start_ms: Spread::of(&starts),
        inside_us: Spread::of(&inside),
        outside_us: Spread::of(&outside),
        memory,
        sale_ms: sales.0,
        idle_ms: sales.1,
        steps: sales.2,
    })
}

/// The package's files: a bucket for content and ledger, and what `/supported` said, so that the
/// start does all that it does on AWS.
fn configure(folder: &Path, neighbours: &Neighbours) -> Result<(), Failure> {
    let address = neighbours.address;
    let options = format!("endpoint=http://{address}&region=us-east-1");
    let text = format!(
        "public_url = \"https://files.example.com\"\n\
         pay_to = \"0x209693Bc6afc0C5328bA36FaF03C514EF312287C\"\n\
         networks = [\"base-sepolia\"]\n\
         [content]\nurl = \"s3://files?{options}\"\n\
         [ledger]\nurl = \"s3://ledger?{options}\"\n\
         [facilitator]\nurl = \"http://{address}\"\n\
         [client]\naddress = \"cloudfront\"\n\
         [[routes]]\npath = \"/premium/\"\nprice = \"$0.001\"\n\
         description = \"Market data\"\nmime_type = \"application/json\"\n"
    );
    std::fs::write(folder.join("merchant.toml"), text)?;
    Ok(std::fs::write(folder.join("supported.json"), crate::stub::SUPPORTED)?)
}

impl Function {
    fn start(bootstrap: &Path, folder: &Path) -> Result<Self, Failure> {
        let platform = Platform::start()?;
        let log = folder.join(format!("{}.log", platform.address.port()));
        // The environment of this machine may name credentials and endpoints, which are none of it.
        let child = Command::new("taskset")
            .args(["-c", "0"])
            .arg(bootstrap)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LAMBDA_TASK_ROOT", folder)
            .env("AWS_LAMBDA_RUNTIME_API", platform.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "shop")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "example")
            .env("AWS_SESSION_TOKEN", "example")
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::create(log.with_extension("errors"))?)
            .spawn()
            .map_err(|error| Failure(format!("cannot run taskset: {error}")))?;
        Ok(Self { platform, process: Process::of(child), log })
    }

    /// What the log says of each request.
    fn durations(&self) -> Result<Vec<f64>, Failure> {
        let log = File::open(&self.log)?;
        let mut durations = Vec::new();
        for line in std::io::BufRead::lines(BufReader::new(log)) {
            let line = line?;
            let duration = line.split("\"duration_us\":").nth(1);
            let duration = duration.and_then(|it| it.split([',', '}']).next()?.parse().ok());
            durations.push(duration.ok_or_else(|| Failure(format!("no duration in: {line}")))?);
        }
        Ok(durations)
    }

    fn ask(&self, request: &[u8], status: u16) -> Result<Answer, Failure> {
        let answer = self.platform.invoke(request)?;
        if answer.prelude.starts_with(&format!("{{\"statusCode\":{status},")) {
            return Ok(answer);
        }
        Err(Failure(format!("the function answered {} and not {status}", answer.prelude)))
    }
}

/// Microseconds of each, and the memory after the last.
fn challenges(function: &Function) -> Result<(Vec<f64>, f64), Failure> {
    let request = get(PATH, "");
    let mut times = Vec::with_capacity(INVOCATIONS);
    for _ in 0..INVOCATIONS {
        function.platform.idle()?;
        times.push(function.ask(&request, 402)?.took().as_secs_f64() * 1e6);
    }
    Ok((times, function.process.resident()?))
}

/// Sells so many times, one after the other.
fn sell(
    function: &Function,
    neighbours: &Neighbours,
    count: usize,
) -> Result<(Spread, Spread, Vec<Step>), Failure> {
    function.platform.idle()?;
    let challenge = function.ask(&get(PATH, ""), 402)?;
    let mut mint = Mint::new(PATH, header(&challenge, "payment-required"))?;
    let (mut sales, mut idles, mut traces) = (Vec::new(), Vec::new(), Vec::new());
    function.platform.idle()?;
    for sale in 0..=count {
        neighbours.take();
        let answer = function.ask(&mint.request(), 200)?;
        let idle = function.platform.idle()?;
        if answer.body.is_empty() {
            return Err(Failure("the function sold nothing".into()));
        }
        // The first opens the connections.
        if sale > 0 {
            sales.push(answer.took().as_secs_f64() * 1e3);
            idles.push((idle - answer.asked).as_secs_f64() * 1e3);
            traces.push((answer.asked, neighbours.take()));
        }
    }
    Ok((Spread::of(&sales), Spread::of(&idles), steps(&traces)))
}

/// Each step over all sales, in the order in which the steps begin.
fn steps(traces: &[(Instant, Vec<Call>)]) -> Vec<Step> {
    let mut names: Vec<&str> = Vec::new();
    for call in traces.iter().flat_map(|(_, calls)| calls) {
        if !names.contains(&call.step) {
            names.push(call.step);
        }
    }
    let step = |name| {
        let of = |read: fn(Instant, &Call) -> f64| {
            let calls = traces.iter().flat_map(|(asked, calls)| {
                calls.iter().filter(|it| it.step == name).map(|it| read(*asked, it))
            });
            Spread::of(&calls.collect::<Vec<_>>())
        };
        Step {
            name,
            begin_ms: of(|asked, it| (it.begun - asked).as_secs_f64() * 1e3),
            took_ms: of(|_, it| (it.ended - it.begun).as_secs_f64() * 1e3),
        }
    };
    let mut steps: Vec<Step> = names.into_iter().map(step).collect();
    steps.sort_by(|a, b| a.begin_ms.median.total_cmp(&b.begin_ms.median));
    steps
}

/// The value of a header in a prelude.
fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let (_, rest) = answer.prelude.split_once(&format!("\"{name}\":\""))?;
    rest.split('"').next()
}
