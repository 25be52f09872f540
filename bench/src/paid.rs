//! What a merchant adds to the facilitator's own time when it sells.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use wire::header::PAYMENT_REQUIRED;

use crate::Failure;
use crate::challenges::PATH;
use crate::load::{self, Until};
use crate::payments::Mint;
use crate::process::Process;
use crate::reply::{Caller, get};
use crate::servers::{Bench, FACILITATOR_MS, Subject};
use crate::statistics::Spread;

/// Payments under way at a time.
pub(crate) const CONCURRENT: usize = 256;
/// Until connections to the facilitator are open.
const WARM_UP: Duration = Duration::from_millis(1500);

/// About a claim's size.
const RECORD_BYTES: usize = 1024;
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
    /// Microseconds on the CPU for each sale, one at a time and at once.
    pub(crate) cpu_us: [f64; 2],
    /// Sales in a second, at once.
    pub(crate) rate: f64,
    /// The same as a share of what the facilitator allows.
    pub(crate) share: f64,
}

/// Milliseconds that the disk alone takes for what a sale waits for: a claim's line in a journal that
/// has its room already.
pub(crate) fn disk_ms(bench: &Bench) -> Result<Spread, Failure> {
    let mut file = File::create_new(bench.folder().join("disk"))?;
    file.write_all(&vec![0; DISK_ROUNDS * RECORD_BYTES])?;
    file.sync_all()?;
    let mut times = Vec::new();
    for number in 0..DISK_ROUNDS {
        // As far apart as sales are: a disk that is kept busy answers sooner.
        std::thread::sleep(Duration::from_millis(2 * FACILITATOR_MS));
        let begin = Instant::now();
        file.write_all_at(&[b'x'; RECORD_BYTES], (number * RECORD_BYTES) as u64)?;
        file.sync_data()?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Spread::of(&times))
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
    let mut begun = Vec::new();
    for sale in 0..=effort.sales {
        let own = ask(&mut facilitator)?;
        let mut times = Vec::new();
        for (name, caller, mint, _) in &mut sellers {
            times.push(buy(name, caller, mint)?);
        }
        // The first opens the connections to the facilitator.
        if sale == 0 {
            begun = running.iter().map(Process::on_cpu).collect::<Result<_, _>>()?;
        } else {
            direct.push(own);
            sellers.iter_mut().zip(times).for_each(|(seller, time)| seller.3.push(time));
        }
    }
    let own = Spread::of(&direct).median;
    let mut one_by_one = Vec::new();
    for (process, begun) in running.iter().zip(begun) {
        one_by_one.push(each_us(process.on_cpu()?.saturating_sub(begun), effort.sales as u64));
    }
    let mut sales = Vec::new();
    for (number, (_, _, mint, times)) in sellers.iter_mut().enumerate() {
        let beyond: Vec<f64> = times.iter().map(|it| it - own).collect();
        let (subject, process) = (subjects[number], &running[number]);
        let (rate, cpu_us) = at_once(subject, process, mint, effort.span)?;
        sales.push(Sales {
            beyond_ms: Spread::of(&beyond),
            cpu_us: [one_by_one[number], cpu_us],
            rate,
            share: rate / allowed(),
        });
    }
    Ok(sales)
}

#[expect(clippy::cast_precision_loss, reason = "counts of sales are small")]
fn each_us(spent: Duration, sales: u64) -> f64 {
    spent.as_secs_f64() * 1e6 / sales as f64
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

/// Sales in a second, and microseconds on the CPU for each.
fn at_once(
    subject: &Subject,
    process: &Process,
    mint: &mut Mint,
    span: Duration,
) -> Result<(f64, f64), Failure> {
    let mut run = |span| {
        load::run(subject.start.address, CONCURRENT, Until::Elapsed(span), 200, |out| {
            out.append(&mut mint.request());
        })
        .map_err(|Failure(why)| Failure(format!("{}: {why}", subject.name)))
    };
    run(WARM_UP)?;
    let begun = process.on_cpu()?;
    let outcome = run(span)?;
    let spent = process.on_cpu()?.saturating_sub(begun);
    Ok((outcome.rate, each_us(spent, outcome.replies)))
}
