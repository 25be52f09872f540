//! What came of it, as a table, and what must hold whatever the figures are.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::Load;
use crate::crowd::Asked;
use crate::market::Market;
use crate::payer::Purchase;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/benchmarks.md");
/// What stands between the marks is this program's.
const MARKS: (&str, &str) = ("<!-- soak: begin -->\n", "<!-- soak: end -->");

/// How much more memory the second half may take than the first, in KiB: allocators keep some, and
/// a payment that is kept for ever would cost more within a minute.
const GROWTH_MAX_KIB: u64 = 16 * 1024;

/// The figures of one run.
pub(crate) struct Figures {
    load: Load,
    took: Duration,
    purchases: Vec<Purchase>,
    asked: Asked,
    /// Resident, in KiB, once a second.
    memory: Vec<u64>,
    transfers: u64,
}

impl Figures {
    pub(crate) fn new(
        load: Load,
        took: Duration,
        purchases: Vec<Purchase>,
        asked: Asked,
        memory: Vec<u64>,
        market: &Market,
    ) -> Self {
        Self { load, took, purchases, asked, memory, transfers: market.transfers() }
    }

    /// Payments that bought the file.
    pub(crate) fn bought(&self) -> usize {
        self.count(|it| it.served)
    }

    fn count(&self, which: fn(&Purchase) -> bool) -> usize {
        self.purchases.iter().filter(|it| which(it)).count()
    }

    /// The promises.
    pub(crate) fn check(&self) {
        let text = self.text();
        assert_eq!(self.count(|it| it.moved && !it.served), 0, "charged for nothing\n{text}");
        assert_eq!(self.count(|it| it.served && !it.moved), 0, "served unpaid\n{text}");
        assert_eq!(self.count(|it| it.moved && it.invited), 0, "asked to pay twice\n{text}");
        assert_eq!(self.count(|it| !it.served && !it.invited), 0, "left in doubt\n{text}");
        assert_eq!(usize::try_from(self.transfers).unwrap(), self.bought(), "transfers\n{text}");
        if let [first, second] = self.halves()[..] {
            assert!(second <= first + GROWTH_MAX_KIB, "memory grows: {:?}\n{text}", self.memory);
        }
    }

    /// The most that was resident in the first half, once the connections are there, and in the
    /// second. Nothing where there is no `/proc`.
    fn halves(&self) -> Vec<u64> {
        let warm = &self.memory[self.memory.len() / 5..];
        let (first, second) = warm.split_at(warm.len() / 2);
        let most = |it: &[u64]| it.iter().max().copied();
        most(first).into_iter().chain(most(second)).collect()
    }

    /// A table.
    pub(crate) fn text(&self) -> String {
        let mut times: Vec<Duration> = self.purchases.iter().map(|it| it.took).collect();
        times.sort_unstable();
        let part = |percent: usize| {
            times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)))
        };
        let seconds = |it: Option<&Duration>| it.map_or(0.0, Duration::as_secs_f64);
        let mut endings: BTreeMap<&str, u64> = BTreeMap::new();
        for (ending, count) in self.purchases.iter().flat_map(|it| &it.endings) {
            *endings.entry(ending).or_default() += count;
        }
        let rows = [
            ("payers at a time", self.load.payers.to_string()),
            ("purchases begun during, s", self.load.span.as_secs().to_string()),
            ("until the last one ended, s", format!("{:.0}", self.took.as_secs_f64())),
            ("payments presented", self.purchases.len().to_string()),
            ("transfers on the chain", self.transfers.to_string()),
            ("payments that bought the file", self.bought().to_string()),
            ("payments charged, and no file", self.count(|it| it.moved && !it.served).to_string()),
            (
                "payments charged, and asked for again",
                self.count(|it| it.moved && it.invited).to_string(),
            ),
            ("purchase, median, s", format!("{:.2}", seconds(part(50)))),
            ("purchase, 99 of 100, s", format!("{:.2}", seconds(part(99)))),
            ("other connections at once", self.asked.most.to_string()),
            ("challenges sent to them", self.asked.challenged.to_string()),
            ("other answers to them", self.asked.otherwise.to_string()),
            ("most memory, first half, MB", self.megabytes(0)),
            ("most memory, second half, MB", self.megabytes(1)),
        ];
        let mut text = String::from("\n| | |\n|---|---|\n");
        for (what, figure) in rows {
            writeln!(text, "| {what} | {figure} |").unwrap();
        }
        text += "\n| replies to payments | |\n|---|---|\n";
        for (ending, count) in endings {
            writeln!(text, "| {ending} | {count} |").unwrap();
        }
        text
    }

    fn megabytes(&self, half: usize) -> String {
        let bytes = 1024 * self.halves().get(half).copied().unwrap_or_default();
        format!("{}.{}", bytes / 1_000_000, bytes / 100_000 % 10)
    }

    /// Prints them, and puts them into the document.
    #[expect(clippy::print_stdout, reason = "this is what the run is for")]
    pub(crate) fn publish(&self) {
        let output = Command::new("date").args(["-u", "+%F"]).output().unwrap();
        let date = String::from_utf8(output.stdout).unwrap();
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        let version = env!("CARGO_PKG_VERSION");
        // Who else used the machine shows here.
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or_default();
        let date = date.trim();
        let facts = format!(
            "{date}; x402-merchant {version}; {cpus} CPUs, load average {load} at the end.\n"
        );
        let text = std::fs::read_to_string(DOCUMENT).unwrap();
        let (before, rest) = text.split_once(MARKS.0).unwrap();
        let (_, after) = rest.split_once(MARKS.1).unwrap();
        println!("{facts}{}", self.text());
        let text = [before, MARKS.0, &facts, &self.text(), MARKS.1, after].concat();
        std::fs::write(DOCUMENT, text).unwrap();
    }
}

/// The merchant's resident memory, once a second.
pub(crate) async fn watch_memory(market: Arc<Market>, over: Arc<AtomicBool>) -> Vec<u64> {
    let mut memory = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let status = format!("/proc/{}/status", market.merchant.child.id());
        let status = std::fs::read_to_string(status).unwrap_or_default();
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let kib = line.and_then(|it| it.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        memory.extend(kib);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    memory
}
