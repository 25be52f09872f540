//! What `check` has to say, for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use super::super::Exit;
use super::super::output::{Paint, Tone};
use super::finding::{Finding, Weight};
use super::probes::Probed;
use super::table::aligned;
use crate::settings::{ExceptionSummary, OfferSummary, RouteSummary, Settings};

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
        let Settings { policy, listen, content, ledger, .. } = self.settings;
        let Probed { facilitators: settle, content: holds, ledger: keeps } = &self.probed;
        let row =
            |name: &str, place: String, words: &str| [name.to_owned(), place, words.to_owned()];
        let mut rows = vec![
            row("public URL", policy.origin().to_owned(), ""),
            row("listens on", listen.to_string(), ""),
        ];
        for (index, (it, settles)) in self.settings.facilitators().zip(settle).enumerate() {
            let name = if index == 0 { "facilitator" } else { "fallback" };
            rows.push(row(name, it.url.to_string(), settles));
        }
        rows.push(row("content", content.to_string(), holds));
        rows.push(row("ledger", ledger.location.to_string(), keeps));
        rows
    }

    fn routes(&self) -> Vec<[String; 4]> {
        let mut rows = vec![["PATH", "PRICE", "NETWORK", "PAID TO"].map(str::to_owned)];
        let lines = self.settings.routes.iter().flat_map(|it| {
            let below = it
                .exceptions
                .iter()
                .map(|one| (format!("{}  {}", it.path, one.files), &one.offers));
            std::iter::once((it.path.clone(), &it.offers)).chain(below)
        });
        for (path, offers) in lines {
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
        let Settings { policy, listen, content, ledger, routes, .. } = self.settings;
        let found = self.settings.facilitators().zip(&self.probed.facilitators);
        let mut facilitators =
            found.map(|(it, found)| json!({ "url": it.url.as_str(), "found": found }));
        let route = |it: &RouteSummary| {
            let offers: Vec<_> = it.offers.iter().map(offer_json).collect();
            let mut shown =
                json!({ "path": it.path, "free": it.offers.is_empty(), "offers": offers });
            let exception = |it: &ExceptionSummary| {
                let offers: Vec<_> = it.offers.iter().map(offer_json).collect();
                json!({ "files": it.files, "free": it.offers.is_empty(), "offers": offers })
            };
            if !it.exceptions.is_empty() {
                shown["prices"] = it.exceptions.iter().map(exception).collect();
            }
            shown
        };
        json!({
            "ok": self.exit() == Exit::Done,
            "publicUrl": policy.origin(),
            "listen": listen.to_string(),
            "v1": policy.v1_enabled(),
            "facilitator": facilitators.next(),
            "fallbacks": facilitators.collect::<Vec<_>>(),
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const SHOP: &str = r#"
        public_url = "https://files.example.com"
        pay_to = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C"
        networks = ["base", "polygon"]
        content.url = "file:./content"
        ledger.url = "file:./ledger"
        facilitator.url = "https://pay.example.com"
        [[routes]]
        path = "/premium/reports/"
        price = "$0.10"
        [[routes.accepts]]
        network = "celo"
        price = "0.12 USDT"
        pay_to = "0x1111111111111111111111111111111111111111"
        [[routes]]
        path = "/free/"
        free = true
    "#;

    fn report(settings: &Settings, findings: Vec<Finding>) -> Report<'_> {
        let probed = Probed {
            facilitators: vec!["settles on base, polygon, celo".into()],
            content: "has objects on every route".into(),
            ledger: "refuses to create a record twice".into(),
        };
        Report { settings, probed, findings }
    }

    #[test]
    fn a_report_is_aligned_and_ends_with_its_conclusion() {
        let settings = Settings::load(SHOP, Path::new("/srv"), std::iter::empty()).unwrap();
        let warning = Finding::new(Weight::Warning, "b", "is odd", "look at it");
        let error = Finding::new(Weight::Error, "a", "is wrong", "correct it");
        let report = report(&settings, vec![warning, error]);
        assert_eq!(
            report.text(Paint::Off),
            "\
public URL   https://files.example.com
listens on   127.0.0.1:4021
facilitator  https://pay.example.com/   settles on base, polygon, celo
content      file:/srv/content          has objects on every route
ledger       file:/srv/ledger           refuses to create a record twice

PATH               PRICE      NETWORK  PAID TO
/premium/reports/  0.1 USDC   base     0x209693Bc6afc0C5328bA36FaF03C514EF312287C
                   0.1 USDC   polygon  0x209693Bc6afc0C5328bA36FaF03C514EF312287C
                   0.12 USDT  celo     0x1111111111111111111111111111111111111111
/free/             free

error: a is wrong; correct it
warning: b is odd; look at it
not ready to sell: 1 error, 1 warning
"
        );
        assert_eq!(report.exit(), Exit::Problems);
    }

    #[test]
    fn colours_change_no_word() {
        let settings = Settings::load(SHOP, Path::new("/srv"), std::iter::empty()).unwrap();
        let report = report(&settings, Vec::new());
        let plain = report.text(Paint::Off);
        let mut coloured = report.text(Paint::On);
        assert!(coloured.contains("\u{1b}[32mready to sell\u{1b}[0m"));
        for code in ["0", "1", "32"] {
            coloured = coloured.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(coloured, plain);
        assert_eq!(report.exit(), Exit::Done);
    }
}
