//! `x402-agent setup agentcore`: makes, shows and removes a wallet at Amazon Bedrock AgentCore
//! Payments, and opens it for purchases. Secrets come from the environment or from files that nobody
//! else can read, never from arguments.

pub(crate) mod args;
mod fault;
mod file;
mod secrets;
mod status;

use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::time::Duration;

use agent::agentcore::outcome::{Outcome, Step, Wish};
use agent::agentcore::removal::Removal;
use agent::agentcore::setup::Setup;
use agent::agentcore::{
    Account, AgentCoreWallet, CONTROL, Control, PAYMENTS, Payments, SIGNING_NAME,
};
use agent::aws::Service;
use agent::sessions::{LIFE_MAX, LIFE_MIN};
use agent::world::{Clock, System};
use serde_json::json;

use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::policy::dollars;
use super::terminal::{result, say};
use args::{Action, AgentCoreArgs, Making};
pub(crate) use fault::AgentCoreFault;
use file::File;

/// What everything of a set-up is called, unless somebody says otherwise.
const NAME: &str = "x402agent";

/// Runs the command.
pub(crate) async fn run(args: AgentCoreArgs, environment: &Environment) -> Result<Exit, Failure> {
    let file = File::at(args.account.as_deref(), environment)?;
    match args.action {
        None => make(args.making, &file, args.json).await,
        Some(Action::Status) => {
            let desk = Desk::open(&file)?;
            status::tell(&desk, args.json).await
        }
        Some(Action::Remove) => remove(&file).await,
    }
}

/// The wallet that was set up, for purchases.
pub(crate) fn wallet(
    account: Option<&Path>,
    environment: &Environment,
) -> Result<AgentCoreWallet, Failure> {
    let desk = Desk::open(&File::at(account, environment)?)?;
    let whole = desk.account.ids().zip(desk.payments()?);
    let ((ids, address), payments) = whole.ok_or(AgentCoreFault::Incomplete)?;
    Ok(AgentCoreWallet::new(payments, ids, address))
}

/// A session of AgentCore's by its id, if this is one.
pub(crate) fn is_session(id: &str) -> bool {
    id.starts_with("payment-session-")
}

/// Shows a session of AgentCore's: what is left of its limit, and until when.
pub(crate) async fn show_session(
    id: &str,
    as_json: bool,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let desk = Desk::open(&File::at(None, environment)?)?;
    let payments = desk.payments()?.ok_or(AgentCoreFault::Incomplete)?;
    let session = payments.session(id, System.now()).await.map_err(AgentCoreFault::Call)?;
    result(&status::session(&session, as_json));
    Ok(Exit::Done)
}

/// An account, and who asks about it.
struct Desk {
    account: Account,
    credentials: agent::aws::Credentials,
}

impl Desk {
    fn open(file: &File) -> Result<Self, Failure> {
        let account = file.read()?.ok_or_else(|| AgentCoreFault::NoAccount(file.path().into()))?;
        Ok(Self { account, credentials: secrets::credentials()? })
    }

    fn service(&self, name: &str) -> Result<Service, Failure> {
        let endpoint = secrets::endpoint(name);
        let (region, credentials) = (&self.account.region, self.credentials.clone());
        let service = Service::new(name, SIGNING_NAME, region, endpoint.as_deref(), credentials);
        Ok(service.map_err(AgentCoreFault::Service)?)
    }

    fn control(&self) -> Result<Control, Failure> {
        self.service(CONTROL).map(Control::new)
    }

    /// Nothing where there is no manager yet.
    fn payments(&self) -> Result<Option<Payments>, Failure> {
        let service = self.service(PAYMENTS)?;
        let of = |it: &agent::agentcore::account::Manager| {
            Payments::new(service, self.account.user.clone(), it.arn.clone())
        };
        Ok(self.account.manager.as_ref().map(of))
    }
}

