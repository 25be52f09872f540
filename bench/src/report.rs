//! The figures as tables: one text for the terminal and for the document.

use std::fmt::Write;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::Failure;
use crate::agent;
use crate::challenges::Throughput;
use crate::lambda::Figures;
use crate::machine;
use crate::neighbours;
use crate::paid::{self, Sales};
use crate::starts::Footprint;
use crate::statistics::Spread;

/// What stands between the marks is this program's.
const MARKS: (&str, &str) = ("<!-- figures: begin -->\n", "<!-- figures: end -->");

/// A report that grows.
#[derive(Debug)]
pub(crate) struct Report {
    facts: String,
    challenges: Table,
    starts: Table,
    paid: Table,
    lambda: Table,
    sale: Table,
    agent: Table,
}

#[derive(Debug)]
struct Table {
    title: &'static str,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    note: String,
}

impl Report {
    /// An empty report of today, about this machine.
    pub(crate) fn new(peers: bool, quick: bool) -> Self {
        let now: DateTime<Utc> = Utc::now();
        let effort = if quick { ", a quick look" } else { "" };
        let head = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
        Self {
            facts: format!("{}{effort}; {}", now.format("%Y-%m-%d"), machine::facts(peers)),
            challenges: Table {
                title: "Challenges on one core",
                head: head(&[
                    "server",
                    "connections",
                    "replies/s",
                    "of bare hyper",
                    "of bare axum",
                    "CPU µs each",
                    "core busy",
                ]),
                rows: vec![],
                note: String::new(),
            },
            starts: Table {
                title: "Start and memory",
                head: head(&[
                    "server",
                    "first 402 after, ms",
                    "fresh, MB",
                    "after 100,000 challenges, MB",
                ]),
                rows: vec![],
                note: String::new(),
            },
            paid: Table {
                title: "Paid requests",
                head: head(&[
                    "server",
                    "beyond the facilitator, ms",
                    "CPU µs each",
                    "sales/s at 256",
                    "of what it allows",
                    "CPU µs each",
                ]),
                rows: vec![],
                note: String::new(),
            },
            lambda: Table {
                title: "The function",
                head: head(&["what", "figure", "to reach"]),
                rows: vec![],
                note: String::new(),
            },
            sale: Table {
                title: "One sale of the function",
                head: head(&["call", "begins at, ms", "takes, ms"]),
                rows: vec![],
                note: String::new(),
            },
            agent: Table {
                title: "The agent",
                head: head(&["what", "figure", "to reach"]),
                rows: vec![],
                note: String::new(),
            },
        }
    }

    pub(crate) fn challenges(&mut self, names: &[&str], rows: &[Vec<Throughput>]) {
        for (name, row) in names.iter().zip(rows) {
            for it in row {
                self.challenges.rows.push(vec![
                    (*name).to_owned(),
                    it.connections.to_string(),
                    spread(it.rate, 0),
                    spread(it.shares[0], 2),
                    spread(it.shares[1], 2),
                    spread(it.cpu_us, 2),
                    format!("{:.2}", it.busy.median),
                ]);
            }
        }
    }

    pub(crate) fn start(&mut self, name: &str, it: &Footprint) {
        self.starts.rows.push(vec![
            name.to_owned(),
            spread(it.first_reply_ms, 1),
            format!("{:.1}", it.memory_fresh),
            format!("{:.1}", it.memory_used),
        ]);
    }

    pub(crate) fn paid(&mut self, names: &[&str], rows: &[Sales], disk: Spread) {
        self.paid.note = format!(
            "This disk alone took {} ms for what a sale waits for with fsync on.",
            spread(disk, 2)
        );
        for (name, it) in names.iter().zip(rows) {
            self.paid.rows.push(vec![
                (*name).to_owned(),
                spread(it.beyond_ms, 2),
                format!("{:.0}", it.cpu_us[0]),
                format!("{:.0}", it.rate),
                format!("{:.1} % of {:.0}", it.share * 100.0, paid::allowed()),
                format!("{:.0}", it.cpu_us[1]),
            ]);
        }
    }

