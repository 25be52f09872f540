//! Tells what `get` came to: for a person on standard error, for a program as JSON.

use agent::agent::Quote;
use agent::decisions::budget::Denial;
use agent::decisions::choice::Declined;
use agent::decisions::draft::{Draft, Exposure};
use agent::decisions::receipt::Standing;
use agent::server_text::ServerText;
use agent::world::{Clock, System};
use agent::{PayError, Receipt, Response};
use serde_json::{Value, json};

use super::args::Get;
use super::destination::{Kept, Place};
use super::exit::Failure;
use super::report;
use super::terminal::{Terminal, Tint, result, say};
use super::words::{network_name, offered_network, offered_price, price, size};

/// Tells outcomes in the way that the arguments ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Teller<'a> {
    pub(crate) args: &'a Get,
    pub(crate) place: &'a Place,
    pub(crate) terminal: Terminal,
}

/// What arrived.
#[derive(Debug)]
pub(crate) struct Arrived<'a> {
    pub(crate) response: &'a Response,
    pub(crate) kept: Kept,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl Teller<'_> {
    fn faint(&self, text: &str) -> String {
        self.terminal.tint(Tint::Faint, text)
    }

    /// The content costs nothing.
    pub(crate) fn free(&self) {
        if self.args.json {
            result(&json!({ "url": self.args.url, "free": true }).to_string());
        } else {
            result("The content is free; nothing would be signed.");
        }
    }

    /// What would be signed.
    pub(crate) fn draft(
        &self,
        quote: &Quote,
        draft: &Draft,
        has_key: bool,
        denial: Option<Denial>,
    ) {
        let (deal, it) = (draft.deal(), draft.authorization());
        let payer = has_key.then(|| it.from.to_string());
        if self.args.json {
            let would = report::draft(draft, payer);
            let url = quote.target().to_string();
            let mut told = json!({ "url": url, "dryRun": true, "wouldSign": would });
            if let Some(denial) = denial {
                told["denied"] = json!({ "code": denial.code(), "message": denial.to_string() });
            }
            result(&told.to_string());
            return;
        }
        let domain = format!(
            "\"{}\" version \"{}\", chain {}, contract {}",
            deal.asset().eip712_name,
            deal.asset().eip712_version,
            deal.network().chain_id,
            deal.asset().address
        );
        let window = it.valid_before.since(System.now()).as_secs();
        let rows = [
            ("would pay", price(deal.amount(), deal.asset())),
            ("on", network_name(deal.network())),
            ("to", deal.pay_to().to_string()),
            ("from", payer.unwrap_or_else(|| "your account (no key given)".into())),
            ("for", quote.target().to_string()),
            ("signing", "EIP-712 TransferWithAuthorization (EIP-3009)".into()),
            ("domain", domain),
            ("valid for", format!("{window} s")),
            ("sent in", draft.version().payment_header().to_uppercase()),
        ];
        for (name, value) in rows {
            let name = self.terminal.tint_result(Tint::Faint, &format!("{name:<10}"));
            result(&format!("{name} {value}"));
        }
        if let Some(denial) = denial {
            let refused = self.terminal.tint_result(Tint::Odd, "refused");
            result(&format!("{refused}    {denial}"));
        }
        result("Dry run: nothing was signed, nothing was paid.");
    }

    /// The payment. Told before the content arrives: whatever happens to it, the money is gone.
    pub(crate) fn paid(&self, receipt: &Receipt) {
        if self.args.json {
            return;
        }
        if let Standing::Unknown(doubt) = &receipt.standing {
            let warning = self.terminal.tint(Tint::Odd, "warning:");
            say(&format!("{warning} {doubt}; count the payment as spent"));
        }
        if self.args.quiet {
            return;
        }
        let it = &receipt.exposure;
        let (price, network) = (price(it.amount, it.asset), network_name(it.network));
        let verb = self.terminal.tint(Tint::Good, "paid");
        say(&format!("{verb} {price} on {network} to {}", it.pay_to));
        if let (Some(hash), Some(url)) = (receipt.transaction, receipt.explorer_url()) {
            say(&format!("  {} {hash}\n  {}", self.faint("transaction"), self.faint(&url)));
        }
    }

    /// The content.
    pub(crate) fn arrived(&self, it: &Arrived<'_>, receipt: Option<&Receipt>) {
        let encoding = it.response.header("content-encoding").filter(|it| *it != "identity");
        let path = match &it.kept {
            Kept::In(path) => Some(path.display().to_string()),
            Kept::Sent => None,
        };
        if self.args.json {
            let mut whole = money(receipt);
            whole["url"] = it.response.target().to_string().into();
            whole["status"] = it.response.status().into();
            whole["content"] = json!({
                "bytes": it.bytes, "sha256": it.sha256, "path": path,
                "type": it.response.header("content-type"), "encoding": encoding,
            });
            self.json(&whole);
            return;
        }
        if let Some(encoding) = encoding {
            let warning = self.terminal.tint(Tint::Odd, "warning:");
            let name = ServerText::clean(encoding);
            say(&format!("{warning} the server packed the content ({name}), unasked"));
        }
        if !self.args.quiet {
            let place = path.map(|path| format!(" saved as {path}")).unwrap_or_default();
            say(&format!("{}{place}\n  {} {}", size(it.bytes), self.faint("sha256"), it.sha256));
        }
    }

    /// The failure, and what it means for the money.
    pub(crate) fn failure(&self, failure: &Failure, receipt: Option<&Receipt>) {
        if self.args.json {
            let mut whole = receipt.map_or_else(|| json!({}), |it| money(Some(it)));
            whole["url"] = self.args.url.clone().into();
            whole["error"] = report::failure(failure);
            self.json(&whole);
            return;
        }
        self.terminal.error(failure);
        if let Failure::Pay(PayError::Refused(declined)) = failure {
            for Declined { offer, refusal } in declined {
                let (price, network) = (offered_price(offer), offered_network(offer));
                say(&format!("  offer {}: {price} on {network}: {refusal}", offer.index + 1));
            }
        }
        if let Some(exposure) = failure.exposure() {
            say(&at_stake(exposure));
        }
    }

    /// On standard output where no content goes there, else beside it.
    fn json(&self, whole: &Value) {
        match self.place {
            Place::File(_) => result(&whole.to_string()),
            Place::Pipe | Place::Screen => say(&whole.to_string()),
        }
    }
}

/// The part of a report that is about money.
fn money(receipt: Option<&Receipt>) -> Value {
    match receipt {
        None => json!({ "free": true }),
        Some(receipt) => json!({
            "free": false,
            "payment": report::exposure(&receipt.exposure),
            "receipt": report::receipt(receipt),
        }),
    }
}

/// What a person must know after a payment that brought nothing.
fn at_stake(exposure: &Exposure) -> String {
    let left = exposure.valid_before.since(System.now()).as_secs();
    let fate = if left == 0 {
        "can no longer be taken; whether it was, the chain tells".to_owned()
    } else {
        format!("can still be taken for {left} s")
    };
    format!(
        "  {} to {} {fate}\n  payer {}, nonce {}; do not pay again before you know",
        exposure.price(),
        exposure.pay_to,
        exposure.key.payer,
        exposure.key.nonce
    )
}