async fn make(making: Making, file: &File, as_json: bool) -> Result<Exit, Failure> {
    let life = Duration::from_mins(making.minutes);
    if !(LIFE_MIN..=LIFE_MAX).contains(&life) {
        return Err(Failure::SessionLife);
    }
    let limit = dollars("--limit", &making.limit).map_err(Failure::SessionLimit)?;
    let account = account(&making, file)?;
    let wish = Wish {
        role_arn: making.role.clone(),
        secrets: secrets::of_provider(&account.vendor, making.credentials.as_deref())?,
        quick: making.quick,
        email: making.email.clone(),
        dollars: limit.to_string().trim_start_matches('$').to_owned(),
        life,
        new_session: making.new_session,
    };
    let mut desk = Desk { account, credentials: secrets::credentials()? };
    let (control, service) = (desk.control()?, desk.service(PAYMENTS)?);
    let payments = |it: &Account| {
        let arn = it.manager.as_ref()?.arn.clone();
        Some(Payments::new(service.clone(), it.user.clone(), arn))
    };
    let told = |it: &Step| {
        let verb = if it.made { "made " } else { "found" };
        say(&format!("{verb} {:<20} {}", it.what, it.id));
    };
    let setup =
        Setup { control: &control, payments: &payments, keep: file, world: &System, told: &told };
    let outcome = setup.run(&mut desk.account, &wish).await.map_err(AgentCoreFault::Setup)?;
    Ok(tell(&desk.account, &outcome, as_json))
}

/// The account so far, or a new one. What was set up keeps its names.
fn account(making: &Making, file: &File) -> Result<Account, Failure> {
    let kept = file.read()?;
    let vendor = making.provider.map(args::Provider::vendor);
    let Some(kept) = kept else {
        let region = making.region.clone().or_else(secrets::region);
        let region = region.ok_or(AgentCoreFault::NoRegion)?;
        let name = making.name.as_deref().unwrap_or(NAME);
        let (user, vendor) =
            (making.user.as_deref().unwrap_or(NAME), vendor.unwrap_or("CoinbaseCDP"));
        return Ok(Account::new(&region, name, user, vendor));
    };
    let differs = |given: Option<&str>, kept: &str| given.is_some_and(|it| it != kept);
    let other = [
        differs(making.region.as_deref(), &kept.region),
        differs(making.name.as_deref(), &kept.name),
        differs(making.user.as_deref(), &kept.user),
        differs(vendor, &kept.vendor),
    ];
    let same = !other.contains(&true);
    if same { Ok(kept) } else { Err(AgentCoreFault::Another(file.path().into()).into()) }
}

fn tell(account: &Account, outcome: &Outcome, as_json: bool) -> Exit {
    match outcome {
        Outcome::Ready { session, .. } if as_json => {
            let session: serde_json::Value =
                serde_json::from_str(&status::session(session, true)).unwrap_or_default();
            let document = json!({
                "state": "ready", "address": account.address, "session": session,
                "manager": account.manager.as_ref().map(|it| &it.id),
                "connector": account.connector, "instrument": account.instrument,
            });
            result(&document.to_string());
            Exit::Done
        }
        Outcome::Ready { instrument, session } => {
            let address = account.address.as_deref().unwrap_or_default();
            result(&format!("ready: {address} pays within {}", status::session(session, false)));
            if let Some(link) = &instrument.consent {
                say(&format!("its owner grants signing and adds money at {}", link.as_str()));
            }
            Exit::Done
        }
        Outcome::Consent { what, link } => {
            let link = link.as_ref().map(agent::agentcore::payments::ServerUrl::as_str);
            if as_json {
                result(&json!({ "state": "waiting", "what": what, "link": link }).to_string());
            } else {
                result(link.unwrap_or("no link was given: see the wallet provider's own pages"));
                say(&format!(
                    "the {what} waits for consent: its owner opens this link; then run the same \
                     command again"
                ));
            }
            Exit::Key
        }
    }
}

async fn remove(file: &File) -> Result<Exit, Failure> {
    let mut desk = Desk::open(file)?;
    let name = desk.account.name.clone();
    let address = desk.account.address.as_deref().unwrap_or("none yet");
    say(&format!(
        "removes session, instrument, connector, manager and credentials of {name} in {}\n\
         the wallet is {address}: move its money away first, this command does not\n\
         type \"{name}\" to remove:",
        desk.account.region
    ));
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    if read.is_err() || line.trim() != name {
        return Err(AgentCoreFault::NotConfirmed.into());
    }
    let (control, payments) = (desk.control()?, desk.payments()?);
    let told = |it: &Step| say(&format!("removed {:<20} {}", it.what, it.id));
    let removal = Removal { control: &control, payments, keep: file, world: &System, told: &told };
    removal.run(&mut desk.account).await.map_err(AgentCoreFault::Setup)?;
    result("removed");
    Ok(Exit::Done)
}

/// Where accounts are kept, unless somebody says otherwise.
fn usual_place(environment: &Environment) -> Option<PathBuf> {
    environment.config.as_ref().map(|it| it.join("agentcore.json"))
}
