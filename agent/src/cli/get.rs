//! `x402-agent get`: quote, pay, save. Everything that can fail without the server fails before the
//! payment.

use std::sync::{Arc, OnceLock};

use agent::agent::{Quote, Quoted};
use agent::server_text::ServerText;
use agent::transport::{Patience, Transport};
use agent::{Agent, AgentBuilder, PayError, Receipt, Response};

use super::args::Get;
use super::destination::{Destination, Place, may_be_text};
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::guard;
use super::narrator::{Narrator, Voice};
use super::policy::Rules;
use super::progress::Progress;
use super::purse;
use super::teller::{Arrived, Teller};
use super::terminal::Terminal;
use super::wallet::Wallet;

/// How often a payment is presented again for content that broke off.
const REDELIVERIES_MAX: u32 = 2;

/// One `get`.
struct Errand<'a> {
    teller: Teller<'a>,
    agent: Agent<Wallet>,
    wallet: Wallet,
    keeps: bool,
    receipt: Option<Receipt>,
}

/// Runs the command and tells its outcome.
pub(crate) async fn run(
    args: Get,
    environment: &Environment,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let place = place_of(&args, terminal);
    let teller = Teller { args: &args, place: &place, terminal };
    let sent = Arc::new(OnceLock::new());
    let narrator = Narrator::new(terminal, voice_of(&args), Arc::clone(&sent));
    let mut errand = Errand::prepare(teller, environment, narrator)
        .await
        .inspect_err(|it| teller.failure(it, None))?;
    let outcome = tokio::select! {
        outcome = errand.walk() => outcome,
        () = interruption() => Err(Failure::Interrupted(sent.get().copied().map(Box::new))),
    };
    outcome.inspect_err(|it| teller.failure(it, errand.receipt.as_ref()))
}

fn voice_of(args: &Get) -> Voice {
    match (args.verbose, args.quiet || args.json) {
        (true, _) => Voice::Steps,
        (false, true) => Voice::Silent,
        (false, false) => Voice::Waits,
    }
}

/// Ctrl-C, or a polite request to end. Where a signal cannot be listened for, it ends the process
/// as it always would.
pub(crate) async fn interruption() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                Ok(()) = tokio::signal::ctrl_c() => return,
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn place_of(args: &Get, terminal: Terminal) -> Place {
    match &args.output {
        Some(path) if path.as_os_str() != "-" => Place::File(path.clone()),
        None if terminal.out_is_terminal() => Place::Screen,
        Some(_) | None => Place::Pipe,
    }
}

impl<'a> Errand<'a> {
    async fn prepare(
        teller: Teller<'a>,
        environment: &Environment,
        narrator: Narrator,
    ) -> Result<Self, Failure> {
        let wallet = Wallet::find(&teller.args.key, environment).await?;
        let rules = Rules::find(teller.args.purse.policy.as_deref(), environment)?;
        let terms = rules.terms(&teller.args.terms)?;
        let purse = purse::open(&teller.args.purse, &rules, environment, teller.terminal)?;
        let keeps = purse.is_some();
        let builder = Agent::builder(wallet.clone(), terms).observer(narrator);
        let builder = if teller.args.public_only {
            let guard = guard::of(&teller.args.guard, &[])?;
            builder.transport(Transport::guarded(Patience::default(), guard)?)
        } else {
            builder
        };
        let agent = purse.into_iter().fold(builder, AgentBuilder::purse).build()?;
        Ok(Self { teller, agent, wallet, keeps, receipt: None })
    }

    async fn walk(&mut self) -> Result<Exit, Failure> {
        let dry_run = self.teller.args.dry_run;
        if self.keeps && !dry_run {
            // Before anything is asked: what is paid for already is not paid for again.
            let destination = Destination::open(self.teller.place.clone())?;
            if let Some(response) = self.agent.resume(&self.teller.args.url).await? {
                return self.keep(response, destination).await;
            }
        }
        match self.agent.quote(&self.teller.args.url).await? {
            Quoted::Free(_) if dry_run => self.teller.free(),
            Quoted::Priced(quote) if dry_run => {
                let denial = self.agent.preview(&quote)?;
                let draft = self.agent.draft(&quote)?;
                self.teller.draft(&quote, &draft, self.wallet.is_there(), denial);
                return Ok(if denial.is_some() { Exit::Terms } else { Exit::Done });
            }
            Quoted::Free(response) => {
                self.suits_the_screen(response.header("content-type"))?;
                let destination = Destination::open(self.teller.place.clone())?;
                return self.save(response, destination).await;
            }
            Quoted::Priced(quote) => return self.buy(quote).await,
        }
        Ok(Exit::Done)
    }

    async fn buy(&mut self, quote: Quote) -> Result<Exit, Failure> {
        if !self.wallet.is_there() {
            return Err(Failure::NoKey);
        }
        let media_type = quote.deal().offer().mime_type.as_ref().map(ServerText::as_str);
        self.suits_the_screen(media_type)?;
        let destination = Destination::open(self.teller.place.clone())?;
        self.wallet.open().await?;
        let response = self.agent.buy(quote).await?;
        self.keep(response, destination).await
    }

    /// What was paid for: the receipt first, whatever happens to the content.
    async fn keep(
        &mut self,
        response: Response,
        destination: Destination,
    ) -> Result<Exit, Failure> {
        self.receipt = response.receipt().cloned();
        if let Some(receipt) = &self.receipt {
            self.teller.paid(receipt);
        }
        self.save(response, destination).await
    }

    fn suits_the_screen(&self, media_type: Option<&str>) -> Result<(), Failure> {
        let text = media_type.is_none_or(may_be_text);
        let refused = *self.teller.place == Place::Screen && !text;
        if refused { Err(Failure::BinaryForTerminal) } else { Ok(()) }
    }

    async fn save(
        &self,
        mut response: Response,
        mut destination: Destination,
    ) -> Result<Exit, Failure> {
        let mut redeliveries = 0;
        while let Err(failure) = self.drain(&mut response, &mut destination).await {
            let broken = matches!(failure, Failure::Pay(PayError::BodyInterrupted { .. }));
            if !broken || redeliveries == REDELIVERIES_MAX || !destination.restart() {
                return Err(failure);
            }
            redeliveries += 1;
            // The same bytes charge nothing; a merchant that remembers them hands the content out.
            let Some((target, payment)) = response.into_payment() else { return Err(failure) };
            response = self.agent.present(target, payment).await.map_err(|_| failure)?;
        }
        let (bytes, sha256) = (destination.bytes(), destination.sha256());
        let kept = destination.finish(response.target()).map_err(Failure::Write)?;
        let arrived = Arrived { response: &response, kept, bytes, sha256 };
        self.teller.arrived(&arrived, self.receipt.as_ref());
        let sound = self.receipt.as_ref().is_none_or(Receipt::is_settled);
        Ok(if sound { Exit::Done } else { Exit::NoReceipt })
    }

    async fn drain(
        &self,
        response: &mut Response,
        destination: &mut Destination,
    ) -> Result<(), Failure> {
        let wanted = !self.teller.args.quiet && *self.teller.place != Place::Screen;
        let total = response.announced_bytes();
        let mut progress = Progress::new(self.teller.terminal, wanted, total);
        let outcome = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    if let Err(why) = destination.write(&chunk) {
                        break Err(Failure::Write(why));
                    }
                    progress.at(destination.bytes());
                }
                Ok(None) => break Ok(()),
                Err(why) => break Err(why.into()),
            }
        };
        progress.clear();
        outcome
    }
}