    pub(crate) fn lambda(&mut self, it: &Figures) {
        let (facilitator, storage) = (neighbours::FACILITATOR, neighbours::STORAGE);
        let trips = 2 * facilitator + 3 * storage;
        #[rustfmt::skip]
        let rows = [
            ("package, bytes",                                   it.package_bytes.to_string(), "4,194,304"),
            ("from starting it to its first question, ms",       spread(it.start_ms, 1),       "15"),
            ("challenge, inside, µs",                            spread(it.inside_us, 0),      "100"),
            ("challenge, from the event to the answer, µs",      spread(it.outside_us, 0),     ""),
            ("resident memory after 10,000 challenges, MB",      format!("{:.1}", it.memory),  "30"),
            ("sale, from the event to the file, ms",             spread(it.sale_ms, 1),        ""),
        ];
        let row =
            |(what, figure, limit): (&str, String, &str)| vec![what.into(), figure, limit.into()];
        self.lambda.rows = rows.map(row).into();
        for step in &it.steps {
            self.sale.rows.push(vec![
                step.name.into(),
                format!("{:.1}", step.begin_ms.median),
                format!("{:.1}", step.took_ms.median),
            ]);
        }
        self.sale.note = format!(
            "Each call of the facilitator takes {} ms, each operation of the bucket {}. Single round trips, recall and open at once, verify, claim, settle, record, add up to {} ms; the file's last byte came after {:.1}, and the function was ready for the next event after {:.1}.",
            facilitator.as_millis(),
            storage.as_millis(),
            trips.as_millis(),
            it.sale_ms.median,
            it.idle_ms.median,
        );
    }

    pub(crate) fn agent(&mut self, it: &agent::Figures) {
        #[rustfmt::skip]
        let rows = [
            ("binary, bytes",                                           it.bytes.to_string(),     "15,728,640"),
            ("from starting it to its request, ms",                     spread(it.start_ms, 1),   "15"),
            ("from the challenge to the payment, ms",                   spread(it.pay_ms, 2),     "1"),
            ("the same without a ledger, ms",                           spread(it.unkept_ms, 2),  ""),
        ];
        let row =
            |(what, figure, limit): (&str, String, &str)| vec![what.into(), figure, limit.into()];
        self.agent.rows = rows.map(row).into();
    }

    #[expect(clippy::print_stdout, reason = "this is the program's output")]
    pub(crate) fn print(&self) {
        println!("{}", self.text());
    }

    /// Replaces the figures between the marks of a document.
    pub(crate) fn write(&self, document: &Path) -> Result<(), Failure> {
        let text = std::fs::read_to_string(document)?;
        let parts = text
            .split_once(MARKS.0)
            .and_then(|(before, rest)| rest.split_once(MARKS.1).map(|(_, after)| (before, after)));
        let (before, after) = parts
            .ok_or_else(|| Failure(format!("{} has no marks for figures", document.display())))?;
        let text = [before, MARKS.0, &self.text(), MARKS.1, after].concat();
        Ok(std::fs::write(document, text)?)
    }

    fn text(&self) -> String {
        let tables =
            [&self.challenges, &self.paid, &self.starts, &self.lambda, &self.sale, &self.agent];
        let tables = tables.into_iter().filter(|it| !it.rows.is_empty()).map(Table::text);
        format!(
            "{}. Medians, with the least and the greatest in brackets.\n{}",
            self.facts,
            tables.collect::<String>()
        )
    }
}

impl Table {
    /// Markdown, aligned for reading as it is.
    fn text(&self) -> String {
        let lines = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| {
            lines().map(|line| line[column].chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let mut text = format!("\n### {}\n\n", self.title);
        for (number, line) in lines().enumerate() {
            for (cell, width) in line.iter().zip(&widths) {
                let _ = write!(text, "| {cell:width$} ");
            }
            text.push_str("|\n");
            if number == 0 {
                for width in &widths {
                    let _ = write!(text, "|{}", "-".repeat(width + 2));
                }
                text.push_str("|\n");
            }
        }
        if !self.note.is_empty() {
            let _ = write!(text, "\n{}\n", self.note);
        }
        text
    }
}

/// Says on standard error why there are no figures.
#[expect(clippy::print_stderr, reason = "this is the program's output")]
pub(crate) fn complain(why: &str) {
    eprintln!("bench: {why}");
}

fn spread(it: Spread, digits: usize) -> String {
    format!("{:.digits$} ({:.digits$} to {:.digits$})", it.median, it.min, it.max)
}
