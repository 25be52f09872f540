//! What a merchant adds to the facilitator's own time when it sells.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use wire::header::PAYMENT_REQUIRED;

use crate::Failure;
use crate::challenges::PATH;
use crate::load::{self, Until};
use crate::payments::Mint;
use crate::reply::{Caller, get};
use crate::servers::{Bench, FACILITATOR_MS, Subject};
use crate::statistics::Spread;

/// Payments under way at a time.
pub(crate) const CONCURRENT: usize = 256;
/// Until connections to the facilitator are open.
const WARM_UP: Duration = Duration::from_millis(1500);

/// About a claim's size.
const RECORD_BYTES: usize = 600;
/// How often the disk is asked.
const DISK_ROUNDS: usize = 31;

/// How many sales one after the other, and for how long at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) sales: usize,
    pub(crate) span: Duration,
}

/// What a server did with payments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sales {
    /// Milliseconds of one sale beyond a verify and a settle that are called directly.
    pub(crate) beyond_ms: Spread,
    /// Sales in a second, at once.
    pub(crate) rate: f64,
    /// The same as a share of what the facilitator allows.
    pub(crate) share: f64,
}

/// Milliseconds that the disk alone takes for what a sale waits for, one after the other: a claim,
/// the folder around its own, and its name.
pub(crate) fn disk_ms(bench: &Bench) -> Result<Spread, Failure> {
    let around = bench.folder().join("disk");
    std::fs::create_dir(&around)?;
    let mut times = Vec::new();
    for number in 0..DISK_ROUNDS {
        // As far apart as sales are: a disk that is kept busy answers sooner.
        std::thread::sleep(Duration::from_millis(2 * FACILITATOR_MS));
        let folder = around.join(number.to_string());
        let begin = Instant::now();
        std::fs::create_dir(&folder)?;
        let staged = folder.join("staged");
        let mut file = std::fs::File::create_new(&staged)?;
        file.write_all(&[b'x'; RECORD_BYTES])?;
        file.sync_all()?;
        force(&around)?;
        std::fs::hard_link(&staged, folder.join("claim"))?;
        std::fs::remove_file(&staged)?;
        force(&folder)?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Spread::of(&times))
}

fn force(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// Measures the servers in turn, sale by sale, beside direct calls of the facilitator.
pub(crate) fn measure(
    bench: &Bench,
    subjects: &[&Subject],
    effort: Effort,
) -> Result<Vec<Sales>, Failure> {
    let mut running = Vec::new();
    let mut sellers = Vec::new();
    for subject in subjects {
        running.push(subject.start.up(&subject.output)?);
        let mut caller = Caller::connect(subject.start.address)?;
        let challenge = caller.call(&get(PATH, ""))?;
        let mint = Mint::new(PATH, challenge.header(PAYMENT_REQUIRED).as_deref());
        let mint = mint.map_err(|Failure(why)| Failure(format!("{}: {why}", subject.name)))?;
        sellers.push((subject.name, caller, mint, Vec::new()));
    }
    let mut facilitator = Caller::connect(bench.facilitator.address)?;
    let mut direct = Vec::new();
    for sale in 0..=effort.sales {
        let own = ask(&mut facilitator)?;
        let mut times = Vec::new();
        for (name, caller, mint, _) in &mut sellers {
            times.push(buy(name, caller, mint)?);
        }
        // The first opens the connections to the facilitator.
        if sale > 0 {
            direct.push(own);
            sellers.iter_mut().zip(times).for_each(|(seller, time)| seller.3.push(time));
        }
    }
    let own = Spread::of(&direct).median;
    let mut sales = Vec::new();
    for (subject, (_, _, mint, times)) in subjects.iter().zip(&mut sellers) {
        let beyond: Vec<f64> = times.iter().map(|it| it - own).collect();
        let rate = at_once(subject, mint, effort.span)?;
        let share = rate / allowed();
        sales.push(Sales { beyond_ms: Spread::of(&beyond), rate, share });
    }
    Ok(sales)
}

/// Sales in a second that the facilitator allows: two calls for each.
#[expect(clippy::cast_precision_loss, reason = "both are small")]
pub(crate) fn allowed() -> f64 {
    CONCURRENT as f64 / (2 * FACILITATOR_MS) as f64 * 1e3
}

/// Milliseconds of a verify and a settle without a merchant between.
fn ask(facilitator: &mut Caller) -> Result<f64, Failure> {
    let begin = Instant::now();
    for endpoint in ["verify", "settle"] {
        let request = format!(
            "POST /{endpoint} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        facilitator.call(request.as_bytes())?;
    }
    Ok(begin.elapsed().as_secs_f64() * 1e3)
}

fn buy(name: &str, caller: &mut Caller, mint: &mut Mint) -> Result<f64, Failure> {
    let request = mint.request();
    let begin = Instant::now();
    let reply = caller.call(&request)?;
    let took = begin.elapsed().as_secs_f64() * 1e3;
    let paid = reply.layout.status == 200 && reply.header("payment-response").is_some();
    if !paid || reply.body().is_empty() {
        let text = String::from_utf8_lossy(&reply.bytes);
        return Err(Failure(format!("{name} did not sell: {text}")));
    }
    Ok(took)
}

fn at_once(subject: &Subject, mint: &mut Mint, span: Duration) -> Result<f64, Failure> {
    let mut run = |span| {
        load::run(subject.start.address, CONCURRENT, Until::Elapsed(span), 200, |out| {
            out.append(&mut mint.request());
        })
        .map_err(|Failure(why)| Failure(format!("{}: {why}", subject.name)))
    };
    run(WARM_UP)?;
    Ok(run(span)?.rate)
}
