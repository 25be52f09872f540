//! The walk of a set-up: credential provider, manager, connector, instrument, session. Each step looks
//! for what is there before it creates anything, and what it is about to create has a name that is
//! kept before the call: however often it is interrupted, there is one of each in the end.

use std::time::Duration;

use super::account::{Account, Keep, Pending};
use super::control::Control;
use super::outcome::{Outcome, SetupError, Step, Wish};
use super::payments::{Instrument, Payments, SessionStanding};
use super::remedy::{Verdict, judge};
use crate::aws::CallError;
use crate::world::{Clock, Randomness};

/// How long Amazon may take to make one thing; its own SDK waits as long.
const READY_MAX: Duration = Duration::from_mins(5);

/// Between two looks.
const LOOK: Duration = Duration::from_secs(3);

/// How long an instrument may take to become active, or to say where consent is given.
const ACTIVE_MAX: Duration = Duration::from_secs(30);

/// One set-up.
pub struct Setup<'a, K, W> {
    /// The service that sets up.
    pub control: &'a Control,
    /// The service that pays, once there is a manager.
    pub payments: &'a dyn Fn(&Account) -> Option<Payments>,
    /// Where the account is kept.
    pub keep: &'a K,
    /// Time and chance.
    pub world: &'a W,
    /// Who is told.
    pub told: &'a dyn Fn(&Step),
}

type Done<T> = Result<T, SetupError>;

/// Nothing, if the thing is not there.
fn found<T>(what: &'static str, answer: Result<T, CallError>) -> Done<Option<T>> {
    match answer {
        Ok(it) => Ok(Some(it)),
        Err(why) if is_missing(&why) => Ok(None),
        Err(why) => Err(SetupError::Call(what, why)),
    }
}

/// Does the service say that the thing is not there?
pub(super) fn is_missing(why: &CallError) -> bool {
    matches!(why, CallError::Refused(it) if it.code == "ResourceNotFoundException" || it.status == 404)
}

