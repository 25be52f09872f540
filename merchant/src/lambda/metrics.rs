//! `CloudWatch` metrics, in the embedded format: members of the request's own log line, which the
//! platform counts without being asked. Names and dimensions are what alarms and dashboards rest on;
//! `docs/metrics.md` lists them.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::meter::{Meter, Tally};
use crate::decisions::codes::Code;
use crate::front::access_log::Line;

/// Under which the metrics stand.
pub(super) const NAMESPACE: &str = "x402-merchant";

/// Every metric, with its unit and its dimensions besides the function's name.
#[rustfmt::skip]
pub(super) const METRICS: &[(&str, &str, &[&str])] = &[
    ("Requests",            "Count",        &[]),
    ("Challenges",          "Count",        &[]),
    ("Verified",            "Count",        &[]),
    ("Settled",             "Count",        &[]),
    ("UnknownSettlements",  "Count",        &[]),
    ("SkewWaits",           "Count",        &[]),
    ("FacilitatorFailures", "Count",        &[]),
    ("StorageFailures",     "Count",        &[]),
    ("ColdStarts",          "Count",        &[]),
    ("FacilitatorLatency",  "Milliseconds", &[]),
    ("StorageLatency",      "Milliseconds", &[]),
    ("Refusals",            "Count",        &["code"]),
    ("Revenue",             "None",         &["asset"]),
];

/// Adds metrics to the lines of a function's log.
pub(super) struct Metrics {
    function: String,
    meter: Meter,
    cold: std::sync::atomic::AtomicBool,
}

impl Metrics {
    pub(super) fn new(function: String, meter: Meter) -> Self {
        Self { function, meter, cold: true.into() }
    }

    /// Adds the metrics of the invocation that the line is about.
    pub(super) fn add(&self, line: &Line, members: &mut Map<String, Value>) {
        let cold = self.cold.swap(false, std::sync::atomic::Ordering::Relaxed);
        let values = values(line, &self.meter.take(), cold);
        let metrics = METRICS.iter().filter(|(name, ..)| values.contains_key(*name));
        let directives: Vec<Value> = metrics
            .map(|(name, unit, dimensions)| {
                let dimensions = [&["FunctionName"], *dimensions].concat();
                json!({
                    "Namespace": NAMESPACE,
                    "Dimensions": [dimensions],
                    "Metrics": [{ "Name": name, "Unit": unit }],
                })
            })
            .collect();
        let aws = json!({
            "Timestamp": line.time.timestamp_millis(),
            "CloudWatchMetrics": directives,
        });
        members.insert("FunctionName".into(), self.function.as_str().into());
        members.extend(values);
        members.insert("_aws".into(), aws);
    }
}

/// What is not zero, and the asset of the revenue.
fn values(line: &Line, tally: &Tally, cold: bool) -> Map<String, Value> {
    let mut values = Map::new();
    let mut count = |name: &str, count: usize| {
        if count > 0 {
            values.insert(name.to_owned(), count.into());
        }
    };
    let challenge = line.code == Code::PaymentRequired.text();
    let refused = line.status >= 400 && !challenge;
    count("Requests", 1);
    count("Challenges", challenge.into());
    count("Refusals", refused.into());
    count("UnknownSettlements", (line.code == Code::SettlementUnknown.text()).into());
    count("SkewWaits", line.waited.into());
    count("Verified", tally.verified as usize);
    count("Settled", tally.settled.len());
    count("FacilitatorFailures", tally.facilitator_failures as usize);
    count("StorageFailures", tally.storage_failures as usize);
    count("ColdStarts", cold.into());
    for (name, spans) in
        [("FacilitatorLatency", &tally.facilitator), ("StorageLatency", &tally.storage)]
    {
        if !spans.is_empty() {
            values.insert(name.into(), spans.iter().copied().map(milliseconds).collect());
        }
    }
    if let Some((asset, amount)) = tally.settled.first() {
        values.insert("Revenue".into(), (*amount).into());
        values.insert("asset".into(), asset.as_str().into());
    }
    values
}

/// To a tenth, which is finer than any network.
fn milliseconds(span: Duration) -> Value {
    ((span.as_secs_f64() * 10_000.).round() / 10.).into()
}

#[cfg(test)]
mod tests {
    use super::METRICS;

    const DOCUMENTATION: &str = include_str!("../../../docs/metrics.md");

    #[test]
    fn the_documentation_lists_every_metric_and_no_other() {
        let table = DOCUMENTATION.split("|---|---|---|---|\n").nth(1).unwrap();
        let rows = table.lines().take_while(|line| line.starts_with('|'));
        let cells = rows.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
        let listed: Vec<_> = cells.map(|it| format!("{} {} {}", it[1], it[2], it[3])).collect();
        let expected = METRICS.iter().map(|(name, unit, more)| {
            let more: Vec<String> = more.iter().map(|it| format!("`{it}`")).collect();
            format!("`{name}` {unit} {}", more.join(", "))
        });
        assert_eq!(listed, expected.collect::<Vec<_>>());
    }
}
