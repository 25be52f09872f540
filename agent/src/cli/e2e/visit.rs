//! The checks themselves, downhill. What fails before the payment leaves everything unpaid.

use std::time::Duration;

use agent::agent::{Quote, Quoted};
use agent::chain::Node;
use agent::decisions::draft::{Exposure, Payment};
use agent::decisions::inspection::Inspection;
use agent::decisions::receipt::{Receipt, Standing};
use agent::decisions::remark::Oddity;
use agent::decisions::target::Target;
use agent::inspect::inspect;
use agent::transport::Transport;
use agent::{Agent, PayError, Response, Signer, Terms};
use sha2::{Digest, Sha256};
use wire::{AtomicAmount, TxHash};

use super::report::Report;
use crate::cli::args::EndToEnd;
use crate::cli::wallet::Wallet;
use crate::cli::words::{network_name, price, size};

/// Pause between two questions: half a block of Base.
const PAUSE: Duration = Duration::from_secs(1);

/// One visit.
pub(super) struct Visit<'a> {
    pub(super) args: &'a EndToEnd,
    pub(super) terms: &'a Terms,
    pub(super) transport: &'a Transport,
    pub(super) agent: &'a Agent<Wallet>,
}

/// What was bought.
struct Bought {
    target: Target,
    payment: Payment,
    receipt: Receipt,
    sha256: [u8; 32],
}

pub(in crate::cli) type Found<T> = Result<(T, String), String>;

impl Visit<'_> {
    /// Checks until something fails that the rest stands on.
    pub(super) async fn walk(&self, report: &mut Report) {
        let _ = self.checks(report).await;
        report.close();
    }

    async fn checks(&self, report: &mut Report) -> Option<()> {
        report.check(self.challenge().await)?;
        let quote = report.check(self.offer().await)?;
        let (node, before) = report.check(self.balance_before(&quote).await)?;

        let response = report.check(self.pay(quote).await)?;
        let bought = report.check(read(response).await)?;
        let exposure = *bought.payment.exposure();
        report.check(receipt(&bought.receipt));
        let hash = report.check(self.settlement(&node, &bought).await);

        report.check(self.replay(&bought, hash).await);
        match &self.args.also {
            Some(url) => {
                report.check(self.elsewhere(url, &bought).await);
            }
            None => report.skip("give another priced URL of the same server with --also"),
        }
        report.check(balance_after(&node, &exposure, before).await);
        Some(())
    }

    async fn challenge(&self) -> Found<()> {
        let seen = inspect(self.transport, &self.args.url, self.terms).await.map_err(text)?;
        if seen.status != 402 {
            return Err(format!("status {} instead of 402", seen.status));
        }
        let (broken, odd): (Vec<_>, Vec<_>) =
            seen.remarks.iter().map(|it| &it.oddity).partition(|it| is_broken(it));
        let words =
            |all: &[&Oddity]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        if !broken.is_empty() {
            return Err(words(&broken));
        }
        let odd = if odd.is_empty() { String::new() } else { format!("; odd: {}", words(&odd)) };
        Ok(((), format!("402 with {}{odd}", versions(&seen))))
    }

    async fn offer(&self) -> Found<Quote> {
        match self.agent.quote(&self.args.url).await.map_err(text)? {
            Quoted::Free(_) => Err("the content is free".into()),
            Quoted::Priced(quote) => {
                let deal = quote.deal();
                let words = format!(
                    "{} on {} to {}",
                    price(deal.amount(), deal.asset()),
                    network_name(deal.network()),
                    deal.pay_to()
                );
                Ok((quote, words))
            }
        }
    }

    async fn balance_before(&self, quote: &Quote) -> Found<(Node<'_>, AtomicAmount)> {
        let (deal, payer) = (quote.deal(), self.agent_address());
        let url = self.args.rpc.as_deref().unwrap_or(deal.network().rpc_url);
        let node = Node::new(self.transport, url).map_err(text)?;
        let before = node.balance(deal.network(), payer).await.map_err(text)?;
        if before.units() < deal.amount().units() {
            let has = price(before, deal.asset());
            return Err(format!("{payer} has {has}: less than the price"));
        }
        Ok(((node, before), format!("{payer} has {}", price(before, deal.asset()))))
    }

    fn agent_address(&self) -> wire::Address {
        self.agent.signer().address()
    }

    async fn pay(&self, quote: Quote) -> Found<Response> {
        let response = self.agent.buy(quote).await.map_err(text)?;
        match response.status() {
            200 => Ok((response, "200".into())),
            status => Err(format!("status {status} instead of 200")),
        }
    }

    async fn settlement(&self, node: &Node<'_>, it: &Bought) -> Found<TxHash> {
        let hash = it.receipt.transaction.ok_or("the receipt names no transaction")?;
        let signed = it.payment.exposure();
        let end = tokio::time::Instant::now() + Duration::from_secs(self.args.wait);
        let settled = loop {
            let found = node.settlement(signed.network, hash).await;
            match found {
                Ok(Some(settled)) => break settled,
                Ok(None) | Err(_) if tokio::time::Instant::now() < end => {
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(None) => return Err(format!("the chain knows no transaction {hash}")),
                Err(why) => return Err(why.to_string()),
            }
        };
        if !settled.succeeded {
            return Err(format!("transaction {hash} failed"));
        }
        let key = &signed.key;
        let movement = settled.movement(key.asset, key.payer, key.nonce);
        let movement =
            movement.ok_or(format!("transaction {hash} does not use what was signed"))?;
        if (movement.payee, movement.amount) != (signed.pay_to, signed.amount) {
            let (amount, payee) = (movement.amount, movement.payee);
            return Err(format!("transaction {hash} moved {amount} units to {payee}"));
        }
        let words = format!("{hash} in block {}, {}", settled.block, settled.finality.word());
        Ok((hash, words))
    }

    /// Again from the same payer: the same content without another charge, or a refusal.
    async fn replay(&self, it: &Bought, hash: Option<TxHash>) -> Found<()> {
        match self.agent.present(it.target.clone(), it.payment.clone()).await {
            Ok(response) => {
                let named = response.receipt().and_then(|it| it.transaction);
                if named.is_some() && hash.is_some() && named != hash {
                    return Err(format!("another transaction is named: {named:?}"));
                }
                let again = read(response).await?.0;
                if again.sha256 != it.sha256 {
                    return Err("other content came".into());
                }
                Ok(((), "the same content came again under the same transaction".into()))
            }
            Err(refusal) => refused(&refusal),
        }
    }

    async fn elsewhere(&self, url: &str, it: &Bought) -> Found<()> {
        let target = Target::parse(url).map_err(text)?;
        match self.agent.present(target, it.payment.clone()).await {
            Ok(response) => Err(format!("status {}: {url} was handed out", response.status())),
            Err(refusal) => refused(&refusal),
        }
    }
}