impl<K: Keep, W: Clock + Randomness> Setup<'_, K, W> {
    /// Goes as far as it can. Safe to repeat, also after a sudden end between any two calls.
    pub async fn run(&self, account: &mut Account, wish: &Wish) -> Done<Outcome> {
        if !wish.quick {
            self.provider(account, wish).await?;
        }
        self.manager(account, wish).await?;
        if let Some(outcome) = self.connector(account, wish).await? {
            return Ok(outcome);
        }
        let payments = (self.payments)(account).ok_or(SetupError::Missing("a payment manager"))?;
        let instrument = self.instrument(account, wish, &payments).await?;
        if instrument.status != "ACTIVE" || instrument.address.is_none() {
            return Ok(Outcome::Consent { what: "instrument", link: instrument.consent });
        }
        let session = self.session(account, wish, &payments).await?;
        Ok(Outcome::Ready { instrument, session })
    }

    async fn provider(&self, account: &mut Account, wish: &Wish) -> Done<()> {
        let what = "credential provider";
        let there = found(what, self.control.provider(&account.name, self.world.now()).await)?;
        let (arn, made) = match (there, &wish.secrets) {
            (Some(arn), _) => (arn, false),
            (None, None) => return Err(SetupError::Missing("the wallet provider's secrets")),
            (None, Some(secrets)) => {
                let now = self.world.now();
                let made = self.control.create_provider(&account.name, secrets, now).await;
                (made.map_err(|why| SetupError::Call(what, why))?, true)
            }
        };
        account.provider_arn = Some(arn.clone());
        self.keep(account)?;
        self.tell(what, &arn, made);
        Ok(())
    }

    async fn manager(&self, account: &mut Account, wish: &Wish) -> Done<()> {
        let what = "manager";
        let call = |why| SetupError::Call(what, why);
        let there = self.control.find_manager(&account.name, self.world.now()).await;
        let (manager, made) = match (there.map_err(call)?, &wish.role_arn) {
            (Some(manager), _) => (manager, false),
            (None, None) => return Err(SetupError::Missing("--role ARN")),
            (None, Some(role)) => {
                let (name, now) = (account.name.clone(), self.world.now());
                let token = self.token(account, what)?;
                let made = self.control.create_manager(&name, role, &token, now).await;
                (self.created(account, what, made)?, true)
            }
        };
        if account.manager.as_ref().is_some_and(|it| *it != manager) {
            // Another manager than before: what belonged to that one is not here.
            (account.connector, account.instrument) = (None, None);
            (account.address, account.session) = (None, None);
        }
        account.manager = Some(manager.clone());
        self.done(account, what)?;
        self.tell(what, &manager.id, made);
        self.ready(what, async || self.control.manager_status(&manager.id, self.world.now()).await)
            .await
            .map(|_| ())
    }

    async fn connector(&self, account: &mut Account, wish: &Wish) -> Done<Option<Outcome>> {
        let what = "connector";
        let call = |why| SetupError::Call(what, why);
        let manager = account.manager.clone().ok_or(SetupError::Missing("a payment manager"))?.id;
        let now = self.world.now();
        let there = self.control.find_connector(&manager, &account.name, now).await;
        let (id, made) = if let Some(id) = there.map_err(call)? {
            (id, false)
        } else {
            let token = self.token(account, what)?;
            let (name, vendor) = (&account.name, &account.vendor);
            let arn = account.provider_arn.as_deref().filter(|_| !wish.quick);
            let made =
                self.control.create_connector(&manager, name, vendor, arn, &token, now).await;
            (self.created(account, what, made)?.id, true)
        };
        account.connector = Some(id.clone());
        self.done(account, what)?;
        self.tell(what, &id, made);
        let look = async || {
            self.control.connector(&manager, &id, self.world.now()).await.map(|it| it.status)
        };
        if self.ready(what, look).await? == "READY" {
            return Ok(None);
        }
        let connector = self.control.connector(&manager, &id, self.world.now()).await;
        let link = connector.map_err(call)?.consent;
        Ok(Some(Outcome::Consent { what, link }))
    }

    async fn instrument(
        &self,
        account: &mut Account,
        wish: &Wish,
        payments: &Payments,
    ) -> Done<Instrument> {
        let what = "instrument";
        let call = |why| SetupError::Call(what, why);
        let connector = account.connector.clone().ok_or(SetupError::Missing("a connector"))?;
        let there = self.usable(account, payments, &connector).await?;
        let made = there.is_none();
        let mut instrument = if let Some(there) = there {
            there
        } else {
            let token = self.token(account, what)?;
            let (email, now) = (wish.email.as_deref(), self.world.now());
            let made = payments.create_instrument(&connector, email, &token, now).await;
            self.created(account, what, made)?
        };
        account.instrument = Some(instrument.id.clone());
        self.done(account, what)?;
        self.tell(what, &instrument.id, made);
        let until = self.world.now().after(ACTIVE_MAX);
        while instrument.status == "INITIATED"
            && instrument.consent.is_none()
            && self.world.now() < until
        {
            self.world.sleep(LOOK).await;
            let now = self.world.now();
            instrument =
                payments.instrument(&connector, &instrument.id, now).await.map_err(call)?;
        }
        if matches!(instrument.status.as_str(), "FAILED" | "BLOCKED" | "DELETED") {
            return Err(SetupError::Failed(what, instrument.status));
        }
        if let Some(address) = instrument.address {
            account.address = Some(address.to_string());
            self.keep(account)?;
        }
        Ok(instrument)
    }

    /// This user's wallet on EVM chains at the connector: the account's, else the first.
    async fn usable(
        &self,
        account: &Account,
        payments: &Payments,
        connector: &str,
    ) -> Done<Option<Instrument>> {
        let what = "instrument";
        let now = self.world.now();
        let listed = payments.instruments(connector, now).await;
        let listed = listed.map_err(|why| SetupError::Call(what, why))?;
        let usable = |status: &str| matches!(status, "INITIATED" | "ACTIVE" | "BLOCKED");
        let ids = listed.into_iter().filter(|(_, status)| usable(status)).map(|(id, _)| id);
        let mut ids: Vec<_> = ids.collect();
        ids.sort_by_key(|id| account.instrument.as_ref() != Some(id));
        for id in ids {
            let it = payments.instrument(connector, &id, now).await;
            if let Some(it) = found(what, it)?.filter(|it| it.network == "ETHEREUM") {
                return Ok(Some(it));
            }
        }
        Ok(None)
    }

    async fn session(
        &self,
        account: &mut Account,
        wish: &Wish,
        payments: &Payments,
    ) -> Done<SessionStanding> {
        let what = "session";
        let resuming = account.pending.as_ref().is_some_and(|it| it.what == what);
        if let Some(id) = account.session.clone().filter(|_| !wish.new_session && !resuming) {
            let there = found(what, payments.session(&id, self.world.now()).await)?;
            if let Some(session) = there.filter(|it| it.expires > self.world.now()) {
                self.tell(what, &id, false);
                return Ok(session);
            }
        }
        let token = self.token(account, what)?;
        let made =
            payments.create_session(&wish.dollars, wish.life, &token, self.world.now()).await;
        let session = self.created(account, what, made)?;
        account.session = Some(session.id.clone());
        self.done(account, what)?;
        self.tell(what, &session.id, true);
        Ok(session)
    }

    /// Looks until the thing is ready, waits for a person, or has failed.
    async fn ready(
        &self,
        what: &'static str,
        look: impl AsyncFn() -> Result<String, CallError>,
    ) -> Done<String> {
        let until = self.world.now().after(READY_MAX);
        loop {
            let status = look().await.map_err(|why| SetupError::Call(what, why))?;
            match status.as_str() {
                "READY" | "PENDING_AUTHENTICATION" => return Ok(status),
                "CREATING" | "UPDATING" | "PROVISIONING" => {}
                _ => return Err(SetupError::Failed(what, status)),
            }
            if self.world.now() >= until {
                return Err(SetupError::TooSlow(what));
            }
            self.world.sleep(LOOK).await;
        }
    }

    /// The name of what is about to be created: the one that was kept, or a new one that is kept now.
    fn token(&self, account: &mut Account, what: &'static str) -> Done<String> {
        if let Some(pending) = account.pending.as_ref().filter(|it| it.what == what) {
            return Ok(pending.token.clone());
        }
        let nonce = self.world.nonce().map_err(SetupError::NoRandomness)?.to_string();
        let token = nonce.trim_start_matches("0x").to_owned();
        account.pending = Some(Pending { what: what.to_owned(), token: token.clone() });
        self.keep(account)?;
        Ok(token)
    }

    /// What was created, or why not. After a clear no, its name names nothing, and the next try gets
    /// another one.
    fn created<T>(
        &self,
        account: &mut Account,
        what: &'static str,
        answer: Result<T, CallError>,
    ) -> Done<T> {
        let why = match answer {
            Ok(it) => return Ok(it),
            Err(why) => why,
        };
        if matches!(judge(&why), Verdict::No(_)) {
            self.done(account, what)?;
        }
        Err(SetupError::Call(what, why))
    }

    /// What was created is in the account: its name has served.
    fn done(&self, account: &mut Account, what: &'static str) -> Done<()> {
        account.pending.take_if(|it| it.what == what);
        self.keep(account)
    }

    fn keep(&self, account: &Account) -> Done<()> {
        self.keep.keep(account).map_err(SetupError::Keep)
    }

    fn tell(&self, what: &'static str, id: &str, made: bool) {
        (self.told)(&Step { what, id: id.to_owned(), made });
    }
}
