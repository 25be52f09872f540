//! What `check` has to say, for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use super::super::Exit;
use super::super::output::{Paint, Tone};
use super::finding::{Finding, Weight};
use super::probes::Probed;
use super::table::aligned;
use crate::settings::{OfferSummary, RouteSummary, Settings};

/// Everything that was found out.
pub(super) struct Report<'a> {
    pub(super) settings: &'a Settings,
    pub(super) probed: Probed,
    pub(super) findings: Vec<Finding>,
}

impl Report<'_> {
    pub(super) fn exit(&self) -> Exit {
        if self.count(Weight::Error) == 0 { Exit::Done } else { Exit::Problems }
    }

    fn count(&self, weight: Weight) -> usize {
        self.findings.iter().filter(|it| it.weight == weight).count()
    }

    /// The findings, those first that stop sales.
    fn sorted(&self) -> Vec<&Finding> {
        let mut sorted: Vec<_> = self.findings.iter().collect();
        sorted.sort_by_key(|it| it.weight);
        sorted
    }

    pub(super) fn text(&self, paint: Paint) -> String {
        let mut text = String::new();
        let neighbours = aligned(&self.neighbours());
        let routes = aligned(&self.routes());
        for line in neighbours {
            let _ = writeln!(text, "{line}");
        }
        let _ = writeln!(text);
        for (index, line) in routes.into_iter().enumerate() {
            let line = if index == 0 { paint.tint(Tone::Heading, &line) } else { line };
            let _ = writeln!(text, "{line}");
        }
        let _ = writeln!(text);
        for finding in self.sorted() {
            let _ = writeln!(text, "{}", finding.text(paint));
        }
        let _ = writeln!(text, "{}", self.conclusion(paint));
        text
    }

    fn neighbours(&self) -> Vec<[String; 3]> {
        let Settings { policy, listen, facilitator, content, ledger, .. } = self.settings;
        let Probed { facilitator: settles, content: holds, ledger: keeps } = &self.probed;
        let row =
            |name: &str, place: String, words: &str| [name.to_owned(), place, words.to_owned()];
        vec![
            row("public URL", policy.origin().to_owned(), ""),
            row("listens on", listen.to_string(), ""),
            row("facilitator", facilitator.url.to_string(), settles),
            row("content", content.to_string(), holds),
            row("ledger", ledger.location.to_string(), keeps),
        ]
    }

    fn routes(&self) -> Vec<[String; 4]> {
        let mut rows = vec![["PATH", "PRICE", "NETWORK", "PAID TO"].map(str::to_owned)];
        for RouteSummary { path, offers } in &self.settings.routes {
            if offers.is_empty() {
                rows.push([path.clone(), "free".into(), String::new(), String::new()]);
            }
            for (index, offer) in offers.iter().enumerate() {
                // A further way to pay stands below its route's first.
                let path = if index == 0 { path.clone() } else { String::new() };
                rows.push([
                    path,
                    format!("{} {}", offer.price, offer.symbol),
                    offer.network.clone(),
                    offer.offer.requirements().pay_to.to_string(),
                ]);
            }
        }
        rows
    }

    fn conclusion(&self, paint: Paint) -> String {
        let counted = |weight, word: &str| match self.count(weight) {
            1 => format!("1 {word}"),
            count => format!("{count} {word}s"),
        };
        let warnings = counted(Weight::Warning, "warning");
        match (self.count(Weight::Error), self.count(Weight::Warning)) {
            (0, 0) => paint.tint(Tone::Good, "ready to sell"),
            (0, _) => format!("{}, with {warnings}", paint.tint(Tone::Good, "ready to sell")),
            _ => {
                let errors = counted(Weight::Error, "error");
                format!("{}: {errors}, {warnings}", paint.tint(Tone::Bad, "not ready to sell"))
            }
        }
    }

    pub(super) fn json(&self) -> Value {
        let Settings { policy, listen, facilitator, content, ledger, routes, .. } = self.settings;
        let route = |it: &RouteSummary| {
            let offers: Vec<_> = it.offers.iter().map(offer_json).collect();
            json!({ "path": it.path, "free": it.offers.is_empty(), "offers": offers })
        };
        json!({
            "ok": self.exit() == Exit::Done,
            "publicUrl": policy.origin(),
            "listen": listen.to_string(),
            "v1": policy.v1_enabled(),
            "facilitator": { "url": facilitator.url.as_str(), "found": self.probed.facilitator },
            "content": { "url": content.to_string(), "found": self.probed.content },
            "ledger": { "url": ledger.location.to_string(), "found": self.probed.ledger },
            "routes": routes.iter().map(route).collect::<Vec<_>>(),
            "problems": self.sorted().into_iter().map(Finding::json).collect::<Vec<_>>(),
        })
    }
}

fn offer_json(it: &OfferSummary) -> Value {
    let requirements = it.offer.requirements();
    json!({
        "price": it.price,
        "symbol": it.symbol,
        "network": requirements.network.to_string(),
        "networkName": it.network,
        "amount": requirements.amount.to_string(),
        "asset": requirements.asset.to_string(),
        "payTo": requirements.pay_to.to_string(),
    })
}