async fn balance_after(node: &Node<'_>, it: &Exposure, before: AtomicAmount) -> Found<()> {
    let after = node.balance(it.network, it.key.payer).await.map_err(text)?;
    let spent = before.units().checked_sub(after.units());
    if spent != Some(it.amount.units()) {
        let (before, after) = (price(before, it.asset), price(after, it.asset));
        return Err(format!("{before} before, {after} after; the price was {}", it.price()));
    }
    Ok(((), format!("{} left the account", price(it.amount, it.asset))))
}

/// The whole body: as long and with the digest that the server announced.
async fn read(mut response: Response) -> Found<Bought> {
    let announced = response.announced_bytes();
    let digest = response.header("repr-digest").map(str::to_owned);
    let (mut hash, mut bytes) = (Sha256::new(), 0_u64);
    while let Some(chunk) = response.chunk().await.map_err(text)? {
        hash.update(&chunk);
        bytes += chunk.len() as u64;
    }
    let sha256: [u8; 32] = hash.finalize().into();
    if announced.is_some_and(|it| it != bytes) {
        return Err(format!("{bytes} bytes came of {}", announced.unwrap_or_default()));
    }
    let promised = digest.as_deref().map(|it| (it, says_sha256(it, &sha256)));
    let checked = match promised {
        Some((_, Some(true))) => "as Repr-Digest says",
        Some((said, Some(false))) => return Err(format!("its digest is not {said}")),
        Some((_, None)) | None => "no SHA-256 Repr-Digest to check it by",
    };
    let hex = sha256.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let receipt = response.receipt().cloned().ok_or("nothing was paid")?;
    let (target, payment) = response.into_payment().ok_or("nothing was paid")?;
    let words = format!("{}, sha256 {hex}, {checked}", size(bytes));
    Ok((Bought { target, payment, receipt, sha256 }, words))
}

/// Does a `Repr-Digest` (RFC 9530) name this digest? Nothing where it names no SHA-256.
fn says_sha256(value: &str, sha256: &[u8; 32]) -> Option<bool> {
    let members = value.split(',').map(str::trim);
    let said = { members }.find_map(|it| it.strip_prefix("sha-256=:")?.strip_suffix(':'))?;
    Some(said == wire::header::encode_json(sha256))
}

pub(in crate::cli) fn receipt(it: &Receipt) -> Found<()> {
    match &it.standing {
        Standing::Settled => {
            let hash = it.transaction.map(|it| it.to_string()).unwrap_or_default();
            Ok(((), format!("settled by {hash}")))
        }
        Standing::Unknown(doubt) => Err(doubt.to_string()),
    }
}

/// A refusal must be one: a server that cannot say refuses nothing.
pub(in crate::cli) fn refused(why: &PayError) -> Found<()> {
    // Other servers answer with a new challenge. A careless payer would sign again, but nothing was
    // handed out.
    let refusal = matches!(
        why,
        PayError::Conflict(_)
            | PayError::Rejected(_)
            | PayError::Blocked(_)
            | PayError::Rechallenged(_)
    );
    if refusal { Ok(((), format!("refused: {why}"))) } else { Err(why.to_string()) }
}

fn is_broken(it: &Oddity) -> bool {
    matches!(
        it,
        Oddity::NoHeader
            | Oddity::SeveralHeaders
            | Oddity::UnreadableHeader(_)
            | Oddity::UnreadableBody(_)
            | Oddity::VersionsDiffer
            | Oddity::Cacheable
            | Oddity::NoOffers
    )
}

fn versions(it: &Inspection) -> &'static str {
    match (&it.v2, &it.v1) {
        (Some(_), Some(_)) => "challenges of v2 and v1",
        (Some(_), None) => "a challenge of v2",
        (None, _) => "a challenge of v1",
    }
}

fn text(why: impl ToString) -> String {
    why.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_compared_and_never_guessed() {
        let sha256: [u8; 32] = Sha256::digest(b"x").into();
        let value = wire::header::encode_json(&sha256);
        #[rustfmt::skip]
        let rows = [
            (format!("sha-256=:{value}:"),                 Some(true)),
            (format!("sha-512=:AAAA:, sha-256=:{value}:"), Some(true)),
            ("sha-256=:AAAA:".into(),                      Some(false)),
            ("sha-512=:AAAA:".into(),                      None),
            (value.clone(),                                None),
            (String::new(),                                None),
        ];
        for (said, expected) in rows {
            assert_eq!(says_sha256(&said, &sha256), expected, "{said}");
        }
    }
}
